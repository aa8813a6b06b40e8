"""Which days count: working days of Kazakhstan, 2010-2028, by the acts on record.

The three functions and `OutOfRange` are the outside contract; they speak for the shipped records. `as_of`
asks what was known on that day; None means everything on file. Deadlines are counted by a calendar that
reaches further, up to `REACH`: after the records by the rules alone, every day of it provisional.

Begin with `kazakhstan.py`, the calendar as a class of workalendar: whether a day works, and why. It is compiled
from the acts in `data/`, which `records.py` reads; `checks.py` refuses what cannot be and takes in a new act.
`counting.py` and `terms.py` count terms and explain them; `hours.py` is the one time zone.
"""

from __future__ import annotations

import datetime
from functools import cache

from calendars.checks import check
from calendars.kazakhstan import Kazakhstan as Kazakhstan, compiled
from calendars.records import shipped_records
from calendars.refusal import FIRST as FIRST, LAST as LAST, REACH as REACH, OutOfRange as OutOfRange


def is_working_day(date: datetime.date, as_of: datetime.date | None = None) -> bool:
    """Return whether the date is a working day of the five-day week.

    Raises OutOfRange outside the records, TypeError for what is no date, or a datetime.
    """
    return calendar(as_of).is_working_day(date)


def add_working_days(date: datetime.date, n: int, as_of: datetime.date | None = None) -> datetime.date:
    """Return the n-th working day after the date (before it when n is negative); the date itself for n = 0.

    The start date is not counted and may be a day off. Raises like `is_working_day`.
    """
    return calendar(as_of).add_working_days(date, n)


def count_working_days(first: datetime.date, last: datetime.date, as_of: datetime.date | None = None) -> int:
    """Return the number of working days from first to last, both included; 0 if last is before first.

    Raises like `is_working_day`.
    """
    return calendar(as_of).count_working_days(first, last)


def calendar(as_of: datetime.date | None = None, *, last: datetime.date = LAST) -> Kazakhstan:
    """Return the calendar of the shipped records up to `last`, as they were known on a day (all for None)."""
    shipped = _shipped_calendar(last)
    return shipped if as_of is None else shipped.as_known(as_of)


@cache
def _shipped_calendar(last: datetime.date) -> Kazakhstan:
    return check(compiled(shipped_records(), last))
