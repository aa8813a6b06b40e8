"""Writes a list as CSV: semicolons and a byte order mark for Excel, ISO dates, no cell that acts as a
formula.
"""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from documents.sheets.listing import Table
from documents.sheets.unreadable import UnreadablePaper

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_list(table: Table) -> str:
    """Return the table as CSV text."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(table.heads)
    lines.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def write_csv(path: str | Path, table: Table) -> None:
    """Write the table to a CSV file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    try:
        Path(path).write_text(csv_list(table), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise UnreadablePaper(
            "paper_not_written", name=str(path), problem=error.strerror or str(error)
        ) from error


def _cell(value: object) -> str:
    """Return the text of a cell."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
