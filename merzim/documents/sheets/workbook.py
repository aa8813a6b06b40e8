"""Opens an uploaded XLSX, XLS, ODS, DOCX or CSV file as rows of plain values, numbered as people see them.

python-calamine gives the values of workbooks. What it does not know stands in openpyxl's view of an XLSX file:
rows hidden or filtered out, texts struck out, formulas without a value. CSV is read as offices save it: UTF-8
with or without byte order mark, UTF-16 or KZ-1048 (cp1251 with the Kazakh letters); comma, semicolon or tab. A
Word document is one sheet: its paragraphs and rows of tables, in order.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from merzim.documents.sheets.rows import (
    MAX_COLUMNS,
    NotAValue,
    OpenedFile,
    RowOfSheet,
    Sheet,
    SizeLimits,
    cell_name,
    is_empty,
    row_ranges,
)
from merzim.documents.sheets.unreadable import UnreadablePaper

if TYPE_CHECKING:
    from docx.table import _Cell
    from openpyxl.worksheet.worksheet import Worksheet


MAX_BYTES, MAX_UNPACKED = 10 * 2**20, 96 * 2**20
"""Bytes of a file, and of the parts of an archive once unpacked."""
_LOCKED = 0x1
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNDER_PASSWORD = "EncryptedPackage".encode("utf-16-le")


def open_paper(data: bytes, name: str, *, whole: bool = True) -> OpenedFile:
    """Return the visible filled rows of a file, sheet by sheet.

    Args:
        name: the file's name in error messages.
        whole: refuse a file with hidden, filtered or struck-out rows; else the caller names them, and hidden
            sheets, which have no rows here.

    Raises:
        UnreadablePaper: it is too large, no workbook, empty, or has too many rows, columns or characters,
            letters lost by a wrong encoding, rows hidden or struck out.
    """
    check_size(data, name)
    if not data.strip():
        raise UnreadablePaper("paper_empty", name=name)
    sheets = _sheets(data, name)
    for sheet in sheets if whole else ():
        if sheet.hidden or sheet.struck:
            raise UnreadablePaper(
                "paper_rows_left_out",
                name=name,
                sheet=sheet.name,
                rows=row_ranges(sheet.hidden) or "–",
                cells=", ".join(sheet.struck) or "–",
            )
    if not any(sheet.rows for sheet in sheets):
        raise UnreadablePaper("paper_empty", name=name)
    return OpenedFile(name, tuple(sheet for sheet in sheets if sheet.rows) if whole else sheets)


def _sheets(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the sheets of a file, of the kind its first bytes say. Raises UnreadablePaper."""
    if data.startswith(_OLD_OFFICE):
        if _UNDER_PASSWORD in data:
            raise UnreadablePaper("paper_encrypted", name=name)
        return _workbook(data, name, xlsx=False)
    if data.startswith(_ZIP):
        parts = _parts(data, name)
        if "word/document.xml" in parts:
            return _document(data, name)
        return _workbook(data, name, xlsx="xl/workbook.xml" in parts)
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods", ".docx")):
        raise UnreadablePaper("paper_not_workbook", name=name)
    sizes = SizeLimits(name)
    rows = sizes.non_empty(_csv_rows(data, name, sizes))
    return (Sheet(name, rows),) if rows else ()


def check_size(data: bytes, name: str) -> None:
    """Raise UnreadablePaper for a file that is too large to be read."""
    if len(data) > MAX_BYTES:
        raise UnreadablePaper("paper_too_large", name=name, limit=MAX_BYTES // 2**20)


def contents(path: Path) -> bytes:
    """Return the bytes of a file. Raises UnreadablePaper when it is too large or cannot be opened."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadablePaper("paper_not_found", name=str(path)) from None
    except (OSError, ValueError) as error:
        # Without the number and the path that the system adds.
        problem = getattr(error, "strerror", None) or str(error)
        raise UnreadablePaper("paper_not_opened", name=str(path), problem=problem) from error
    check_size(data, path.name)
    return data


def _parts(data: bytes, name: str) -> frozenset[str]:
    """Return the names of the parts of an archive; refuse one that is locked or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    if any(part.flag_bits & _LOCKED for part in parts):
        raise UnreadablePaper("paper_encrypted", name=name)
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadablePaper("paper_unpacks_too_large", name=name, limit=MAX_UNPACKED // 2**20)
    return frozenset(part.filename for part in parts)


_DELIMITERS = (";", "\t", ",")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]|\A%PDF")


def _csv_rows(data: bytes, name: str, sizes: SizeLimits) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with the numbers a spreadsheet shows, empty rows included. Raises
    UnreadablePaper: it is no text in rows.
    """
    text = _decode(data, name)
    marked = text[:4].lower() == "sep=" and text[4:5] in _DELIMITERS
    delimiter = text[4] if marked else _delimiter(text)
    csv.field_size_limit(MAX_BYTES)  # of the process: `SizeLimits` refuses a long cell by its row
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            sizes.count(len(row))
            yield number, [] if marked and number == 1 else row
    except csv.Error as error:
        raise UnreadablePaper("paper_not_workbook", name=name) from error


def _decode(data: bytes, name: str) -> str:
    """Return the text of the file, decoded by the first encoding that fits. Raises UnreadablePaper."""
    has_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ("utf-16",) if has_mark else () if b"\x00" in data else ("utf-8-sig", "kz1048")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if not _NOT_TEXT.search(text):
                return text
            break
    raise UnreadablePaper("paper_not_workbook", name=name)


def _delimiter(text: str) -> str:
    """Return the delimiter: the most used one, outside quotes, in the first line that has any."""
    lines = ("".join(line.split('"')[::2]) for line in text.splitlines())
    bare = next((line for line in lines if any(mark in line for mark in _DELIMITERS)), "")
    return max(_DELIMITERS, key=bare.count) if bare else ","


_WORD = re.compile(r"[^\W\d_]")
_NO_VALUE = ("f", "e")
"""openpyxl's types of cells with a formula, and with its error."""
_MAX_SPREAD = 500_000
"""Cells that are merged downwards; more are merges that overlap without end."""


def _workbook(data: bytes, name: str, *, xlsx: bool) -> tuple[Sheet, ...]:
    """Return the visible sheets of a workbook that are not empty, and hidden ones, whose cells are not read.
    Raises UnreadablePaper: no workbook, or one beyond the limits.
    """
    sizes = SizeLimits(name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = map(book.get_sheet_by_name, _names(book, SheetVisibleEnum.Visible))
        filled = [(values, _filled(values, sizes)) for values in visible]
        hidden = [Sheet(title, ()) for title in _names(book, SheetVisibleEnum.Hidden)]
        marked = _open_marked(data) if xlsx else {}
        sheets = tuple(_sheet(values, rows, marked.get(values.name)) for values, rows in filled if rows)
    except (UnreadablePaper, MemoryError):
        raise
    except Exception as error:  # a broken workbook breaks the libraries in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    return (*(sheet for sheet in sheets if sheet.rows or sheet.hidden or sheet.struck), *hidden)


def _names(book: CalamineWorkbook, visible: SheetVisibleEnum) -> list[str]:
    """Return the names of the sheets of a workbook that are seen so, without its charts."""
    of_cells = (about for about in book.sheets_metadata if about.typ == SheetTypeEnum.WorkSheet)
    return [about.name for about in of_cells if about.visible == visible]


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


def _sheet(values: CalamineSheet, filled: Sequence[RowOfSheet], marked: Worksheet | None) -> Sheet:
    """Return a sheet without what is hidden or struck out in it. `marked`: its formats, None where unknown."""
    rows, struck, merges = list(filled), list[str](), values.merged_cell_ranges or ()
    hidden = set[int]()
    if marked is not None:
        width = min(marked.max_column, MAX_COLUMNS)  # looked for among all cells
        rows = [row for row in (_checked(row, marked, width, struck) for row in filled) if row.cells]
        about = {row.number: marked.row_dimensions[row.number] for row in rows}
        hidden = {number for number, row in about.items() if row.hidden or row.height == 0}
    return Sheet(
        values.name,
        tuple(row for row in _spread_down(rows, merges) if row.number not in hidden),
        {(top + 1, left): right for (top, left), (_, right) in merges},
        hidden=tuple(sorted(hidden)),
        struck=tuple(struck),
        is_marked=marked is not None,
    )


def _spread_down(
    rows: Sequence[RowOfSheet], merges: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> Iterator[RowOfSheet]:
    """Yield the rows with each value merged downwards repeated in every row of its block: a responsible unit
    beside three rows is responsible for all three. Nothing is repeated sideways: a section heading stays one.
    Raises ValueError for excessively many merges.
    """
    numbers, spread = [row.number for row in rows], [list(row.cells) for row in rows]
    steps = 0
    for (top, left), (bottom, _) in merges:
        first, end = (bisect_right(numbers, row + 1) for row in (top, bottom))
        if first == end or not first or numbers[first - 1] != top + 1:
            continue
        if (steps := steps + end - first) > _MAX_SPREAD:
            raise ValueError("merged cells overlap without end")
        value = rows[first - 1].cell(left)
        for below in spread[first:end] if value is not None else ():
            below += [None] * (left + 1 - len(below))
            below[left] = value
    return (RowOfSheet(number, tuple(cells)) for number, cells in zip(numbers, spread, strict=True))


def _checked(row: RowOfSheet, marked: Worksheet, width: int, struck: list[str]) -> RowOfSheet:
    """Return a row without the cells struck out, which are added to `struck`; a formula without a value becomes
    a NotAValue. A row of which only numbers are left is struck out as a whole. `width`: of the sheet, in
    columns.
    """
    is_struck, checked = False, [row.cell(column) for column in range(max(len(row.cells), width))]
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
    return RowOfSheet(row.number, tuple(checked) if has_words or not is_struck else ())


def _document(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the document as a sheet; a paragraph is a row of one cell, a cell merged downwards counts in each
    of its rows, one merged sideways in the first of its columns. Raises UnreadablePaper as `_workbook`.
    """
    try:
        lines = list(_lines(data))
    except MemoryError:
        raise
    except Exception as error:  # a broken document breaks the library in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    rows = SizeLimits(name).non_empty((number, cells) for number, (cells, _) in enumerate(lines, start=1))
    merged = {(number, first): last for number, (_, spans) in enumerate(lines, 1) for first, last in spans}
    return (Sheet(name, rows, merged),) if rows else ()


def _lines(data: bytes) -> Iterator[tuple[list[str], list[tuple[int, int]]]]:
    """Yield the cells of each line, and the columns over which cells of it are merged."""
    import docx  # libraries of papers are read by the process that opens one
    from docx.table import Table

    for block in docx.Document(io.BytesIO(data)).iter_inner_content():
        if not isinstance(block, Table):
            yield [block.text], []
            continue
        for row in block.rows:
            yield _cells([None] * row.grid_cols_before + list(row.cells))


def _cells(cells: Sequence[_Cell | None]) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the texts of a row of a table, and its merges; a merged cell comes once for each column."""
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    for _, group in groupby(cells, key=id):
        same = list(group)
        first = same[0]
        if first is not None and len(same) > 1:
            spans.append((len(texts), len(texts) + len(same) - 1))
        texts += ["" if first is None else first.text, *([""] * (len(same) - 1))]
    return texts, spans
