"""Adds months and years to a date (Civil Code art. 174): same day number, or the last day of a shorter
month.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from calendars.horizon import OutOfRange


def months_later(day_of: date, number: int, *, day: int | None = None) -> date:
    """Return the date so many months later, on the same day number (or on `day`), at most the month's last day.

    Raises OutOfRange where Python's dates end.
    """
    months = day_of.year * 12 + day_of.month - 1 + number
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OutOfRange(date.max if number > 0 else date.min)
    return date(year, month + 1, min(day or day_of.day, monthrange(year, month + 1)[1]))


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])
