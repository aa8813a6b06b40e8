"""Parses terms of measures as people write them in plans, in Russian and Kazakh, into `calendars.terms`.

`III квартал 2026 года`, `2023 жылдың 30 маусымына дейін`, `до конца марта 2026 года`, `ежеквартально`, `не
менее двух мероприятий в течение года`, `в течение 10 рабочих дней`. Terms without a day (`постоянно`, `по
графику`) are kept as text with the reason; no day is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from calendars.terms import (
    AtOnce,
    CalendarDays,
    DayAfterPeriod,
    InMonth,
    InQuarter,
    Months,
    OnDate,
    Period,
    PerPeriod,
    Term,
    Weeks,
    WithoutTerm,
    WorkingDays,
    Years,
    month_end,
)
from merzim.documents.sheets import dates
from merzim.documents.sheets.dates import LONGEST, find_partial_dates, months_named, without_times
from merzim.documents.sheets.rows import text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import UnreadableCell
from workflow.cases.registers.measure_term import MeasureTerm, TermReading

_ROMAN = str.maketrans({"і": "i", "ӏ": "i", "l": "i", "ѵ": "v"})
_ORDINALS: Mapping[str, int] = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
    "бірінші": 1,
    "екінші": 2,
    "үшінші": 3,
    "төртінші": 4,
}
_ORDINAL_ROOTS = (("перв", 1), ("втор", 2), ("трет", 3), ("четверт", 4))
_NUMBERS = (
    (r"одн\w*|один|бір|раз|рет", 1),
    (r"дв\w+|екі", 2),
    (r"тр[еи]\w*|үш", 3),
    (r"четыр\w+|төрт", 4),
    (r"пят\w+|бес", 5),
    (r"шест\w+|алты", 6),
    (r"двенадцат\w+|он екі", 12),
)
_FILLERS = frozenset(
    ["и", "по", "мен", "және", "ші", "нші", "й", "го", "ой", "ый", "м", "ом", "до", "дейін", "к", "в"]
)
_QUARTER, _HALF = re.compile(r"квартал|тоқсан"), re.compile(r"полугоди|жартыжылды|жарты жылды")
_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})(?![0-9])")

_EVERY: tuple[tuple[Period, re.Pattern[str]], ...] = (
    ("quarter", re.compile(r"ежеквартальн|тоқсан сайын|каждый квартал|поквартальн|\bquarterly\b")),
    ("month", re.compile(r"ежемесячн|ай сайын|каждый месяц|помесячн|\bmonthly\b")),
    ("half-year", re.compile(r"раз в полугоди|каждое полугоди|жартыжылдық сайын|жарты жыл сайын")),
    ("year", re.compile(r"ежегодн|жыл сайын|каждый год|\byearly\b|\bannually\b")),
)
_IN_A: tuple[tuple[Period, re.Pattern[str]], ...] = (
    ("quarter", re.compile(r"(?:в|за|каждый|в течение) квартал|тоқсан(?:ына|да)\b|тоқсан ішінде")),
    ("month", re.compile(r"(?:в|за) месяц|в течение месяца|айына\b")),
    ("half-year", re.compile(r"(?:в|за) полугоди|в течение полугодия|жартыжылды(?:ғына|қта)")),
    ("year", re.compile(r"(?:в|за) год\b|в течение (?:[0-9]{4} )?года|жылына|жыл ішінде|жыл бойы")),
)
_AT_LEAST = re.compile(r"не менее|не реже|как минимум|кемінде|\bраза?\b|\bрет\b|at least")
_BY_DAY_OF_MONTH = re.compile(
    r"(?:до|к|не позднее) ([0-9]{1,2})(?: го)? числ|(?:ның|нің) ([0-9]{1,2}) (?:не|на|ына|іне)"
)
_ONGOING = re.compile(
    r"постоянн|тұрақты|үнемі|ежедневн|еженедельн|күнделікті|күн сайын|апта сайын|систематич|регулярн"
)
_BY_SCHEDULE = re.compile(r"график|кесте")
_BY_NEED = re.compile(r"по мере|при необходимост|при наличии|в случае|қажет|бойынша шығ|жағдайда|орай|қарай")
_AT_ONCE = re.compile(r"незамедлительн|немедленн|безотлагательн|дереу|бірден|шұғыл")
# Whatever may run on is bounded: a cell holds 32,767 letters, and each is tried as a beginning.
_WITHIN = re.compile(
    r"(?P<count>(?<![0-9])[0-9]{1,4}(?![0-9])|\b\w+)? ?(?:ти |х |и )?"
    r"(?P<unit>рабоч\w{1,9} дн\w+|жұмыс күн\w*|календарн\w{1,9} дн\w+|күнтізбелік күн\w*|дней|дня|күн\w*"
    r"|недел\w+|апта\w*|месяц\w*|\bай\b|айдың)"
)
_INSIDE = re.compile(r"в течение|ішінде|в срок|мерзімде")
_UNTIL = re.compile(r"^(?:до|к)\b|\bдейін\b|^before\b")
_YEAR_WORD = re.compile(r"\bгод\w*|\bг\b|жыл")


def read_term(value: object, *, where: str = "", year: int | None = None) -> MeasureTerm:
    """Parse the term in a cell or text.

    Args:
        value: a cell's plain value: text, number, date or None.
        where: the column's name in error messages.
        year: the year of the plan, for a quarter or month without a year; with None such a text
            gets no day.

    Raises:
        UnreadableCell: an impossible day, one outside the calendar's records, a span ending before it begins.
    """
    if not isinstance(value, str):
        day = dates.read(value, where=where)
        text = day.on.isoformat() if isinstance(day, dates.Day) else text_of(value, where)
        return _day_term(day, text, until=False)
    text = tidy(value)
    words = plain(text)
    if not words:
        return MeasureTerm(written=text, term=WithoutTerm(), reading="nothing")
    if len(text) > LONGEST:
        return MeasureTerm(written=text, term=WithoutTerm(), reading="words")
    return (
        _parse_recurring(text, words)
        or _parse_date_term(text, words, where, year)
        or _parse_worded(text, words, year)
    )


def _parse_date_term(text: str, words: str, where: str, year: int | None) -> MeasureTerm | None:
    """Return the term of a text with a spelled-out day or span; None for other texts."""
    parts, _ = find_partial_dates(without_times(text))
    if not parts:
        # A serial number or a malformed date is refused there; words come back as words.
        if re.search(r"\d\s*[./]\s*\d", text):
            dates.read(text, where=where, year=year)
        return None
    if any(pattern.search(words) for _, pattern in _EVERY) or (
        year is None and all(not part.year for part in parts)
    ):
        return MeasureTerm(written=text, term=WithoutTerm(), reading="words")
    try:
        when = dates.read(text, where=where, year=year)
    except UnreadableCell as refusal:
        if refusal.code != "paper_dates_several":
            raise
        return MeasureTerm(written=text, term=WithoutTerm(), reading="several")
    return _day_term(when, text, until=bool(_UNTIL.search(words)))


def _day_term(when: dates.When, text: str, *, until: bool) -> MeasureTerm:
    """Return the term of a parsed date."""
    match when:
        case dates.Day(on):
            return MeasureTerm(written=text, term=OnDate(on), reading="date", until=until)
        case dates.Span(_, last):
            return MeasureTerm(written=text, term=OnDate(last), reading="span")
        case dates.Nothing():
            return MeasureTerm(written=text, term=WithoutTerm(), reading="nothing")
    return MeasureTerm(written=text, term=WithoutTerm(), reading="words")


def _parse_recurring(text: str, words: str) -> MeasureTerm | None:
    """Return the term of a recurring measure: every quarter, at least twice a year, every quarter by the
    5th.
    """
    period = next((period for period, pattern in _EVERY if pattern.search(words)), None)
    count = 1
    if period is None and _AT_LEAST.search(words):
        period = next((period for period, pattern in _IN_A if pattern.search(words)), None)
        count = _parse_count(words)
    if period is None or (period != "year" and find_partial_dates(text)[0]):
        return None
    years = _YEAR.findall(words)
    if years and period == "year" and count == 1 and not _AT_LEAST.search(words):
        return None
    day = _BY_DAY_OF_MONTH.search(words)
    number = int(day[1] or day[2]) if day else 0
    term: Term = DayAfterPeriod(number) if 1 <= number <= 31 else PerPeriod(count, period)
    return MeasureTerm(written=text, term=term, reading="recurring", every=period)


def _parse_worded(text: str, words: str, year: int | None) -> MeasureTerm:
    """Return the term of a text in words: last day of a quarter, half-year, month or year; days from the
    approval.
    """
    years = [int(year_text) for year_text in _YEAR.findall(words)]
    meant_year = max(years) if years else year
    latin = words.translate(_ROMAN)
    for pattern, period_kind in ((_QUARTER, "quarter"), (_HALF, "half_year")):
        number = _ordinal_before(pattern, latin)
        if number is not None and (period_kind == "quarter" or number <= 2):
            return _period_term(
                text, meant_year, "quarter" if period_kind == "quarter" else "half_year", number
            )
    if not _ONGOING.search(words):
        within = _parse_within(words)
        if within is not None:
            return MeasureTerm(written=text, term=within, reading="after")
        months = months_named(text)
        if months:
            return _period_term(text, meant_year, "month", months[-1])
        if (years and _YEAR_WORD.search(words)) or _YEAR.fullmatch(words):
            return _period_term(text, meant_year, "year", 0)
        if meant_year is not None and any(
            pattern.search(words) for period, pattern in _IN_A if period == "year"
        ):
            return _period_term(text, meant_year, "year", 0)
    if _AT_ONCE.search(words):
        return MeasureTerm(written=text, term=AtOnce(), reading="at_once")
    reasons: tuple[tuple[TermReading, re.Pattern[str]], ...] = (
        ("by_schedule", _BY_SCHEDULE),
        ("standing", _ONGOING),
        ("by_need", _BY_NEED),
    )
    reason: TermReading = next((kind for kind, pattern in reasons if pattern.search(words)), "words")
    return MeasureTerm(written=text, term=WithoutTerm(), reading=reason)


def _period_term(text: str, year: int | None, period: TermReading, number: int) -> MeasureTerm:
    """Return the term that ends with a quarter, half-year, month or year."""
    if year is None:
        return MeasureTerm(written=text, term=WithoutTerm(), reading="no_year")
    term: Term
    match period:
        case "quarter":
            term = InQuarter(year, number)
        case "half_year":
            term = OnDate(month_end(year, 6 * number))
        case "month":
            term = InMonth(year, number)
        case _:
            term = OnDate(date(year, 12, 31))
    return MeasureTerm(written=text, term=term, reading=period)


def _ordinal_before(pattern: re.Pattern[str], words: str) -> int | None:
    """Return the last ordinal right before the word (`II и III квартал`: 3), or right after a `Q`."""
    if pattern is _QUARTER and (letter := re.search(r"\bq([1-4])\b", words)):
        return int(letter[1])
    match = pattern.search(words)
    if match is None:
        return None
    for token in reversed(words[: match.start()].split()):
        number = _parse_ordinal(token)
        if number is not None:
            return number
        if token not in _FILLERS:
            return None
    return None


def _parse_ordinal(token: str) -> int | None:
    """Return the number of an ordinal word or Roman numeral."""
    if token in _ORDINALS:
        return _ORDINALS[token]
    return next((number for root, number in _ORDINAL_ROOTS if token.startswith(root)), None)


def _parse_within(words: str) -> Term | None:
    """Return the term of so many days, weeks or months from the plan's approval; None for other texts."""
    within_match = _WITHIN.fullmatch(words)
    if not _INSIDE.search(words) and not (within_match and (within_match["count"] or "").isdecimal()):
        return None
    for match in _WITHIN.finditer(words):
        unit, count_text = match["unit"], match["count"] or ""
        count = _parse_number(count_text)
        if count is None:
            if not re.match(r"месяц|ай|недел|апта", unit):
                continue
            count = 1
        if not 0 < count <= 1000:
            continue
        if re.match(r"рабоч|жұмыс", unit):
            return WorkingDays(count)
        if re.match(r"недел|апта", unit):
            return Weeks(count)
        if re.match(r"месяц|ай", unit):
            return Months(count) if count % 12 else Years(count // 12)
        return CalendarDays(count, unspecified=not re.match(r"календар|күнтізбелік", unit))
    return None


def _parse_count(words: str) -> int:
    """Return the minimum number of times: `не менее двух`, `кемінде 2 рет`; 1 where there is no number."""
    for word in _YEAR.sub(" ", words).split():
        number = _parse_number(word)
        if number is not None and 0 < number <= 366:
            return number
    return 1


def _parse_number(word: str) -> int | None:
    """Return the number in a word, in digits or letters; 0 for more than four digits."""
    if word.isdecimal():
        return int(word) if len(word) <= 4 else 0
    return next((number for pattern, number in _NUMBERS if re.fullmatch(pattern, word)), None)
