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

from calendars.refusal import FIRST, REACH
from i18n import say
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
_OFFERING = 10_000
"""Number of rows whose cells have a rule."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Characters that make a text a formula in programs that open the CSV."""
_EXACT = 10**15
"""Numbers below this keep every digit in Excel."""
_MAX_LIST = 255
"""Maximum characters of the words a cell itself offers in Excel."""
_INSTRUCTION_WIDTH, _LINE = 110, 16
"""Width in characters the instruction of an empty table is merged over; height of its lines."""
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_HEADED = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
_FREE_TEXT: Mapping[str, object] = {"text_wrap": True, "valign": "top"}
DAY: Mapping[str, object] = {"num_format": "dd.mm.yyyy"}
"""The format of cells with days."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnFormat:
    """How a column looks: its width in letters (0: of its texts), the format of cells to fill in, a note beside
    its heading; and what its cells take (`rule`), as xlsxwriter's `data_validation` does, None for anything.
    """

    width: int = 0
    shape: Mapping[str, object] = field(default_factory=dict)
    rule: Mapping[str, Any] | None = None
    note: str = ""


_PLAIN = ColumnFormat()


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its headings, its rows, and the name of its sheet ("" for its number).

    `columns`: by place, where they are more than their texts; `instruction`: above a table to fill in.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    name: str = ""
    columns: Mapping[int, ColumnFormat] = field(default_factory=dict)
    instruction: str = ""


def tables_workbook(tables: Iterable[Table]) -> bytes:
    """Return the tables as sheets of one workbook, whose bytes depend on what is written alone, not on when.
    Raises UnreadablePaper: more rows than a sheet has.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, _OPTIONS)
    book.set_properties({"created": _MOMENT})
    for table in tables:
        if len(table.rows) > _LAST_ROW:
            raise UnreadablePaper("list_too_long", rows=len(table.rows), limit=_LAST_ROW)
        _sheet(book, book.add_worksheet(_sheet_name(table.name) or str(len(book.worksheets()) + 1)), table)
    book.close()
    return target.getvalue()


def _sheet_name(name: str) -> str:
    """Return a name as Excel allows it: without some characters, cut after a word."""
    name = "".join(" " if mark in "[]:*?/\\" else mark for mark in name).strip("' ")
    if len(name) > _LONGEST_NAME:
        name = (name[: _LONGEST_NAME + 1].rpartition(" ")[0] or name[:_LONGEST_NAME]).rstrip("', ")
    return name


def write_file(path: str | Path, content: bytes) -> None:
    """Write a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise UnreadablePaper(
            "paper_not_written", name=str(path), problem=error.strerror or str(error)
        ) from error


def write_workbook(path: str | Path, content: bytes) -> None:
    """Write a workbook. Raises UnreadablePaper as `write_file`, and for a name that promises another format."""
    if Path(path).suffix.lower() not in ("", ".xlsx"):
        raise UnreadablePaper("paper_workbook_name", name=str(path))
    write_file(path, content)


def _sheet(book: Any, sheet: Any, table: Table) -> None:
    """Write a table: frozen headings, below its instruction if it has one; rules for the cells below."""
    top = 1 if table.instruction else 0
    headed = book.add_format(_HEADED)
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    day = book.add_format({**DAY, "valign": "top", "border": 1})
    longest = [len(head) for head in table.heads]
    for place, head in enumerate(table.heads):
        sheet.write_string(top, place, head, headed)
    for number, row in enumerate(table.rows, top + 1):
        for place, value in enumerate(row):
            _cell(sheet, number, place, value, text, day)
            longest[place] = max(longest[place], len(str(value)) if value is not None else 0)
    columns = [table.columns.get(place, _PLAIN) for place in range(len(table.heads))]
    widths = [column.width or width for column, width in zip(columns, _fitted(longest), strict=True)]
    for place, column in enumerate(columns):
        shape = book.add_format(column.shape) if column.shape else None
        sheet.set_column(place, place, widths[place], shape)
        if column.rule is not None:
            last = top + max(len(table.rows), _OFFERING)
            sheet.data_validation(top + 1, place, last, place, _rule(book, place, column.rule))
        if column.note:
            sheet.write_comment(top, place, column.note)
    if table.instruction:
        _instruct(book, sheet, table.instruction, widths)
    elif table.heads:
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.heads) - 1)
    if table.heads:
        sheet.freeze_panes(top + 1, top)
        sheet.repeat_rows(top)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _instruct(book: Any, sheet: Any, instruction: str, widths: Sequence[int]) -> None:
    """Write the instruction of a table to fill in, merged over as many columns as a line of it needs."""
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "italic": True})
    places = range(len(widths))
    last = next((at for at in places if sum(widths[: at + 1]) >= _INSTRUCTION_WIDTH), len(widths) - 1)
    if last > 0:
        sheet.merge_range(0, 0, 0, last, "", wrapped)
    sheet.write_string(0, 0, instruction, wrapped)
    sheet.set_row(0, _LINE * (2 + len(instruction) // _INSTRUCTION_WIDTH))


def _rule(book: Any, place: int, rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a rule as Excel takes it: longer answers, and those with commas, stand in a sheet of their own."""
    offered = rule.get("source")
    if offered is None or (len(",".join(offered)) <= _MAX_LIST and not any("," in word for word in offered)):
        return rule
    lists = book.get_worksheet_by_name("lists") or book.add_worksheet("lists")
    lists.hide()
    lists.write_column(0, place, offered)
    return {**rule, "source": f"=lists!{xl_range_abs(0, place, len(offered) - 1, place)}"}


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
            sheet.write_string(row, column, f"{value:%d.%m.%Y %H:%M}", text)
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


def csv_text(table: Table) -> str:
    """Return the table as CSV text: semicolons for Excel, ISO dates."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(table.heads)
    lines.writerows([_csv_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def _csv_cell(value: object) -> str:
    """Return a cell of a CSV file; before a text that would be a formula stands an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def template_column(width: int, language: str, *, dated: bool) -> ColumnFormat:
    """Return a column to fill in. `dated`: whether it takes days only."""
    if not dated:
        return ColumnFormat(width=width, shape=_FREE_TEXT)
    date_only = {
        "validate": "date",
        "criteria": "between",
        "minimum": FIRST,
        "maximum": REACH,
        "error_title": template_text("paper_template.error_title", language),
        "error_message": template_text("paper_template.error", language),
        "input_title": template_text("paper_template.input_title", language),
        "input_message": template_text("paper_template.input", language),
    }
    return ColumnFormat(width=width, shape=DAY, rule=date_only)


def template_text(code: str, language: str) -> str:
    """Return a sentence of a table to fill in, which may name the first and last day that are read."""
    return say(code, {"first": FIRST, "last": REACH}, language)
