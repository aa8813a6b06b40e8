"""Calendars of the workalendar library by their registry codes ("DE", "FR", "US-CA"), compiled to our tables.

Their days follow from the library's rules; no acts stand behind them. Kazakhstan's (`calendars.kazakhstan`) has
the days of our records.
"""
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import warnings
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from calendars.calendar import Calendar
from calendars.horizon import FIRST, LAST
from calendars.table import HOLIDAY, NORMAL, WEEKEND, WORKED, all_days

if TYPE_CHECKING:
    from workalendar.core import Calendar as LibraryCalendar

HOME = "KZ"
"""The code under which the calendar of our records is registered."""


class UnknownCalendar(ValueError):
    """No calendar is registered under the code, or it lacks some years of the records."""


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of all registered calendars, in order."""
    from workalendar.registry import registry

    return tuple(sorted({*registry.region_registry, HOME}))


@cache
def by_code(code: str, last: date = LAST) -> Calendar:
    """Return the calendar of a registry code up to `last`; KZ gives the calendar of our own records.

    One that the library does not know up to a day after the records ends with them.

    Raises:
        UnknownCalendar: no calendar has this code, or it lacks some years of the records.
    """
    if code == HOME:
        from calendars import calendar

        return calendar(last=last)
    if code not in codes():
        raise UnknownCalendar(code)
    from workalendar.exceptions import CalendarError
    from workalendar.registry import registry

    with warnings.catch_warnings():
        # Warnings of the library's calendars are for developers; every explanation says that the days are by
        # rules.
        warnings.simplefilter("ignore")
        try:
            return Calendar(library=code, days=kinds_of(registry.get(code)(), last), last=last)
        except (CalendarError, KeyError) as gap:
            if last > LAST:
                return by_code(code)
            raise UnknownCalendar(code) from gap


def for_edition(code: str, calendar: Calendar) -> Calendar:
    """Return the calendar used by an edition: its own where it names one, else the office's.

    The office's own days off and working days apply to both.
    """
    if code in ("", calendar.library or HOME):
        return calendar
    return by_code(code, calendar.last).with_office_days(
        off=calendar.office_off, working=calendar.office_working
    )


def kinds_of(days: LibraryCalendar, last: date = LAST) -> bytes:
    """Return the kind of each day up to `last` (indexes into KINDS) by an instance of the library's class."""
    weekend = frozenset(days.get_weekend_days())
    holidays = {day for year in range(FIRST.year, last.year + 1) for day, _ in days.holidays(year)}
    return bytes(_kind(day, days, weekend, holidays) for day in all_days(last))


def _kind(day: date, days: LibraryCalendar, weekend: frozenset[int], holidays: set[date]) -> int:
    """Return the kind of one day (an index into KINDS) by an instance of the library's class."""
    usual = day.weekday() not in weekend
    if days.is_working_day(day):
        return NORMAL if usual else WORKED
    return HOLIDAY if usual or day in holidays else WEEKEND
