"""The clock. Only this module reads the system time; everywhere else time is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, time

from calendars.hours import almaty, local_date
from workflow.moments import Clock, Moment
from workflow.refusal import Refusal

NOON = time(12, 0)


def clock(moment_text: str | None = None) -> Clock:
    """Return the real clock, or one that always gives the moment of `--now` or MERZIM_NOW. Raises Refusal: the
    text is not a moment.
    """
    if not moment_text:
        return read
    moment = parse_moment(moment_text)
    return lambda: moment


def read() -> Moment:
    """Return the present by the machine's clock."""
    return _moment(datetime.now(UTC), demonstration=False)


def parse_moment(text: str) -> Moment:
    """Parse a moment: an ISO date (12:00 in Almaty) or a date with a time, in its zone or Almaty's.

    Raises Refusal: the text is neither.
    """
    try:
        instant = datetime.fromisoformat(text)
        if len(text.strip()) <= len("2026-04-06"):
            instant = datetime.combine(instant.date(), NOON)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=almaty())
        return _moment(instant, demonstration=True)
    except (ValueError, OverflowError):
        raise Refusal("cli.not_a_moment", text=text) from None


def _moment(at: datetime, *, demonstration: bool) -> Moment:
    """Return an instant to the second, with its day in Almaty."""
    now = at.replace(microsecond=0).astimezone(UTC)
    return Moment(now=now, today=local_date(now), demonstration=demonstration)
