"""Reads rows of a register from a spreadsheet: one heading for each field, one line for each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from merzim.documents.sheets.rows import NotAValue, Row, is_empty, text_of
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.documents.sheets.workbook import Source, open_paper
from workflow.refusal import closest_first

HEAD_ROWS, NEAREST = 10, 3
"""Number of top rows searched for headings; number of known headings suggested for an unknown one."""


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """The rows of a spreadsheet.

    Attributes:
        columns: field -> the letters of its column.
        rows: (row number in the spreadsheet, field -> its cell value), non-empty cells only.
        formulas: row number -> field -> the formula in its cell instead of a value.
    """

    columns: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, object]], ...]
    formulas: Mapping[int, Mapping[str, str]]


def read_rows(source: Source, name: str | None = None, *, heads: Mapping[str, str]) -> RegisterTable:
    """Read the first sheet of a file.

    Args:
        heads: possible spelling of a heading -> its field.

    Raises:
        UnreadablePaper: it cannot be opened; it has no headings, a repeated or unknown one.
    """
    paper = open_paper(source, name)
    fields_by_head = {plain(head): field for head, field in heads.items()}
    head_row = max(paper.sheets[0].rows[:HEAD_ROWS], key=lambda row: len(_fields(row, fields_by_head)))
    at = _fields(head_row, fields_by_head)
    errors = Errors()
    if not at:
        raise UnreadablePaper("register_no_heads", name=paper.name, allowed=tuple(heads)[:HEAD_ROWS])
    for place, value in enumerate(head_row.cells):
        head = "" if isinstance(value, NotAValue) else text_of(value)
        if head and plain(head) not in fields_by_head:
            allowed = closest_first(head, dict.fromkeys(heads))[:NEAREST]
            errors.add(
                head_row.number,
                "register_head_unknown",
                cell=_cell(place, head_row),
                text=head,
                allowed=allowed,
            )
        elif head and at[fields_by_head[plain(head)]] != place:
            errors.add(head_row.number, "register_head_twice", cell=_cell(place, head_row), text=head)
    errors.refuse(paper.name)
    rows = []
    formulas: dict[int, dict[str, str]] = {}
    for row in paper.sheets[0].rows:
        if row.number > head_row.number:
            values = {field: _value(row.cell(place)) for field, place in at.items()}
            texts = {field: value.text for field, value in values.items() if isinstance(value, NotAValue)}
            values = {
                field: value for field, value in values.items() if not is_empty(value) and field not in texts
            }
            if values or texts:
                rows.append((row.number, values))
            if texts:
                formulas[row.number] = texts
    return RegisterTable({field: letters(place) for field, place in at.items()}, tuple(rows), formulas)


def letters(column: int) -> str:
    """Return the spreadsheet letters of a column index (from 0): A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, remainder = divmod(column - 1, 26)
        name = chr(ord("A") + remainder) + name
    return name


def _fields(row: Row, fields_by_head: Mapping[str, str]) -> dict[str, int]:
    """Return field -> column of the headings in a row, the first of each."""
    places: dict[str, int] = {}
    for place, value in enumerate(row.cells):
        field = fields_by_head.get(plain(text_of(value))) if isinstance(value, str) else None
        if field is not None:
            places.setdefault(field, place)
    return places


def _value(value: object) -> object:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return text_of(value) if isinstance(value, str | float) else value


def _cell(place: int, row: Row) -> str:
    return f"{letters(place)}{row.number}"
