"""Empty workbooks of schedules and of past analyses to fill in, whose cells for days take days only."""

from __future__ import annotations

from calendars.refusal import FIRST, REACH
from i18n import say
from merzim.documents.schedules.table import COLUMNS
from merzim.documents.sheets.listing import DAY, ColumnFormat, Table, tables_workbook

_TEXT: dict[str, object] = {"text_wrap": True, "valign": "top"}
_WIDTHS = {"object": 44, "unit": 34, "who": 34, "start": 20, "end": 20}
"""Columns of the schedule -> width in letters."""


def template_column(width: int, language: str, *, dated: bool) -> ColumnFormat:
    """Return a column to fill in. `dated`: whether it takes days only."""
    if not dated:
        return ColumnFormat(width=width, shape=_TEXT)
    date_only = {
        "validate": "date",
        "criteria": "between",
        "minimum": FIRST,
        "maximum": REACH,
        "error_title": sentence("paper_template.error_title", language),
        "error_message": sentence("paper_template.error", language),
        "input_title": sentence("paper_template.input_title", language),
        "input_message": sentence("paper_template.input", language),
    }
    return ColumnFormat(width=width, shape=DAY, rule=date_only)


def empty_schedule(language: str) -> bytes:
    """Return the empty workbook of the flat form of a schedule. `language`: kk, ru or en."""
    columns = [
        template_column(width, language, dated=column in ("start", "end")) for column, width in _WIDTHS.items()
    ]
    heads = [COLUMNS.titles[column][language] for column in _WIDTHS]
    name = sentence("paper_template.sheet", language)
    instruction = sentence("paper_template.instruction", language)
    return tables_workbook([Table(heads, (), name, dict(enumerate(columns)), instruction)])


def sentence(code: str, language: str) -> str:
    """Return a sentence of a table to fill in, which may name the first and last day that are read."""
    return say(code, {"first": FIRST, "last": REACH}, language)
