"""Sheets, rows and cells of an opened file; its tables: the heading, which column is which, the lines below."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from merzim.documents.sheets.texts import is_spoilt, plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from workflow.law.procedure import Text

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


def text_of(value: object, where: object = "") -> str:
    """Return a cell as text: whole numbers without `.0`, "" for None. Raises UnreadableCell for a formula."""
    if isinstance(value, NotAValue):
        raise UnreadableCell("paper_formula", text=value.text, where=where)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").replace("\u200b", "").strip()


def display_text(value: object) -> str:
    """Return a cell as its sheet shows it, in one line: dates as offices write them; a formula as typed."""
    if isinstance(value, NotAValue):
        return tidy(value.text)
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else tidy(text_of(value))


class SizeLimits:
    """Counts what is read of one file, and refuses it beyond a limit: of rows of a sheet, of cells and
    characters of the file.
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
        """Return the rows that are not empty, cut after their last filled cell. Raises UnreadablePaper."""
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


_LONGEST_HEADING = 80
Naming = Callable[[str], str | None]
"""Returns the id of the column a heading names; None for no known one."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of table, from columns.toml. `titles`: the headings we write; `roots` recognise
    those others write.
    """

    titles: Mapping[str, Text]
    roots: Mapping[str, re.Pattern[str]]

    def __call__(self, heading: str) -> str | None:
        """Return the column a heading names, the first that fits; None for no known one, or a long text."""
        words = plain(heading) if len(heading) <= _LONGEST_HEADING else ""
        return next((id for id, roots in self.roots.items() if roots.search(words)), None)


@cache
def columns(table: str) -> Columns:
    """Return the columns of a kind of table, by its name in columns.toml (cached)."""
    file = Path(__file__).with_name("columns.toml").read_text(encoding="utf-8")
    of_table = tomllib.loads(file)[table]
    return Columns(
        {
            id: Text(column["kk"], column["ru"], column["en"])
            for id, column in of_table.items()
            if "kk" in column
        },
        {id: re.compile(rf"\b(?:{column['roots']})") for id, column in of_table.items()},
    )


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading row: the place of each of its columns, and its texts; by place, the headings of no known column
    (`other`), and the column and heading of one that is named again (`twice`).
    """

    row: int
    at: Mapping[str, int]
    texts: Mapping[str, str]
    other: Mapping[int, str]
    twice: Mapping[int, tuple[str, str]]


def find_heading(sheet: Sheet, naming: Naming, *, within: int = 60, least: int = 2) -> Heading | None:
    """Return the row that names the most columns among the first (`within`), the first of several; None where
    no row names at least `least`.
    """
    headings = (_heading(row, naming) for row in sheet.rows[:within])
    named = [heading for heading in headings if len(heading.at) >= least]
    return max(named, key=lambda heading: len(heading.at), default=None)


def _heading(row: RowOfSheet, naming: Naming) -> Heading:
    """Return the columns that the cells of a row name, were it the heading."""
    at, texts, other, twice = dict[str, int](), dict[str, str](), dict[int, str](), dict[int, tuple[str, str]]()
    for place in row.filled():
        value = row.cell(place)
        text = tidy(value.text if isinstance(value, NotAValue) else text_of(value))
        column = naming(text)
        if column is None:
            other[place] = text
        elif column in at:
            twice[place] = column, text
        else:
            at[column], texts[column] = place, text
    return Heading(row.number, at, texts, other, twice)


def require_columns(heading: Heading, known: Columns, ids: Collection[str], paper: OpenedFile) -> None:
    """Raise UnreadablePaper when the table lacks one of these columns."""
    missing = tuple(known.titles[id] for id in ids if id not in heading.at)
    if missing:
        raise UnreadablePaper.at(heading.row, "paper_columns_missing", name=paper.name, missing=missing)


def find_tables(
    paper: OpenedFile, known: Columns, otherwise: str, named: Collection[str]
) -> list[tuple[Sheet, Heading]]:
    """Return the sheets that have a heading with these columns. Raises UnreadablePaper: two headings of one
    column that is read; no sheet has any (the code `otherwise`, with the titles of the columns `named`).
    """
    tables = [(sheet, heading) for sheet in paper.sheets if (heading := find_heading(sheet, known))]
    for _, heading in tables:
        for id, text in heading.twice.values():
            if title := known.titles.get(id):
                about = {"column": title, "first": heading.texts[id], "second": text}
                raise UnreadablePaper.at(heading.row, "paper_column_twice", **about)
    if not tables:
        raise UnreadablePaper(otherwise, name=paper.name, columns=tuple(known.titles[id] for id in named))
    return tables


def names_unread(paper: OpenedFile, tables: Sequence[tuple[Sheet, Heading]]) -> tuple[str, ...]:
    """Return the headings of columns that these tables do not know, and the names of all other sheets."""
    headings = (text for _, heading in tables for text in heading.other.values())
    read = {sheet.name for sheet, _ in tables}
    return (*dict.fromkeys(headings), *(sheet.name for sheet in paper.sheets if sheet.name not in read))


@dataclass(frozen=True, slots=True)
class Line:
    """A row below a heading, its cells by column; what is wrong with it is added to `errors`."""

    row: RowOfSheet
    heading: Heading
    errors: Errors

    @property
    def number(self) -> int:
        return self.row.number

    def value(self, column: str) -> object:
        """Return a cell; None where it is empty or the table lacks the column."""
        return self.row.cell(self.heading.at.get(column, -1))

    def text(self, column: str) -> str:
        """Return the text of a cell; "" where it is empty or the table lacks the column."""
        return tidy(text_of(self.value(column)))

    def wrong(self, code: str, **arguments: object) -> None:
        self.errors.add(self.number, code, **arguments)


def lines_below(
    sheet: Sheet,
    heading: Heading,
    errors: Errors,
    *,
    formula_texts: Collection[str] | None = None,
    unread: Collection[str] = (),
) -> list[Line]:
    """Return the rows below a heading, with an error for each formula in its columns.

    Args:
        formula_texts: columns whose formula stays as a text, because they must not be empty (None: all); other
            cells with a formula are emptied.
        unread: columns whose formulas are left to the caller.
    """
    lines = []
    for row in (row for row in sheet.rows if row.number > heading.row):
        cells = list(row.cells)
        for column, place in heading.at.items():
            value = row.cell(place)
            if isinstance(value, NotAValue) and column not in unread:
                errors.add(row.number, "paper_formula", text=value.text, where=heading.texts.get(column, ""))
                cells[place] = value.text if formula_texts is None or column in formula_texts else None
        lines.append(Line(RowOfSheet(row.number, tuple(cells)), heading, errors))
    return lines
