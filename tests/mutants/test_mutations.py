"""The faults that are tried are the ones meant, one at a time, and leave annotations alone."""

from __future__ import annotations

import pytest

from tests.mutants.mutations import mutants


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
    found = list(mutants(source))

    assert [one.after for one in found] == changed
    assert len({one.source for one in found}) == len(changed)
    assert source not in {one.source for one in found}


def test_a_fault_is_found_again_by_its_line() -> None:
    """The line is that of the file as it stands, comments and all."""
    (one,) = mutants("# a comment\n\nx = a < b  # here\n")

    assert (one.line, one.before, one.source) == (3, "a < b", "x = a <= b")
