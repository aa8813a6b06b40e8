"""Writes empty workbooks to fill in: headings in one language, an instruction, date cells with validation."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from calendars.horizon import FIRST, REACH
from i18n import say
from merzim.documents.sheets.listing import Table, add_table, write_file
from workflow.law.procedure import Text

ROWS = 5_000
"""Number of rows whose date cells are validated."""
_COLUMNS = (
    (Text("Талдау объектісі", "Объект анализа", "Object of analysis"), 44, False),
    (Text("Бөлімше", "Подразделение", "Unit"), 34, False),
    (Text("Жауапты", "Ответственный", "Responsible"), 34, False),
    (Text("Талдаудың басталуы", "Начало анализа", "Start"), 20, True),
    (Text("Талдаудың аяқталуы", "Окончание анализа", "End"), 20, True),
)
"""Heading, width in letters, whether it takes dates only."""
_INSTRUCTION_WIDTH = 110
"""Width in characters the instruction is merged over."""


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column to fill in: its heading, its width in letters, and whether it takes dates only."""

    title: str
    width: int
    dated: bool


def empty_schedule(language: str) -> bytes:
    """Return the empty workbook of the flat form of a schedule. `language`: kk, ru or en."""
    columns = [TemplateColumn(title[language], width, dated) for title, width, dated in _COLUMNS]
    return _workbook(language, columns, "paper_template.sheet", "paper_template.instruction", 48)


def empty_past(language: str, columns: Sequence[TemplateColumn], notes: Table) -> bytes:
    """Return the empty workbook of past analyses; `notes` is its second sheet, on the headings."""
    return _workbook(language, columns, "past.template.sheet", "past.template.instruction", 96, notes)


def _workbook(
    language: str,
    columns: Sequence[TemplateColumn],
    sheet_name: str,
    instruction: str,
    height: int,
    notes: Table | None = None,
) -> bytes:
    """Return an empty workbook: an instruction line, frozen headings, date validation.

    Args:
        sheet_name, instruction: codes of their sentences.
        height: of the instruction line.
        notes: a second sheet.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(say(sheet_name, {}, language))
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "italic": True})
    headed = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
    )
    text, day = (
        book.add_format({"text_wrap": True, "valign": "top"}),
        book.add_format({"num_format": "dd.mm.yyyy"}),
    )
    wide = _merged(columns)
    sheet.merge_range(0, 0, 0, wide, "", wrapped)
    sheet.write_string(0, 0, say(instruction, {"first": FIRST, "last": REACH}, language), wrapped)
    sheet.set_row(0, height)
    for place, column in enumerate(columns):
        sheet.write_string(1, place, column.title, headed)
        sheet.set_column(place, place, column.width, day if column.dated else text)
        if column.dated:
            sheet.data_validation(2, place, ROWS + 1, place, _date_only(language))
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if notes is not None:
        add_table(book, notes)
    book.close()
    return target.getvalue()


def _merged(columns: Sequence[TemplateColumn]) -> int:
    """Return the last column the instruction is merged over."""
    widths = [sum(column.width for column in columns[: last + 1]) for last in range(len(columns))]
    return next((last for last, width in enumerate(widths) if width >= _INSTRUCTION_WIDTH), len(columns) - 1)


def write_template(path: str | Path, language: str) -> None:
    """Write the empty workbook to a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    write_file(path, empty_schedule(language))


def _date_only(language: str) -> dict[str, object]:
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
