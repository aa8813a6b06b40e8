"""Opens an uploaded XLSX, XLS, ODS, DOCX or CSV file as rows of plain values, numbered as people see them.

CSV is read as offices save it: UTF-8 with or without byte order mark, UTF-16 or KZ-1048 (cp1251 with the Kazakh
letters); comma, semicolon or tab. A Word document is one sheet: its paragraphs and rows of tables, in order.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from merzim.documents.sheets.rows import MAX_LETTERS, Merge, OpenedFile, Sheet, SizeLimits, by_row, row_ranges
from merzim.documents.sheets.spreadsheet import read_sheets
from merzim.documents.sheets.unreadable import UnreadablePaper

if TYPE_CHECKING:
    from docx.table import _Cell

_DELIMITERS = (";", "\t", ",")
_TOO_LONG = "field larger than field limit"
"""The library's message about a cell beyond 131,072 characters; `MAX_LETTERS` limits shorter ones."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]|\A%PDF")


def _csv_rows(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with the numbers a spreadsheet shows, empty rows included.

    Raises:
        UnreadablePaper: `paper_not_workbook` for anything that is not text in rows, `paper_cell_too_long`.
    """
    text = _decode(data, name)
    marked = text[:4].lower() == "sep=" and text[4:5] in _DELIMITERS
    delimiter = text[4] if marked else _delimiter(text)
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            yield number, [] if marked and number == 1 else row
    except csv.Error as error:
        if _TOO_LONG in str(error):
            raise UnreadablePaper(
                "paper_cell_too_long", name=name, row=number + 1, limit=MAX_LETTERS
            ) from error
        raise UnreadablePaper("paper_not_workbook", name=name) from error


def _decode(data: bytes, name: str) -> str:
    """Return the text of the file, decoded by the first encoding that fits. Raises UnreadablePaper."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        encodings = []
    else:
        encodings = ["utf-8-sig", "kz1048"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            return text
        break
    raise UnreadablePaper("paper_not_workbook", name=name)


def _delimiter(text: str) -> str:
    """Return the delimiter: the one used most, outside quotes, in the first line that has any (a title line has
    none).
    """
    lines = ("".join(line.split('"')[::2]) for line in text.splitlines())
    bare = next((line for line in lines if any(mark in line for mark in _DELIMITERS)), "")
    return max(_DELIMITERS, key=bare.count) if bare else ","


def _document(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the document as a sheet; a paragraph is a row of one cell.

    A cell merged downwards counts in each of its rows, one merged sideways in the first of its columns.

    Raises:
        UnreadablePaper: no Word document, or more rows, columns, cells or characters than the limits.
    """
    try:
        lines = list(_lines(data))
    except MemoryError:
        raise
    except Exception as error:  # a broken document breaks the library in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    rows = SizeLimits(name).non_empty((number, cells) for number, (cells, _) in enumerate(lines, start=1))
    merges = tuple(
        Merge(number, number, first, last)
        for number, (_, spans) in enumerate(lines, start=1)
        for first, last in spans
    )
    return (Sheet(name, rows, by_row(merges)),) if rows else ()


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


MAX_BYTES, MAX_UNPACKED = 10 * 2**20, 96 * 2**20
"""Bytes of a file, and of the parts of an archive once unpacked."""
_LOCKED = 0x1
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNDER_PASSWORD = "EncryptedPackage".encode("utf-16-le")


def open_paper(data: bytes, name: str, *, whole: bool = True) -> OpenedFile:
    """Return the visible filled rows of a file, sheet by sheet.

    Args:
        name: the file's name in error messages.
        whole: refuse a file with hidden, filtered or struck-out rows; else the caller names them.

    Raises:
        UnreadablePaper: it is too large, a zip bomb, no workbook, empty, or has too many rows,
            columns or characters, letters lost by a wrong encoding, rows hidden or struck out.
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
    return OpenedFile(name, sheets)


def _sheets(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the sheets of a file, of the kind its first bytes say. Raises UnreadablePaper."""
    if data.startswith(_OLD_OFFICE):
        if _UNDER_PASSWORD in data:
            raise UnreadablePaper("paper_encrypted", name=name)
        return read_sheets(data, name, xlsx=False)
    if data.startswith(_ZIP):
        parts = _parts(data, name)
        if "word/document.xml" in parts:
            return _document(data, name)
        return read_sheets(data, name, xlsx="xl/workbook.xml" in parts)
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods", ".docx")):
        raise UnreadablePaper("paper_not_workbook", name=name)
    return _csv(data, name)


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


def _cause(error: OSError | ValueError) -> str:
    """Return why a file could not be opened, without the number and the path the system adds."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def contents(path: Path) -> bytes:
    """Return the bytes of a file. Raises UnreadablePaper when it is too large or cannot be opened."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnreadablePaper("paper_not_found", name=str(path)) from None
    except (OSError, ValueError) as error:
        raise UnreadablePaper("paper_not_opened", name=str(path), problem=_cause(error)) from error
    check_size(data, path.name)
    return data


def check_size(data: bytes, name: str) -> None:
    """Raise UnreadablePaper for a file that is too large to be read."""
    if len(data) > MAX_BYTES:
        raise UnreadablePaper("paper_too_large", name=name, limit=MAX_BYTES // 2**20)


def _csv(data: bytes, name: str) -> tuple[Sheet, ...]:
    sizes = SizeLimits(name)
    rows = sizes.non_empty((number, _counted(cells, sizes)) for number, cells in _csv_rows(data, name))
    return (Sheet(name, rows),) if rows else ()


def _counted(cells: list[str], sizes: SizeLimits) -> list[str]:
    """Return the cells of a row, counted. Raises UnreadablePaper beyond the limit."""
    sizes.count(len(cells))
    return cells
