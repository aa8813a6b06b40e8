"""Reads a schedule in either form; the flat one is a table with an analysis in each row (object, dates)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from statistics import median_low

from merzim.documents.schedules.rows_joined import Note, ReadSchedule, as_read
from merzim.documents.schedules.schedule import find_published_heading, read_published
from merzim.documents.sheets.columns import Heading, column, find_heading, require_columns, without_formulas
from merzim.documents.sheets.dates import Day, is_far, read_day, years_named
from merzim.documents.sheets.rows import Paper, Row, Sheet, cell_name, row_ranges, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from merzim.documents.sheets.workbook import Source, open_paper

START = column(
    "start", "Талдаудың басталуы", "Начало анализа", "Start", r"начал|баста|start|дата начала|analysis_started"
)
END = column(
    "end", "Талдаудың аяқталуы", "Окончание анализа", "End", r"оконч|заверш|конец|аяқта|end\b|analysis_ended"
)
OBJECT = column("object", "Талдау объектісі", "Объект анализа", "Object of analysis", r"объект|object")
RESPONSIBLE = column(
    "responsible",
    "Жауапты",
    "Ответственный",
    "Responsible",
    r"ответствен|исполнител|жауап|орындаушы|responsible",
)
UNIT = column("unit", "Бөлімше", "Подразделение", "Unit", r"подраздел|бөлімше|организац|ұйым|unit")
NUMBER = column("number", "№", "№", "No", r"no\b|п п\b|р с\b")
COLUMNS = (START, END, RESPONSIBLE, OBJECT, UNIT, NUMBER)
REQUIRED = (OBJECT, START, END)


def find_flat_heading(sheet: Sheet) -> Heading | None:
    """Return the heading row of the flat form; None when the sheet has another form."""
    heading = find_heading(sheet, COLUMNS)
    if heading is None or "object" not in heading.at or not {"start", "end"} & heading.at.keys():
        return None
    return heading


def read_flat(paper: Paper, sheet: Sheet, heading: Heading) -> tuple[ReadSchedule, ...]:
    """Return the analyses of a flat table, in row order.

    Raises:
        UnreadablePaper: a column is missing; or every bad row: no object, no start, a date that cannot be read,
            an end before the start, the same analysis twice.
    """
    require_columns(heading, REQUIRED, paper)
    errors = Errors()
    schedules: list[ReadSchedule] = []
    row_numbers: dict[tuple[str, str, date], int] = {}
    titles = years_named(value for row in sheet.rows if row.number < heading.row for value in row.cells)
    year = min(titles) if len(titles) == 1 else None
    ignored = tuple(
        Note(0, "read_column_ignored", {"row": heading.row, "column": text}) for text in heading.other
    )
    for row in sheet.rows:
        if row.number <= heading.row:
            continue
        read = _row(row, heading, year, errors)
        if read is None:
            continue
        key = plain(read.unit), plain(read.object), read.planned["analysis_started"]
        if key in row_numbers:
            errors.add(row.number, "paper_row_twice", other=row_numbers[key])
        row_numbers.setdefault(key, row.number)
        schedules.append(read)
    _ask_about_far(schedules, titles, heading, errors)
    errors.refuse(paper.name)
    if not schedules:
        raise UnreadablePaper("paper_no_rows", name=paper.name)
    if ignored:
        schedules[0] = replace(schedules[0], notes=(*ignored, *schedules[0].notes))
    return tuple(schedules)


def _ask_about_far(
    schedules: Sequence[ReadSchedule], titles: Collection[int], heading: Heading, errors: Errors
) -> None:
    """Add an error for each day far from the table's own years: of its title, else of most of its rows."""
    years = [on.year for schedule in schedules for on in schedule.planned.values()]
    own = titles or ({median_low(years)} if years else set())
    for schedule in schedules:
        for fact, on in schedule.planned.items():
            if is_far(on.year, own):
                where = heading.texts["start" if fact == "analysis_started" else "end"]
                errors.add(schedule.row, "paper_date_far", text=f"{on:%d.%m.%Y}", where=where, year=max(own))


def _row(row: Row, heading: Heading, year: int | None, errors: Errors) -> ReadSchedule | None:
    """Return the analysis of a row; None when it has errors."""
    values = {id: row.cell(place) for id, place in heading.at.items() if id != "number"}
    if all(value is None or value == "" for value in values.values()):
        return None
    where = {heading.at[id]: heading.texts[id] for id in ("object", "unit", "responsible") if id in values}
    worded = without_formulas(row, where, errors, texts=where)
    text = {id: tidy(text_of(worded.cell(heading.at.get(id, -1)))) for id in ("object", "unit", "responsible")}
    if not text["object"]:
        errors.add(row.number, "paper_cell_empty", column=OBJECT.title)
    dates: dict[str, date] = {}
    cells: dict[str, str] = {}
    notes: list[Note] = []
    for id, fact in (("start", "analysis_started"), ("end", "analysis_ended")):
        try:
            on = read_day(values[id], where=heading.texts[id], year=year)
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            continue
        if on is not None:
            dates[fact] = on
            cells[fact] = cell_name(row.number, heading.at[id])
            if isinstance(values[id], str):
                notes += as_read(row.number, tidy(str(values[id])), Day(on))
        elif id == "start":
            errors.add(row.number, "paper_cell_empty", column=START.title)
    start, end = dates.get("analysis_started"), dates.get("analysis_ended")
    if start and end and end < start:
        errors.add(row.number, "paper_span_backwards", text=f"{start} – {end}", where=heading.texts["end"])
    if start is None or not text["object"]:
        return None
    responsible = text["responsible"]
    return ReadSchedule(
        form="flat",
        object=text["object"],
        unit=text["unit"],
        row=row.number,
        planned=dates,
        cells=cells,
        responsible={"analysis_started": responsible, "analysis_ended": responsible} if responsible else {},
        notes=tuple(notes),
    )


def read_schedule(source: Source, name: str | None = None) -> tuple[ReadSchedule, ...]:
    """Return the planned analyses of a file: one of a published schedule, one for each row of a flat table.

    The first sheet in one of the two forms is read; other filled sheets are named in the notes.

    Args:
        source: a path, or the bytes of an upload.
        name: the file's name in error messages; a path's own name by default.

    Raises:
        UnreadablePaper: nothing was read; `.errors` names every bad row.
    """
    paper = open_paper(source, name, whole=False)
    for sheet in paper.sheets:
        flat = find_flat_heading(sheet)
        published = None if flat else find_published_heading(sheet)
        if flat:
            read = read_flat(paper, sheet, flat)
        elif published:
            read = (read_published(paper, sheet, published),)
        else:
            continue
        unread = tuple(_unread(sheet, paper))
        return (replace(read[0], notes=(*unread, *read[0].notes)), *read[1:])
    raise UnreadablePaper("paper_form_unknown", name=paper.name)


def _unread(sheet: Sheet, paper: Paper) -> Iterator[Note]:
    """Yield notes that name the sheets, rows and cells that were not read."""
    for other in paper.sheets:
        if other is not sheet:
            yield Note(0, "read_sheet_ignored", {"row": 0, "sheet": other.name})
    if sheet.hidden:
        yield Note(0, "read_rows_hidden", {"row": 0, "rows": row_ranges(sheet.hidden)})
    if sheet.struck:
        yield Note(0, "read_cells_struck", {"row": 0, "cells": ", ".join(sheet.struck)})
