"""The term of a measure: the words of the plan, the term they were read as, and its form in an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import Any, Literal, cast

from calendars.terms import (
    After,
    AtOnce,
    DayAfterPeriod,
    InPeriod,
    OnDate,
    Period,
    PerPeriod,
    Term,
    WithoutTerm,
    YearlyDate,
)

TermReading = Literal[
    "date",
    "span",
    "month",
    "quarter",
    "half_year",
    "year",
    "recurring",
    "after",
    "at_once",
    "standing",
    "by_schedule",
    "by_need",
    "several",
    "far",
    "no_year",
    "nothing",
    "words",
]
"""How the words were read. From `at_once` on they contain no day, which is a finding; no day is guessed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureTerm:
    """The term by which a measure must be done.

    Attributes:
        written: the words of the plan.
        reading: how they were read.
        every: the period of a recurring measure (`ежеквартально`).
        day_in_doubt: written with "до" / "дейін": read as including the day, safe by the day before.
        since: the named day from which a number of days counts (`26.05.2026 + 10 рабочих дней`).
    """

    written: str = ""
    term: Term = field(default_factory=WithoutTerm)
    reading: TermReading = "nothing"
    every: Period | None = None
    day_in_doubt: bool = False
    since: date | None = None

    @property
    def dateless(self) -> bool:
        """Whether the words contain neither a date nor a number of days."""
        return isinstance(self.term, WithoutTerm | AtOnce)


_KINDS: Mapping[str, type[Term]] = {
    "on": OnDate,
    "in_period": InPeriod,
    "at_least": PerPeriod,
    "day_after": DayAfterPeriod,
    "each_year": YearlyDate,
    "after": After,
    "at_once": AtOnce,
}
"""Key in an event -> the kind of term whose values stand there in a list."""


def as_data(term: MeasureTerm) -> dict[str, object]:
    """Return the term as payload values: JSON values only, nothing empty."""
    data: dict[str, object] = {"written": term.written, "said": term.reading}
    for key, kind in _KINDS.items():
        if isinstance(term.term, kind):
            values = astuple(term.term)
            data[key] = [value.isoformat() if isinstance(value, date) else value for value in values]
    if term.every:
        data["every"] = term.every
    if term.day_in_doubt:
        data["until"] = True
    if term.since:
        data["since"] = term.since.isoformat()
    return data


def from_data(data: object) -> MeasureTerm:
    """Return the term from payload values; a term without a day where there are none."""
    if not isinstance(data, Mapping):
        return MeasureTerm()
    term: Term = WithoutTerm()
    for key, kind in _KINDS.items():
        if key in data:
            values: list[Any] = [date.fromisoformat(day) for day in data[key]] if kind is OnDate else data[key]
            term = kind(*values)
    period = data.get("every")
    return MeasureTerm(
        written=str(data.get("written", "")),
        reading=cast(TermReading, data.get("said", "nothing")),
        term=term,
        every=cast(Period, period) if period else None,
        day_in_doubt=bool(data.get("until")),
        since=date.fromisoformat(str(data["since"])) if data.get("since") else None,
    )
