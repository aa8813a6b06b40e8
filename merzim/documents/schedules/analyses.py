"""Turns the rows of a table into analyses: one row an analysis (object, unit, start, end, its steps)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median_low

from merzim.documents.schedules.schedule import END, START, UNREAD, ReadSchedule, ScheduleTitle
from merzim.documents.schedules.table import PART, RUN, STEP, HeadCell, ScheduleTable, match_facts, text_at
from merzim.documents.sheets.dates import (
    Days,
    Ends,
    TermInWords,
    is_far,
    is_none,
    read,
    read_counted,
    read_ends,
    reading_notes,
)
from merzim.documents.sheets.rows import RowOfSheet, cell_name, display_text, is_empty, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadableCell

_LAST_ALONE = ("срок", "мерзім", "term")
"""Roots of headings whose single day is the last of the analysis."""

_HEADS = {START: ("start", "period"), END: ("end", "period")}
"""Under which headings an end of an analysis stands."""


@dataclass(slots=True)
class _Dates:
    """The days of a row, and the cells they are read from. `year`: of dates without one."""

    row: RowOfSheet
    table: ScheduleTable
    year: int | None
    planned: dict[str, date] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    notes: list[RowNote] = field(default_factory=list)

    @property
    def has_span(self) -> bool:
        return not self.planned.keys().isdisjoint((START, END))

    def plan(self, fact: str, on: date | None, place: int) -> None:
        """Take a day of a fact, unless one is known already."""
        if on is not None and fact not in self.planned:
            self.planned[fact] = on
            self.cells[fact] = cell_name(self.row.number, place)

    def span(self, ends: Ends, place: int, text: object = None) -> None:
        """Take the first and last day of an analysis, and list a text, by default the cell's, beside them."""
        self.plan(START, ends[0], place)
        self.plan(END, ends[1], place)
        text = self.row.cell(place) if text is None else text
        if isinstance(text, str) and text and (days := [on for on in ends if on]):
            self.notes += reading_notes(self.row.number, tidy(text), Days(days[0], days[-1]))

    def ends_in(self, column: HeadCell, alone: str = "first") -> Ends:
        """Return the first and last day in a cell; note a text that names none. Raises UnreadableCell."""
        value, where = self.row.cell(column.place), column.title
        ends = read_ends(value, where=where, year=self.year, alone=alone)
        if not any(ends) and isinstance(value, str) and not is_none(value):
            self.notes.append(RowNote.of(self.row.number, "read_cell_unread", text=tidy(value), where=where))
        return ends

    def read_start(self) -> None:
        """Read the column of the first day, also `не позднее`; without one of the last, also a whole span."""
        for column in self.table.of("start")[:1]:
            first, last = self.ends_in(column)
            has_end = any(not is_empty(self.row.cell(end.place)) for end in self.table.of("end")[:1])
            self.span((first or last, last if first and not has_end else None), column.place)

    def read_end(self) -> None:
        """Read the column of the last day."""
        for column in self.table.of("end")[:1]:
            first, last = self.ends_in(column, "last")
            self.span((None if self.table.of("start") else first, last), column.place)

    def read_span(self) -> None:
        """Read the column of the period, or its two under one heading."""
        together = _periods(self.table)
        days = [read(self.row.cell(column.place), where=column.title, year=self.year) for column in together]
        single = [when.first for when in days if isinstance(when, Days) and not when.is_span]
        if len(single) == len(days) == 2:
            self.plan(START, single[0], together[0].place)
            self.plan(END, single[1], together[1].place)
            return
        for column in together:
            alone = "last" if plain(column.title).startswith(_LAST_ALONE) else "first"
            self.span(self.ends_in(column, alone), column.place)

    def read_parts(self) -> None:
        """Read the columns of months or quarters: the days that stand in one, else those marked (by a letter or
        two) side by side. Raises UnreadableCell: days in several, a gap between the marks.
        """
        parts = [column for column in self.table.columns if column.kind.startswith(PART)]
        texts = [text_of(self.row.cell(column.place), column.title) for column in parts]
        marked = [at for at, text in enumerate(texts) if len(text) <= 2 and not is_none(text) and text != "0"]
        dated = [at for at, text in enumerate(texts) if len(text) > 2 and any(self.ends_in(parts[at]))]
        filled = sorted(marked + dated)
        if len(filled) > 1 and (dated or len(filled) <= filled[-1] - filled[0]):
            several = ", ".join(texts[at] if at in dated else parts[at].title for at in filled)
            raise UnreadableCell("paper_dates_several", text=several, where=parts[filled[0]].title)
        for at in dated:
            self.span(self.ends_in(parts[at]), parts[at].place)
        if marked:
            both = [parts[at] for at in (marked[0], marked[-1])]
            ends = [read_ends(part.kind.removeprefix(PART), where="", year=self.year) for part in both]
            titles = " – ".join(dict.fromkeys(part.title for part in both))
            self.span((ends[0][0], ends[1][1]), both[0].place, titles)

    def read_month_or_quarter(self) -> None:
        """Read the column of a month or of a quarter, with the column of the year where there is one."""
        year = self.year
        for column in self.table.of("year")[:1]:
            text = text_of(self.row.cell(column.place), column.title)[:4]
            year = int(text) if text.isdigit() and len(text) == 4 else year
        for kind, unit in (("month", ""), ("quarter", " квартал")):
            for column in self.table.of(kind)[:1]:
                text = tidy(text_of(self.row.cell(column.place), column.title))
                text += unit if text and text.isalnum() and len(text) <= 3 else ""
                self.span(read_ends(text, where=column.title, year=year), column.place, text)

    def read_steps(self) -> None:
        """Read the columns of steps: the day of each, of a span the last; note what is not read."""
        for column in self.table.columns:
            if not column.kind.startswith(STEP):
                continue
            value, number, where = self.row.cell(column.place), self.row.number, column.title
            text = tidy(value) if isinstance(value, str) else ""
            try:
                when = read(value, where=where, year=self.year)
                first, last = read_ends(value, where=where, year=self.year)
                counted = read_counted(text, where=where, year=self.year)
            except UnreadableCell as refusal:
                if refusal.code not in UNREAD:
                    raise
                self.notes.append(RowNote.of(number, UNREAD[refusal.code], **refusal.arguments))
                continue
            on = counted[1] if counted else last or first
            self.plan(column.kind.removeprefix(STEP), on, column.place)
            if on is not None and text:
                self.notes += reading_notes(number, text, Days(on, on))
            elif on is None and isinstance(when, TermInWords):
                self.notes.append(RowNote.of(number, "read_cell_unread", text=when.text, where=where))


_OTHERWISE = (_Dates.read_span, _Dates.read_parts, _Dates.read_month_or_quarter)
"""What dates an analysis that has neither start nor end."""


def read_analyses(
    table: ScheduleTable, title: ScheduleTitle, errors: Errors
) -> tuple[list[ReadSchedule], list[RowNote]]:
    """Return the analyses of a table, in row order, and notes on columns and rows that give none. A day, month
    or quarter alone in a row dates the rows below without any. Errors: an impossible or half-read day, no
    object (both left out), an end before or without a start, a far day, an analysis twice.
    """
    schedules: list[ReadSchedule] = []
    notes = [RowNote.of(table.head, "read_column_ignored", column=column.title) for column in table.of("")]
    numbers: dict[tuple[str, str, date], int] = {}
    section: Ends = (None, None)
    for row in table.rows:
        if (text := _section(row, table)) is not None:
            ends = _ends_of_section(text, title.year)
            if days := [on for on in ends if on]:
                section = ends
                notes += reading_notes(row.number, text, Days(days[0], days[-1]))
            else:
                notes.append(RowNote.of(row.number, "read_section", text=text))
            continue
        schedule = _analysis(row, table, title, section, errors, notes)
        if schedule is None:
            continue
        key = plain(schedule.unit), plain(schedule.object), min(schedule.planned.values())
        if key in numbers:
            errors.add(row.number, "paper_row_twice", other=numbers[key])
        numbers.setdefault(key, row.number)
        schedules.append(schedule)
    _ask_about_far(schedules, table, title, errors)
    read = {(schedule.row, cell) for schedule in schedules for cell in schedule.cells.values()}
    parts = [column for column in table.columns if column.kind.startswith(PART)]
    for columns in (parts, *([column] for kind in ("period", "month", "quarter") for column in table.of(kind))):
        cells = [(row, column.place) for row in table.rows for column in columns]
        if not any((row.number, cell_name(row.number, place)) in read for row, place in cells):
            unread = [c for c in columns if any(not is_empty(row.cell(c.place)) for row in table.rows)]
            notes += [RowNote.of(table.head, "read_column_ignored", column=column.title) for column in unread]
    return schedules, notes


def _periods(table: ScheduleTable) -> list[HeadCell]:
    """Return the columns of the analysis's own days, under one heading: of several the one that names it."""
    columns = table.of("period")
    own = [column for column in columns if RUN in match_facts(column.title)] or columns
    return [column for column in columns if column.title == own[0].title]


def _analysis(
    row: RowOfSheet,
    table: ScheduleTable,
    title: ScheduleTitle,
    section: Ends,
    errors: Errors,
    notes: list[RowNote],
) -> ReadSchedule | None:
    """Return the analysis of a row; None where it gives none, which an error or a note says."""
    dates, is_wrong = _Dates(row, table, title.year), False
    for read_part in (_Dates.read_start, _Dates.read_end, *_OTHERWISE, _Dates.read_steps):
        try:
            if read_part not in _OTHERWISE or not dates.has_span:
                read_part(dates)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            is_wrong = True
    planned = dates.planned
    if not planned and not is_wrong:
        dates.span(section, 0, "")
    text = {kind: _text(row, table, kind, errors) for kind in ("object", "unit", "who", "work")}
    what = text["object"] or text["work"] or text["unit"]
    written = " | ".join(filter(None, (display_text(row.cell(place)) for place in row.filled())))
    start, end = planned.get(START), planned.get(END)
    if start and end and end < start:
        span, where = f"{start:%d.%m.%Y} – {end:%d.%m.%Y}", _head_of(table, *_HEADS[END])
        errors.add(row.number, "paper_span_backwards", text=span, where=where)
    elif not what and planned:
        errors.add(row.number, "paper_cell_empty", column=_head_of(table, "object", "work", "unit"))
    elif end and not start and table.of("start") and not is_wrong:
        errors.add(row.number, "paper_cell_empty", column=_head_of(table, "start"))
    elif what and not planned and not is_wrong:
        notes.append(RowNote.of(row.number, "read_row_no_day", object=what))
    elif not what and not is_wrong and len(row.filled()) > 1:
        notes.append(RowNote.of(row.number, "read_section", text=written))
    if is_wrong or not planned or not what:
        return None
    return ReadSchedule(
        form="flat",
        object=what,
        unit=text["unit"],
        row=row.number,
        written=written,
        facts={"schedule_approved": title.approved_on} if title.approved_on else {},
        planned=dict(sorted(planned.items(), key=lambda item: item[1])),
        cells=dates.cells,
        responsible=dict.fromkeys((START, END), text["who"]) if text["who"] else {},
        notes=tuple(dates.notes),
    )


def _text(row: RowOfSheet, table: ScheduleTable, kind: str, errors: Errors) -> str:
    """Return the text of a row in the columns of a kind: the first filled, of units the last; "" without."""
    columns = table.of(kind) if kind != "unit" else table.of(kind)[::-1]
    return next(filter(None, (tidy(text_at(row, column, errors)) for column in columns)), "")


def _section(row: RowOfSheet, table: ScheduleTable) -> str | None:
    """Return the text of a row with a single filled cell, unless it is the object of a row left open."""
    filled = row.filled()
    text = row.cell(filled[0])
    if len(filled) > 1 or not isinstance(text, str):
        return None
    is_object = filled[0] in [column.place for column in (*table.of("object"), *table.of("work"))]
    is_section = not is_object or table.of("number") or any(_ends_of_section(text, None))
    return tidy(text) if is_section else None


def _ends_of_section(text: str, year: int | None) -> Ends:
    """Return the days a section's heading names: a day, span, month, quarter or half-year; no whole year."""
    try:
        return read_ends(text, where="", year=year)
    except UnreadableCell:
        return None, None


def _ask_about_far(
    schedules: Sequence[ReadSchedule], table: ScheduleTable, title: ScheduleTitle, errors: Errors
) -> None:
    """Add an error for each day far from the table's own years: of its title, else of most of its rows."""
    years = [on.year for schedule in schedules for on in schedule.planned.values()]
    own = title.years or ({median_low(years)} if years else set())
    for schedule in schedules:
        for fact, on in schedule.planned.items():
            if is_far(on.year, own):
                where = _head_of(table, *_HEADS.get(fact, (STEP + fact,)))
                errors.add(schedule.row, "paper_date_far", text=f"{on:%d.%m.%Y}", where=where, year=max(own))


def _head_of(table: ScheduleTable, *kinds: str) -> str:
    """Return the title of the first column of the first of these kinds that has one; "" without any."""
    return next((column.title for kind in kinds for column in table.of(kind)), "")
