"""Ids of the obligations that register rows add to a case, and the numbers of those rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workflow.cases.case import Case

_ENTRY = re.compile(r"(?P<kind>measure|request|assignment)\.[1-9][0-9]*(?:\.(?P<period>.+))?")
"""The id of a measure (`measure.3`, `measure.3.2026Q3` for one period of a recurring one), of the request to a
higher body about a risk (`request.3`), or of an assignment."""


def row_kind(obligation: str) -> str:
    """Return `measure`, `request` or `assignment`; "" for an obligation of the procedure."""
    match = _ENTRY.fullmatch(obligation)
    return match["kind"] if match else ""


def is_entry(obligation: str) -> bool:
    """Return whether an id is of a register row, not of the procedure's own obligation."""
    return bool(row_kind(obligation))


def number_of(obligation: str) -> int:
    """Return the number in the id of a register row: 3 of `measure.3.2026Q3`."""
    return int(obligation.split(".")[1])


def period_in(obligation: str) -> str | None:
    """Return the period in an id, `2026Q3` of `quarter_reported.2026Q3` and of `measure.3.2026Q3`; None for an
    obligation that does not recur.
    """
    match = _ENTRY.fullmatch(obligation)
    return match["period"] if match else obligation.partition(".")[2] or None


def next_number(case: Case, kind: str, numbers_taken: Iterable[int]) -> int:
    """Return the first number after all rows of a kind (`risk`), withdrawn ones included.

    The number of a withdrawn row is never reused, because references to it would then mean the new row.
    """
    return max([*numbers_taken, *withdrawn_numbers(case, kind)], default=0) + 1


def withdrawn_numbers(case: Case, kind: str) -> Iterator[int]:
    """Yield the numbers of the withdrawn rows of a kind."""
    for record in case.withdrawn:
        name, _, number = record.partition(".")
        if name == kind and number.isdecimal():
            yield int(number)
