"""The production calendar of a year as values: twelve months of weeks, and the days that are not as usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from calendars.calendar import Calendar, Day

USUAL = frozenset({"working", "weekend"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """`weeks`: Monday to Sunday; None outside the month."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    working: int
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Unusual days that follow each other and are unusual for the same reason."""

    first: date
    last: date
    kind: str
    name: str | None
    act: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    number: int
    months: tuple[Month, ...]
    unusual: tuple[Run, ...]
    working: int
    days: int
    earlier: int | None
    later: int | None
    version: str


def year(number: int, calendar: Calendar) -> Year:
    """The calendar of a year that lies within the records."""
    months = tuple(_month(date(number, month, 1), calendar) for month in range(1, 13))
    return Year(
        number=number,
        months=months,
        unusual=_unusual(number, calendar),
        working=sum(month.working for month in months),
        days=sum(month.days for month in months),
        earlier=number - 1 if number > calendar.first.year else None,
        later=number + 1 if number < calendar.last.year else None,
        version=calendar.version,
    )


def _month(first: date, calendar: Calendar) -> Month:
    after = (first + timedelta(days=31)).replace(day=1)
    days = [calendar.day(first + timedelta(days=n)) for n in range((after - first).days)]
    padded: list[Day | None] = [None] * first.weekday() + list(days)
    padded += [None] * (-len(padded) % 7)
    return Month(
        first=first,
        weeks=tuple(tuple(padded[n : n + 7]) for n in range(0, len(padded), 7)),
        working=sum(day.working for day in days),
        days=len(days),
    )


def _unusual(number: int, calendar: Calendar) -> tuple[Run, ...]:
    runs: list[Run] = []
    on = date(number, 1, 1)
    while on.year == number:
        day = calendar.day(on)
        if day.kind not in USUAL:
            last = runs[-1] if runs else None
            same = last and (last.kind, last.name, last.act) == (day.kind, day.name, day.act)
            if last and same and last.last == on - timedelta(days=1):
                runs[-1] = Run(first=last.first, last=on, kind=last.kind, name=last.name, act=last.act)
            else:
                runs.append(Run(first=on, last=on, kind=day.kind, name=day.name, act=day.act))
        on += timedelta(days=1)
    return tuple(runs)
