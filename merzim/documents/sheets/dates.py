"""Parses dates and periods as people write them in schedules, in Russian and Kazakh.

`30.03.26г.`, `13.04-17.04`, `13.04.2026г. по 26.05.26г.`, `2026 жылғы 13 сәуір мен 26 мамыр аралығында`, `«30»
03 2026 г.`, ISO, Excel's own dates and serial numbers, `ежедневно` / `күнделікті`, `незамедлительно` / `дереу`,
a dash. A date is accepted only when every number and word of the text was used (`written_time`). Terms without
a day and texts that name no time are kept as words; anything else is refused, quoting the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from calendars import OutOfRange, add_working_days
from calendars.refusal import FIRST, LAST, REACH
from calendars.terms import After
from merzim.documents.sheets.rows import NotAValue
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.time_words import unknown_words
from merzim.documents.sheets.unreadable import RowNote, UnreadableCell
from merzim.documents.sheets.written_time import LONGEST, Between, Counted, NamedTime, Several, Stretch, parse
from workflow.refusal import Refusal

WITHOUT_YEAR = "paper_date_without_year"
"""The code of the refusal of a date that names no year, where none is given."""
_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
FAR = 2
"""A day more years than this from the paper's own year is asked about."""
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_SERIALS = (FIRST - _EXCEL_DAY_ZERO).days, (REACH - _EXCEL_DAY_ZERO).days + 1
"""The numbers by which Excel counts the days of the calendar's records, left in cells formatted as numbers."""


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, both included; one day where they are the same."""

    first: date
    last: date

    @property
    def is_span(self) -> bool:
        return self.first != self.last


@dataclass(frozen=True, slots=True)
class TermInWords:
    """A term in words without a day: `III квартал 2026 года`, `в течение 10 рабочих дней`, `ежедневно`."""

    text: str


When = Days | TermInWords | None
"""None: an empty cell, or one with only a dash."""

_DASHES = re.compile(r"[\s\-–—―−_.…/☐□]*")
_BLANK_FORM = re.compile(
    r"[«\"“]?[\s_]*+[»\"”]?[\s_.]*+(?:20[0-9_]{2})?\s*+(?:г|ж|года|жыл\w*+)?[\s_.«»]*+", re.IGNORECASE
)
"""`«__» ________ 2026 г.`: a form's blank for a date. Possessive, so that it never backtracks."""
_NONE = ("нет", "жоқ")
_DAY = r"(?:[0-9]{2}\.[0-9]{2}\.[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
_AS_IT_STANDS = re.compile(rf"{_DAY}(?: [0-9:]{{8}})?|{_DAY} ?[–-] ?{_DAY}")
"""A day or a span of days in full: nobody asks what it became."""
_GOES_ON = re.compile(r"\s*(?:(?:по|до|мен|бен|пен)\b|[-–—])", re.IGNORECASE)


def read(value: object, *, where: object = "", year: int | None = None) -> When:
    """Return the days a cell or text says; TermInWords for a term without a day; None for empty or a dash.

    Args:
        where: the column's name in error messages.
        year: the year used where the text has none (`13 апреля`); None refuses such a text.

    Raises:
        UnreadableCell: an impossible day, one outside the calendar's records (FIRST to REACH), a span that ends
            before it begins, several days, a formula, or digits that are not a date.
    """
    if isinstance(value, str):
        return _read_text(value, where, year)
    if value is None:
        return None
    on = _own_date(value, where)
    return Days(on, on)


def _own_date(value: object, where: object) -> date:
    """Return the day of a cell: a date, or the number by which Excel counts one. Raises UnreadableCell."""
    match value:
        case NotAValue(text):
            raise UnreadableCell("paper_formula", text=text, where=where)
        case date():
            on = value.date() if isinstance(value, datetime) else value
            return _check_range(on, str(on), where)
        case int() | float() if not isinstance(value, bool) and _SERIALS[0] <= value < _SERIALS[1]:
            return _EXCEL_DAY_ZERO + timedelta(days=int(value))
    raise UnreadableCell("paper_date_unreadable", text=str(value), where=where)


def read_lines(value: object, *, where: object = "", year: int | None = None) -> tuple[When, ...]:
    """Return the dates of a cell, line by line (a span, then `Мониторинг – ежедневно`); a span broken over two
    lines counts as one. Raises UnreadableCell as `read` does.
    """
    if not isinstance(value, str):
        reading = read(value, where=where, year=year)
        return () if reading is None else (reading,)
    with suppress(UnreadableCell):
        whole = read(value, where=where, year=year)
        if isinstance(whole, Days):
            return (whole,)
    lines: list[str] = []
    for line in value.replace("_x000D_", "\n").splitlines():
        if lines and _GOES_ON.match(line) and not _DASHES.fullmatch(line):
            lines[-1] += f" {line}"
        elif line.strip():
            lines.append(line)
    read_ = (read(line, where=where, year=year) for line in lines)
    return tuple(reading for reading in read_ if reading is not None)


def reading_notes(row: int, text: str, when: Days) -> Iterator[RowNote]:
    """Yield the note that lists a text beside the days it became; none for a text that reads as it stands."""
    if _AS_IT_STANDS.fullmatch(text):
        return
    if when.is_span:
        yield RowNote.of(row, "read_text_as_span", text=text, first=when.first, last=when.last)
    else:
        yield RowNote.of(row, "read_text_as_day", text=text, on=when.last)


def read_day(value: object, *, where: object = "") -> date | None:
    """Return the single day in a table cell, None when it is empty. Raises UnreadableCell for anything else."""
    reading = read(value, where=where)
    if reading is None:
        return None
    if isinstance(reading, Days) and not reading.is_span:
        return reading.first
    raise UnreadableCell("paper_day_expected", text=_shorten(str(value)), where=where)


def parse_days(text: str) -> tuple[date, ...]:
    """Return the days listed in a text (`2026-05-08, 11.05.2026`), in order and each once; none for a dash.
    Raises Refusal for a part that is no day of the calendar's records.
    """
    days, parts = set[date](), re.split(r"[,;\s]+", text.strip())
    for part in filter(None, () if text.strip() in ("-", "–", "—") else parts):
        with suppress(UnreadableCell):
            when = read(part)
            if isinstance(when, Days) and not when.is_span:
                days.add(when.first)
                continue
        raise Refusal("office_time.no_day", text=part)
    return tuple(sorted(days))


def is_none(text: str) -> bool:
    """Return whether a text says that there is nothing: empty, a dash, the blank of a form, `нет`."""
    is_blank = bool(_DASHES.fullmatch(text)) or ("_" in text and bool(_BLANK_FORM.fullmatch(text)))
    return is_blank or plain(text) in _NONE


def _read_text(text: str, where: object, year: int | None) -> When:
    """Return what a text says, as `read` does, with its errors."""
    if is_none(text):
        return None
    line, shown_text = tidy(text), _shorten(text)
    if len(line) > LONGEST:
        raise UnreadableCell("paper_date_unreadable", text=shown_text, where=where)
    match parse(line):
        case NamedTime(stretch=Stretch(unit="day") as day):
            return Days(*days_of(day, year, shown_text, where))
        case Between(Stretch(unit="day"), Stretch(unit="day")) as span:
            return Days(*span_of(span, year, shown_text, where))
        case (None | Several()) as read_ if re.search(r"[0-9]", line):
            raise date_refusal(line, where=where, is_several=read_ is not None)
    return TermInWords(shown_text)


def date_refusal(text: str, *, where: object, is_several: bool = False) -> UnreadableCell:
    """Return the refusal of a text that is no date, or several, with the words that were not understood."""
    if words := unknown_words(text):
        return UnreadableCell("paper_date_words", text=_shorten(text), where=where, words=words)
    code = "paper_dates_several" if is_several else "paper_date_unreadable"
    return UnreadableCell(code, text=_shorten(text), where=where)


def days_of(stretch: Stretch, year: int | None, text: str, where: object) -> tuple[date, date]:
    """Return the first and last day of a written day or period; `year` where it names none. Raises
    UnreadableCell: no year (WITHOUT_YEAR), no such day, one outside the calendar's records.
    """
    year = year if stretch.year is None else stretch.year
    if year is None:
        raise UnreadableCell(WITHOUT_YEAR, text=text, where=where)
    try:
        first, last = stretch.days(year)
    except ValueError:
        raise UnreadableCell("paper_date_impossible", text=text, where=where) from None
    return _check_range(first, text, where), _check_range(last, text, where)


def last_day(named: NamedTime, text: str, where: object, year: int | None) -> date:
    """Return the last day of a day or period; of `до мая` the day before it. Raises as `days_of`."""
    first, last = days_of(named.stretch, year, text, where)
    is_before = named.until and not named.inclusive and named.stretch.unit != "day"
    return first - timedelta(days=1) if is_before else last


def span_of(between: Between, year: int | None, text: str, where: object) -> tuple[date, date]:
    """Return the ends of a span. Raises UnreadableCell as `days_of`, or where it ends before it begins."""
    first, last = days_of(between.first, year, text, where)[0], days_of(between.last, year, text, where)[1]
    if last < first:
        raise UnreadableCell("paper_span_backwards", text=text, where=where)
    return first, last


_ENDLESS = ("day", "year", "")
"""Stretches that give no period of their own: a day is read as one, `в течение года` says no day."""


Ends = tuple[date | None, date | None]
"""The first and the last day of an analysis, as far as a text names them."""


def read_ends(value: object, *, where: object, year: int | None, alone: str = "first") -> Ends:
    """Return the ends in a cell: of a day, a span, a month, a quarter, days from a day; both None where it
    names no day: empty, a dash, `постоянно`. Raises UnreadableCell as `read`, or for a month without a year.

    Args:
        alone: what a single day is, `first` or `last` of the analysis; `до 30.06` and `не позднее 30.06` are
            always the last, as the day before May is of `до мая`.
    """
    when = read(value, where=where, year=year)
    text = tidy(value) if isinstance(value, str) else ""
    match when, parse(text):
        case Days(first, last), _ if when.is_span:
            return first, last
        case Days(day), written:
            is_last = alone == "last" or (isinstance(written, NamedTime) and written.is_end)
            return (None, day) if is_last else (day, None)
        case _, NamedTime(stretch=Stretch(unit=unit)) as named if unit not in _ENDLESS:
            first = days_of(named.stretch, year, text, where)[0]
            return None if named.is_end else first, last_day(named, text, where, year)
        case _, Between(last=Stretch(unit=unit)) as between if unit not in _ENDLESS:
            return span_of(between, year, text, where)
        case _, Counted(number) if number > 0:
            return read_counted(text, where=where, year=year) or (None, None)
    return None, None


def read_counted(text: str, *, where: object, year: int | None) -> tuple[date, date] | None:
    """Return the day a text counts from and the one it counts to, back as well (`за 5 рабочих дней до
    13.04.2026`); None for a text that counts from no named day. Raises UnreadableCell.
    """
    match parse(text):
        case Counted(number, unit, Stretch() as since):
            named = days_of(since, year, text, where)[0]
            try:
                if unit == "working days":
                    return named, add_working_days(named, number)
                return named, After(number, unit).end(named)
            except OutOfRange:
                raise _beyond(text, where, LAST) from None
    return None


def years_named(texts: Iterable[object]) -> frozenset[int]:
    """Return the years from 2000 to 2099 that texts name; what is no text names none."""
    words = (text for text in texts if isinstance(text, str))
    return frozenset(int(year) for text in words for year in _YEAR.findall(text))


def is_far(year: int, own: Collection[int]) -> bool:
    """Return whether a year is far from the years a paper speaks of; no year is far from none."""
    return bool(own) and not min(own) - FAR <= year <= max(own) + FAR


def _check_range(on: date, shown_text: str, where: object) -> date:
    """Return the day; refuse one outside the calendar's records."""
    if not FIRST <= on <= REACH:
        raise _beyond(shown_text, where, REACH)
    return on


def _beyond(text: str, where: object, last: date) -> UnreadableCell:
    """Return the refusal of a day outside the calendar's records."""
    return UnreadableCell("paper_date_beyond", text=text, where=where, first=FIRST, last=last)


def _shorten(text: str) -> str:
    """Return a text as one line of at most 120 characters."""
    line = tidy(text)
    return line if len(line) <= 120 else f"{line[:119]}…"
