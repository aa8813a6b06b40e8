"""Reads the cell that says when an analysis is held: a day, a span, a month, a quarter, days from a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from calendars import OutOfRange, add_working_days
from calendars.horizon import FIRST, LAST
from calendars.terms import months_later
from merzim.documents.sheets.dates import LONGEST, Days, days_of, read
from merzim.documents.sheets.texts import tidy
from merzim.documents.sheets.unreadable import UnreadableCell
from merzim.documents.sheets.written_time import Between, Counted, Named, NoYear, Stretch, Written, parse

_ENDLESS = ("day", "year", "")
"""Stretches that give no period of their own: a day is read as one, `в течение года` says no day."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both included; one of them None where only the other is named."""

    first: date | None
    last: date | None


def read_period(value: object, *, where: str, year: int | None, alone: str = "first") -> Period | None:
    """Return the period in a cell; None where it names no day: empty, a dash, `постоянно`, `по графику`.

    Args:
        where: the column's heading in error messages.
        year: the year used where the text names none.
        alone: what a single day is, `first` or `last` of the analysis; `до 30.06` is always the last.

    Raises:
        UnreadableCell: as `merzim.documents.sheets.dates.read`; or a month or quarter without a year.
    """
    when = read(value, where=where, year=year)
    text = tidy(value) if isinstance(value, str) else ""
    written = parse(text) if text and len(text) <= LONGEST else None
    if isinstance(when, Days):
        if when.is_span:
            return Period(when.first, when.last)
        is_last = alone == "last" or (isinstance(written, Named) and written.until)
        return Period(None, when.last) if is_last else Period(when.first, None)
    try:
        return _stretched(written, text, where, year)
    except NoYear:
        raise UnreadableCell("paper_date_without_year", text=text, where=where) from None


def _stretched(written: Written | None, text: str, where: str, year: int | None) -> Period | None:
    """Return the first and last day of a month, a quarter, a span of them, or of days from a day; None for
    anything else. Raises UnreadableCell.
    """
    match written:
        case Named(stretch=Stretch(unit=unit) as stretch) if unit not in _ENDLESS:
            first, last = days_of(stretch, year, text, where)
            return Period(None, last) if written.until else Period(first, last)
        case Between(begin, end) if end.unit not in _ENDLESS:
            first, last = days_of(begin, year, text, where)[0], days_of(end, year, text, where)[1]
            if last < first:
                raise UnreadableCell("paper_span_backwards", text=text, where=where)
            return Period(first, last)
        case Counted(number) if number > 0 and (counted := read_counted(text, where=where, year=year)):
            return Period(*counted)
    return None


def read_counted(text: str, *, where: str, year: int | None) -> tuple[date, date] | None:
    """Return the day a text counts from and the one it counts to, back as well (`за 5 рабочих дней до
    13.04.2026`); None for a text that counts from no named day. Raises UnreadableCell.
    """
    match parse(text) if len(text) <= LONGEST else None:
        case Counted(number, unit, since) if since is not None:
            try:
                named = days_of(since, year, text, where)[0]
                return named, _counted(named, number, unit)
            except NoYear:
                raise UnreadableCell("paper_date_without_year", text=text, where=where) from None
            except OutOfRange:
                bounds = {"first": FIRST, "last": LAST}
                raise UnreadableCell("paper_date_beyond", text=text, where=where, **bounds) from None
    return None


def _counted(first: date, number: int, unit: str) -> date:
    """Return the day so many days, working days, weeks, months or years after a day, or before it."""
    match unit:
        case "working":
            return add_working_days(first, number)
        case "months" | "years":
            return months_later(first, number if unit == "months" else 12 * number)
    return first + timedelta(days=7 * number if unit == "weeks" else number)
