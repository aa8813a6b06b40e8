"""Turns the rows of a table into analyses: one row an analysis (object, unit, start, end, its steps)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median_low

from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.schedules.table import PART, STEP, HeadCell, ScheduleTable, text_at
from merzim.documents.schedules.title import ScheduleTitle
from merzim.documents.sheets.dates import (
    Days,
    Period,
    TermInWords,
    is_far,
    read,
    read_counted,
    read_period,
    reading_notes,
)
from merzim.documents.sheets.rows import RowOfSheet, cell_name, display_text, is_empty, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadableCell

START, END = "analysis_started", "analysis_ended"
UNREAD = {
    "paper_date_unreadable": "read_cell_unread",
    "paper_date_words": "read_cell_unread",
    "paper_dates_several": "read_cell_several",
    "paper_date_without_year": "read_cell_no_year",
    "paper_date_far": "read_cell_far",
}
"""Why the day of a step was not taken -> the note that says so."""
_LAST_ALONE = ("срок", "мерзім", "term")
"""Roots of headings whose single day is the last of the analysis."""


@dataclass(slots=True)
class _Dates:
    """The days of a row: name of fact -> day, and the cell it was read from."""

    planned: dict[str, date] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    notes: list[RowNote] = field(default_factory=list)

    def plan(self, fact: str, on: date | None, row: int, place: int) -> None:
        """Take a day of a fact, unless one is known already."""
        if on is not None and fact not in self.planned:
            self.planned[fact] = on
            self.cells[fact] = cell_name(row, place)

    def span(self, period: Period | None, row: int, place: int, text: object = None) -> None:
        """Take the first and last day of an analysis, and list a text beside what it became."""
        if period is None:
            return
        self.plan(START, period.first, row, place)
        self.plan(END, period.last, row, place)
        if not isinstance(text, str):
            return
        first, last = period.first or period.last, period.last or period.first
        if first and last:
            self.notes += reading_notes(row, tidy(text), Days(first, last))


def read_analyses(
    table: ScheduleTable, title: ScheduleTitle, errors: Errors
) -> tuple[list[ReadSchedule], list[RowNote]]:
    """Return the analyses of a table, in row order, and notes on columns and rows that give none.

    A month or quarter alone in a row dates the rows below without any. Errors: an impossible or half-read day,
    no object (both left out), an end before or without a start, a far day, an analysis twice (these are kept).
    """
    schedules: list[ReadSchedule] = []
    notes = [RowNote.of(table.head, "read_column_ignored", column=column.title) for column in table.of("")]
    numbers: dict[tuple[str, str, date], int] = {}
    section: Period | None = None
    for row in table.rows:
        if (text := _section(row, table)) is not None:
            period = _period_of_section(text, title.year)
            section = period or section
            if period is None:
                notes.append(RowNote.of(row.number, "read_section", text=text))
            continue
        schedule, asked = _analysis(row, table, title, section, errors)
        notes += asked
        if schedule is None:
            continue
        key = plain(schedule.unit), plain(schedule.object), min(schedule.planned.values())
        if key in numbers:
            errors.add(row.number, "paper_row_twice", other=numbers[key])
        numbers.setdefault(key, row.number)
        schedules.append(schedule)
    _ask_about_far(schedules, table, title, errors)
    return schedules, notes


def _analysis(
    row: RowOfSheet, table: ScheduleTable, title: ScheduleTitle, section: Period | None, errors: Errors
) -> tuple[ReadSchedule | None, list[RowNote]]:
    """Return the analysis of a row, or None and notes why, where no error says it."""
    dates, is_wrong = _Dates(), False
    for read_part in (_start, _end, _period, _marks, _month_or_quarter, _steps):
        try:
            read_part(row, table, title.year, dates)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            is_wrong = True
    if not dates.planned and section is not None and not is_wrong:
        dates.span(section, row.number, 0)
    text = {kind: _text(row, table, kind, errors) for kind in ("object", "unit", "who", "work")}
    what = text["object"] or text["work"] or text["unit"]
    start, end = dates.planned.get(START), dates.planned.get(END)
    if start and end and end < start:
        errors.add(
            row.number,
            "paper_span_backwards",
            text=f"{start:%d.%m.%Y} – {end:%d.%m.%Y}",
            where=_head_of(table, END),
        )
    elif not what and dates.planned:
        errors.add(row.number, "paper_cell_empty", column=_first_title(table, ("object", "work", "unit")))
    elif end and not start and table.of("start"):
        errors.add(row.number, "paper_cell_empty", column=table.of("start")[0].title)
    elif not dates.planned and what and not is_wrong:
        return None, [RowNote.of(row.number, "read_row_no_day", object=what)]
    if is_wrong or not dates.planned or not what:
        return None, []
    who = text["who"]
    return (
        ReadSchedule(
            form="flat",
            object=what,
            unit=text["unit"],
            row=row.number,
            written=" | ".join(filter(None, (display_text(row.cell(place)) for place in row.filled()))),
            facts={"schedule_approved": title.approved_on} if title.approved_on else {},
            planned=dict(sorted(dates.planned.items(), key=lambda item: item[1])),
            cells=dates.cells,
            responsible={START: who, END: who} if who else {},
            notes=tuple(dates.notes),
        ),
        [],
    )


def _start(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the column of the first day; without one of the last, it may hold a whole span."""
    for column in table.of("start")[:1]:
        value = row.cell(column.place)
        period = read_period(value, where=column.title, year=year)
        has_end = any(not is_empty(row.cell(end.place)) for end in table.of("end")[:1])
        if period is not None and period.first is not None and has_end:
            period = Period(period.first, None)
        dates.span(period, row.number, column.place, value)


def _end(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the column of the last day."""
    for column in table.of("end")[:1]:
        value = row.cell(column.place)
        period = read_period(value, where=column.title, year=year, alone="last")
        if period is not None and table.of("start"):
            period = Period(None, period.last)
        dates.span(period, row.number, column.place, value)


def _period(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the column of the period, or its two under one heading."""
    columns = table.of("period")
    if {START, END} & dates.planned.keys() or not columns:
        return
    together = [column for column in columns if column.title == columns[0].title]
    days = [read(row.cell(column.place), where=column.title, year=year) for column in together]
    single = [when.first for when in days if isinstance(when, Days) and not when.is_span]
    if len(single) == len(days) == 2:
        dates.plan(START, single[0], row.number, together[0].place)
        dates.plan(END, single[1], row.number, together[1].place)
        return
    for column in columns:
        value = row.cell(column.place)
        alone = "last" if plain(column.title).startswith(_LAST_ALONE) else "first"
        dates.span(
            read_period(value, where=column.title, year=year, alone=alone), row.number, column.place, value
        )


def _marks(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the columns of months or quarters: those with a mark in them, or the days that stand there."""
    columns = [column for column in table.columns if column.kind.startswith(PART)]
    marked = [column for column in columns if not is_empty(row.cell(column.place))]
    if {START, END} & dates.planned.keys() or not marked:
        return
    for column in marked:
        value = row.cell(column.place)
        text = text_of(value)
        if any(letter.isdigit() for letter in text) and len(text) > 2:
            dates.span(read_period(value, where=column.title, year=year), row.number, column.place, value)
    if {START, END} & dates.planned.keys():
        return
    ends = [
        read_period(column.kind.removeprefix(PART), where=column.title, year=year)
        for column in (marked[0], marked[-1])
    ]
    if ends[0] and ends[1]:
        titles = " – ".join(dict.fromkeys(column.title for column in (marked[0], marked[-1])))
        dates.span(Period(ends[0].first, ends[1].last), row.number, marked[0].place, titles)


def _month_or_quarter(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the column of a month or of a quarter, with the column of the year where there is one."""
    if {START, END} & dates.planned.keys():
        return
    for column in table.of("year")[:1]:
        text = text_of(row.cell(column.place))[:4]
        year = int(text) if text.isdigit() and len(text) == 4 else year
    for kind, unit in (("month", ""), ("quarter", " квартал")):
        for column in table.of(kind)[:1]:
            text = tidy(text_of(row.cell(column.place)))
            text += unit if text and text.isalnum() and len(text) <= 3 else ""
            dates.span(read_period(text, where=column.title, year=year), row.number, column.place, text)


def _steps(row: RowOfSheet, table: ScheduleTable, year: int | None, dates: _Dates) -> None:
    """Read the columns of steps: the day of each, of a span the last; note what is not read."""
    for column in table.columns:
        if not column.kind.startswith(STEP):
            continue
        value = row.cell(column.place)
        text = tidy(value) if isinstance(value, str) else ""
        try:
            when = read(value, where=column.title, year=year)
            period = read_period(value, where=column.title, year=year)
            counted = read_counted(text, where=column.title, year=year)
        except UnreadableCell as refusal:
            if refusal.code not in UNREAD:
                raise
            dates.notes.append(RowNote.of(row.number, UNREAD[refusal.code], **refusal.arguments))
            continue
        on = counted[1] if counted else (period.last or period.first) if period else None
        dates.plan(column.kind.removeprefix(STEP), on, row.number, column.place)
        if on is not None and text:
            dates.notes += reading_notes(row.number, text, Days(on, on))
        elif on is None and isinstance(when, TermInWords):
            dates.notes.append(RowNote.of(row.number, "read_cell_unread", text=when.text, where=column.title))


def _text(row: RowOfSheet, table: ScheduleTable, kind: str, errors: Errors) -> str:
    """Return the text of a row in the columns of a kind: the first filled, of units the last; "" without."""
    columns = table.of(kind) if kind != "unit" else table.of(kind)[::-1]
    for column in columns:
        if text := tidy(text_at(row, column, errors)):
            return text
    return ""


def _section(row: RowOfSheet, table: ScheduleTable) -> str | None:
    """Return the text of a row with a single filled cell, unless it is the object of a row left open."""
    filled = row.filled()
    text = row.cell(filled[0])
    if len(filled) > 1 or not isinstance(text, str):
        return None
    is_object = any(column.place == filled[0] for kind in ("object", "work") for column in table.of(kind))
    return (
        None if is_object and _period_of_section(text, None) is None and not table.of("number") else tidy(text)
    )


def _period_of_section(text: str, year: int | None) -> Period | None:
    """Return the month or quarter a section heads; None where it says something else."""
    try:
        return read_period(text, where="", year=year)
    except UnreadableCell:
        return None


def _ask_about_far(
    schedules: Sequence[ReadSchedule], table: ScheduleTable, title: ScheduleTitle, errors: Errors
) -> None:
    """Add an error for each day far from the table's own years: of its title, else of most of its rows."""
    years = [on.year for schedule in schedules for on in schedule.planned.values()]
    own = title.years or ({median_low(years)} if years else set())
    for schedule in schedules:
        for fact, on in schedule.planned.items():
            if is_far(on.year, own):
                where = _head_of(table, fact)
                errors.add(schedule.row, "paper_date_far", text=f"{on:%d.%m.%Y}", where=where, year=max(own))


def _head_of(table: ScheduleTable, fact: str) -> str:
    """Return the heading under which the day of a fact stands; "" without one."""
    kinds = {START: ("start", "period"), END: ("end", "period")}.get(fact, (STEP + fact,))
    return _first_title(table, kinds)


def _first_title(table: ScheduleTable, kinds: Sequence[str]) -> str:
    """Return the title of the first column of the first of these kinds that has one; "" without any."""
    columns: Iterator[HeadCell] = (column for kind in kinds for column in table.of(kind))
    return next((column.title for column in columns), "")
