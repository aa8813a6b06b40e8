"""The term of a measure: the words of the plan, the term they were read as, and its form in an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, cast

from calendars.terms import (
    AtOnce,
    CalendarDays,
    DayAfterPeriod,
    InMonth,
    InQuarter,
    Months,
    OnDate,
    Period,
    PerPeriod,
    Term,
    Weeks,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
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
        until: written with "до" / "дейін": read as including the day, safe by the day before.
        since: the named day from which a number of days counts (`26.05.2026 + 10 рабочих дней`).
    """

    written: str = ""
    term: Term = field(default_factory=WithoutTerm)
    reading: TermReading = "nothing"
    every: Period | None = None
    until: bool = False
    since: date | None = None

    @property
    def dateless(self) -> bool:
        """Whether the words contain neither a date nor a number of days."""
        return isinstance(self.term, WithoutTerm | AtOnce)


def as_data(term: MeasureTerm) -> dict[str, object]:
    """Return the term as payload values: JSON values only, nothing empty."""
    data: dict[str, object] = {"written": term.written, "said": term.reading, **_numbers(term.term)}
    if term.every:
        data["every"] = term.every
    if term.until:
        data["until"] = True
    if term.since:
        data["since"] = term.since.isoformat()
    return data


def from_data(data: object) -> MeasureTerm:
    """Return the term from payload values; a term without a day where there are none."""
    if not isinstance(data, Mapping):
        return MeasureTerm()
    period = data.get("every")
    return MeasureTerm(
        written=str(data.get("written", "")),
        reading=cast(TermReading, data.get("said", "nothing")),
        term=_term(data),
        every=cast(Period, period) if period else None,
        until=bool(data.get("until")),
        since=date.fromisoformat(str(data["since"])) if data.get("since") else None,
    )


def _numbers(term: Term) -> dict[str, object]:
    match term:
        case OnDate(on):
            return {"on": on.isoformat()}
        case InMonth(year, month):
            return {"in_month": [year, month]}
        case InQuarter(year, quarter):
            return {"in_quarter": [year, quarter]}
        case PerPeriod(count, _):
            return {"at_least": count}
        case DayAfterPeriod(day):
            return {"day_after": day}
        case YearlyDate(month, day):
            return {"each_year": [month, day]}
        case CalendarDays(count, unspecified=True):
            return {"days": count}
        case WorkingDays(count) | CalendarDays(count) | Weeks(count) | Months(count) | Years(count):
            return {next(key for key, kind in _COUNTED.items() if isinstance(term, kind)): count}
        case AtOnce():
            return {"at_once": True}
        case _:
            return {}


def _term(data: Mapping[str, object]) -> Term:
    for key, value in data.items():
        match key, value:
            case "on", str(text):
                return OnDate(date.fromisoformat(text))
            case "in_month", [int(year), int(month)]:
                return InMonth(year, month)
            case "in_quarter", [int(year), int(quarter)]:
                return InQuarter(year, quarter)
            case "at_least", int(count):
                return PerPeriod(count, cast(Period, data["every"]))
            case "day_after", int(day):
                return DayAfterPeriod(day)
            case "each_year", [int(month), int(day)]:
                return YearlyDate(month, day)
            case "at_once", _:
                return AtOnce()
            case "days", int(count):
                return CalendarDays(count, unspecified=True)
            case _, int(count) if key in _COUNTED:
                return _COUNTED[key](count)
    return WithoutTerm()


_COUNTED: Mapping[str, type[WorkingDays | CalendarDays | Weeks | Months | Years]] = {
    "working_days": WorkingDays,
    "calendar_days": CalendarDays,
    "weeks": Weeks,
    "months": Months,
    "years": Years,
}
