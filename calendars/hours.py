"""The zone of Almaty, in which `on`, `due` and the present day are local dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def almaty() -> ZoneInfo:
    """Return the zone Asia/Almaty from the tzdata package.

    The system's own copy may be older than the decree that made the whole country UTC+5 (1 March 2024),
    and a server one hour off would take the evening of one day for the next.
    """
    with (files("tzdata") / "zoneinfo" / "Asia" / "Almaty").open("rb") as zone:
        return ZoneInfo.from_file(zone, key="Asia/Almaty")


def local_date(now: datetime) -> date:
    """Return the local date of an aware moment."""
    return now.astimezone(almaty()).date()


def moment_of(on: date, at: time | None) -> datetime:
    """Return the UTC moment of a local time on a date; without a time, of the beginning of the day."""
    return datetime.combine(on, at or time(), tzinfo=almaty()).astimezone(UTC)


def end_of_day(on: date) -> datetime:
    """Return the UTC moment at which a local date ends."""
    return moment_of(on + timedelta(days=1), None)
