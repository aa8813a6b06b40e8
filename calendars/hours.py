"""Moments on the clock of Almaty: what terms in hours are counted from and end at, and the present day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@cache
def almaty() -> ZoneInfo:
    """Return the zone Asia/Almaty from the tzdata package.

    The system's own copy may be older than the decree that made the whole country UTC+5 (1 March 2024),
    and a server one hour off would take the evening of one day for the next.
    """
    with (files("tzdata") / "zoneinfo" / "Asia" / "Almaty").open("rb") as zone:
        return ZoneInfo.from_file(zone, key="Asia/Almaty")


class Today(date):
    """The local date of the present, with the moment it was read at: a term in hours ends within a day.

    It equals its date: what is cached by day stays cached all day. A date computed from it has no moment.

    Attributes:
        now: aware UTC; None where no moment is known.
    """

    now: datetime | None = None

    @classmethod
    def at(cls, now: datetime) -> Today:
        """Return the local date of an aware moment."""
        local = now.astimezone(almaty())
        today = cls(local.year, local.month, local.day)
        today.now = now
        return today


def present(today: date) -> datetime:
    """Return the UTC moment at which a `Today` was read; for a plain date, the beginning of the day."""
    return (today.now if isinstance(today, Today) else None) or moment_of(today, None)


def moment_of(on: date, at: time | None) -> datetime:
    """Return the UTC moment of a local time on a date; without a time, of the beginning of the day."""
    return datetime.combine(on, at or time(), tzinfo=almaty()).astimezone(UTC)


def end_of_day(on: date) -> datetime:
    """Return the UTC moment at which a local date ends."""
    return moment_of(on + _DAY, None)


def last_day(ends: datetime) -> date:
    """Return the local date on which a term ending at a moment ends; midnight belongs to the day it closes."""
    return (ends - _INSTANT).astimezone(almaty()).date()
