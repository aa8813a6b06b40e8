"""Parses dates as people write them in schedules, in Russian and Kazakh.

`30.03.26г.`, `13.04.2026г. по 26.05.26г.`, `2026 жылғы 13 сәуір мен 26 мамыр аралығында`, `«30» 03 2026
г.`, ISO, Excel's own dates and serial numbers, `ежедневно` / `күнделікті`, `незамедлительно` / `дереу`, a
dash. Other texts without digits are kept as words; anything else is refused, quoting
the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from calendars.horizon import FIRST, REACH
from merzim.documents.sheets.rows import NotAValue
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import UnreadableCell

_MONTHS = (
    r"январ\w*|қаңтар\w*|янв",
    r"феврал\w*|ақпан\w*|фев",
    r"март\w*|наурыз\w*|мар",
    r"апрел\w*|сәуір\w*|апр",
    r"ма[йяе]|мамыр\w*",
    r"июн\w*|маусым\w*",
    r"июл\w*|шілде\w*",
    r"август\w*|тамыз\w*|авг",
    r"сентябр\w*|қыркүйек\w*|қыркүйег\w*|сен",
    r"октябр\w*|қазан\w*|окт",
    r"ноябр\w*|қараша\w*|ноя",
    r"декабр\w*|желтоқсан\w*|дек",
)
_MONTH = "(?:" + "|".join(_MONTHS) + r")\b\.?"
_Q = r"\s*[«\"“„]?\s*"
_YEAR_MARK = r"(?:\s*(?:года?\b|г\b\.?|ж\b\.?|жыл\w{0,9}))?"
_NTH = r"(?:-?(?:го|е|ші|шы|нші|ншы)\b)?"
_TAKEN = "\x00"
_STRANGE = "\N{REPLACEMENT CHARACTER}"
LONGEST = 1000
"""Maximum characters of a text searched for dates; searching a cell of 32,767 characters would take long."""
_UNTIL = rf"(?=\s*(?:по|до|мен|бен|пен|[-–—−])\s*(?:[0-9]{{1,2}}\b|{_TAKEN}))"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![0-9./-])(?P<y>[0-9]{4})(?P<s>[-./])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})(?![0-9])",
        r"(?<![0-9.])(?P<d>[0-9]{1,2})\s*[./-]\s*(?P<m>[0-9]{1,2})\s*[./-]\s*"
        rf"(?P<y>[0-9]{{4}}|[0-9]{{2}})(?![0-9]){_YEAR_MARK}",
        rf"(?<![0-9])(?P<y>[0-9]{{4}})\s*(?:жыл\w{{0,9}}|ж\.?|года?|г\.?)?{_Q}(?P<d>[0-9]{{1,2}}){_NTH}\s*[»\"”]?\s*(?P<name>{_MONTH})",
        rf"(?<![0-9])(?P<y>[0-9]{{4}})\s*(?:жыл\w{{0,9}}|ж\.?|года?|г\.?)\s*(?P<d>[0-9]{{1,2}}){_UNTIL}",
        rf"{_Q}(?<![0-9])(?P<d>[0-9]{{1,2}})\s*[»\"”]?\s+(?P<m>[0-9]{{1,2}})\s+(?P<y>20[0-9]{{2}})(?![0-9]){_YEAR_MARK}",
        rf"{_Q}(?<![0-9])(?P<d>[0-9]{{1,2}}){_NTH}\s*[»\"”]?[\s-]*(?P<name>{_MONTH})"
        rf"(?:\s*,?\s*(?P<y>[0-9]{{4}}|[0-9]{{2}}(?=\s*[гж]))(?![0-9]){_YEAR_MARK})?",
        r"(?<![0-9.])(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{2})(?![0-9]|\.[0-9])",
        rf"(?<![0-9.])(?P<d>[0-9]{{1,2}}){_NTH}{_UNTIL}",
    )
)
_BESIDE = re.compile(
    rf"[0-9]\s*(?:[-–—−,;]|и|және|мен|бен|пен|по|до)\s*{_TAKEN}|{_TAKEN}\s*(?:[-–—−,;]|и|және|мен|бен|пен|по|до)\s*[0-9]"
)
_DATE_LIKE = re.compile(r"[0-9]{1,4}\s*[./-]\s*[0-9]|(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_TIME = re.compile(
    r"T?\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\b|\b(?:в|сағат|сағ\.?)\s*[0-9]{1,2}[.-][0-9]{2}\b(?!\.?[0-9])"
)


class Partial(NamedTuple):
    """A date as far as it is spelled out, and its place in the line."""

    start: int
    end: int
    day: int
    month: int | None
    year: int | None


def without_times(line: str) -> str:
    """Return the line without times (`в 15:00`), which are not dates, with single spaces."""
    return " ".join(_TIME.sub(" ", line).split())


def find_partial_dates(line: str) -> tuple[tuple[Partial, ...], bool]:
    """Return the dates of a line in order, and whether the rest still looks like part of a date."""
    partial_dates: list[Partial] = []
    remaining_text = line.replace(_TAKEN, _STRANGE)
    for pattern in _PATTERNS:
        partial_dates.extend(_partial(match) for match in pattern.finditer(remaining_text))
        # As long as before, so that places stay true.
        remaining_text = pattern.sub(lambda match: _TAKEN * len(match.group()), remaining_text)
    return tuple(sorted(partial_dates)), bool(
        _DATE_LIKE.search(remaining_text) or _BESIDE.search(remaining_text)
    )


def _partial(match: re.Match[str]) -> Partial:
    """Return the date of a match."""
    parts = match.groupdict()
    name, number = parts.get("name"), parts.get("m")
    month = _month(name) if name else int(number) if number else None
    year = parts.get("y")
    full = None if not year else int(year) if len(year) == 4 else 2000 + int(year)
    return Partial(match.start(), match.end(), int(parts["d"]), month, full)


def _month(name: str) -> int:
    """Return the number of a month's name."""
    for number, root in enumerate(_MONTHS, start=1):
        if re.fullmatch(rf"(?:{root})\.?", name, re.IGNORECASE):
            return number
    raise AssertionError(name)


def months_named(line: str) -> tuple[int, ...]:
    """Return the months a line names in words, in order (`март-апрель 2026 года`: 3, 4)."""
    return tuple(_month(match.group()) for match in re.finditer(rf"(?<!\w){_MONTH}", line, re.IGNORECASE))


_EXCEL_DAY_ZERO = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Day:
    """One day."""

    on: date


@dataclass(frozen=True, slots=True)
class Span:
    """From a day to a day, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring date (`ежедневно`) without a day of its own. `text`: the original."""

    text: str


@dataclass(frozen=True, slots=True)
class AtOnce:
    """ "Without delay" (`незамедлительно`), with no day of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Unfixed:
    """A term in words without a day: `III квартал 2026 года`, `в течение 10 рабочих дней`."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty cell, or one with only a dash."""


When = Day | Span | Recurring | AtOnce | Unfixed | Nothing

_RECURRING = re.compile(
    r"ежедневн|еженедельн|ежемесячн|ежекварталь|ежегодн|постоянн|регулярн|систематич"
    r"|күнделікті|күн сайын|апта сайын|ай сайын|тоқсан сайын|жыл сайын|тұрақты|үнемі"
    r"|\bdaily\b|\bmonthly\b|\bweekly\b"
)
_AT_ONCE = re.compile(r"незамедлительн|немедленн|безотлагательн|дереу|бірден|шұғыл|\bat once\b|\bimmediately\b")
_WORDY = re.compile(
    r"квартал|тоқсан|полугоди|жартыжылды|(рабоч|календарн)\w* д[ен]|\bдн(ей|я)\b|\bмесяц|жұмыс күн|күнтізбелік"
    r"|числ"
    r"|\bкүн\b|\bай\b|в течение|ішінде|жыл бойы|\bгод[ау]?\b|\bжыл"
)
_DASHES = re.compile(r"[\s\-–—―−_.…/]*")
_BLANK_FORM = re.compile(
    r"[«\"“]?[\s_]*+[»\"”]?[\s_.]*+(?:20[0-9_]{2})?\s*+(?:г|ж|года|жыл\w*+)?[\s_.«»]*+", re.IGNORECASE
)
"""`«__» ________ 2026 г.`: a form's blank for a date. Possessive, so that it never backtracks."""
_GOES_ON = re.compile(r"\s*(?:(?:по|до|мен|бен|пен)\b|[-–—])", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:по|до|to|мен|бен|пен|бастап)\b|[-–—−]")
_ABLATIVE = re.compile(r"(?:дан|ден|нан|нен|тан|тен)\b")


def read(value: object, *, where: str = "", year: int | None = None) -> When:
    """Return the date in a cell or text. Days outside the calendar's records, FIRST to REACH, are refused as
    typing errors.

    Args:
        value: a cell's plain value: text, number, date or None.
        where: the column's name in error messages.
        year: the year used where the text has none (`13 апреля`); None refuses such a text.

    Raises:
        UnreadableCell: an impossible day, one outside FIRST..REACH, a span that ends before it begins, several
            days, a formula, or digits that are not a date.
    """
    if isinstance(value, NotAValue):
        raise UnreadableCell("paper_formula", text=value.text, where=where)
    if value is None:
        return Nothing()
    if isinstance(value, datetime):
        return Day(_check_range(value.date(), str(value.date()), where))
    if isinstance(value, date):
        return Day(_check_range(value, str(value), where))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Day(_serial_date(value, where))
    if isinstance(value, str):
        return _parse_text(value, where, year)
    raise UnreadableCell("paper_date_unreadable", text=str(value), where=where)


def read_lines(value: object, *, where: str = "", year: int | None = None) -> tuple[When, ...]:
    """Return the dates of a cell, line by line (a span, then `Мониторинг – ежедневно`); a span broken over two
    lines counts as one.

    Raises UnreadableCell as `read` does.
    """
    if not isinstance(value, str):
        reading = read(value, where=where, year=year)
        return () if isinstance(reading, Nothing) else (reading,)
    lines: list[str] = []
    for line in value.replace("_x000D_", "\n").splitlines():
        if lines and _GOES_ON.match(line) and not _DASHES.fullmatch(line):
            lines[-1] += f" {line}"
        elif line.strip():
            lines.append(line)
    read_ = (read(line, where=where, year=year) for line in lines)
    return tuple(reading for reading in read_ if not isinstance(reading, Nothing))


def read_day(value: object, *, where: str = "") -> date | None:
    """Return the single day in a table cell, None when it is empty. Raises UnreadableCell for anything else."""
    reading = read(value, where=where)
    if isinstance(reading, Day):
        return reading.on
    if isinstance(reading, Nothing):
        return None
    raise UnreadableCell("paper_day_expected", text=_shorten(str(value)), where=where)


def _parse_text(text: str, where: str, year: int | None) -> When:
    if _DASHES.fullmatch(text) or ("_" in text and _BLANK_FORM.fullmatch(text)):
        return Nothing()
    shown_text = _shorten(text)
    if len(text) > LONGEST and len(tidy(text)) > LONGEST:
        raise UnreadableCell("paper_date_unreadable", text=shown_text, where=where)
    line = without_times(tidy(text))
    parts, has_more = find_partial_dates(line)
    if parts and not has_more:
        return _day_or_span(parts, line, year, shown_text, where)
    words = plain(text)
    if words in ("нет", "жоқ"):
        return Nothing()
    if not parts:
        for pattern, kind in ((_RECURRING, Recurring), (_AT_ONCE, AtOnce)):
            if pattern.search(words):
                return kind(shown_text)
        if not re.search(r"\d", words) or (_WORDY.search(words) and not re.search(r"\d\s*[./]\s*\d", text)):
            return Unfixed(shown_text)
    raise UnreadableCell("paper_date_unreadable", text=shown_text, where=where)


def _day_or_span(
    parts: tuple[Partial, ...], line: str, year: int | None, shown_text: str, where: str
) -> Day | Span:
    """Return the day or span of one or two partial dates."""
    if len(parts) > 2:
        raise UnreadableCell("paper_dates_several", text=shown_text, where=where)
    first, last = parts[0], parts[-1]
    # `с 13 по 26 мая 2026 года`, `2026 жылғы 13 сәуір мен 26 мамыр`: what one end leaves out stands at the
    # other.
    days = [
        _complete_date(end, other.month, end.year or other.year or year, shown_text, where)
        for end, other in ((first, last), (last, first))
    ]
    if len(parts) == 1:
        return Day(days[0])
    between = line[first.end : last.start].lower()
    if not _BETWEEN.search(between) and not _ABLATIVE.search(line[first.start : last.start].lower()):
        raise UnreadableCell("paper_dates_several", text=shown_text, where=where)
    if days[1] < days[0]:
        raise UnreadableCell("paper_span_backwards", text=shown_text, where=where)
    return Span(days[0], days[1])


def _complete_date(
    part: Partial, other_month: int | None, year: int | None, shown_text: str, where: str
) -> date:
    """Return the date of a partial date, completed by the other one's month and the year."""
    month = part.month or other_month
    if month is None:
        raise UnreadableCell("paper_date_unreadable", text=shown_text, where=where)
    if year is None:
        raise UnreadableCell("paper_date_without_year", text=shown_text, where=where)
    try:
        on = date(year, month, part.day)
    except ValueError:
        raise UnreadableCell("paper_date_impossible", text=shown_text, where=where) from None
    return _check_range(on, shown_text, where)


def _serial_date(number: float, where: str) -> date:
    """Return the date of an Excel serial number, found in cells formatted as numbers."""
    shown_text = str(number)
    if not (FIRST - _EXCEL_DAY_ZERO).days <= number < (REACH - _EXCEL_DAY_ZERO).days + 1:
        raise UnreadableCell("paper_date_unreadable", text=shown_text, where=where)
    return _EXCEL_DAY_ZERO + timedelta(days=int(number))


def _check_range(on: date, shown_text: str, where: str) -> date:
    """Return the day; refuse one outside the calendar's records."""
    if not FIRST <= on <= REACH:
        raise UnreadableCell("paper_date_beyond", text=shown_text, where=where, first=FIRST, last=REACH)
    return on


def _shorten(text: str) -> str:
    """Return the text shortened to one line for an error message."""
    line = tidy(text)
    return line if len(line) <= 120 else f"{line[:119]}…"
