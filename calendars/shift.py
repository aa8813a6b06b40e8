"""The statutory shift (law on holidays, art. 5): a holiday on a day off gives its day off to a working day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

_DAY = timedelta(days=1)


def is_weekend(day: date) -> bool:
    """Saturday or Sunday: the five-day week of state bodies."""
    return day.weekday() >= 5


def substitutes(holidays: Iterable[date], religious: Collection[date]) -> dict[date, date]:
    """The substitute day off of every holiday that falls on a weekend: substitute -> holiday.

    In the order of dates each takes the next day that is no weekend, no holiday, no religious day off and
    not taken already. Religious days never move, but they are not free days either.
    """
    ordered = sorted(holidays)
    taken = {*ordered, *religious}
    given: dict[date, date] = {}
    for holiday in ordered:
        if is_weekend(holiday):
            day = holiday + _DAY
            while is_weekend(day) or day in taken:
                day += _DAY
            taken.add(day)
            given[day] = holiday
    return given
