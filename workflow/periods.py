"""Periods of a recurring obligation and their names: 2026-03, 2026Q3, 2026H1, 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from calendars.terms import Period, month_end

_MONTHS: dict[Period, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """One period: its name, first and last day."""

    name: str
    first: date
    last: date


# The cases of an office lie in the same few periods.
@lru_cache(maxsize=4096)
def period_of(day: date, period: Period) -> PeriodSpan:
    """Return the calendar period a day lies in."""
    length = _MONTHS[period]
    number = (day.month - 1) // length
    first = date(day.year, number * length + 1, 1)
    last = month_end(day.year, (number + 1) * length)
    return PeriodSpan(_name(day.year, period, number + 1), first, last)


def periods(period: Period, *, after: date, until: date) -> Iterator[PeriodSpan]:
    """Yield the calendar periods whose last day falls in (after, until]."""
    span = period_of(after, period)
    while span.last <= until:
        if span.last > after:
            yield span
        if span.last == date.max:
            return
        span = period_of(date.fromordinal(span.last.toordinal() + 1), period)


def _name(year: int, period: Period, number: int) -> str:
    """Return the name of the number-th period of a year."""
    match period:
        case "month":
            return f"{year}-{number:02d}"
        case "quarter":
            return f"{year}Q{number}"
        case "half-year":
            return f"{year}H{number}"
        case "year":
            return str(year)
