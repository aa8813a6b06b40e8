"""Parses terms of measures as people write them in plans, in Russian and Kazakh, into `calendars.terms`.

`III квартал 2026 года`, `2023 жылдың 30 маусымына дейін`, `до конца марта 2026 года`, `ежеквартально`, `не
менее двух мероприятий в течение года`, `в течение 10 рабочих дней`, `26.05.2026 + 10 рабочих дней`. A term is
accepted only when every number and word was used; others (`постоянно`, `по графику`) are kept as text with the
reason; no day is guessed.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from calendars.terms import (
    After,
    AtOnce,
    DayAfterPeriod,
    InPeriod,
    OnDate,
    PerPeriod,
    Term,
    WithoutTerm,
    YearlyDate,
    period_of,
)
from merzim.documents.sheets import dates
from merzim.documents.sheets.dates import LONGEST, days_of, is_far, span_of
from merzim.documents.sheets.rows import text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import UnreadableCell
from merzim.documents.sheets.written_time import (
    Between,
    Counted,
    Every,
    NamedTime,
    Several,
    Stretch,
    Written,
    names_a_time,
    parse,
)
from workflow.cases.registers.rows import MeasureTerm, TermReading

_DATELESS: tuple[tuple[TermReading, Term, re.Pattern[str]], ...] = (
    ("at_once", AtOnce(), re.compile(r"незамедлительн|немедленн|безотлагательн|дереу|бірден|шұғыл")),
    ("by_schedule", WithoutTerm(), re.compile(r"график|кесте")),
    (
        "standing",
        WithoutTerm(),
        re.compile(
            r"постоянн|тұрақты|үнемі|ежедневн|еженедельн|күнделікті|күн сайын|апта сайын|систематич|регулярн"
        ),
    ),
    (
        "by_need",
        WithoutTerm(),
        re.compile(r"по мере|при необходимост|при наличии|в случае|қажет|бойынша шығ|жағдайда|орай|қарай"),
    ),
)
"""Reasons why a text has no day, by their roots; only for texts without a number or a time."""
_ANY_YEAR = 2027
"""A year without 29 February, for days that come back every year."""


def read_term(value: object, *, where: str = "", year: int | None = None) -> MeasureTerm:
    """Parse the term in a cell or text; what gives no day keeps its words, with the reason in `reading`.

    Args:
        value: a cell's plain value: text, number (a day as spreadsheets count), date or None.
        where: the column's name in error messages.
        year: the year of the plan, for texts without a year; with None such a text gets no day. A day far from
            it is kept as words, to be asked about.

    Raises:
        UnreadableCell: an impossible day, one outside the calendar's records, a span ending before it begins.
    """
    if not isinstance(value, str):
        when = dates.read(value, where=where)
        if isinstance(when, dates.Days):
            return _checked(_on(when.last, when.last.isoformat(), "date"), year)
        return _without(text_of(value, where), "nothing")
    text = tidy(value)
    if not plain(text):
        return _without(text, "nothing")
    written = parse(text) if len(text) <= LONGEST else None
    if written is None:
        return _kept(text)
    try:
        return _checked(_term(written, text, where, year), year)
    except UnreadableCell as refusal:
        if refusal.code != dates.WITHOUT_YEAR:
            raise
        return _without(text, "no_year")


def _checked(term: MeasureTerm, year: int | None) -> MeasureTerm:
    """Return a term, or its words alone where its day is far from the plan's own year."""
    named: int | None = term.since.year if term.since else None
    match term.term:
        case OnDate(on):
            named = on.year
        case InPeriod():
            named = term.term.parts()[2].year
    if named is None or year is None or not is_far(named, (year,)):
        return term
    return _without(term.written, "far")


def _without(text: str, reading: TermReading, term: Term | None = None) -> MeasureTerm:
    """Return a term without a day, and the reason."""
    return MeasureTerm(written=text, term=term or WithoutTerm(), reading=reading)


def _on(on: date, text: str, reading: TermReading) -> MeasureTerm:
    return MeasureTerm(written=text, term=OnDate(on), reading=reading)


def _kept(text: str) -> MeasureTerm:
    """Return a text that was not read, with the reason why it has no day."""
    words = plain(text)
    if len(text) <= LONGEST and not re.search(r"[0-9]", words) and not names_a_time(text):
        for reading, term, pattern in _DATELESS:
            if pattern.search(words):
                return _without(text, reading, term)
    return _without(text, "words")


def _term(written: Written, text: str, where: str, year: int | None) -> MeasureTerm:
    """Return the term of what a text says. Raises UnreadableCell, also where no year is known."""
    match written:
        case NamedTime():
            return _named(written, text, where, year)
        case Between(last=last):
            return _stretch_term(last, text, span_of(written, year, text, where)[1], "span")
        case Counted(number, unit, since):
            years = unit == "months" and number % 12 == 0
            term = After(number // 12, "years") if years else After(number, unit)
            day = None if since is None else days_of(since, year, text, where)[1]
            return MeasureTerm(written=text, term=term, reading="after", since=day)
        case Every():
            return _every(written, text, year)
        case Several():
            return _without(text, "several")


def _named(named: NamedTime, text: str, where: str, year: int | None) -> MeasureTerm:
    """Return the term of one day, month or other period; of `до мая` the day before it. Raises as `_term`."""
    stretch = named.stretch
    first, last = days_of(stretch, year, text, where)
    if stretch.unit == "day":
        return MeasureTerm(written=text, term=OnDate(last), reading="date", day_in_doubt=named.until)
    if named.until and not named.inclusive:
        return _on(first - timedelta(days=1), text, "date")
    return _stretch_term(stretch, text, last, "date")


def _stretch_term(stretch: Stretch, text: str, last: date, otherwise: TermReading) -> MeasureTerm:
    """Return the term of a period by its last day."""
    match stretch.unit:
        case "quarter":
            return MeasureTerm(written=text, term=InPeriod(period_of(last, "quarter").name), reading="quarter")
        case "month":
            return MeasureTerm(written=text, term=InPeriod(period_of(last, "month").name), reading="month")
        case "half_year" | "year":
            return _on(last, text, stretch.unit)
    return _on(last, text, otherwise)


def _every(every: Every, text: str, year: int | None) -> MeasureTerm:
    """Return the term of what comes back: each period, by a day of the next month or of each year."""
    if every.year not in (None, year):
        # It counts for one year, and that is not the plan's.
        return _without(text, "words")
    term: Term = PerPeriod(every.times, every.period)
    if every.by is not None:
        first, last = every.by.stretch.days(_ANY_YEAR)
        is_before = every.by.until and not every.by.inclusive and every.by.stretch.unit != "day"
        on = first - timedelta(days=1) if is_before else last
        term = YearlyDate(on.month, on.day)
    elif every.day:
        term = DayAfterPeriod(every.day)
    return MeasureTerm(written=text, term=term, reading="recurring", every=every.period)
