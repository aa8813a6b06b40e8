"""Parses lists of dates as people write them: `2026-05-08, 11.05.2026`."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from merzim.documents.sheets.dates import Days, read
from merzim.documents.sheets.unreadable import UnreadableCell
from workflow.refusal import Refusal

NONE = ("", "-", "–", "—")


class BadOfficeTime(Refusal, ValueError):
    """The office time written in a form is unreadable or impossible."""


def parse_days(text: str) -> tuple[date, ...]:
    """Parse a list of dates, ISO or with dots; an empty tuple for an empty text.

    Raises:
        BadOfficeTime: an item is not a date, or lies outside the calendar's records.
    """
    if text.strip() in NONE:
        return ()
    return tuple(sorted({_day(part) for part in re.split(r"[,;\s]+", text.strip()) if part}))


def _day(text: str) -> date:
    """Return the day of a text. Raises BadOfficeTime for none, or one outside the calendar's records."""
    with suppress(UnreadableCell):
        when = read(text)
        if isinstance(when, Days) and not when.is_span:
            return when.first
    raise BadOfficeTime("office_time.no_day", text=text)
