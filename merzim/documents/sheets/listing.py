"""Writes tables as a workbook or as CSV: fixed headings, real dates, texts never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from merzim.documents.sheets.unreadable import UnreadablePaper

_MOMENT = date(1980, 1, 1)
_NARROW, _WIDE = 9, 60
_ACROSS, _LEAST = 150, 16
"""Characters a landscape A4 sheet shows side by side in readable letters; wide columns are cut for it, down to
the least.
"""
_LONGEST = 32_767
"""Maximum characters of an Excel cell."""
_LONGEST_NAME = 31
"""Maximum characters of the name of an Excel sheet."""
_LAST_ROW = 2**20 - 1
_OFFERING = 5_000
"""Number of rows whose cells offer something."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Characters that make a text a formula in programs that open the CSV."""
_EXACT = 10**15
"""Numbers below this keep every digit in Excel."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its headings, its rows, and the name of its sheet ("" for its number).

    `offered`: by column what its cells offer (they take anything else, too): words, or a formula for cells of a
    sheet with them.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    name: str = ""
    offered: Mapping[int, Sequence[str] | str] = field(default_factory=dict)


def tables_workbook(tables: Iterable[Table]) -> bytes:
    """Return the tables as sheets of one workbook. Characters Excel does not allow leave their names.

    Raises:
        UnreadablePaper: more rows than a sheet has (`list_too_long`).
    """
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"created": _MOMENT})
    for table in tables:
        add_table(book, table)
    book.close()
    return target.getvalue()


def add_table(book: Any, table: Table) -> None:
    """Add a table to a workbook as its next sheet. Raises UnreadablePaper (`list_too_long`)."""
    if len(table.rows) > _LAST_ROW:
        raise UnreadablePaper("list_too_long", rows=len(table.rows), limit=_LAST_ROW)
    name = "".join(" " if mark in "[]:*?/\\" else mark for mark in table.name).strip("' ")
    if len(name) > _LONGEST_NAME:  # cut after a word
        name = (name[: _LONGEST_NAME + 1].rpartition(" ")[0] or name[:_LONGEST_NAME]).rstrip("', ")
    _sheet(book, book.add_worksheet(name or str(len(book.worksheets()) + 1)), table)


def write_file(path: str | Path, content: bytes) -> None:
    """Write a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise UnreadablePaper(
            "paper_not_written", name=str(path), problem=error.strerror or str(error)
        ) from error


def _sheet(book: Any, sheet: Any, table: Table) -> None:
    headed = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
    )
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    day = book.add_format({"num_format": "dd.mm.yyyy", "valign": "top", "border": 1})
    widths = [len(head) for head in table.heads]
    for column, head in enumerate(table.heads):
        sheet.write_string(0, column, head, headed)
    for number, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            _cell(sheet, number, column, value, text, day)
            widths[column] = max(widths[column], len(str(value)) if value is not None else 0)
    for column, width in enumerate(_fitted(widths)):
        sheet.set_column(column, column, width)
    for column, words in table.offered.items():
        rule = {
            "validate": "list",
            "source": words if isinstance(words, str) else [*words],
            "show_error": False,
        }
        sheet.data_validation(1, column, max(len(table.rows), _OFFERING), column, rule)
    if table.heads:
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.heads) - 1)
        sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _fitted(longest: Sequence[int]) -> list[int]:
    """Return the widths of columns by their longest texts, the widest cut so that a page holds all of them."""
    for most in range(_WIDE, _LEAST - 1, -1):
        widths = [min(max(width + 2, _NARROW), most) for width in longest]
        if sum(widths) <= _ACROSS:
            break
    return widths


def _cell(sheet: Any, row: int, column: int, value: object, text: Any, day: Any) -> None:
    match value:
        case datetime():
            sheet.write_string(row, column, value.isoformat(sep=" ", timespec="minutes"), text)
        case date():
            sheet.write_datetime(row, column, datetime.combine(value, time()), day)
        case bool() | None:
            sheet.write_string(row, column, "" if value is None else str(value), text)
        case int() if -_EXACT < value < _EXACT:
            sheet.write_number(row, column, value, text)
        case Decimal() if -_EXACT < value < _EXACT:
            sheet.write_number(row, column, value, text)
        case _:
            sheet.write_string(row, column, str(value)[:_LONGEST], text)


def csv_list(table: Table) -> str:
    """Return the table as CSV text: semicolons for Excel, ISO dates."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(table.heads)
    lines.writerows([_csv_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def write_csv(path: str | Path, table: Table) -> None:
    """Write the table to a CSV file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    write_file(path, csv_list(table).encode("utf-8-sig"))


def _csv_cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
