"""Rows of the registers of a case (risks, measures, exposed positions, remarks), computed from its events.

A row is its values, by the fields of its register's file, and what was recorded about it by the actions there.
Of the values the term of a measure has a form of its own. What a row asks is an obligation with the row's id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from typing import Any, Literal

from calendars import terms
from workflow.cases.case import (
    DESCRIBES,
    Case,
    Event,
    EventKind,
    Evidence,
    evidence_of,
    filled,
    merged_evidence,
    row_name,
)

_SEVERAL = frozenset({"measure_reviewed", "talk_held"})
"""Kinds of records a row may have many of; of others the latest counts."""
_ENDS: Mapping[str, str] = {
    "position_exposed": "position_cleared",
    "remark_made": "remark_answered",
    "request_sent": "request_answered",
}
"""Kind of an event -> kind of the record of its row that counts no longer after it."""
TITLE_OF = {"risk": "description", "measure": "action", "position": "title", "remark": "text"}
"""Kind of a row -> the field used as its title."""
OWN_FIELDS = frozenset(
    {
        *("description", "direction", "cause", "act", "body", "for_legal_monitoring"),
        *("risk", "recommendation", "action", "completion", "responsible", "term"),
        *("title", "holder", "why", "approved_on", "department", "district"),
        *("text", "author", "source", "on"),
    }
)
"""Fields with a place of their own on pages and in forms; those that only a register's file has stand after
them.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Valued:
    """Something with values, as events store them, by field; those that are not filled may be absent."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """Return the value of a field as stored; "" where it is not filled."""
        return self.values.get(name, "")

    def day(self, name: str) -> date | None:
        """Return the value of a date field; None where it is not filled."""
        return date.fromisoformat(self[name]) if self[name] else None

    @property
    def term(self) -> MeasureTerm:
        """By when a measure is to be done; an empty term where none is said."""
        return from_data(self.values.get("term"))


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordOnRow(_Valued):
    """What an action recorded about a row: that a measure was reviewed, a risk ranked. `kind`: of its event.
    `on`: the local day; `date.min` of a rank, which has none.
    """

    kind: EventKind
    on: date
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowOfCase(_Valued):
    """A row of a register of a case; the field `on` is the local day it was described for.

    Attributes:
        kind: `risk`, `measure`, `position` or `remark`; number: as the analytic note numbers it.
        first_on: the local day it was first entered for; None where unknown.
        records: in order, without those that count no longer.
    """

    kind: str
    number: int
    first_on: date | None
    records: tuple[RecordOnRow, ...] = ()

    def all(self, kind: EventKind) -> tuple[RecordOnRow, ...]:
        return tuple(record for record in self.records if record.kind == kind)

    def last(self, kind: EventKind) -> RecordOnRow | None:
        return next((record for record in reversed(self.records) if record.kind == kind), None)


def rows_of(case: Case, kind: str) -> dict[int, RowOfCase]:
    """Return the rows of a kind (risk, measure, position or remark) in a case by number."""
    rows: dict[int, RowOfCase] = {}
    for event in case.entries:
        row_kind, _, number = row_name(event).partition(".")
        if row_kind == kind:
            rows[int(number)] = next_row(rows.get(int(number)), event)
    return dict(sorted(rows.items()))


def next_row(row: RowOfCase | None, event: Event) -> RowOfCase:
    """Return a row (None before its first event) after an event about it. The same record again adds its
    evidence to the first; a position is removed from the list once.
    """
    payload = {name: value for name, value in event.payload.items() if name != "evidence"}
    if event.kind in DESCRIBES:
        kind, _, number = row_name(event).partition(".")
        return RowOfCase(
            kind=kind,
            number=int(number),
            first_on=row.first_on if row else event.on,
            values={"on": event.on.isoformat() if event.on else "", **payload},
            records=_without(row.records, _ENDS.get(event.kind)) if row else (),
        )
    assert row is not None
    if event.kind == "row_edited":
        values = {**row.values, **payload}
        return replace(row, values={name: value for name, value in values.items() if value not in ("", False)})
    if event.kind == "position_cleared" and row.last("position_cleared"):
        return row
    record = RecordOnRow(kind=event.kind, on=event.on or date.min, values=payload, evidence=evidence_of(event))
    for place, before in enumerate(row.records):
        if replace(before, evidence=record.evidence) == record:
            merged = replace(before, evidence=merged_evidence(before.evidence, record.evidence))
            return replace(row, records=(*row.records[:place], merged, *row.records[place + 1 :]))
    records = _without(row.records, _ENDS.get(event.kind))
    if event.kind not in _SEVERAL:
        records = _without(records, event.kind)
    values = dict(row.values)
    if event.kind == "request_sent":
        values["body"] = row["body"] or record["body"]
    return replace(row, values=values, records=(*records, record))


def _without(records: Iterable[RecordOnRow], kind: str | None) -> tuple[RecordOnRow, ...]:
    """Return the records but those of a kind; all of them where there is no such kind (None)."""
    return tuple(record for record in records if record.kind != kind)


def review_of(measure: RowOfCase, period: str) -> RecordOnRow | None:
    """Return the last review of a period, or of the whole measure if that was recorded later; None for none."""
    reviews = reversed(measure.all("measure_reviewed"))
    return next((review for review in reviews if review["period"] in (period, "")), None)


def outcome_of(measure: RowOfCase) -> str:
    """Return the outcome of the latest review of a measure; "" before the first."""
    review = measure.last("measure_reviewed")
    return str(review["outcome"]) if review else ""


def measures_of(measures: Mapping[int, RowOfCase], risk: int) -> tuple[RowOfCase, ...]:
    """Return those of the measures of a case that remove a risk."""
    return tuple(measure for measure in measures.values() if measure["risk"] == risk)


def as_written(value: object) -> object:
    """Return a value of an event as it was written: of a term its words."""
    return value["written"] if isinstance(value, Mapping) else value


def data_of(value: object) -> object:
    """Return a value as stored in an event's payload: JSON values only, "" for none."""
    if isinstance(value, MeasureTerm):
        return as_data(value) if value.written or not value.dateless else ""
    return value.isoformat() if isinstance(value, date) else "" if value is None else value


_Dated = Literal["date", "span", "month", "quarter", "half_year", "year", "recurring", "after"]
_Dateless = Literal["at_once", "standing", "by_schedule", "by_need", "several", "far", "no_year"]
TermReading = Literal[_Dated, _Dateless, "nothing", "words"]
"""How the words were read. From `at_once` on they contain no day, which is a finding; no day is guessed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureTerm:
    """The term by which a measure must be done.

    Attributes:
        written, reading: the words of the plan, and how they were read.
        every: the period of a recurring measure (`ежеквартально`).
        day_in_doubt: written with "до" / "дейін": read as including the day, safe by the day before.
        since: the named day from which a number of days counts (`26.05.2026 + 10 рабочих дней`).
    """

    written: str = ""
    term: terms.Term = field(default_factory=terms.WithoutTerm)
    reading: TermReading = "nothing"
    every: terms.Period | None = None
    day_in_doubt: bool = False
    since: date | None = None

    @property
    def dateless(self) -> bool:
        """Whether the words contain neither a date nor a number of days."""
        return isinstance(self.term, terms.WithoutTerm | terms.AtOnce)


_KINDS: Mapping[str, type[terms.Term]] = {
    "on": terms.OnDate,
    "in_period": terms.InPeriod,
    "at_least": terms.PerPeriod,
    "day_after": terms.DayAfterPeriod,
    "each_year": terms.YearlyDate,
    "after": terms.After,
    "at_once": terms.AtOnce,
}
"""Key in an event -> the kind of term whose values stand there in a list."""


def as_data(term: MeasureTerm) -> dict[str, object]:
    """Return the term as payload values: JSON values only, nothing empty."""
    data: dict[str, object] = {"written": term.written, "said": term.reading}
    for key, kind in _KINDS.items():
        if isinstance(term.term, kind):
            values = astuple(term.term)
            data[key] = [value.isoformat() if isinstance(value, date) else value for value in values]
    since = term.since.isoformat() if term.since else None
    return data | filled(every=term.every, until=term.day_in_doubt or None, since=since)


def from_data(data: Any) -> MeasureTerm:
    """Return the term from payload values; a term without a day where there are none."""
    if not isinstance(data, Mapping):
        return MeasureTerm()
    term: terms.Term = terms.WithoutTerm()
    for key, kind in _KINDS.items():
        if key in data:
            values: list[Any] = (
                [date.fromisoformat(day) for day in data[key]] if kind is terms.OnDate else data[key]
            )
            term = kind(*values)
    return MeasureTerm(
        written=data.get("written", ""),
        reading=data.get("said", "nothing"),
        term=term,
        every=data.get("every"),
        day_in_doubt=data.get("until", False),
        since=date.fromisoformat(data["since"]) if "since" in data else None,
    )


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
    """Return the period in an id, `2026Q3` of `quarter_reported.2026Q3` or `measure.3.2026Q3`, or None."""
    match = _ENTRY.fullmatch(obligation)
    return match["period"] if match else obligation.partition(".")[2] or None


def next_number(case: Case, kind: str, numbers_taken: Iterable[int]) -> int:
    """Return the first number after all rows of a kind (`risk`), withdrawn ones included.

    The number of a withdrawn row is never reused, because references to it would then mean the new row.
    """
    return max([*numbers_taken, *withdrawn_numbers(case, kind)], default=0) + 1


def withdrawn_numbers(case: Case, kind: str) -> Iterator[int]:
    """Yield the numbers of the withdrawn rows of a kind."""
    numbers = (record.removeprefix(f"{kind}.") for record in case.withdrawn)
    return (int(number) for number in numbers if number.isdecimal())
