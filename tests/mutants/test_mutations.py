"""Generated mutants: the intended faults, one at a time, annotations untouched."""

from __future__ import annotations

import ast
from types import FunctionType

import pytest

from tests.mutants.mutations import Mutant, count_mutants, mutant
from tests.mutants.planting import plant


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x = a < b", ["a <= b"]),
        ("x = a == b != c", ["a != b != c", "a == b == c"]),
        ("x = a + 1", ["a - 1", "2"]),
        ("x = a and b", ["a or b"]),
        ("x = not a", ["not not a"]),
        ("x = a | b", ["a & b"]),
        ("x = isinstance(a, WorkingDays | Weeks)", []),
        ("x = FIRST - DAY", ["FIRST + DAY"]),
        ("x = True", ["False"]),
        ("x = any(a)", ["all(a)"]),
        ("x = b if a else c", ["not a"]),
        ("if a.b():\n    pass", ["not a.b()"]),
        ("x: Literal[1] = a", []),
        ("@dataclass(frozen=True)\nclass A:\n    pass", []),
        ("if TYPE_CHECKING:\n    x = 1", []),
        ("from a import b", []),
    ],
)
def test_a_fault_is_one_changed_operator_constant_boolean_or_call(source: str, changed: list[str]) -> None:
    """Each by itself; the rest of the file stays as it is."""
    faults = all_of(source)

    assert [fault.after for fault in faults] == changed
    assert len({ast.unparse(fault.tree) for fault in faults}) == len(changed)
    assert source not in {ast.unparse(fault.tree) for fault in faults}


def test_a_fault_is_found_again_by_its_line() -> None:
    """The line is that of the file as it stands, comments and all."""
    (fault,) = all_of("# a comment\n\nx = a < b  # here\n")

    assert (fault.lines, fault.before, ast.unparse(fault.tree)) == ((3, 3), "a < b", "x = a <= b")


SOURCE = """
LEAST = 1
class Ladder:
    def step(self, n, by=2):
        return [n + one for one in (3,)]
"""


@pytest.mark.parametrize(
    ("number", "planted", "answer"),
    [(0, False, [4]), (1, False, [4]), (2, True, [-2]), (3, True, [5])],
    ids=["module", "default", "operator", "constant"],
)
def test_a_fault_of_a_function_needs_no_new_import(number: int, planted: bool, answer: list[int]) -> None:
    """What runs while the module is imported does: a constant, a default; there nothing is planted."""
    module: dict[str, object] = {}
    exec(compile(SOURCE, "ladder.py", "exec"), module)
    ladder = module["Ladder"]
    assert isinstance(ladder, type)
    functions = [function for function in vars(ladder).values() if isinstance(function, FunctionType)]

    planted_answer = plant(
        compile(SOURCE, "ladder.py", "exec"),
        compile(mutant(SOURCE, number).tree, "ladder.py", "exec"),
        functions,
    )

    assert (planted_answer, ladder().step(1)) == (planted, answer)


def all_of(source: str) -> list[Mutant]:
    return [mutant(source, number) for number in range(count_mutants(source))]
