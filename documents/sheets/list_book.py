"""Writes lists as a workbook: one sheet for each, frozen headings, real dates, no formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path

from documents.sheets.unreadable import UnreadablePaper

WIDEST = 60
Listing = tuple[str, Sequence[str], Iterable[Sequence[object]]]
"""The sheet's name, its headings, its rows."""


def lists_workbook(lists: Iterable[Listing]) -> bytes:
    """Return the lists as a workbook. Characters Excel does not allow are removed from sheet names."""
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    made = xlsxwriter.Workbook(target, options)
    headed = made.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
    )
    text = made.add_format({"text_wrap": True, "valign": "top", "border": 1})
    day = made.add_format({"num_format": "dd.mm.yyyy", "valign": "top", "border": 1})
    for name, heads, rows in lists:
        sheet = made.add_worksheet("".join(" " if mark in "[]:*?/\\" else mark for mark in name)[:31])
        widths = [len(head) for head in heads]
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, headed)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                widths[column] = max(widths[column], len(str(value or "")))
                if isinstance(value, date):
                    sheet.write_datetime(number, column, datetime.combine(value, time()), day)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value, text)
                else:
                    sheet.write_string(number, column, "" if value is None else str(value), text)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WIDEST))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    made.close()
    return target.getvalue()


def write_lists(path: Path, lists: Iterable[Listing]) -> None:
    """Write the lists to a workbook file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    try:
        path.write_bytes(lists_workbook(lists))
    except OSError as error:
        raise UnreadablePaper("paper_not_written", name=str(path), problem=str(error)) from error
