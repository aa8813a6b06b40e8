"""A year of a calendar laid out: its months by weeks, what each counts, and the days that are not as usual.

One layout for every sheet of a year, on paper, in a terminal or on a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from calendars.calendar import Calendar, Day, Knowledge

USUAL = frozenset({"working", "weekend"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """`weeks`: Monday to Sunday; None outside the month. `days`, `working`: how many it has."""

    first: date
    last: date
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
    """A year.

    Attributes:
        unusual: days that are not what their weekday says: holidays, substitutes, transfers, own days.
        earlier, later: the neighbouring years of the records, None beyond them.
        version: of the calendar it was laid out by.
    """

    number: int
    months: tuple[Month, ...]
    unusual: tuple[Day, ...]
    working: int
    days: int
    earlier: int | None
    later: int | None
    knowledge: Knowledge
    library: str
    version: str

    @property
    def first(self) -> date:
        return self.months[0].first

    @property
    def last(self) -> date:
        return self.months[-1].last

    @property
    def quarters(self) -> tuple[tuple[Month, ...], ...]:
        """The months three by three."""
        return tuple(self.months[n : n + 3] for n in range(0, 12, 3))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The unusual days, those of one reason together."""
        return runs(self.unusual)


def year(number: int, calendar: Calendar) -> Year:
    """The year, laid out. OutOfRange when it does not lie within the records."""
    months = tuple(month(date(number, n, 1), calendar) for n in range(1, 13))
    return Year(
        number=number,
        months=months,
        unusual=tuple(day for one in months for day in days_of(one) if day.kind not in USUAL),
        working=sum(one.working for one in months),
        days=sum(one.days for one in months),
        earlier=number - 1 if number > calendar.first.year else None,
        later=number + 1 if number < calendar.last.year else None,
        knowledge=calendar.knowledge(months[0].first, months[-1].last),
        library=calendar.library,
        version=calendar.version,
    )


def month(first: date, calendar: Calendar) -> Month:
    """The month that begins on that day, laid out."""
    after = (first + timedelta(days=31)).replace(day=1)
    days = [calendar.day(first + timedelta(days=n)) for n in range((after - first).days)]
    padded: list[Day | None] = [None] * first.weekday() + list(days)
    padded += [None] * (-len(padded) % 7)
    return Month(
        first=first,
        last=days[-1].on,
        weeks=tuple(tuple(padded[n : n + 7]) for n in range(0, len(padded), 7)),
        working=sum(day.working for day in days),
        days=len(days),
    )


def days_of(laid: Month) -> tuple[Day, ...]:
    """The days of a month, in order."""
    return tuple(day for week in laid.weeks for day in week if day is not None)


def runs(days: tuple[Day, ...]) -> tuple[Run, ...]:
    """Days in order, those that follow each other for one reason together."""
    found: list[Run] = []
    for day in days:
        last = found[-1] if found else None
        same = last is not None and (last.kind, last.name, last.act) == (day.kind, day.name, day.act)
        if last is not None and same and last.last == day.on - timedelta(days=1):
            found[-1] = Run(first=last.first, last=day.on, kind=day.kind, name=day.name, act=day.act)
        else:
            found.append(Run(first=day.on, last=day.on, kind=day.kind, name=day.name, act=day.act))
    return tuple(found)
