"""Substitute days off for holidays that fall on a weekend (law on holidays, art. 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

_DAY = timedelta(days=1)


def is_weekend(day: date) -> bool:
    """Return whether the day is a Saturday or Sunday: the five-day week of state bodies."""
    return day.weekday() >= 5


def find_substitutes(holidays: Iterable[date], religious: Collection[date]) -> dict[date, date]:
    """Return the substitute day off of every holiday that falls on a weekend: substitute -> holiday.

    In the order of dates each takes the next day that is no weekend, no holiday, no religious day off and
    not taken already. Religious days never move and are never used as substitutes.
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
