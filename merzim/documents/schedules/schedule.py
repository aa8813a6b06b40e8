"""Reads the published form of a schedule: an approval block, a title, and a table with one row for each work.

Columns: № | Виды работ / Жұмыс түрі | Сроки исполнения / Орындалу мерзімі | Ответственные лица / Жауапты
тұлғалар, in any order, among others. Section headings span the table. Rows are plan dates; the approval block
is a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from merzim.documents.schedules.roots import FactMatch, match_facts
from merzim.documents.schedules.rows_joined import CombinedRows, Planned, ReadSchedule
from merzim.documents.sheets.columns import Heading, column, find_heading, require_columns, without_formulas
from merzim.documents.sheets.dates import (
    LONGEST,
    Day,
    Nothing,
    Span,
    When,
    days_of,
    ends,
    is_far,
    read,
    read_lines,
    years_named,
)
from merzim.documents.sheets.rows import Paper, Row, Sheet, cell_name, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from merzim.documents.sheets.written_time import full_days

_APPROVED = re.compile(r"утвержд|бекітемін|бекітілген|бекітілді|approved")
_SCHEDULE = re.compile(r"\bграфик|кесте|\bschedule|план график|жоспар кесте")
_PERIOD = re.compile(
    r"(?:на|за|в) период\s+(?:с\s+)?(?P<ru>.+)$|(?P<kk>[0-9][^()]{0,200}?(?:аралығ|дейін|кезең)\w*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_RU = re.compile(
    r"(?:в деятельности|деятельности|\bв)\s+(?P<object>.+?)(?=\s+(?:на|за|в) период|\s+на\s+20[0-9]{2}|\s*$)",
    re.IGNORECASE,
)
_OF_KK = re.compile(r"^(?P<object>.+?)\s+қызметін\w*", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\((?:далее|бұдан әрі)[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeadingBlock:
    """The block above the table. `year`: the single year of its period, for dates without a year; `years`: all
    it speaks of, from which no date of the table may be far.
    """

    title: str = ""
    object: str = ""
    approved_on: date | None = None
    approved_row: int = 0
    approved_cell: str = ""
    period: Span | None = None
    year: int | None = None
    years: frozenset[int] = frozenset()


def read_above(rows: Sequence[Row], errors: Errors) -> HeadingBlock:
    """Return title, object, period and approval read from the rows above the table."""
    cells = [
        (row.number, place, value) for row in rows for place, value in enumerate(row.cells) if value is not None
    ]
    title = max(
        (tidy(value) for *_, value in cells if isinstance(value, str) and _SCHEDULE.search(plain(value))),
        key=len,
        default="",
    )
    approved_on, row, place = _approval([cell for cell in cells if _not_title(cell[2], title)], errors)
    period = _period(title)
    years = {period.first.year, period.last.year} if period else set[int]()
    return HeadingBlock(
        title,
        _object(title),
        approved_on,
        row,
        cell_name(row, place) if approved_on else "",
        period,
        min(years) if len(years) == 1 else None,
        frozenset(years | years_named([title]) | ({approved_on.year} if approved_on else set())),
    )


def _not_title(value: object, title: str) -> bool:
    return not isinstance(value, str) or tidy(value) != title


def _approval(cells: Sequence[tuple[int, int, object]], errors: Errors) -> tuple[date | None, int, int]:
    """Return the first day after (or within) the words of approval, its row and column; a blank date is no
    approval.
    """
    has_begun = False
    for number, place, value in cells:
        has_begun = has_begun or (isinstance(value, str) and bool(_APPROVED.search(plain(value))))
        if not has_begun:
            continue
        for line in _heading_lines(value):
            try:
                on = _only_day(line)
            except UnreadableCell as refusal:
                errors.take(number, refusal)
                return None, number, place
            if on is not None:
                return on, number, place
    return None, 0, 0


def _only_day(line: object) -> date | None:
    """Return the single whole date of a line (`приказом от 30.03.2026 г. № 45`); None for several or none.

    Raises UnreadableCell for a day that cannot be.
    """
    if isinstance(line, str):
        days = full_days(line[:LONGEST])
        return days_of(days[0], None, tidy(line), "")[1] if len(days) == 1 else None
    reading = read(line)
    return reading.on if isinstance(reading, Day) else None


def _heading_lines(value: object) -> Iterator[object]:
    """Yield the lines of a cell."""
    if isinstance(value, str):
        yield from value.replace("_x000D_", "\n").splitlines()
    elif isinstance(value, datetime | date):
        yield value


def _period(title: str) -> Span | None:
    """Return the span of days in the title."""
    for match in _PERIOD.finditer(title):
        try:
            readings = read_lines(match["ru"] or match["kk"])
        except UnreadableCell:
            continue
        if len(readings) == 1 and isinstance(readings[0], Span):
            return readings[0]
    return None


def _object(title: str) -> str:
    """Return the organisation whose activity is analysed, from the title; the whole title where it is not
    found.
    """
    bare = _ASIDE.sub("", title)
    for pattern in (_OF_RU, _OF_KK):
        match = pattern.search(bare)
        if match:
            return match["object"].strip(" ,.;:")
    return bare


WHEN = column(
    "when", "Орындалу мерзімі", "Сроки исполнения", "Term", r"срок|мерзім|дат[аы]\b|период|күні\b|term|date"
)
WHO = column(
    "who",
    "Жауапты тұлғалар",
    "Ответственные лица",
    "Responsible",
    r"ответствен|исполнител|жауап|орындаушы|responsible",
)
WORK = column(
    "work",
    "Жұмыс түрі",
    "Виды работ",
    "Work",
    r"вид\w* работ|наименован|мероприяти|этап|содержание|работ[аы]|жұмыс|іс шара|атауы|work|measure",
)
NUMBER = column("number", "№", "№", "No", r"no\b|п п\b|р с\b|р н\b")
COLUMNS = (WHEN, WHO, WORK, NUMBER)
REQUIRED = (WORK, WHEN, WHO)
_LEFT = {
    "paper_date_unreadable": "read_cell_unread",
    "paper_date_words": "read_cell_unread",
    "paper_dates_several": "read_cell_several",
    "paper_date_without_year": "read_cell_no_year",
    "paper_date_far": "read_cell_far",
}
"""Why a date was not taken -> the note that says so; the row stays, its day is asked about."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the table with its three cells. `left`: why its dates were left as words."""

    row: int
    work: str
    when: tuple[When, ...]
    written: str
    who: str
    left: UnreadableCell | None = None


def find_published_heading(sheet: Sheet) -> Heading | None:
    """Return the heading row of the published form; None when the sheet has another form."""
    heading = find_heading(sheet, COLUMNS)
    if heading is None or len([column for column in REQUIRED if column.id in heading.at]) < 2:
        return None
    return heading


def read_published(paper: Paper, sheet: Sheet, heading: Heading) -> ReadSchedule:
    """Return the planned analysis of a published schedule.

    Raises:
        UnreadablePaper: a column is missing, a date cannot be read (every such row is named), nothing is
        planned.
    """
    require_columns(heading, REQUIRED, paper)
    errors = Errors()
    above = read_above([row for row in sheet.rows if row.number < heading.row], errors)
    lines, sections = _lines(sheet, heading, above, errors)
    joined = _join(lines, above)
    if not joined.planned():
        for line in lines:
            if line.left is not None:
                errors.take(line.row, line.left)
    errors.refuse(paper.name)
    if not lines:
        raise UnreadablePaper("paper_no_rows", name=paper.name)
    for row, text in sections:
        joined.note(row, "read_section", text=text)
    for text in heading.other:
        joined.note(heading.row, "read_column_ignored", column=text)
    return ReadSchedule(
        form="published",
        object=above.object or paper.name,
        title=above.title,
        row=heading.row,
        approved_on=above.approved_on,
        facts={"schedule_approved": above.approved_on} if above.approved_on else {},
        planned=joined.planned(),
        cells=_cells(sheet, heading, joined, above),
        responsible=joined.responsible(),
        notes=joined.notes(),
    )


def _cells(sheet: Sheet, heading: Heading, joined: CombinedRows, above: HeadingBlock) -> dict[str, str]:
    """Return name of fact -> the cell its day was read from."""
    column = sheet.covered(heading.row, heading.at["when"]).start
    cells = {fact: cell_name(row, column) for fact, row in joined.rows().items() if row}
    return cells | {"schedule_approved": above.approved_cell} if above.approved_cell else cells


def _lines(
    sheet: Sheet, heading: Heading, above: HeadingBlock, errors: Errors
) -> tuple[list[_Line], list[tuple[int, str]]]:
    """Return the rows of the table, and its section headings with their row numbers."""
    lines: list[_Line] = []
    sections: list[tuple[int, str]] = []
    spans = {id: sheet.covered(heading.row, place) for id, place in heading.at.items()}
    worded = {place: heading.texts[id] for id in ("work", "who") for place in spans[id]}
    for written_row in sheet.rows:
        if written_row.number <= heading.row or _only_counts(written_row):
            continue
        row = without_formulas(written_row, worded, errors, texts=worded)
        work = _joined_text(row, spans["work"])
        if plain(work) == plain(heading.texts["work"]):
            continue  # the heading again, on the next printed page
        try:
            section = _section(sheet, row, spans["when"].start)
            if section is not None:
                sections.append((row.number, section))
                continue
            responsible = _joined_text(row, spans["who"])
            when, left = _read_or_left(row, spans["when"], heading.texts["when"], above)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            continue
        when_text = " – ".join(
            tidy(str(row.cell(place))) for place in spans["when"] if row.cell(place) is not None
        )
        if work or when or responsible:
            lines.append(_Line(row.number, tidy(work), when, when_text, tidy(responsible), left))
    return lines, sections


def _join(lines: Sequence[_Line], above: HeadingBlock) -> CombinedRows:
    """Combine the rows of the table into plan dates."""
    joined = CombinedRows()
    if above.approved_on:
        joined.note(above.approved_row, "read_approved", on=above.approved_on)
    else:
        joined.note(0, "read_not_approved")
    for line in lines:
        match = match_facts(line.work)
        dated = [when for when in line.when if isinstance(when, Planned)]
        for when in line.when:
            if dated and not isinstance(when, Planned):
                text = "" if isinstance(when, Nothing) else when.text
                joined.note(line.row, "read_beside", work=line.work, text=text)
        if len(dated) > 1:
            joined.note(line.row, "read_row_several_dates", work=line.work, when=line.written)
        if line.left is not None:
            joined.note(line.row, _LEFT[line.left.code], **line.left.arguments)
        _add_line(joined, line, match, dated)
    if above.period:
        joined.compare(above.period)
    return joined


def _add_line(joined: CombinedRows, line: _Line, match: FactMatch, dated: Sequence[Planned]) -> None:
    """Add a row's plan dates and responsible to the combined rows."""
    if not match.is_recognised:
        joined.note(line.row, "read_row_not_recognised", work=line.work, when=line.written, who=line.who)
        return
    if match.run and len(dated) == 1 and not isinstance(dated[0], Span):
        joined.note(line.row, "read_row_not_recognised", work=line.work, when=line.written, who=line.who)
        return
    joined.answer(match, line.who)
    if len(dated) == 1:
        joined.plan(line.row, line.work, match, dated[0])
        joined.listed(line.row, line.written, dated[0])
    elif not dated and line.left is None:
        joined.note(line.row, "read_row_not_dated", work=line.work, when=line.written)


def _read_or_left(
    row: Row, places: range, where: str, above: HeadingBlock
) -> tuple[tuple[When, ...], UnreadableCell | None]:
    """Return the dates of a cell, or none and why it was left as words. Raises UnreadableCell for a day that
    cannot be.
    """
    try:
        when = _when(row, places, where, above.year)
    except UnreadableCell as refusal:
        if refusal.code not in _LEFT:
            raise
        return (), refusal
    days = (day for reading in when if isinstance(reading, Planned) for day in ends(reading))
    far = next((day for day in days if is_far(day.year, above.years)), None)
    if far is None:
        return when, None
    text = " – ".join(text_of(row.cell(place)) for place in places)
    return (), UnreadableCell("paper_date_far", text=tidy(text), where=where, year=max(above.years))


def _when(row: Row, places: range, where: str, year: int | None) -> tuple[When, ...]:
    """Return the dates of a cell; under a heading over two columns, first and last day are in separate
    cells.
    """
    dates = [when for place in places for when in read_lines(row.cell(place), where=where, year=year)]
    days = [when.on for when in dates if isinstance(when, Planned) and not isinstance(when, Span)]
    if len(places) == 2 and len(dates) == len(days) == 2:
        if days[1] < days[0]:
            raise UnreadableCell("paper_span_backwards", text=f"{days[0]} – {days[1]}", where=where)
        return (Span(days[0], days[1]),)
    return tuple(dates)


def _section(sheet: Sheet, row: Row, when: int) -> str | None:
    """Return the section heading of a row: its only text, or a text merged over the date column; None for other
    rows.
    """
    filled = row.filled()
    if len(filled) == 1:
        return tidy(text_of(row.cell(filled[0])))
    for place in filled:
        covered = sheet.covered(row.number, place)
        if len(covered) > 1 and when in covered and place != when:
            return tidy(" ".join(text_of(row.cell(at)) for at in filled))
    return None


def _only_counts(row: Row) -> bool:
    """Return whether the row only numbers the columns: `1 | 2 | 3 | 4` below the heading."""
    cells = [text_of(value) for value in row.cells if isinstance(value, str | int | float)]
    return len(cells) > 2 and cells == [str(n) for n in range(1, len(cells) + 1)]


def _joined_text(row: Row, places: range) -> str:
    """Return the texts of a row's cells in some columns, joined by line breaks."""
    return "\n".join(filter(None, (text_of(row.cell(place)) for place in places)))
