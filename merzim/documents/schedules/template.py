"""Empty workbooks of schedules and of past analyses to fill in, whose cells for days take days only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from calendars.horizon import FIRST, REACH
from i18n import say
from merzim.documents.sheets.listing import DAY, Column, Table, tables_workbook, write_file
from workflow.law.procedure import Text

_TEXT: dict[str, object] = {"text_wrap": True, "valign": "top"}
_COLUMNS = (
    (Text("Талдау объектісі", "Объект анализа", "Object of analysis"), 44, False),
    (Text("Бөлімше", "Подразделение", "Unit"), 34, False),
    (Text("Жауапты", "Ответственный", "Responsible"), 34, False),
    (Text("Талдаудың басталуы", "Начало анализа", "Start"), 20, True),
    (Text("Талдаудың аяқталуы", "Окончание анализа", "End"), 20, True),
)
"""Heading, width in letters, whether it takes dates only."""


def template_column(width: int, language: str, *, dated: bool) -> Column:
    """Return a column to fill in. `dated`: whether it takes days only."""
    if not dated:
        return Column(width=width, shape=_TEXT)
    date_only = {
        "validate": "date",
        "criteria": "between",
        "minimum": FIRST,
        "maximum": REACH,
        "error_title": _said("paper_template.error_title", language),
        "error_message": _said("paper_template.error", language),
        "input_title": _said("paper_template.input_title", language),
        "input_message": _said("paper_template.input", language),
    }
    return Column(width=width, shape=DAY, rule=date_only)


def empty_schedule(language: str) -> bytes:
    """Return the empty workbook of the flat form of a schedule. `language`: kk, ru or en."""
    columns = [template_column(width, language, dated=dated) for _, width, dated in _COLUMNS]
    heads = [title[language] for title, _, _ in _COLUMNS]
    return tables_workbook([empty_table("paper_template", heads, columns, language)])


def empty_table(code: str, heads: Sequence[str], columns: Sequence[Column], language: str) -> Table:
    """Return a table to fill in; `code` of the catalogues names its sheet and its instruction."""
    name, instruction = _said(f"{code}.sheet", language), _said(f"{code}.instruction", language)
    return Table(heads, (), name, dict(enumerate(columns)), instruction)


def _said(code: str, language: str) -> str:
    return say(code, {"first": FIRST, "last": REACH}, language)


def write_template(path: str | Path, language: str) -> None:
    """Write the empty workbook to a file. Raises UnreadablePaper (`paper_not_written`) when that fails."""
    write_file(path, empty_schedule(language))
