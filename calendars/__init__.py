"""Which days count: the working days of Kazakhstan, 2010-2028, by the acts on record.

The three functions and `OutOfRange` are the outside contract; they speak for the shipped records. `as_of`
asks what was known on that day; None means everything on file.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from functools import lru_cache

from calendars.calendar import Calendar
from calendars.checks import check
from calendars.entries import Records, with_records
from calendars.horizon import FIRST, LAST, OutOfRange
from calendars.records import shipped

__all__ = [
    "FIRST",
    "LAST",
    "OutOfRange",
    "add_working_days",
    "calendar",
    "compiled",
    "count_working_days",
    "is_working_day",
    "with_records",
]


def is_working_day(date: datetime.date, as_of: datetime.date | None = None) -> bool:
    """Whether the date is a working day of the five-day week.

    Raises:
        OutOfRange: the date lies outside the records.
        TypeError: no date, or a datetime.
    """
    return (_everything() if as_of is None else calendar(as_of)).is_working(date)


def add_working_days(date: datetime.date, n: int, as_of: datetime.date | None = None) -> datetime.date:
    """The n-th working day after the date, before it when n is negative; n = 0 gives the date itself.

    The given date is not counted and may be a day off. Raises like `is_working_day`.
    """
    return (_everything() if as_of is None else calendar(as_of)).add(date, n)


def count_working_days(first: datetime.date, last: datetime.date, as_of: datetime.date | None = None) -> int:
    """Working days from first to last, both ends counted; 0 if last is before first. Raises like the others."""
    return (_everything() if as_of is None else calendar(as_of)).count(first, last)


def calendar(as_of: datetime.date | None = None) -> Calendar:
    """The calendar of the shipped records as known on a day: one value per state of knowledge, made once."""
    if as_of is None:
        return _everything()
    return compiled(shipped(), as_of)


def compiled(records: Records, as_of: datetime.date | None = None) -> Calendar:
    """The calendar of any records, by what of them was known on a day (everything for None).

    Unchecked: `calendars.checks.check` says whether balances and transfers agree.
    """
    if as_of is None:
        return _compiled(records, None)
    if not isinstance(as_of, datetime.date) or isinstance(as_of, datetime.datetime):
        raise TypeError(f"as_of is a date or None, got {type(as_of).__name__}: {as_of!r}")
    return _compiled(records, bisect_right(records.turns, as_of))


@lru_cache(maxsize=1)
def _everything() -> Calendar:
    return check(compiled(shipped()))


@lru_cache(maxsize=256)
def _compiled(records: Records, turns: int | None) -> Calendar:
    """`turns` counts the days on which knowledge grew, up to the day asked: same number, same calendar."""
    if turns is None:
        return Calendar(records=records)
    as_of = records.turns[turns - 1] if turns else datetime.date.min
    return Calendar(records=records.known(as_of))
