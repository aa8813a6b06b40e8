"""Reads a Word document (DOCX) as one sheet: paragraphs and rows of tables, in their order."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from merzim.documents.sheets.rows import Merge, Sheet, SizeLimits, by_row
from merzim.documents.sheets.unreadable import UnreadablePaper

if TYPE_CHECKING:
    from docx.table import _Cell


def read_document(data: bytes, name: str) -> tuple[Sheet, ...]:
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
