"""The bounds of the records, how far deadlines reach beyond them, and the error for days outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import NoReturn

from calendars.refusal import Refusal

FIRST = date(2010, 1, 1)
LAST = date(2028, 12, 31)
"""The last day of the records: the end of every calendar, unless a later end is requested."""
REACH = date(2038, 12, 31)
"""The last day of the calendar of deadlines: after the records its days follow from the rules alone."""


class OutOfRange(Refusal, ValueError):
    """The day lies outside the calendar's range; nothing is guessed there.

    Its arguments: `on`, the requested day (the nearest day outside when counting went past the end); `first`
    and `last`, the bounds of the calendar that was asked.
    """

    def __init__(self, on: date, last: date = LAST) -> None:
        super().__init__("out_of_range", on=on, first=FIRST, last=last)

    def __str__(self) -> str:
        on, last = self.arguments["on"], self.arguments["last"]
        whose = "records, which reach" if last == LAST else "calendar, which reaches"
        return f"{on} is outside the {whose} from {FIRST} to {last}"

    def __reduce__(self) -> tuple[type[OutOfRange], tuple[object, object]]:
        return type(self), (self.arguments["on"], self.arguments["last"])


def refuse(day: object, last: date = LAST) -> NoReturn:
    """Raise TypeError for a value that is not a date, OutOfRange for a day outside a calendar up to `last`."""
    if not isinstance(day, date) or isinstance(day, datetime):
        raise TypeError(f"a date is asked, got {type(day).__name__}: {day!r}")
    raise OutOfRange(day, last)


_FIRST = FIRST.toordinal()


def index_of(day: date, last: date = LAST) -> int:
    """Return the index of the day in a calendar up to `last`; raises TypeError or OutOfRange like `refuse`, for
    which it is also called alone.
    """
    if not isinstance(day, date) or isinstance(day, datetime) or not FIRST <= day <= last:
        refuse(day, last)
    return day.toordinal() - _FIRST
