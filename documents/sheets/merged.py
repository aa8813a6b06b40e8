"""Merged cells of a sheet, and their values for the rows below."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"
)
MAX_MERGES = 20_000
_MAX_SPREAD = 500_000


class Merge(NamedTuple):
    """A merged block. Rows are numbered as in the spreadsheet (from 1), columns from 0; all ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


def read_merges(data: bytes, part: str) -> tuple[Merge, ...]:
    """Return the merged blocks of one sheet (`part`: its path in the archive).

    Reads the XML itself: openpyxl's read-only sheet, the only fast one, does not have them.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(part)
    found = []
    for match in _MERGE.finditer(text, max(text.rfind(b"sheetData>"), 0)):
        left, top, right, bottom = match.groups()
        found.append(Merge(int(top), int(bottom), _column(left), _column(right)))
        if len(found) == MAX_MERGES:
            break
    return tuple(found)


def spread_down(
    rows: Sequence[tuple[int, tuple[object, ...]]], merges: Sequence[Merge]
) -> list[tuple[int, tuple[object, ...]]]:
    """Return the rows with each vertically merged value repeated in every row of its block.

    A responsible unit merged beside three rows is responsible for all three. Nothing is repeated sideways: a
    section heading merged across the table stays one heading. Raises ValueError for excessively many merges.
    """
    index = {number: place for place, (number, _) in enumerate(rows)}
    spread = list(rows)
    steps = 0
    for merge in merges:
        first = index.get(merge.first_row)
        if merge.last_row == merge.first_row or first is None:
            continue
        cells = rows[first][1]
        value = cells[merge.first_column] if merge.first_column < len(cells) else None
        for place in range(first + 1, len(rows)):
            number, below = spread[place]
            if number > merge.last_row:
                break
            if (steps := steps + 1) > _MAX_SPREAD:
                raise ValueError("merged cells overlap without end")
            if value is not None:
                spread[place] = (number, _with(below, merge.first_column, value))
    return spread


def _with(cells: tuple[object, ...], column: int, value: object) -> tuple[object, ...]:
    """Return the cells with a value set in a column."""
    padded = list(cells) + [None] * (column + 1 - len(cells))
    padded[column] = value
    return tuple(padded)


def _column(letters: bytes) -> int:
    """Return the index of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
