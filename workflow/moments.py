"""The present as a value, with who acts; moments in words, what is late. Nothing here reads the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from calendars.hours import almaty


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """The present, read once per request, command or round, and who acts in it.

    Attributes:
        now: aware UTC, whole seconds; stored as `at` of events.
        today: the local date of Almaty, compared with `on` and `due`.
        by: whom events name as their author: an account, a person who answered a letter, a job; "" is nobody.
        demonstration: True if the moment is fixed and not read from the clock.
    """

    now: datetime
    today: date
    by: str = ""
    demonstration: bool = False


Clock = Callable[[], Moment]
CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clocks of two machines may be apart."""


def day_and_time(at: datetime | None) -> str:
    """Return a moment as day and time in Almaty, "30.03.2026 17:05"; "" for None."""
    return f"{at.astimezone(almaty()):%d.%m.%Y %H:%M}" if at else ""


def is_late(last: datetime | None, *, now: datetime, limit: timedelta) -> bool:
    """Return whether something regular was last done longer ago than `limit`, never, or at a moment to come.

    Of a moment to come nobody knows how long ago it was: the clock was set back since.
    """
    return last is None or not -CLOCK_TOLERANCE <= now - last <= limit
