"""Reads rows of a register from a spreadsheet: one heading for each field, one line for each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from documents.sheets.rows import NotAValue, Row, is_empty, text_of
from documents.sheets.texts import plain
from documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from documents.sheets.workbook import Source, open_paper
from workflow.refusal import closest_first

HEAD_ROWS, NEAREST = 10, 3
"""Number of top rows searched for headings; number of known headings suggested for an unknown one."""


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """The rows of a spreadsheet.

    Attributes:
        columns: field -> the letters of its column.
        rows: (row number in the spreadsheet, field -> its cell value), non-empty cells only.
    """

    columns: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, object]], ...]


def read_rows(source: Source, name: str | None = None, *, heads: Mapping[str, str]) -> RegisterTable:
    """Read the first sheet of a file.

    Args:
        heads: possible spelling of a heading -> its field.

    Raises:
        UnreadablePaper: it cannot be opened; it has no headings, a repeated or unknown one; or a formula
            instead of a value.
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
    rows = []
    for row in paper.sheets[0].rows:
        if row.number > head_row.number:
            values = {field: _value(row, place, errors) for field, place in at.items()}
            values = {field: value for field, value in values.items() if not is_empty(value)}
            if values:
                rows.append((row.number, values))
    errors.refuse(paper.name)
    return RegisterTable({field: letters(place) for field, place in at.items()}, tuple(rows))


def letters(column: int) -> str:
    """Return the spreadsheet letters of a column index (from 0): A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _fields(row: Row, fields_by_head: Mapping[str, str]) -> dict[str, int]:
    """Return field -> column of the headings in a row, the first of each."""
    places: dict[str, int] = {}
    for place, value in enumerate(row.cells):
        field = fields_by_head.get(plain(text_of(value))) if isinstance(value, str) else None
        if field is not None:
            places.setdefault(field, place)
    return places


def _value(row: Row, place: int, errors: Errors) -> object:
    value = row.cell(place)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, str | NotAValue | float):
        try:
            return text_of(value, _cell(place, row))
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            return None
    return value


def _cell(place: int, row: Row) -> str:
    return f"{letters(place)}{row.number}"
