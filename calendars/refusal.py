"""The errors of what cannot be done, as codes with arguments that i18n/ makes sentences of: of all, and of days
outside the records, with their bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

LONGEST = 300
"""Maximum characters of an input quoted in an error message."""


class Refusal(Exception):
    """The request cannot be carried out; its sentence says what, where and what is allowed.

    Subclasses are for what is caught or answered by itself. `code` is a key of the catalogues of
    i18n/. `undecided`: it may have been carried out nevertheless, because the answer was lost. `errors`: what
    is wrong with a file or a row, one by one, each with a code and arguments of its own.
    """

    undecided = False
    errors: Sequence[Any] = ()

    def __init__(self, code: str, **arguments: object) -> None:
        arguments = quoted(arguments)
        super().__init__(code, arguments)
        self.code = code
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.code} {self.arguments}"


def quoted(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a sentence with long texts shortened."""
    return {key: _short(value) for key, value in arguments.items()}


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST - 1]}…"
    # Only plain tuples are shortened; named tuples are left unchanged.
    return tuple(map(_short, value)) if type(value) is tuple else value


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


def index_of(day: date, last: date = LAST) -> int:
    """Return the index of the day in a calendar up to `last`. Raises as `refuse`."""
    if isinstance(day, date) and not isinstance(day, datetime) and FIRST <= day <= last:
        return (day - FIRST).days
    refuse(day, last)
