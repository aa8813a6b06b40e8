"""Sheets, rows and cells of an opened spreadsheet file, and the limits of its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from xlsxwriter.utility import xl_rowcol_to_cell

from merzim.documents.sheets.texts import is_spoilt, tidy
from merzim.documents.sheets.unreadable import UnreadableCell, UnreadablePaper

MAX_ROWS = 20_000
MAX_COLUMNS = 300
MAX_CELLS = 1_000_000
"""Cells of all sheets together, including empty formatted ones."""
MAX_LETTERS = 32_767
"""Characters of one cell, as in a spreadsheet."""
MAX_TEXT = 10_000_000
"""Characters of all cells together; a text shared by many cells counts in each."""
MAX_SHOWN = 80
"""Characters of a spoilt text that an error quotes."""
_LAST_EXCEL_ROW = 2**20


@dataclass(frozen=True, slots=True)
class NotAValue:
    """A cell that holds a formula (or its error, `#REF!`) where a value is expected."""

    text: str


@dataclass(frozen=True, slots=True)
class RowOfSheet:
    """A row. `number`: as in the spreadsheet; cells past the end read as None."""

    number: int
    cells: tuple[object, ...]

    def cell(self, column: int) -> object:
        return self.cells[column] if 0 <= column < len(self.cells) else None

    def filled(self) -> tuple[int, ...]:
        """Return the indexes of the cells that are not empty."""
        return tuple(column for column, value in enumerate(self.cells) if not is_empty(value))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The filled rows of a sheet, without hidden, filtered and struck-out ones.

    Attributes:
        merged: row number and column of a cell merged sideways -> the last column it covers.
        hidden: the numbers of the filled rows that are hidden or filtered out.
        struck: the names of the filled cells that are struck out.
        is_marked: whether the file tells which rows are hidden and which cells struck out.
    """

    name: str
    rows: tuple[RowOfSheet, ...]
    merged: Mapping[tuple[int, int], int] = field(default_factory=dict)
    hidden: tuple[int, ...] = ()
    struck: tuple[str, ...] = ()
    is_marked: bool = True

    def covered(self, row: int, column: int) -> range:
        """Return the columns a cell covers: its own, or as far right as it is merged."""
        return range(column, self.merged.get((row, column), column) + 1)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """An opened file: its name and its visible sheets that are not empty."""

    name: str
    sheets: tuple[Sheet, ...]


def row_ranges(rows: Sequence[int]) -> str:
    """Return row numbers in ascending order as text: `5–7, 12`."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], row]
        else:
            ranges.append([row])
    return ", ".join("–".join(map(str, ends)) for ends in ranges)


def cell_name(row: int, column: int) -> str:
    """Return a cell as a spreadsheet names it: row 7, column 1 (columns count from 0) is `B7`."""
    return xl_rowcol_to_cell(row - 1, column)


def is_empty(value: object) -> bool:
    """Return whether a cell holds nothing, or only white space."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: object, where: str = "") -> str:
    """Return a cell as text: whole numbers without `.0`, line breaks kept, "" for an empty one. Raises
    UnreadableCell for a formula.
    """
    if isinstance(value, NotAValue):
        raise UnreadableCell("paper_formula", text=value.text, where=where)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").replace("\u200b", "").strip()


def display_text(value: object) -> str:
    """Return a cell as its sheet shows it, in one line: dates as offices write them."""
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else tidy(text_of(value))


class SizeLimits:
    """Counts what is read of one file, and refuses the file as soon as it exceeds a limit.

    Rows are limited per sheet, cells and characters per file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells = 0
        self._letters = 0

    def count(self, cells: int) -> None:
        """Count cells that were read, empty or not. Raises UnreadablePaper beyond MAX_CELLS."""
        self._cells += cells
        if self._cells > MAX_CELLS:
            raise UnreadablePaper("paper_too_many_cells", name=self._name, limit=MAX_CELLS)

    def non_empty(self, rows: Iterable[tuple[int, Sequence[object]]]) -> tuple[RowOfSheet, ...]:
        """Return the rows that are not empty, cut after their last filled cell. Raises UnreadablePaper beyond a
        limit.
        """
        filled_rows: list[RowOfSheet] = []
        for number, cells in rows:
            width = next((n for n in range(len(cells), 0, -1) if not is_empty(cells[n - 1])), 0)
            if width > MAX_COLUMNS:
                raise UnreadablePaper("paper_too_wide", name=self._name, limit=MAX_COLUMNS)
            for cell in cells:
                self._check_text(number, cell)
            if width:
                filled_rows.append(RowOfSheet(number, tuple(cells[:width])))
            if len(filled_rows) > MAX_ROWS or number > _LAST_EXCEL_ROW:
                raise UnreadablePaper("paper_too_many_rows", name=self._name, limit=MAX_ROWS)
        return tuple(filled_rows)

    def _check_text(self, number: int, cell: object) -> None:
        """Count the letters of a cell. Raises UnreadablePaper for lost ones, or too many in it or in all."""
        if not isinstance(cell, str):
            return
        if is_spoilt(cell):
            shown = tidy(cell)[:MAX_SHOWN]
            about = {"name": self._name, "row": number, "text": shown}
            raise UnreadablePaper.at(number, "paper_letters_lost", **about)
        if len(cell) > MAX_LETTERS:
            raise UnreadablePaper("paper_cell_too_long", name=self._name, row=number, limit=MAX_LETTERS)
        self._letters += len(cell)
        if self._letters > MAX_TEXT:
            raise UnreadablePaper("paper_too_much_text", name=self._name, limit=MAX_TEXT)
