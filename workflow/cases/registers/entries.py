"""Ids of the obligations that register rows add to a case, and row values as stored in events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Protocol, TypeVar

from workflow.cases.case import Case, Event, Evidence, evidence_of, merged_evidence, row_name
from workflow.cases.registers.measure_term import from_data

R = TypeVar("R")
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


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


_READ: Mapping[str, Callable[[object], object]] = {"term": from_data, "on": _day, "approved_on": _day}
"""Functions that convert values stored in events as texts or tables."""


def _row_attributes(row: type, values: Mapping[str, object]) -> dict[str, Any]:
    """Return the values of an event as attributes of a row; fields without an attribute go into `extra`."""
    row_fields: Mapping[str, object] = row.__dataclass_fields__  # type: ignore[attr-defined]
    parsed_values = {name: _READ[name](value) if name in _READ else value for name, value in values.items()}
    return {
        **{name: value for name, value in parsed_values.items() if name in row_fields},
        "extra": {name: value for name, value in parsed_values.items() if name not in row_fields},
    }


def edited(row: R, values: Mapping[str, object]) -> R:
    """Return a row with the values of an edit in place of its own; those not named stay."""
    new, before = _row_attributes(type(row), values), getattr(row, "extra", {})
    edited_row: R = replace(row, **{**new, "extra": {**before, **new["extra"]}})  # type: ignore[type-var]
    return edited_row


def folded(case: Case, kind: str, next_row: Callable[[R | None, int, Event], R]) -> dict[int, R]:
    """Return the rows of a kind in a case by number, computed from its events.

    Args:
        next_row: returns a row (None before its first event) after an event about it, by its number.
    """
    rows: dict[int, R] = {}
    for event in case.entries:
        row_of, _, number = row_name(event).partition(".")
        if row_of == kind:
            row = rows.get(int(number))
            if row is not None and event.kind == "row_edited":
                rows[int(number)] = edited(row, event.payload)
            else:
                rows[int(number)] = next_row(row, int(number), event)
    return dict(sorted(rows.items()))


def row_described(
    row: type[R], number: int, event: Event, before: R | None, stays: Iterable[str] = (), **values: object
) -> R:
    """Return a row as an event describes it: with the values of the event alone, and what `stays`.

    Args:
        before: the same row, if it is described again; `stays`: its values that a description leaves alone.
        values: those of a row the event says nothing of.
    """
    unchanged = {name: getattr(before, name) for name in stays} if before is not None else {}
    return row(**{"number": number, **values, **_row_attributes(row, event.payload), **unchanged})


class Proved(Protocol):
    """A record with evidence: a review, a talk, a removal."""

    @property
    def evidence(self) -> tuple[Evidence, ...]: ...


P = TypeVar("P", bound=Proved)


def with_record(records: tuple[P, ...], record: P, event: Event) -> tuple[P, ...]:
    """Return records with one more, proved by the evidence of an event; if one differs from it in its evidence
    alone, that one gets the further evidence instead.
    """

    def bare(other: P) -> P:
        return replace(other, evidence=())  # type: ignore[type-var]

    before = next((other for other in records if bare(other) == bare(record)), None)
    evidence = merged_evidence(before.evidence if before else (), evidence_of(event))
    merged: P = replace(record, evidence=evidence)  # type: ignore[type-var]
    if before is None:
        return (*records, merged)
    return tuple(merged if other is before else other for other in records)
