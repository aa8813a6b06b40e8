"""Insertion of a mutant into modules that are already imported or will be."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, FunctionType, ModuleType

Change = tuple[CodeType, CodeType]


def plant(before: CodeType, after: CodeType, functions: Iterable[FunctionType]) -> bool:
    """Give the functions the changed code; both codes are whole modules of one text, but for the fault.

    Returns:
        Whether that is all of the fault: False where it lies in what ran when the module was imported, in which
        case nothing was changed.
    """
    changes = list(_changes(before, after))
    replacements = [
        (function, new)
        for old, new in changes
        if old is not None
        for function in functions
        if function.__code__ == old and function.__code__.co_filename == old.co_filename
    ]
    if len({new for _, new in replacements}) < len(changes):
        return False
    for function, new in replacements:
        function.__code__ = new
    return True


def _changes(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType | None, CodeType]]:
    """Yield each outermost function that differs, and None in its place for the code of a module or class."""
    if _own(before) != _own(after):
        yield None, after
    for old, new in zip(_inner(before), _inner(after), strict=True):
        if not old.co_flags & inspect.CO_OPTIMIZED:
            yield from _changes(old, new)
        elif repr(_all(old)) != repr(_all(new)):
            yield old, new


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Return what a code does by itself. Constants as written: 1 and True are equal."""
    constants = [repr(constant) for constant in code.co_consts if not isinstance(constant, CodeType)]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants, code.co_exceptiontable


def _all(code: CodeType) -> tuple[object, ...]:
    return _own(code), [_all(inner_code) for inner_code in _inner(code)]


class Sown(MetaPathFinder):
    """Lets one module be imported from a changed code. Put it first into `sys.meta_path`."""

    def __init__(self, module: str, code: CodeType) -> None:
        self.module = module
        self.code = code

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find that module where it lies; leave all others to the next finder."""
        if name != self.module:
            return None
        spec = PathFinder.find_spec(name, sys.modules[name.rpartition(".")[0]].__path__)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self.code)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:
        return self.code
