"""The faults that are tried: one operator, constant, boolean or call of a file changed at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One file with one fault in it.

    Attributes:
        lines: first and last line of what is changed, of the file as it stands.
        before, after: the expression or statement that is changed, as code.
        tree: the whole changed file; every line of it keeps its number.
    """

    lines: tuple[int, int]
    before: str
    after: str
    tree: ast.Module


def count_mutants(source: str) -> int:
    """Return how many mutants a file has."""
    return sum(1 for _ in _places(ast.parse(source)))


def mutant(source: str, number: int) -> Mutant:
    """Return one mutant of a file: they are numbered from 0 in the order of its text."""
    tree = ast.parse(source)
    node, change = next(islice(_places(tree), number, None))
    before = ast.unparse(node)
    change.apply()
    changed_node = change.value if isinstance(change.value, ast.expr) and change.field == "test" else node
    lines = (node.lineno, node.end_lineno or node.lineno)
    return Mutant(
        lines=lines, before=before, after=ast.unparse(changed_node), tree=ast.fix_missing_locations(tree)
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """A value to be put into a field of a node, or into an element of a list it holds."""

    node: ast.AST
    field: str
    value: object
    index: int | None = None

    def apply(self) -> None:
        if self.index is None:
            setattr(self.node, self.field, self.value)
        else:
            getattr(self.node, self.field)[self.index] = self.value


def _places(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, _Change]]:
    """Yield each expression or statement that can be changed, with the change."""
    for node in _reachable(tree):
        match node:
            case ast.Compare(ops=operators):
                for index, operator in enumerate(operators):
                    yield node, _Change(node, "ops", COMPARED[type(operator)](), index)
            case ast.BinOp(op=operator, right=right) if type(operator) in CALCULATED and not _is_type(right):
                yield node, _Change(node, "op", CALCULATED[type(operator)]())
            case ast.BoolOp(op=logical):
                yield node, _Change(node, "op", ast.Or() if isinstance(logical, ast.And) else ast.And())
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield node, _Change(node, "operand", _negated(operand))
            case ast.Constant(value=bool(value)):
                yield node, _Change(node, "value", not value)
            case ast.Constant(value=int(number)):
                yield node, _Change(node, "value", number + 1)
            case ast.Call(func=ast.Name(id=name) as called) if name in CALLED:
                yield node, _Change(called, "id", CALLED[name])
            case (
                ast.IfExp(test=(ast.Name() | ast.Attribute() | ast.Call()) as test)
                | ast.If(test=(ast.Name() | ast.Attribute() | ast.Call()) as test)
            ):
                yield test, _Change(node, "test", _negated(test))


def _is_type(node: ast.expr) -> bool:
    """Whether a name is a class's: a union of types that is changed is an import that fails, and no fault."""
    return isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper()


def _negated(expression: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=expression)


def _reachable(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes whose change changes what the program does: no annotation, decorator or import."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            yield child
            yield from _reachable(child)
