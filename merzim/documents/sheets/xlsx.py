"""Reads an XLSX workbook: checks the archive before unpacking it, then reads its sheets as filled rows.

The cost depends on the number of cells in the file, not on their position: a sheet with one cell in its
last corner costs one cell.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from merzim.documents.sheets.rows import (
    Merge,
    NotAValue,
    Row,
    RowKeeper,
    Sheet,
    cell_name,
    is_empty,
    read_merges,
    spread_down,
)
from merzim.documents.sheets.unreadable import UnreadablePaper

MAX_UNPACKED = 96 * 2**20
MAX_RATIO = 200
"""A part packed more tightly than this, and big, is a bomb: real sheets pack 5 to 40 times."""
_SMALL_ENOUGH = 4 * 2**20
MAX_PARTS = 2_000
"""Files inside one workbook; real ones hold a dozen, and one for each sheet and picture."""
_ENCRYPTED = 0x1
_DECLARATIONS = (b"<!doctype", b"<!entity")


def read_sheets(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the visible sheets that are not empty.

    Raises:
        UnreadablePaper: no workbook, one under a password, a bomb, XML that declares entities, or more parts,
            rows, columns, cells or characters than the limits.
    """
    import openpyxl

    _check_archive(data, name)
    try:
        # openpyxl warns of styles and extensions it does not keep; none of them changes a value.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            keeper = RowKeeper(name)
            sheets = tuple(
                _sheet(sheet, data, keeper) for sheet in book.worksheets if sheet.sheet_state == "visible"
            )
    except (UnreadablePaper, MemoryError):
        raise
    except Exception as error:  # a broken workbook breaks openpyxl in a dozen ways, none of them promised
        raise UnreadablePaper("paper_not_workbook", name=name) from error
    return tuple(sheet for sheet in sheets if sheet.rows or sheet.hidden or sheet.struck)


def _check_archive(data: bytes, name: str) -> None:
    """Refuse an archive that is unsafe to unpack or that no spreadsheet program writes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_parts(parts, name)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _declares(archive.read(part)):
                    raise UnreadablePaper("paper_declares_entities", name=name)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error) as error:
        raise UnreadablePaper("paper_not_workbook", name=name) from error


def _check_parts(parts: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive whose parts exceed the limits or declare entities."""
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise UnreadablePaper("paper_encrypted", name=name)
    if not any(part.filename.lstrip("/") == "[Content_Types].xml" for part in parts):
        raise UnreadablePaper("paper_not_workbook", name=name)
    if len(parts) > MAX_PARTS:
        raise UnreadablePaper("paper_too_many_parts", name=name, limit=MAX_PARTS)
    bomb = any(
        part.file_size > _SMALL_ENOUGH and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if bomb or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadablePaper("paper_unpacks_too_large", name=name, limit=MAX_UNPACKED // 2**20)


def _declares(xml: bytes) -> bool:
    """Return whether a part declares a document type or entities, in UTF-8 or UTF-16; Office files never do."""
    plain = xml.lower()
    if plain.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        plain = plain.replace(b"\0", b"")
    return any(mark in plain for mark in _DECLARATIONS)


def _sheet(sheet: Any, data: bytes, keeper: RowKeeper) -> Sheet:
    # Any: the stubs take a read-only sheet for a whole one. It alone knows its place in the archive.
    styles = _struck_styles(sheet.parent)
    hidden: set[int] = set()
    struck: list[str] = []
    rows = keeper.non_empty(
        (number, _dense(_without_struck(number, cells, styles, struck), keeper))
        for number, cells in _rows(sheet, hidden)
    )
    merges = read_merges(data, sheet._worksheet_path)
    spread = spread_down([(row.number, row.cells) for row in rows], merges)
    shown = tuple(Row(number, cells) for number, cells in spread if number not in hidden)
    hidden_rows = tuple(row.number for row in rows if row.number in hidden)
    return Sheet(sheet.title, shown, _by_row(merges), hidden=hidden_rows, struck=tuple(struck))


def _struck_styles(book: Any) -> frozenset[int]:
    """Return the numbers of the cell styles whose font is struck out."""
    fonts = list(book._fonts)
    return frozenset(
        number
        for number, style in enumerate(book._cell_styles)
        if style.fontId < len(fonts) and fonts[style.fontId].strike
    )


def _without_struck(
    number: int, cells: list[dict[str, Any]], styles: frozenset[int], struck: list[str]
) -> list[dict[str, Any]]:
    """Return the cells with those struck out emptied, and name them; a row of which only numbers are left is
    struck out as a whole.
    """
    taken = (
        [cell for cell in cells if int(cell["style_id"]) in styles and not is_empty(cell["value"])]
        if styles
        else []
    )
    if not taken:
        return cells
    struck += [cell_name(number, cell["column"] - 1) for cell in taken]
    left = [cell for cell in cells if cell not in taken]
    has_words = any(isinstance(cell["value"], str) and re.search(r"[^\W\d_]", cell["value"]) for cell in left)
    return left if has_words else []


def _rows(sheet: Any, hidden: set[int]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows of a sheet with their cells, as openpyxl's own parser gives them; the numbers of hidden
    and filtered ones are added to `hidden`.

    Its `iter_rows` fills every row up to its last cell: 100,000 rows of one empty cell in column XFD are 1.6
    thousand million cells then.
    """
    from openpyxl.worksheet._reader import WorkSheetParser

    book = sheet.parent
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        next_row = 1
        for number, cells in parser.parse():
            if number >= next_row:
                next_row = number + 1
                attributes = parser.row_dimensions.get(str(number), {})
                if attributes.get("hidden") in ("1", "true") or attributes.get("ht") == "0":
                    hidden.add(number)
                yield number, cells


def _dense(cells: list[dict[str, Any]], keeper: RowKeeper) -> tuple[object, ...]:
    """Return the values of a row from its first column to the last non-empty one."""
    keeper.count(len(cells))
    values = {
        cell["column"]: _value(cell) for cell in cells if cell["value"] is not None and cell["column"] > 0
    }
    width = max((column for column, value in values.items() if not is_empty(value)), default=0)
    return tuple(values.get(column) for column in range(1, width + 1))


def _value(cell: Mapping[str, Any]) -> object:
    """Return the value of a cell; NotAValue for a formula."""
    value = cell["value"]
    if cell["data_type"] in ("f", "e"):
        return NotAValue(str(getattr(value, "text", value)))
    return value


def _by_row(merges: tuple[Merge, ...]) -> dict[int, tuple[Merge, ...]]:
    """Return the merges by their first row."""
    merges_by_row: dict[int, list[Merge]] = {}
    for merge in merges:
        merges_by_row.setdefault(merge.first_row, []).append(merge)
    return {row: tuple(of) for row, of in merges_by_row.items()}
