"""Finds the heading row of a table and which column is which."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from merzim.documents.sheets.rows import NotAValue, OpenedFile, RowOfSheet, Sheet, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowError, UnreadablePaper
from workflow.law.procedure import Text

_LONGEST_HEADING = 80


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a table. `title` is the heading we write; `roots` recognise headings others write."""

    id: str
    title: Text
    roots: re.Pattern[str]

    def heads(self, heading: str) -> bool:
        """Return whether a heading has one of the roots at the beginning of a word."""
        return bool(self.roots.search(plain(heading)))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading row: the place of each of its columns. `other`: headings of no known column."""

    row: int
    at: Mapping[str, int]
    texts: Mapping[str, str]
    other: tuple[str, ...]


def column(id: str, kk: str, ru: str, en: str, roots: str) -> SheetColumn:
    """Return a column with its titles in three languages and the word roots (`a|b`) of its headings."""
    return SheetColumn(id, Text(kk, ru, en), re.compile(rf"\b(?:{roots})"))


def find_heading(sheet: Sheet, columns: Sequence[SheetColumn]) -> Heading | None:
    """Return the row that names the most of these columns among the first rows; None when no row names two.

    Raises UnreadablePaper (`paper_column_twice`) when two headings name the same column.
    """
    best: tuple[int, RowOfSheet] | None = None
    for row in sheet.rows[:60]:
        count = len({column.id for text in heading_texts(row).values() for column in _named(text, columns)})
        if count >= 2 and (best is None or count > best[0]):
            best = count, row
    return None if best is None else _heading(best[1], columns)


def heading_texts(row: RowOfSheet) -> dict[int, str]:
    """Return the texts of a row that are short enough for a heading, by column."""
    texts = {at: tidy(value) for at, value in enumerate(row.cells) if isinstance(value, str)}
    return {at: text for at, text in texts.items() if 0 < len(text) <= _LONGEST_HEADING}


def require_columns(heading: Heading, columns: Iterable[SheetColumn], paper: OpenedFile) -> None:
    """Raise UnreadablePaper when the table lacks one of these columns."""
    missing = tuple(column.title for column in columns if column.id not in heading.at)
    if missing:
        error = RowError(heading.row, "paper_columns_missing", {"name": paper.name, "missing": missing})
        raise UnreadablePaper(error.code, errors=(error,), **error.arguments)


def find_tables(
    paper: OpenedFile, columns: Sequence[SheetColumn], otherwise: str, named: Iterable[SheetColumn]
) -> list[tuple[Sheet, Heading]]:
    """Return the sheets that have a heading with these columns.

    Raises UnreadablePaper where none has: the code `otherwise`, with the titles of the columns `named`.
    """
    tables = [(sheet, heading) for sheet in paper.sheets if (heading := find_heading(sheet, columns))]
    if not tables:
        raise UnreadablePaper(otherwise, name=paper.name, columns=tuple(column.title for column in named))
    return tables


@dataclass(frozen=True, slots=True)
class Line:
    """A row below a heading, its cells by column; what is wrong with it is added to `errors`."""

    row: RowOfSheet
    heading: Heading
    errors: Errors

    @property
    def number(self) -> int:
        return self.row.number

    def value(self, column: SheetColumn) -> object:
        """Return a cell; None where it is empty or the table lacks the column."""
        return self.row.cell(self.heading.at.get(column.id, -1))

    def text(self, column: SheetColumn) -> str:
        """Return the text of a cell; "" where it is empty or the table lacks the column."""
        return tidy(text_of(self.value(column)))

    def wrong(self, code: str, **arguments: object) -> None:
        self.errors.add(self.number, code, **arguments)


def read_lines(
    sheet: Sheet,
    heading: Heading,
    errors: Errors,
    *,
    kept: Collection[SheetColumn] | None = None,
    unread: Collection[str] = (),
) -> list[Line]:
    """Return the rows below a heading, with an error for each formula in its columns.

    Args:
        kept: columns whose formula stays as a text, because they must not be empty (None: all); others are
            emptied.
        unread: ids of columns whose formulas are left to the caller.
    """
    where = {place: heading.texts.get(id, "") for id, place in heading.at.items() if id not in unread}
    texts = where if kept is None else {heading.at[column.id] for column in kept}
    lines = []
    for row in (row for row in sheet.rows if row.number > heading.row):
        cells = list(row.cells)
        for place, text in where.items():
            value = row.cell(place)
            if isinstance(value, NotAValue):
                errors.add(row.number, "paper_formula", text=value.text, where=text)
                cells[place] = value.text if place in texts else None
        lines.append(Line(RowOfSheet(row.number, tuple(cells)), heading, errors))
    return lines


def _named(text: str, columns: Sequence[SheetColumn]) -> list[SheetColumn]:
    """Return the columns a heading names: the first that fits; columns are listed most specific first."""
    return [column for column in columns if column.heads(text)][:1]


def _heading(row: RowOfSheet, columns: Sequence[SheetColumn]) -> Heading:
    """Return a heading row with the places of its columns. Raises UnreadablePaper for a column named twice."""
    at: dict[str, int] = {}
    texts: dict[str, str] = {}
    other = []
    for place, text in heading_texts(row).items():
        matching_columns = _named(text, columns)
        if not matching_columns:
            other.append(text)
            continue
        if matching_columns[0].id in at:
            arguments = {
                "column": matching_columns[0].title,
                "first": texts[matching_columns[0].id],
                "second": text,
            }
            raise UnreadablePaper(
                "paper_column_twice",
                errors=(RowError(row.number, "paper_column_twice", arguments),),
                **arguments,
            )
        at[matching_columns[0].id] = place
        texts[matching_columns[0].id] = text
    return Heading(row.number, at, texts, tuple(other))
