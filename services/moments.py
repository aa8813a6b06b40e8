"""The present as a value, and the time zone of Almaty. Nothing here reads the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """The present, read once per request, command or round.

    Attributes:
        now: aware UTC, whole seconds; stored as `at` of events.
        today: the local date of Almaty, compared with `on` and `due`.
        demonstration: True if the moment is fixed and not read from the clock.
    """

    now: datetime
    today: date
    demonstration: bool = False


Clock = Callable[[], Moment]


@cache
def almaty() -> ZoneInfo:
    """Return the zone Asia/Almaty from the tzdata package.

    The system's own copy may be older than the decree that made the whole country UTC+5 (1 March 2024),
    and a server one hour off would take the evening of one day for the next.
    """
    with (files("tzdata") / "zoneinfo" / "Asia" / "Almaty").open("rb") as zone:
        return ZoneInfo.from_file(zone, key="Asia/Almaty")
