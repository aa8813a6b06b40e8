"""Parses office hours and dates as people write them: `09:00-18:00`, `2026-05-08`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, time

from merzim.documents.sheets.dates import Days, read
from merzim.documents.sheets.unreadable import UnreadableCell
from workflow.org.office_time import Hours, OfficeTime
from workflow.refusal import Refusal

_HOURS = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})")
NONE = ("", "-", "–", "—")


class BadOfficeTime(Refusal, ValueError):
    """The office time written in a table or form is unreadable or impossible."""


def parse_hours(text: str) -> Hours | None:
    """Parse the opening and closing time of a day; None for an empty text.

    Raises:
        BadOfficeTime: they are not times, or the second is not after the first.
    """
    if text.strip() in NONE:
        return None
    match = _HOURS.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        begins, begin_minute, ends, ended = (int(part) for part in match.groups())
        first, last = time(begins, begin_minute), time(ends, ended)
    except ValueError:
        raise BadOfficeTime("office_time.no_hours", text=text) from None
    if first >= last:
        raise BadOfficeTime("office_time.hours_backwards", text=text)
    return first, last


def parse_days(text: str) -> tuple[date, ...]:
    """Parse a list of dates, ISO or with dots; an empty tuple for an empty text.

    Raises:
        BadOfficeTime: an item is not a date, or lies outside the calendar's records.
    """
    if text.strip() in NONE:
        return ()
    return tuple(sorted({_day(part) for part in re.split(r"[,;\s]+", text.strip()) if part}))


def office_time(
    *, hours: Hours | None, week: Iterable[int], off: Iterable[date], working: Iterable[date]
) -> OfficeTime:
    """Return the office time made of its parts.

    Raises:
        BadOfficeTime: a day is listed both as off and working.
    """
    off, working = tuple(sorted(set(off))), tuple(sorted(set(working)))
    overlap = sorted(set(off) & set(working))
    if overlap:
        raise BadOfficeTime("office_time.both", on=overlap[0])
    return OfficeTime(hours=hours, week=tuple(sorted(set(week))), off=off, working=working)


def _day(text: str) -> date:
    """Return the day of a text. Raises BadOfficeTime for none, or one outside the calendar's records."""
    with suppress(UnreadableCell):
        when = read(text)
        if isinstance(when, Days) and not when.is_span:
            return when.first
    raise BadOfficeTime("office_time.no_day", text=text)
