"""The production calendar of a year as values: twelve months, and what in them is unusual by which act."""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar, Day, Knowledge, UncertainDay
from calendars.monthly import month_end

_USUAL = frozenset({"working", "weekend"})
_MONTHS = range(1, 13)


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A month.

    Attributes:
        days: every day, in order.
        working: how many of them are working days.
    """

    year: int
    number: int
    days: tuple[Day, ...]
    working: int

    @property
    def weeks(self) -> tuple[tuple[Day | None, ...], ...]:
        """Rows from Monday to Sunday, None for days of other months: how a calendar is printed."""
        rows = Weeks().monthdayscalendar(self.year, self.number)
        return tuple(tuple(self.days[day - 1] if day else None for day in row) for row in rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductionYear:
    """A year.

    Attributes:
        months: January to December.
        quarters, halves: working days of each.
        working: working days of the year.
        unusual: the days that are not what their weekday says, with the act of each, in order.
        uncertain: religious days that may still move by one day.
        knowledge: whether the year is confirmed or may still change.
        version: of the calendar it is taken from.
    """

    number: int
    months: tuple[Month, ...]
    quarters: tuple[int, ...]
    halves: tuple[int, ...]
    working: int
    unusual: tuple[Day, ...]
    uncertain: tuple[UncertainDay, ...]
    knowledge: Knowledge
    version: str


def production_year(number: int, calendar: Calendar) -> ProductionYear:
    """The production calendar of a year. OutOfRange when the year lies outside the records."""
    first, last = date(number, 1, 1), date(number, 12, 31)
    months = tuple(_month(number, month, calendar) for month in _MONTHS)
    working = [month.working for month in months]
    return ProductionYear(
        number=number,
        months=months,
        quarters=tuple(sum(working[start : start + 3]) for start in range(0, 12, 3)),
        halves=(sum(working[:6]), sum(working[6:])),
        working=sum(working),
        unusual=tuple(day for month in months for day in month.days if day.kind not in _USUAL),
        uncertain=calendar.uncertain(first, last),
        knowledge=calendar.knowledge(first, last),
        version=calendar.version,
    )


def _month(year: int, number: int, calendar: Calendar) -> Month:
    first, last = date(year, number, 1), month_end(year, number)
    days, _ = calendar.span(first, last)
    return Month(
        year=year,
        number=number,
        days=tuple(calendar.day(day) for day in days),
        working=calendar.count(first, last),
    )
