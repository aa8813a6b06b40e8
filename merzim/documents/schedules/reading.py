"""Reads a schedule of any shape: the table of each sheet, its columns, its rows; makes an empty one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from merzim.documents.schedules.analyses import read_analyses
from merzim.documents.schedules.schedule import ReadSchedule, read_title
from merzim.documents.schedules.steps import has_steps, read_steps
from merzim.documents.schedules.table import COLUMNS, find_table, naming
from merzim.documents.sheets.listing import Table, tables_workbook, template_column, template_text
from merzim.documents.sheets.rows import Sheet, row_ranges
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadablePaper
from merzim.documents.sheets.workbook import open_paper
from workflow.law.procedure import Text

SHEET = 100_000
"""The rows of a second sheet are numbered from here, of a third from twice as much: each number is one row."""
_DIGITS = re.compile(r"[0-9]+")


def read_schedule(
    data: bytes, name: str, *, facts: Collection[str] = (), headings: Mapping[str, str] | None = None
) -> tuple[ReadSchedule, ...]:
    """Return the planned analyses of a file, sheet by sheet; what was not read stands in the notes, those of
    the whole file with the first. The rows of a further sheet are numbered on from SHEET.

    Args:
        facts: the names of the procedure's facts; `headings`: the product's words of a heading -> fact.

    Raises:
        UnreadablePaper: no table, or no analysis with a day; else `.errors` names every bad row.
    """
    paper = open_paper(data, name, whole=False)
    names = naming(facts, headings or {})
    errors = Errors()
    read: list[ReadSchedule] = []
    notes: list[RowNote] = []
    missing: list[Text] = []
    offset = 0
    for own_sheet in paper.sheets:
        sheet = _numbered_on(own_sheet, offset)
        table = find_table(sheet, names)
        if table is None:
            notes.append(RowNote.of(0, "read_sheet_ignored", sheet=sheet.name))
            continue
        if not any(map(table.of, ("object", "work", "unit"))):
            missing.append(COLUMNS.titles["object"])
            continue
        if not table.dated():
            missing.append(COLUMNS.titles["period"])
        notes += _unread(sheet)
        title = read_title(table.above, errors)
        if has_steps(table):
            schedules = read_steps(sheet, table, title, paper.name, errors)
        else:
            schedules, said = read_analyses(table, title, errors)
            notes += said
        read += [_in_own_cells(schedule, offset) for schedule in schedules if schedule.planned]
        if offset:
            notes.append(RowNote.of(0, "read_sheet_numbered", sheet=sheet.name, first=offset + 1))
        offset += SHEET
    errors.refuse(paper.name)
    if not read:
        if missing:
            raise UnreadablePaper("paper_columns_missing", name=paper.name, missing=tuple(missing))
        for note in notes:
            if note.code == "read_row_no_day":
                errors.add(note.row, "paper_row_no_day", object=note.arguments["object"])
        errors.refuse(paper.name)
        raise UnreadablePaper("paper_no_rows" if offset else "paper_form_unknown", name=paper.name)
    return (replace(read[0], notes=(*notes, *read[0].notes)), *read[1:])


def _numbered_on(sheet: Sheet, offset: int) -> Sheet:
    """Return a sheet whose rows are numbered on, as errors and notes name them."""
    rows = tuple(replace(row, number=row.number + offset) for row in sheet.rows)
    merged = {(row + offset, column): last for (row, column), last in sheet.merged.items()}
    return replace(sheet, rows=rows, merged=merged)


def _in_own_cells(schedule: ReadSchedule, offset: int) -> ReadSchedule:
    """Return an analysis whose cells are named as its own sheet numbers them."""
    cells = {
        fact: _DIGITS.sub(lambda row: str(int(row[0]) - offset), cell) for fact, cell in schedule.cells.items()
    }
    return replace(schedule, cells=cells)


def _unread(sheet: Sheet) -> Iterator[RowNote]:
    """Yield notes that name the rows and cells of a sheet that were not read."""
    if sheet.hidden:
        yield RowNote.of(0, "read_rows_hidden", rows=row_ranges(sheet.hidden))
    if sheet.struck:
        yield RowNote.of(0, "read_cells_struck", cells=", ".join(sheet.struck))
    if not sheet.is_marked:
        yield RowNote.of(0, "read_hidden_unknown")


_WIDTHS = {"object": 44, "unit": 34, "who": 34, "start": 20, "end": 20}
"""Columns of the schedule -> width in letters."""


def empty_schedule(language: str) -> bytes:
    """Return the empty workbook of the flat form of a schedule. `language`: kk, ru or en."""
    columns = [
        template_column(width, language, dated=column in ("start", "end")) for column, width in _WIDTHS.items()
    ]
    heads = [COLUMNS.titles[column][language] for column in _WIDTHS]
    name = template_text("paper_template.sheet", language)
    instruction = template_text("paper_template.instruction", language)
    return tables_workbook([Table(heads, (), name, dict(enumerate(columns)), instruction)])
