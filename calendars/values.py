"""The `dataclass` of frozen values: as that of the library, but a class takes a tenth of the time to define.

The library compiles seven methods for each class; a command starts with 200 to 300 classes and uses few of
them. Here values are compared and hashed by what `operator.attrgetter` reads, and `__init__` is compiled at its
first call. Type checkers see the library's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
_ABSENT = object()
"""The value of a parameter that was not passed and whose default is made anew."""


def _dataclass(
    *, frozen: bool, kw_only: bool = False, slots: bool = False, eq: bool = True
) -> Callable[[type[T]], type[T]]:
    """Return the decorator of a frozen dataclass; the parameters are those of `dataclasses.dataclass`."""
    if not frozen:
        raise TypeError("values are frozen")

    def decorate(cls: type[T]) -> type[T]:
        own = {*vars(cls)}
        # The library would write a signature into an empty one.
        cls.__doc__ = cls.__doc__ or cls.__name__
        define = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)
        value = define(cls)
        methods: dict[str, object] = {"__init__": _initialiser(value), "__repr__": _repr}
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse, "__signature__": _Signature()}
        if slots:
            methods |= {"__getstate__": _state, "__setstate__": _restore}
        if eq:
            methods |= _comparing(value)
            # Python itself leaves a None where a class defines how it is compared and not how it is hashed.
            own -= {"__hash__"} if vars(cls).get("__hash__", _ABSENT) is None else set()
        for name, method in methods.items():
            if name not in own:
                setattr(value, name, method)
        return value

    return decorate


class _Signature:
    """The signature of a class: that of its compiled `__init__`."""

    def __get__(self, value: object, owner: type) -> object:
        from inspect import signature

        initialise = signature(_compiled(owner))
        return initialise.replace(parameters=[*initialise.parameters.values()][1:])


def _initialiser(owner: type) -> Callable[..., None]:
    """Return the `__init__` of a class that compiles the real one at its first call."""

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807
        compiled = _compiled(owner)
        setattr(owner, "__init__", compiled)  # noqa: B010
        compiled(self, *args, **kwargs)

    return __init__


def _compiled(owner: type) -> Callable[..., None]:
    """Return the `__init__` that takes and sets the fields of a class."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_absent": _ABSENT}
    ordered: list[str] = []
    by_name: list[str] = []
    lines = []
    for field in dataclasses.fields(owner):
        name, text, value = field.name, field.name, field.name
        if field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            text = f"{name}=_absent"
            value = f"_make_{name}() if {name} is _absent else {name}" if field.init else f"_make_{name}()"
        elif field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            text, value = f"{name}=_default_{name}", value if field.init else f"_default_{name}"
        elif not field.init:
            continue
        if field.init:
            (by_name if field.kw_only else ordered).append(text)
        lines.append(f"    _set(self, {name!r}, {value})")
    if hasattr(owner, "__post_init__"):
        lines.append("    self.__post_init__()")
    parameters = ", ".join(["self", *ordered, *(["*", *by_name] if by_name else [])])
    exec("\n".join([f"def __init__({parameters}):", *lines, "    return"]), names)
    initialise: Callable[..., None] = names["__init__"]
    return initialise


def _comparing(owner: type) -> dict[str, Any]:
    """Return the methods that compare and hash values of a class by its fields."""
    fields = dataclasses.fields(owner)
    compared = _reader([field.name for field in fields if field.compare])
    hashed = _reader([field.name for field in fields if (field.compare if field.hash is None else field.hash)])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(compared(self) == compared(other))

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(hashed(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _reader(names: Sequence[str]) -> Callable[[object], object]:
    """Return the function that reads these attributes of an object."""
    return attrgetter(*names) if names else lambda value: ()


def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, value: object = None) -> None:
    """Raise FrozenInstanceError: values are frozen."""
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _state(self: Any) -> list[object]:
    """Return what copies are made of."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: Sequence[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass
