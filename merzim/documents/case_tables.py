"""Tables that fill the registers of a case: plans of measures and cartograms are read, cartograms written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

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
from i18n import say
from merzim.documents.sheets.dates import WITHOUT_YEAR, Days, days_of, is_far, last_day, read, span_of
from merzim.documents.sheets.listing import Table
from merzim.documents.sheets.rows import (
    Heading,
    Line,
    Sheet,
    columns,
    find_tables,
    lines_below,
    names_unread,
    require_columns,
    text_of,
)
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell
from merzim.documents.sheets.workbook import open_paper
from merzim.documents.sheets.written_time import (
    LONGEST,
    Between,
    Counted,
    Every,
    NamedTime,
    Several,
    Stretch,
    names_a_time,
    parse,
)
from workflow.cases.commands.case_rows import PlanRow
from workflow.cases.registers.risks import SECTIONS, CartogramLine, Section
from workflow.cases.registers.rows import MeasureTerm, TermReading

# A heading may hold words of several columns ("measures to remove the risk", "who answers for the measure").
_PLAN = columns("plan")
_OWN_YEAR = re.compile(r"\bна (20[0-9]{2}) год(?!ы)|(?<![0-9–-])(20[0-9]{2}) жылға арналған")
_REQUIRED = ("action", "completion", "responsible", "term")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadPlan:
    """The rows of a plan. `unread`: headings of the columns and names of the sheets that were not read."""

    measures: tuple[PlanRow, ...]
    unread: tuple[str, ...] = ()


def read_measures(data: bytes, name: str, *, year: int | None = None) -> ReadPlan:
    """Read the rows of a plan of measures from XLSX or CSV, with headings in Kazakh, Russian or English. An
    empty cell is accepted (it becomes a finding), a merged risk or number is that of each of its rows. `year`:
    of terms without one; None takes the one its title names.

    Raises:
        UnreadablePaper: no such table, a column missing, no rows; or every bad row: a formula, an impossible
            date, a measure without a risk, a row without a measure.
    """
    paper = open_paper(data, name)
    tables = find_tables(paper, _PLAN, "paper_measures_form_unknown", ("recommendation", *_REQUIRED))
    sheet, heading = max(tables, key=lambda table: len(table[1].at))
    require_columns(heading, _PLAN, _REQUIRED, paper)
    if "risk" not in heading.at:
        require_columns(heading, _PLAN, ("recommendation",), paper)
    year = year or _own_year(sheet, heading)
    errors = Errors()
    lines = lines_below(sheet, heading, errors, unread=("term",))
    measures = [read for line in lines if (read := _row(line, year)) is not None]
    errors.refuse_or_empty(paper.name, measures)
    return ReadPlan(measures=tuple(measures), unread=names_unread(paper, [(sheet, heading)]))


def _own_year(sheet: Sheet, heading: Heading) -> int | None:
    """Return the one year that the texts above a plan say it is for; None where none or several do."""
    above = (value for row in sheet.rows if row.number < heading.row for value in row.cells)
    words = tidy(" ".join(text for text in above if isinstance(text, str))).lower()
    years = {int(ru or kk) for ru, kk in _OWN_YEAR.findall(words)}
    return min(years) if len(years) == 1 else None


def _row(line: Line, year: int | None) -> PlanRow | None:
    """Return the measure of a row; None for a row without any, or with a term that is noted as an error."""
    text = {column: line.text(column) for column in _PLAN.titles if column != "term"}
    is_numbering = all(value.isdecimal() for value in text.values() if value)
    if is_numbering or not (text["action"] or text["completion"] or text["responsible"]):
        return None
    if not text["action"]:
        line.wrong("paper_cell_empty", column=_PLAN.titles["action"])
    if not (text["risk"] or text["recommendation"]):
        column = "risk" if "risk" in line.heading.at else "recommendation"
        line.wrong("paper_cell_empty", column=_PLAN.titles[column])
    try:
        term = read_term(line.value("term"), where=line.heading.texts["term"], year=year)
    except UnreadableCell as refusal:
        line.errors.take(line.number, refusal)
        return None
    number = text["number"].rstrip(".")
    return PlanRow(
        row=line.number,
        number=int(number) if number.isdecimal() and 0 < int(number) < 10_000 else None,
        risk=text["risk"] or text["recommendation"],
        recommendation=text["recommendation"] or text["risk"],
        action=text["action"],
        completion=text["completion"],
        responsible=text["responsible"],
        term=term,
    )


_CARTOGRAM = columns("cartogram")


def cartogram_sheets(lines: Sequence[CartogramLine], *, language: str) -> list[Table]:
    """Return the two sections of the cartogram as sheets of a workbook."""
    return [_sheet(section, lines, language) for section in SECTIONS]


def _sheet(section: Section, lines: Sequence[CartogramLine], language: str) -> Table:
    """Return one section as a sheet: number, department, district, position or risk."""
    heads = ("n", "department", "district", "position" if section == "positions" else "risk")
    rows = [
        (number, line.department, line.district, line.text)
        for number, line in enumerate((line for line in lines if line.section == section), start=1)
    ]
    head_titles = tuple(say(f"head.{head}", {}, language) for head in heads)
    return Table(head_titles, rows, say(f"cartogram.sheet.{section}", {}, language))


def read_cartogram(data: bytes, name: str) -> tuple[tuple[CartogramLine, ...], tuple[str, ...]]:
    """Read the lines of a cartogram from XLSX or CSV, with headings in Kazakh, Russian or English; also return
    the headings of the columns and the names of the sheets that were not read.

    Raises:
        UnreadablePaper: no such table, a column missing, no rows; or every bad row: a formula, a section that
            is none, no position or risk.
    """
    paper = open_paper(data, name)
    tables = find_tables(paper, _CARTOGRAM, "paper_measures_form_unknown", ("section", "department", "text"))
    errors = Errors()
    lines: list[CartogramLine] = []
    for sheet, heading in tables:
        # A workbook of ours has a sheet for each section.
        section_name = "" if "section" in heading.at else sheet.name
        required = ("department", "text") if _section(section_name) else ("section", "department", "text")
        require_columns(heading, _CARTOGRAM, required, paper)
        below = lines_below(sheet, heading, errors)
        lines += [line for row in below if (line := _line(row, section_name)) is not None]
    errors.refuse_or_empty(paper.name, lines)
    return tuple(lines), names_unread(paper, tables)


def _line(line: Line, section_name: str) -> CartogramLine | None:
    """Return the line of a row; None for an empty row, or a wrong one, whose errors are noted. `section_name`:
    of the section where no column names it.
    """
    section_text, department, district, text = (line.text(column) for column in _CARTOGRAM.titles)
    if not any((section_text, department, district, text)):
        return None
    section = _section(section_text if "section" in line.heading.at else section_name)
    if section is None:
        line.wrong("paper_section_unknown", text=section_text)
    if not text:
        line.wrong("paper_cell_empty", column=_CARTOGRAM.titles["text"])
    if section is None or not text:
        return None
    return CartogramLine(section, department, district, text)


def _section(text: str) -> Section | None:
    """Return the section named in a cell (`1`, `1. Лауазымдар`, `Должности`; `2`, `Риски`); None for none."""
    words = plain(text)
    if words.startswith("1") or any(root in words for root in ("лауазым", "должност", "posit")):
        return "positions"
    if words.startswith("2") or any(root in words for root in ("тәуекел", "риск", "risk")):
        return "risks"
    return None


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
_WITHOUT_DAY = WithoutTerm()
_ANY_YEAR = 2027
"""A year without 29 February, for days that come back every year."""


def read_term(value: object, *, where: object = "", year: int | None = None) -> MeasureTerm:
    """Parse the term in a cell or text; what gives no day keeps its words, with the reason in `reading`.

    Args:
        where: the column's name in error messages, or a title in all languages.
        year: the year of the plan, for texts without a year; with None such a text gets no day. A day far from
            it is kept as words, to be asked about.

    Raises:
        UnreadableCell: an impossible day, one outside the calendar's records, a span ending before it begins.
    """
    if isinstance(value, str):
        text = tidy(value)
        try:
            term = _term(text, where, year)
        except UnreadableCell as refusal:
            if refusal.code != WITHOUT_YEAR:
                raise
            return _said(text, "no_year")
    elif isinstance(when := read(value, where=where), Days):
        term = _said(when.last.isoformat(), "date", OnDate(when.last))
    else:
        return _said(text_of(value, where), "nothing")
    named: int | None = term.since.year if term.since else None
    match term.term:
        case OnDate(on):
            named = on.year
        case InPeriod():
            named = term.term.parts()[2].year
    is_asked = named is not None and year is not None and is_far(named, (year,))
    return _said(term.written, "far") if is_asked else term


def _said(text: str, reading: TermReading, term: Term = _WITHOUT_DAY) -> MeasureTerm:
    """Return a term with its words, and how they were read, or why they give no day."""
    return MeasureTerm(written=text, term=term, reading=reading)


def _term(text: str, where: object, year: int | None) -> MeasureTerm:
    """Return the term of a text. Raises UnreadableCell, also where no year is known."""
    match parse(text):
        case NamedTime(stretch, until, inclusive) as named:
            last = last_day(named, text, where, year)
            if stretch.unit == "day":
                return replace(_said(text, "date", OnDate(last)), day_in_doubt=until)
            is_before = until and not inclusive
            return _said(text, "date", OnDate(last)) if is_before else _of_period(stretch, text, last)
        case Between(last=end) as span:
            return replace(_of_period(end, text, span_of(span, year, text, where)[1]), reading="span")
        case Counted(number, unit, since):
            years = unit == "months" and number % 12 == 0
            term = After(number // 12, "years") if years else After(number, unit)
            day = None if since is None else days_of(since, year, text, where)[1]
            return replace(_said(text, "after", term), since=day)
        case Every() as every:
            return _every(every, text, where, year)
        case Several():
            return _said(text, "several")
    words = plain(text)
    if not words:
        return _said(text, "nothing")
    if len(text) <= LONGEST and not re.search(r"[0-9]", words) and not names_a_time(text):
        for reading, term_in_words, pattern in _DATELESS:
            if pattern.search(words):
                return _said(text, reading, term_in_words)
    return _said(text, "words")


def _of_period(stretch: Stretch, text: str, last: date) -> MeasureTerm:
    """Return the term of a period by its last day."""
    match stretch.unit:
        case "quarter" | "month" as unit:
            return _said(text, unit, InPeriod(period_of(last, unit).name))
        case "half_year" | "year" as unit:
            return _said(text, unit, OnDate(last))
    return _said(text, "span", OnDate(last))


def _every(every: Every, text: str, where: object, year: int | None) -> MeasureTerm:
    """Return the term of what comes back: in each period, or by a day. Raises as `_term`."""
    if every.year not in (None, year):
        # It counts for one year, and that is not the plan's.
        return _said(text, "words")
    term: Term = PerPeriod(every.times, every.period)
    if every.by is not None:
        on = last_day(every.by, text, where, _ANY_YEAR)
        term = YearlyDate(on.month, on.day)
    elif every.day:
        term = DayAfterPeriod(every.day)
    return replace(_said(text, "recurring", term), every=every.period)
