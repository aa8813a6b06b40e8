"""When an office is at work: its hours, the days of its week, its own days off and days of work.

Terms are counted by one calendar for everybody, as the law counts them. By its own time a unit is only written
to: the moment a notice leaves for somebody follows the office they sit in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from calendars.calendar import Calendar

Hours = tuple[time, time]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeTime:
    """What a unit says of its own time; what it leaves out holds as it does above it.

    Attributes:
        hours: local; the second is the first too late. None: as above.
        week: days of the week at work, 1 is Monday, in order. Empty: as above.
        off, working: single days, in order; nearer to the reader goes before further up.
    """

    hours: Hours | None = None
    week: tuple[int, ...] = ()
    off: tuple[date, ...] = ()
    working: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return self != NOTHING_OWN


NOTHING_OWN = OfficeTime()
MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)


def joined(nearest_first: Iterable[OfficeTime]) -> OfficeTime:
    """What holds for a unit: of each thing what is said nearest; a single day is what is said of it nearest."""
    hours: Hours | None = None
    week: tuple[int, ...] = ()
    days: dict[date, bool] = {}
    for one in nearest_first:
        hours = hours or one.hours
        week = week or one.week
        for works, named in ((False, one.off), (True, one.working)):
            for day in named:
                days.setdefault(day, works)
    return OfficeTime(
        hours=hours,
        week=week,
        off=tuple(sorted(day for day, works in days.items() if not works)),
        working=tuple(sorted(day for day, works in days.items() if works)),
    )


@lru_cache(maxsize=256)
def days_of(calendar: Calendar, own: OfficeTime) -> Calendar:
    """The calendar a unit is at work by: for the moment of a letter, never for a term.

    A weekend day of its week is a day of work unless it is a holiday; a weekday outside its week is off. What
    the country has off on a weekday stays off, a day it works by transfer stays a day of work; of any single
    day the unit says more itself.
    """
    if not own.week and not own.off and not own.working:
        return calendar
    off, working = set(calendar.office_off), set(calendar.office_working)
    if own.week:
        gained, lost = _week(calendar, frozenset(own.week))
        off, working = (off - gained) | lost, (working - lost) | gained
    off = (off - set(own.working)) | set(own.off)
    working = (working - set(own.off)) | set(own.working)
    return calendar.with_office_days(off=off, working=working)


def _week(calendar: Calendar, week: frozenset[int]) -> tuple[set[date], set[date]]:
    """Days a week adds to those of the calendar, and days it takes from them."""
    gained, lost = set[date](), set[date]()
    for day, kind in _days(calendar):
        if kind == "weekend" and day.isoweekday() in week:
            gained.add(day)
        elif kind == "working" and day.isoweekday() not in week:
            lost.add(day)
    return gained, lost


def _days(calendar: Calendar) -> Iterator[tuple[date, str]]:
    for number in range(calendar.first.toordinal(), calendar.last.toordinal() + 1):
        day = date.fromordinal(number)
        yield day, calendar.day(day).kind
