"""Writes an empty workbook of the flat form: headings in one language, date cells with validation."""

from __future__ import annotations

import io
from pathlib import Path

from calendars.horizon import FIRST, REACH
from documents.schedules.flat import END, OBJECT, RESPONSIBLE, START, UNIT
from documents.sheets.listing import write_file

ROWS = 5_000
"""How many rows take dates only."""
_WIDTHS = ((OBJECT, 44), (UNIT, 34), (RESPONSIBLE, 34), (START, 20), (END, 20))


def empty_schedule(language: str) -> bytes:
    """Return the empty workbook: an instruction line, frozen headings, date validation. `language`: kk, ru or
    en.
    """
    import xlsxwriter

    from i18n import say

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(say("paper_template.sheet", {}, language))
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "italic": True})
    headed = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
    )
    text, day = (
        book.add_format({"text_wrap": True, "valign": "top"}),
        book.add_format({"num_format": "dd.mm.yyyy"}),
    )
    last = len(_WIDTHS) - 1
    sheet.merge_range(0, 0, 0, last, "", wrapped)
    sheet.write_string(
        0, 0, say("paper_template.instruction", {"first": FIRST, "last": REACH}, language), wrapped
    )
    sheet.set_row(0, 48)
    for place, (column, width) in enumerate(_WIDTHS):
        sheet.write_string(1, place, column.title[language], headed)
        dated = column in (START, END)
        sheet.set_column(place, place, width, day if dated else text)
        if dated:
            sheet.data_validation(2, place, ROWS + 1, place, _date_only(language))
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()


def write_template(path: str | Path, language: str) -> None:
    """Write the empty workbook to a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    write_file(path, empty_schedule(language))


def _date_only(language: str) -> dict[str, object]:
    """Return the validation rule of a date cell."""
    from i18n import say

    return {
        "validate": "date",
        "criteria": "between",
        "minimum": FIRST,
        "maximum": REACH,
        "error_title": say("paper_template.error_title", {}, language),
        "error_message": say("paper_template.error", {"first": FIRST, "last": REACH}, language),
        "input_title": say("paper_template.input_title", {}, language),
        "input_message": say("paper_template.input", {}, language),
    }
