"""The present as a value, and the time zone of Almaty. Nothing here reads the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from calendars.hours import almaty as almaty


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


class NoteWriter(Protocol):
    """A function that reports a message: a code of the catalogues with its arguments."""

    def __call__(self, code: str, **arguments: object) -> None: ...
