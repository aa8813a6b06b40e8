"""A year of the calendar arranged for display: months by weeks, counts, and the unusual days.

Used by documents, the command line and pages alike.
"""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from calendars.kazakhstan import Day, Kazakhstan, Knowledge

USUAL = frozenset({"working", "weekend"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A month arranged by weeks, Monday to Sunday; None in place of days outside the month.

    `days`, `working`: number of days and of working days.
    """

    first: date
    last: date
    weeks: tuple[tuple[Day | None, ...], ...]
    working: int
    days: int


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive unusual days that have the same reason."""

    first: date
    last: date
    kind: str
    name: str | None
    act: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarYear:
    """A year arranged by months.

    Attributes:
        unusual: days that differ from their weekday: holidays, substitutes, transfers, the office's own days.
        earlier, later: the neighbouring years of the calendar, None beyond it.
        version: version of the calendar used.
    """

    number: int
    months: tuple[Month, ...]
    unusual: tuple[Day, ...]
    working: int
    days: int
    earlier: int | None
    later: int | None
    knowledge: Knowledge
    version: str

    @property
    def first(self) -> date:
        return self.months[0].first

    @property
    def last(self) -> date:
        return self.months[-1].last

    @property
    def quarters(self) -> tuple[tuple[Month, ...], ...]:
        """The months in groups of three."""
        return tuple(self.months[n : n + 3] for n in range(0, 12, 3))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The unusual days, grouped into runs of one reason."""
        return group_runs(self.unusual)


def build_year(number: int, calendar: Kazakhstan) -> CalendarYear:
    """Return a year of the calendar arranged for display. Raises OutOfRange outside the calendar."""
    months = tuple(build_month(date(number, n, 1), calendar) for n in range(1, 13))
    return CalendarYear(
        number=number,
        months=months,
        unusual=tuple(day for month in months for day in days_of(month) if day.kind not in USUAL),
        working=sum(month.working for month in months),
        days=sum(month.days for month in months),
        earlier=number - 1 if number > calendar.first.year else None,
        later=number + 1 if number < calendar.last.year else None,
        knowledge=calendar.knowledge(months[0].first, months[-1].last),
        version=calendar.version,
    )


def build_month(first: date, calendar: Kazakhstan) -> Month:
    """Return a month of the calendar arranged for display; `first` is its first day."""
    weeks = tuple(
        tuple(calendar.day(on) if on.month == first.month else None for on in week)
        for week in Calendar().monthdatescalendar(first.year, first.month)
    )
    days = [day for week in weeks for day in week if day]
    working = sum(day.working for day in days)
    return Month(first=first, last=days[-1].on, weeks=weeks, working=working, days=len(days))


def days_of(laid: Month) -> tuple[Day, ...]:
    """Return the days of a month in order."""
    return tuple(day for week in laid.weeks for day in week if day is not None)


def group_runs(days: tuple[Day, ...]) -> tuple[Run, ...]:
    """Group consecutive days that have the same reason."""
    alike = groupby(enumerate(days), lambda pair: (pair[1][2:], pair[1].on.toordinal() - pair[0]))
    runs = []
    for _, pairs in alike:
        run = [day for _, day in pairs]
        runs.append(Run(run[0].on, run[-1].on, *run[0][2:]))
    return tuple(runs)
