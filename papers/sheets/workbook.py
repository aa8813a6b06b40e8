"""Opening a file somebody sent, XLSX or CSV, guarded: rows of plain values with the numbers people see."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from papers.sheets.merged import Merge, merges_of, spread_down
from papers.sheets.unreadable import UnreadableCell, UnreadablePaper

MAX_BYTES = 10 * 2**20
MAX_UNPACKED = 96 * 2**20
MAX_RATIO = 200
"""A part packed more tightly than this, and big, is a bomb: real sheets pack 5 to 40 times."""
_SMALL_ENOUGH = 4 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 300
MAX_LETTERS = 32_767
"""Of one cell, as in a spreadsheet."""
_LAST_EXCEL_ROW = 2**20
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Source = str | Path | bytes


@dataclass(frozen=True, slots=True)
class NotAValue:
    """A cell that holds a formula (or a formula's error, `#REF!`) where a value is expected."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` as the spreadsheet shows it; cells past the end read as None."""

    number: int
    cells: tuple[object, ...]

    def cell(self, column: int) -> object:
        return self.cells[column] if 0 <= column < len(self.cells) else None

    def filled(self) -> tuple[int, ...]:
        """The columns that hold something."""
        return tuple(column for column, value in enumerate(self.cells) if not is_empty(value))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet's filled rows. `merges`: row number -> merges that begin in that row."""

    name: str
    rows: tuple[Row, ...]
    merges: Mapping[int, tuple[Merge, ...]] = field(default_factory=dict)

    def covered(self, row: int, column: int) -> range:
        """The columns the cell stretches over: itself, or as far right as it is merged."""
        for merge in self.merges.get(row, ()):
            if merge.first_column == column:
                return range(column, merge.last_column + 1)
        return range(column, column + 1)


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that could be opened: its name and its visible sheets that hold anything."""

    name: str
    sheets: tuple[Sheet, ...]


def is_empty(value: object) -> bool:
    """Nothing, or blanks only."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: object, where: str = "") -> str:
    """A cell as text: whole numbers without `.0`, line breaks kept. Raises UnreadableCell for a formula."""
    if isinstance(value, NotAValue):
        raise UnreadableCell("paper_formula", text=value.text, where=where)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").replace("\u200b", "").strip()


def open_paper(source: Source, name: str | None = None) -> Paper:
    """The file's rows.

    Args:
        source: a path, or the bytes of an upload.
        name: how to call the file in refusals; a path's own name by default.

    Raises:
        UnreadablePaper: not there, too large, a bomb, no workbook, empty, too many rows, columns or letters.
    """
    name = name or ("" if isinstance(source, bytes) else Path(source).name)
    data = _bytes(source, name)
    if not data.strip():
        raise UnreadablePaper("paper_empty", name=name)
    if data.startswith(_OLD_OFFICE):
        raise UnreadablePaper("paper_old_workbook", name=name)
    if not data.startswith(_ZIP) and name.lower().endswith((".xlsx", ".xlsm")):
        raise UnreadablePaper("paper_not_workbook", name=name)
    sheets = _xlsx(data, name) if data.startswith(_ZIP) else _csv(data, name)
    if not sheets:
        raise UnreadablePaper("paper_empty", name=name)
    return Paper(name, sheets)


def _bytes(source: Source, name: str) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise UnreadablePaper("paper_not_found", name=str(source)) from None
        except (OSError, ValueError) as error:
            raise UnreadablePaper("paper_not_opened", name=str(source), problem=str(error)) from error
    if len(data) > MAX_BYTES:
        raise UnreadablePaper("paper_too_large", name=name, limit=MAX_BYTES // 2**20)
    return data


def _csv(data: bytes, name: str) -> tuple[Sheet, ...]:
    from papers.sheets.csv_text import rows_of

    rows = _kept(rows_of(data, name), name)
    return (Sheet(name, rows),) if rows else ()


def _xlsx(data: bytes, name: str) -> tuple[Sheet, ...]:
    import openpyxl

    _guard_zip(data, name)
    try:
        # openpyxl warns of styles and extensions it does not keep; none of them changes a value.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            sheets = tuple(
                _sheet(sheet, data, name) for sheet in book.worksheets if sheet.sheet_state == "visible"
            )
    except UnreadablePaper:
        raise
    except Exception as error:  # a broken workbook breaks openpyxl in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    return tuple(sheet for sheet in sheets if sheet.rows)


def _guard_zip(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    if not any(part.filename.lstrip("/") == "[Content_Types].xml" for part in parts):
        raise UnreadablePaper("paper_not_workbook", name=name)
    bomb = any(
        part.file_size > _SMALL_ENOUGH and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if bomb or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadablePaper("paper_unpacks_too_large", name=name, limit=MAX_UNPACKED // 2**20)


def _sheet(sheet: Any, data: bytes, name: str) -> Sheet:
    # Any: the stubs take a read-only sheet for a whole one. It alone knows its place in the archive.
    sheet.reset_dimensions()  # a wrong <dimension> would pad or cut the rows
    rows = _kept((tuple(_value(cell) for cell in cells) for cells in sheet.iter_rows()), name)
    merges = merges_of(data, sheet._worksheet_path)
    spread = spread_down([(row.number, row.cells) for row in rows], merges)
    return Sheet(sheet.title, tuple(Row(number, cells) for number, cells in spread), _by_row(merges))


def _value(cell: object) -> object:
    value = getattr(cell, "value", None)
    if value is not None and getattr(cell, "data_type", "") in ("f", "e"):
        return NotAValue(str(getattr(value, "text", value)))
    return value


def _kept(rows: Iterator[Sequence[object]], name: str) -> tuple[Row, ...]:
    """The rows that hold anything, under their numbers; stops as soon as they are too many."""
    kept: list[Row] = []
    for number, cells in enumerate(rows, start=1):
        width = next((n for n in range(len(cells), 0, -1) if not is_empty(cells[n - 1])), 0)
        if width > MAX_COLUMNS:
            raise UnreadablePaper("paper_too_wide", name=name, limit=MAX_COLUMNS)
        if any(isinstance(cell, str) and len(cell) > MAX_LETTERS for cell in cells):
            raise UnreadablePaper("paper_cell_too_long", name=name, row=number, limit=MAX_LETTERS)
        if width:
            kept.append(Row(number, tuple(cells[:width])))
        if len(kept) > MAX_ROWS or number > _LAST_EXCEL_ROW:
            raise UnreadablePaper("paper_too_many_rows", name=name, limit=MAX_ROWS)
    return tuple(kept)


def _by_row(merges: Sequence[Merge]) -> dict[int, tuple[Merge, ...]]:
    found: dict[int, tuple[Merge, ...]] = {}
    for merge in merges:
        found[merge.first_row] = (*found.get(merge.first_row, ()), merge)
    return found
