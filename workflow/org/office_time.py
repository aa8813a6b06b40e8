"""Office time: the hours and week of a unit, and its own days off and working days.

Terms are counted by one calendar for everybody, as by law. Office time only decides the moment at which a
notice is sent to somebody in the unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from calendars.kazakhstan import Kazakhstan

Hours = tuple[time, time]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeTime:
    """The office time settings of one unit; those it leaves out come from the unit above.

    Attributes:
        hours: local times; the second is exclusive. None: as the unit above.
        week: working days of the week, 1 is Monday, in order. Empty: as the unit above.
        off, working: single days, in order; those of a nearer unit override those further up.
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
    """Return the settings valid for a unit: each from the nearest unit that has it, single days too."""
    hours: Hours | None = None
    week: tuple[int, ...] = ()
    days: dict[date, bool] = {}
    for office_time in nearest_first:
        hours = hours or office_time.hours
        week = week or office_time.week
        for works, days_named in ((False, office_time.off), (True, office_time.working)):
            for day in days_named:
                days.setdefault(day, works)
    return OfficeTime(
        hours=hours,
        week=week,
        off=tuple(sorted(day for day, works in days.items() if not works)),
        working=tuple(sorted(day for day, works in days.items() if works)),
    )


@lru_cache(maxsize=256)
def unit_calendar(calendar: Kazakhstan, office_time: OfficeTime) -> Kazakhstan:
    """Return the calendar by which a unit is at work: for sending letters, never for terms.

    A weekend day in the unit's week is a working day unless it is a holiday; a weekday outside the week is off.
    National days off on weekdays stay off, and days worked by transfer stay working days; single days of the
    unit override all of these.
    """
    if not office_time.week and not office_time.off and not office_time.working:
        return calendar
    works = dict.fromkeys(calendar.office_off, False) | dict.fromkeys(calendar.office_working, True)
    if office_time.week:
        for number in range(calendar.first.toordinal(), calendar.last.toordinal() + 1):
            day = date.fromordinal(number)
            in_week = day.isoweekday() in office_time.week
            if calendar.day(day).kind == ("weekend" if in_week else "working"):
                works[day] = in_week
    works |= dict.fromkeys(office_time.off, False) | dict.fromkeys(office_time.working, True)
    return calendar.with_office_days(
        off=[day for day in works if not works[day]], working=[day for day in works if works[day]]
    )
