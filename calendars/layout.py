"""A month or a year of the calendar arranged for display: by weeks and months, with counts and unusual days."""

from __future__ import annotations

from calendar import Calendar, monthrange
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

from calendars.kazakhstan import Day, Kazakhstan, Knowledge


class Run(NamedTuple):
    """Consecutive unusual days that have the same reason."""

    first: date
    last: date
    kind: str
    name: str | None
    act: str | None


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """Consecutive days of the calendar: each of them, and their numbers."""

    every: tuple[Day, ...]

    @property
    def first(self) -> date:
        return self.every[0].on

    @property
    def last(self) -> date:
        return self.every[-1].on

    @property
    def days(self) -> int:
        return len(self.every)

    @property
    def working(self) -> int:
        return sum(day.working for day in self.every)

    @property
    def unusual(self) -> tuple[Day, ...]:
        """Days that differ from their weekday: holidays, substitutes, transfers, the office's own days."""
        return tuple(day for day in self.every if day.kind not in ("working", "weekend"))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The unusual days, consecutive ones of one reason together."""
        alike = groupby(enumerate(self.unusual), lambda pair: (pair[1][2:], pair[1].on.toordinal() - pair[0]))
        runs = ([day for _, day in pairs] for _, pairs in alike)
        return tuple(Run(run[0].on, run[-1].on, *run[0][2:]) for run in runs)


class Month(CalendarDays):
    """A month of the calendar."""

    @property
    def weeks(self) -> tuple[tuple[Day | None, ...], ...]:
        """Its days by weeks, Monday to Sunday; None in place of days of other months."""
        weeks = Calendar().monthdayscalendar(self.first.year, self.first.month)
        return tuple(tuple(self.every[number - 1] if number else None for number in week) for week in weeks)


@dataclass(frozen=True, slots=True)
class CalendarYear(CalendarDays):
    """A year of a calendar, arranged by months. `earlier`, `later`: the neighbouring years of the calendar,
    None beyond it. `version`: of the calendar.
    """

    number: int
    months: tuple[Month, ...]
    earlier: int | None
    later: int | None
    knowledge: Knowledge
    version: str


def build_year(number: int, calendar: Kazakhstan) -> CalendarYear:
    """Return a year of the calendar arranged for display. Raises OutOfRange outside the calendar."""
    months = tuple(build_month(date(number, month, 1), calendar) for month in range(1, 13))
    return CalendarYear(
        every=tuple(day for month in months for day in month.every),
        number=number,
        months=months,
        earlier=number - 1 if number > calendar.first.year else None,
        later=number + 1 if number < calendar.last.year else None,
        knowledge=calendar.knowledge(months[0].first, months[-1].last),
        version=calendar.version,
    )


def build_month(first: date, calendar: Kazakhstan) -> Month:
    """Return the month of the calendar that begins on a day, arranged for display."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Month(tuple(calendar.days(first, last)))
