"""The spreadsheet of a register: its rows read by their headings; an empty one with cells that validate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from xlsxwriter.utility import xl_col_to_name

from i18n import say
from merzim.documents.sheets.listing import DAY, ColumnFormat, Table, tables_workbook
from merzim.documents.sheets.rows import NotAValue, cell_name, find_heading, is_empty, text_of
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.documents.sheets.workbook import open_paper
from workflow.refusal import closest_first
from workflow.registers.definition import RegisterField
from workflow.registers.values import FIRST_DAY, LAST_DAY

HEAD_ROWS, NEAREST = 10, 3
"""Number of top rows searched for headings; number of known headings suggested for an unknown one."""
_TEXT: dict[str, object] = {"text_wrap": True, "valign": "top", "num_format": "@"}
_NUMBER: dict[str, object] = {"num_format": "0.####"}
_FIRST_DAY = FIRST_DAY.replace(year=1901)
_WIDTHS = {"date": 14, "number": 14, "money": 16, "yes_no": 10, "long_text": 50}


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """The rows of a spreadsheet: row number and non-empty cells by field. `columns`: field -> the letters of
    its column; `formulas`: row number -> field -> the formula in its cell instead of a value.
    """

    columns: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, object]], ...]
    formulas: Mapping[int, Mapping[str, str]]


def read_rows(data: bytes, name: str, *, heads: Mapping[str, str], own: Sequence[str]) -> RegisterTable:
    """Return the rows of a register from the first sheet of a file. Raises UnreadablePaper: it cannot be
    opened; it has no headings, a repeated or unknown one.

    Args:
        heads: possible spelling of a heading -> its field.
        own: the headings in the reader's language, which errors name.
    """
    paper = open_paper(data, name)
    sheet, fields_by_head = paper.sheets[0], {plain(head): field for head, field in heads.items()}
    heading = find_heading(sheet, lambda text: fields_by_head.get(plain(text)), within=HEAD_ROWS, least=1)
    if heading is None:
        raise UnreadablePaper("register_no_heads", name=paper.name, allowed=tuple(own)[:HEAD_ROWS])
    errors = Errors()
    for place, text in heading.other.items():
        allowed, cell = closest_first(text, own)[:NEAREST], cell_name(heading.row, place)
        errors.add(heading.row, "register_head_unknown", cell=cell, text=text, allowed=allowed)
    for place, (_, text) in heading.twice.items():
        errors.add(heading.row, "register_head_twice", cell=cell_name(heading.row, place), text=text)
    errors.refuse(paper.name)
    rows: list[tuple[int, Mapping[str, object]]] = []
    formulas: dict[int, dict[str, str]] = {}
    for row in (row for row in sheet.rows if row.number > heading.row):
        cells = {field: _value(row.cell(place)) for field, place in heading.at.items()}
        values = {field: value for field, value in cells.items() if not is_empty(value)}
        texts = {field: value.text for field, value in values.items() if isinstance(value, NotAValue)}
        if values:
            rows.append((row.number, {field: value for field, value in values.items() if field not in texts}))
        if texts:
            formulas[row.number] = texts
    columns = {field: xl_col_to_name(place) for field, place in heading.at.items()}
    return RegisterTable(columns, tuple(rows), formulas)


def _value(value: object) -> object:
    """Return a cell: a day where it has no time, a text or fraction as text, anything else as it is."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return text_of(value) if isinstance(value, str | float) else value


def empty_table(
    title: str,
    fields: Sequence[RegisterField],
    heads: Sequence[str],
    *,
    instruction: str,
    language: str,
    answers: Mapping[str, Sequence[str]],
) -> bytes:
    """Return the workbook: an instruction, frozen headings, lists of options, cells for dates and numbers only.
    `heads`: those beyond the fields accept any text; `answers`: what a field offers, and accepts others beside.
    """
    columns = {at: _column(field, language, answers) for at, field in enumerate(fields)}
    columns |= {at: ColumnFormat(width=26, shape=_TEXT) for at in range(len(fields), len(heads))}
    return tables_workbook([Table(heads, (), title, columns, instruction)])


def _column(field: RegisterField, language: str, answers: Mapping[str, Sequence[str]]) -> ColumnFormat:
    """Return the column of a field in the empty table: width, format, validation of its cells, and a note: its
    help and, of several options, all that may be written.
    """
    notes = [field.help[language]] if field.help is not None else []
    if field.several:
        options = "; ".join(option.title[language] for option in field.options)
        notes.append(say("register.template.several", {"options": options}, language))
    return ColumnFormat(
        width=_WIDTHS.get(field.kind, 26),
        shape={"date": DAY, "number": _NUMBER, "money": _NUMBER}.get(field.kind, _TEXT),
        rule=_rule(field, language, answers.get(field.id, ())),
        note="\n".join(notes),
    )


def _rule(field: RegisterField, language: str, offered: Sequence[str]) -> dict[str, object] | None:
    """Return the validation rule for the cells of a field, None where a spreadsheet cannot express it. A cell
    that takes several options, or a row, offers a list and accepts what is typed as well.
    """
    if field.kind == "date":
        return {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": LAST_DAY}
    if field.kind in ("number", "money"):
        return {"validate": "decimal", "criteria": "between", "minimum": -(10**13), "maximum": 10**13}
    answers = [*offered]
    if field.kind == "yes_no":
        answers = [say("register.yes", {}, language), say("register.no", {}, language)]
    elif field.kind == "choice":
        answers = [option.title[language] for option in field.options]
    is_open = field.several or field.kind == "row"
    return {"validate": "list", "source": answers, "show_error": not is_open} if answers else None
