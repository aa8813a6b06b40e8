"""Moments: the present as a value, and Almaty's local time. Nothing here reads the clock."""

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
        now: aware UTC, whole seconds; becomes `at` of whatever is written.
        today: the local date of Almaty; what `on` and `due` are compared with.
        demonstration: True when the moment was given and not read from the clock.
    """

    now: datetime
    today: date
    demonstration: bool = False


Clock = Callable[[], Moment]


@cache
def almaty() -> ZoneInfo:
    """Asia/Almaty out of the tzdata wheel.

    The system's own copy may be older than the decree that made the whole country UTC+5 (1 March 2024),
    and a server one hour off would take the evening of one day for the next.
    """
    with (files("tzdata") / "zoneinfo" / "Asia" / "Almaty").open("rb") as zone:
        return ZoneInfo.from_file(zone, key="Asia/Almaty")
