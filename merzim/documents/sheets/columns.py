"""Finds the heading row of a table, which column is which, and the rows below it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from merzim.documents.sheets.rows import NotAValue, OpenedFile, RowOfSheet, Sheet, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from workflow.law.procedure import Text

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
    """A heading row: the place of each of its columns, and its texts.

    Attributes:
        other: place -> a heading of no known column.
        twice: place -> the column, and the heading, of one that is named again.
    """

    row: int
    at: Mapping[str, int]
    texts: Mapping[str, str]
    other: Mapping[int, str]
    twice: Mapping[int, tuple[str, str]]


def find_heading(sheet: Sheet, naming: Naming, *, within: int = 60, least: int = 2) -> Heading | None:
    """Return the row that names the most columns among the first rows, the first of several.

    Args:
        within: number of rows searched.
        least: number of columns a row must name; None is returned where no row does.
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
    """Return the sheets that have a heading with these columns.

    Raises UnreadablePaper: two headings of one column (`paper_column_twice`); no sheet has one (the code
    `otherwise`, with the titles of the columns `named`).
    """
    tables = [(sheet, heading) for sheet in paper.sheets if (heading := find_heading(sheet, known))]
    for _, heading in tables:
        for id, text in heading.twice.values():
            about = {"column": known.titles[id], "first": heading.texts[id], "second": text}
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
