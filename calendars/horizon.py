"""The first and last day of the records, and the error for days outside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NoReturn

FIRST = date(2010, 1, 1)
LAST = date(2028, 12, 31)


class OutOfRange(ValueError):
    """A day lies outside the records; nothing is guessed beyond them.

    Attributes:
        code: "out_of_range".
        arguments: `on`, the requested day (the nearest day outside when counting went past the end);
            `first` and `last`, the bounds.
    """

    code = "out_of_range"

    def __init__(self, on: date) -> None:
        super().__init__(f"{on} is outside the records, which reach from {FIRST} to {LAST}")
        self.arguments: Mapping[str, object] = {"on": on, "first": FIRST, "last": LAST}

    def __reduce__(self) -> tuple[type[OutOfRange], tuple[object]]:
        return type(self), (self.arguments["on"],)


def refuse(day: object) -> NoReturn:
    """Raise TypeError for a value that is not a date, OutOfRange for a day outside the records."""
    if not isinstance(day, date) or isinstance(day, datetime):
        raise TypeError(f"a date is asked, got {type(day).__name__}: {day!r}")
    raise OutOfRange(day)


_FIRST = FIRST.toordinal()
_SIZE = LAST.toordinal() - _FIRST + 1


def place(day: date) -> int:
    """Return the index of the day in the records. Raises TypeError or OutOfRange like `refuse`."""
    if not isinstance(day, date) or isinstance(day, datetime):
        refuse(day)
    index = day.toordinal() - _FIRST
    if 0 <= index < _SIZE:
        return index
    refuse(day)
