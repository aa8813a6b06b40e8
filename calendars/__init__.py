"""Which days count: working days of Kazakhstan, 2010-2028, by the acts on record.

The three functions and `OutOfRange` are the outside contract; they speak for the shipped records. `as_of`
asks what was known on that day; None means everything on file. Deadlines are counted by a calendar that
reaches further, up to `REACH`: after the records by the rules alone, every day of it provisional.

Begin with `data/`, the acts year by year, and `calendar.py`, what they compile to: whether a day works, and
why. `records.py` reads them, `checks.py` refuses what cannot be, `counting.py` and `terms.py` count terms and
explain them, `adopting.py` takes in a new act, `hours.py` is the one time zone. `kazakhstan.py` is the same
calendar as a class of workalendar.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from functools import cache, lru_cache

from calendars.calendar import Calendar
from calendars.checks import check
from calendars.entries import Records, with_records
from calendars.horizon import FIRST, LAST, REACH, OutOfRange
from calendars.records import shipped_records

__all__ = [
    "FIRST",
    "LAST",
    "REACH",
    "OutOfRange",
    "add_working_days",
    "as_known",
    "calendar",
    "compiled",
    "count_working_days",
    "is_working_day",
    "with_records",
]


def is_working_day(date: datetime.date, as_of: datetime.date | None = None) -> bool:
    """Return whether the date is a working day of the five-day week.

    Raises:
        OutOfRange: the date lies outside the records.
        TypeError: not a date, or a datetime.
    """
    return (_shipped_calendar() if as_of is None else calendar(as_of)).is_working(date)


def add_working_days(date: datetime.date, n: int, as_of: datetime.date | None = None) -> datetime.date:
    """Return the n-th working day after the date (before it when n is negative); the date itself for n = 0.

    The start date is not counted and may be a day off. Raises like `is_working_day`.
    """
    return (_shipped_calendar() if as_of is None else calendar(as_of)).add(date, n)


def count_working_days(first: datetime.date, last: datetime.date, as_of: datetime.date | None = None) -> int:
    """Return the number of working days from first to last, both included; 0 if last is before first.

    Raises like `is_working_day`.
    """
    return (_shipped_calendar() if as_of is None else calendar(as_of)).count(first, last)


def calendar(as_of: datetime.date | None = None, *, last: datetime.date = LAST) -> Calendar:
    """Return the calendar of the shipped records as they were known on a day (all records for None)."""
    if as_of is None:
        return _shipped_calendar() if last == LAST else _shipped_calendar(last)
    return compile_calendar(shipped_records(), as_of, last=last)


def compile_calendar(
    records: Records, as_of: datetime.date | None = None, *, last: datetime.date = LAST
) -> Calendar:
    """Return the calendar of any records as they were known on a day (all records for None).

    The records are not verified; `calendars.checks.check` does that.
    """
    if as_of is None:
        return _compile_up_to(records, None, last)
    if not isinstance(as_of, datetime.date) or isinstance(as_of, datetime.datetime):
        raise TypeError(f"as_of is a date or None, got {type(as_of).__name__}: {as_of!r}")
    return _compile_up_to(records, bisect_right(records.turns, as_of), last)


def as_known(calendar: Calendar, as_of: datetime.date | None) -> Calendar:
    """Return an office's calendar as it was known on a day; as known now for None."""
    if as_of is None:
        return calendar
    compiled = compile_calendar(calendar.records, as_of, last=calendar.last)
    return compiled.with_office_days(off=calendar.office_off, working=calendar.office_working)


@cache
def _shipped_calendar(last: datetime.date = LAST) -> Calendar:
    """Return the verified calendar of all shipped records."""
    return check(compile_calendar(shipped_records(), last=last))


@lru_cache(maxsize=256)
def _compile_up_to(records: Records, turns: int | None, last: datetime.date) -> Calendar:
    """Return the calendar as of the n-th day (`turns`) on which records became known (cached)."""
    if turns is None:
        return Calendar(records=records, last=last)
    as_of = records.turns[turns - 1] if turns else datetime.date.min
    return Calendar(records=records.known_on(as_of), last=last)
