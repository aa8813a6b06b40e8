"""Writes tables as a workbook or as CSV, and empty ones to fill in: fixed headings, real dates, texts never as
formulas.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from merzim.documents.sheets.unreadable import UnreadablePaper

_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)
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
_MAX_LIST = 255
"""Maximum characters of the words a cell itself offers in Excel."""
_INSTRUCTION_WIDTH = 110
"""Width in characters the instruction of an empty table is merged over."""
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_HEADED = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
DAY: Mapping[str, object] = {"num_format": "dd.mm.yyyy"}
"""The format of cells with days."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its headings, its rows, and the name of its sheet ("" for its number).

    `offered`: by column what its cells offer (they take anything else, too): words, or a formula for cells of a
    sheet with them. `widths`: of its columns in letters; by their texts if empty.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    name: str = ""
    offered: Mapping[int, Sequence[str] | str] = field(default_factory=dict)
    widths: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BlankColumn:
    """A column to fill in.

    Attributes:
        width: in letters.
        shape: the format of its cells.
        rule: what they take, as xlsxwriter's `data_validation` does; None for anything.
        note: beside its heading.
    """

    head: str
    width: int
    shape: Mapping[str, object]
    rule: dict[str, object] | None = None
    note: str = ""


def tables_workbook(tables: Iterable[Table]) -> bytes:
    """Return the tables as sheets of one workbook. Characters Excel does not allow leave their names.

    Raises:
        UnreadablePaper: more rows than a sheet has (`list_too_long`).
    """
    target = io.BytesIO()
    book = _new_workbook(target)
    for table in tables:
        add_table(book, table)
    book.close()
    return target.getvalue()


def _new_workbook(target: io.BytesIO) -> Any:
    """Return an empty workbook whose bytes depend on what is written alone, not on when."""
    book = xlsxwriter.Workbook(target, _OPTIONS)
    book.set_properties({"created": _MOMENT})
    return book


def add_table(book: Any, table: Table) -> None:
    """Add a table to a workbook as its next sheet. Raises UnreadablePaper (`list_too_long`)."""
    if len(table.rows) > _LAST_ROW:
        raise UnreadablePaper("list_too_long", rows=len(table.rows), limit=_LAST_ROW)
    _sheet(book, book.add_worksheet(_sheet_name(table.name) or str(len(book.worksheets()) + 1)), table)


def _sheet_name(name: str) -> str:
    """Return a name as Excel allows it: without some characters, cut after a word."""
    name = "".join(" " if mark in "[]:*?/\\" else mark for mark in name).strip("' ")
    if len(name) > _LONGEST_NAME:
        name = (name[: _LONGEST_NAME + 1].rpartition(" ")[0] or name[:_LONGEST_NAME]).rstrip("', ")
    return name


def blank_workbook(
    name: str,
    instruction: str,
    columns: Sequence[BlankColumn],
    *,
    height: int,
    rows: int,
    notes: Table | None = None,
) -> bytes:
    """Return a workbook with an empty table: an instruction line, frozen headings, rules for cells.

    Args:
        name: of its sheet.
        height: of the instruction line.
        rows: number of rows with rules.
        notes: a second sheet.
    """
    target = io.BytesIO()
    book = _new_workbook(target)
    sheet = book.add_worksheet(_sheet_name(name) or "1")
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "italic": True})
    headed, lists = book.add_format(_HEADED), None
    if last := _merged(columns):
        sheet.merge_range(0, 0, 0, last, "", wrapped)
    sheet.write_string(0, 0, instruction, wrapped)
    sheet.set_row(0, height)
    for place, column in enumerate(columns):
        sheet.write_string(1, place, column.head, headed)
        sheet.set_column(place, place, column.width, book.add_format(column.shape))
        rule = column.rule
        offered = rule.get("source") if rule is not None else None
        if isinstance(offered, list) and not _fits(offered):
            # Longer answers, and those with commas, stand in a sheet of their own: a list in a cell takes none.
            if lists is None:
                lists = book.add_worksheet("lists")
                lists.hide()
            lists.write_column(0, place, offered)
            rule = {**(rule or {}), "source": f"=lists!{xl_range_abs(0, place, len(offered) - 1, place)}"}
        if rule is not None:
            sheet.data_validation(2, place, rows + 1, place, rule)
        if column.note:
            sheet.write_comment(1, place, column.note)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if notes is not None:
        add_table(book, notes)
    book.close()
    return target.getvalue()


def _merged(columns: Sequence[BlankColumn]) -> int:
    """Return the last column the instruction is merged over."""
    widths = [sum(column.width for column in columns[: last + 1]) for last in range(len(columns))]
    return next((last for last, width in enumerate(widths) if width >= _INSTRUCTION_WIDTH), len(columns) - 1)


def _fits(words: Sequence[str]) -> bool:
    """Return whether these words fit into a cell's own list."""
    return len(",".join(words)) <= _MAX_LIST and not any("," in word for word in words)


def write_file(path: str | Path, content: bytes) -> None:
    """Write a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise UnreadablePaper(
            "paper_not_written", name=str(path), problem=error.strerror or str(error)
        ) from error


def _sheet(book: Any, sheet: Any, table: Table) -> None:
    headed = book.add_format(_HEADED)
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    day = book.add_format({**DAY, "valign": "top", "border": 1})
    widths = [len(head) for head in table.heads]
    for column, head in enumerate(table.heads):
        sheet.write_string(0, column, head, headed)
    for number, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            _cell(sheet, number, column, value, text, day)
            widths[column] = max(widths[column], len(str(value)) if value is not None else 0)
    for column, width in enumerate(table.widths or _fitted(widths)):
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
    """Write one cell: days as dates, numbers Excel keeps exactly as numbers, anything else as text."""
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
    """Return a cell of a CSV file; before a text that would be a formula stands an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
