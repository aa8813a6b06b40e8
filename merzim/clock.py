"""The clock. This file alone reads it; everywhere else time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from workflow.refusal import Refusal

NOON = time(12, 0)


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


class NotAMoment(Refusal, ValueError):
    """A text that is neither a date nor a date with a time. The sentence: `cli.not_a_moment`."""

    def __init__(self, text: str) -> None:
        super().__init__("cli.not_a_moment", text=text)


@cache
def almaty() -> ZoneInfo:
    """Asia/Almaty out of the tzdata wheel.

    The system's own copy may be older than the decree that made the whole country UTC+5 (1 March 2024),
    and a server one hour off would take the evening of one day for the next.
    """
    with (files("tzdata") / "zoneinfo" / "Asia" / "Almaty").open("rb") as zone:
        return ZoneInfo.from_file(zone, key="Asia/Almaty")


def clock(given: str | None = None) -> Clock:
    """The clock everything is asked of: the real one, or one that stands at the given moment.

    Args:
        given: text of `--now` or MERZIM_NOW; empty or None means the real clock.

    Raises:
        NotAMoment: the text is no moment.
    """
    if not given:
        return read
    moment = stand(given)
    return lambda: moment


def read() -> Moment:
    """The real present."""
    return _moment(datetime.now(UTC), demonstration=False)


def stand(text: str) -> Moment:
    """The moment a text names: an ISO date (12:00 in Almaty) or a date with a time, in its zone or Almaty's.

    Raises:
        NotAMoment: the text is neither.
    """
    try:
        given = datetime.fromisoformat(text)
        if len(text.strip()) <= len("2026-04-06"):
            given = datetime.combine(given.date(), NOON)
        if given.tzinfo is None:
            given = given.replace(tzinfo=almaty())
        return _moment(given, demonstration=True)
    except (ValueError, OverflowError):
        raise NotAMoment(text) from None


def _moment(at: datetime, *, demonstration: bool) -> Moment:
    whole = at.replace(microsecond=0)
    return Moment(
        now=whole.astimezone(UTC), today=whole.astimezone(almaty()).date(), demonstration=demonstration
    )
