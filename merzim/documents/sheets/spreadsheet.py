"""Reads a workbook of Excel (XLSX, XLS) or LibreOffice (ODS) as sheets of filled rows.

python-calamine gives the values of each of these formats. What it does not know stands in openpyxl's view of an
XLSX file: rows hidden or filtered out, texts struck out, formulas without a value.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from merzim.documents.sheets import rows as limits
from merzim.documents.sheets.rows import (
    Merge,
    NotAValue,
    RowOfSheet,
    Sheet,
    SizeLimits,
    by_row,
    cell_name,
    is_empty,
    spread_down,
)
from merzim.documents.sheets.unreadable import UnreadablePaper

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WORD = re.compile(r"[^\W\d_]")
_NO_VALUE = ("f", "e")
"""openpyxl's types of cells with a formula, and with its error."""


def read_sheets(data: bytes, name: str, *, xlsx: bool) -> tuple[Sheet, ...]:
    """Return the visible sheets that are not empty.

    Raises:
        UnreadablePaper: no workbook, or more rows, columns, cells or characters than the limits.
    """
    sizes = SizeLimits(name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        filled = [
            (values, _filled(values, sizes))
            for about in book.sheets_metadata
            if about.visible == SheetVisibleEnum.Visible and about.typ == SheetTypeEnum.WorkSheet
            for values in (book.get_sheet_by_name(about.name),)
        ]
        marked = _open_marked(data) if xlsx else {}
        sheets = tuple(_sheet(values, rows, marked.get(values.name)) for values, rows in filled if rows)
    except (UnreadablePaper, MemoryError):
        raise
    except Exception as error:  # a broken workbook breaks the libraries in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    return tuple(sheet for sheet in sheets if sheet.rows or sheet.hidden or sheet.struck)


def _filled(values: CalamineSheet, sizes: SizeLimits) -> tuple[RowOfSheet, ...]:
    """Return the rows that are not empty. Raises UnreadablePaper beyond a limit."""
    last_row, last_column = values.end or (0, 0)
    sizes.count((last_row + 1) * (last_column + 1))
    rows = values.to_python(skip_empty_area=False)
    return sizes.non_empty((number, [_plain(cell) for cell in row]) for number, row in enumerate(rows, start=1))


def _plain(value: object) -> object:
    """Return None for an empty cell, and a whole number as one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" else value


def _open_marked(data: bytes) -> dict[str, Worksheet]:
    """Return the sheets of an XLSX file by name, with the formats of their rows and cells."""
    import openpyxl  # libraries of papers are read by the process that opens one

    # openpyxl warns of styles and extensions it does not keep; none of them matters here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {sheet.title: sheet for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets}


def _sheet(values: CalamineSheet, filled: tuple[RowOfSheet, ...], marked: Worksheet | None) -> Sheet:
    """Return a sheet without what is hidden or struck out in it. `marked`: its formats, None where unknown."""
    struck: list[str] = []
    rows = filled
    if marked is not None:
        width = min(marked.max_column, limits.MAX_COLUMNS)
        rows = tuple(RowOfSheet(row.number, _checked(row, marked, width, struck)) for row in filled)
        rows = tuple(row for row in rows if row.filled())
    merges = tuple(
        Merge(top + 1, bottom + 1, left, right)
        for (top, left), (bottom, right) in values.merged_cell_ranges or ()
    )
    hidden = tuple(row.number for row in rows if marked is not None and _is_hidden(marked, row.number))
    spread = spread_down([(row.number, row.cells) for row in rows], merges)
    shown = tuple(RowOfSheet(number, cells) for number, cells in spread if number not in hidden)
    return Sheet(
        values.name, shown, by_row(merges), hidden=hidden, struck=tuple(struck), is_marked=marked is not None
    )


def _is_hidden(marked: Worksheet, number: int) -> bool:
    """Return whether a row is hidden, filtered out or of no height."""
    about = marked.row_dimensions[number]
    return bool(about.hidden) or about.height == 0


def _checked(row: RowOfSheet, marked: Worksheet, width: int, struck: list[str]) -> tuple[object, ...]:
    """Return the cells of a row without those struck out, which are added to `struck`; a formula without a
    value becomes a NotAValue.

    A row of which only numbers are left is struck out as a whole.
    """
    checked, is_struck = [row.cell(column) for column in range(max(len(row.cells), width))], False
    for column, value in enumerate(checked):
        about = marked.cell(row.number, column + 1)
        if is_empty(value) and about.data_type in _NO_VALUE:
            checked[column] = NotAValue(str(getattr(about.value, "text", about.value)))
        elif not is_empty(value) and about.font.strike:
            struck.append(cell_name(row.number, column))
            checked[column], is_struck = None, True
    while checked and is_empty(checked[-1]):
        checked.pop()
    has_words = any(isinstance(value, str) and _WORD.search(value) for value in checked)
    return tuple(checked) if has_words or not is_struck else ()
