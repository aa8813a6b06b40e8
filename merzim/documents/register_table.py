"""The spreadsheet of a register: its rows read by their headings; an empty one with cells that validate."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from i18n import say
from merzim.documents.sheets.rows import NotAValue, RowOfSheet, is_empty, text_of
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.documents.sheets.workbook import Source, open_paper
from workflow.refusal import closest_first
from workflow.registers.definition import RegisterField
from workflow.registers.values import FIRST_DAY, LAST_DAY

HEAD_ROWS, NEAREST = 10, 3
"""Number of top rows searched for headings; number of known headings suggested for an unknown one."""
ROWS = 10_000
"""Number of rows with validation."""
MAX_LIST = 255
"""Maximum characters of a list of options in Excel."""
FORBIDDEN = "[]:*?/\\"
_FIRST_DAY = FIRST_DAY.replace(year=1901)
_WIDTHS = {"date": 14, "number": 14, "money": 16, "yes_no": 10, "long_text": 50}


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """The rows of a spreadsheet.

    Attributes:
        columns: field -> the letters of its column.
        rows: (row number in the spreadsheet, field -> its cell value), non-empty cells only.
        formulas: row number -> field -> the formula in its cell instead of a value.
    """

    columns: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, object]], ...]
    formulas: Mapping[int, Mapping[str, str]]


def read_rows(source: Source, name: str | None = None, *, heads: Mapping[str, str]) -> RegisterTable:
    """Read the first sheet of a file.

    Args:
        heads: possible spelling of a heading -> its field.

    Raises:
        UnreadablePaper: it cannot be opened; it has no headings, a repeated or unknown one.
    """
    paper = open_paper(source, name)
    fields_by_head = {plain(head): field for head, field in heads.items()}
    head_row = max(paper.sheets[0].rows[:HEAD_ROWS], key=lambda row: len(_fields(row, fields_by_head)))
    at = _fields(head_row, fields_by_head)
    errors = Errors()
    if not at:
        raise UnreadablePaper("register_no_heads", name=paper.name, allowed=tuple(heads)[:HEAD_ROWS])
    for place, value in enumerate(head_row.cells):
        head = "" if isinstance(value, NotAValue) else text_of(value)
        if head and plain(head) not in fields_by_head:
            allowed = closest_first(head, dict.fromkeys(heads))[:NEAREST]
            errors.add(
                head_row.number,
                "register_head_unknown",
                cell=_cell(place, head_row),
                text=head,
                allowed=allowed,
            )
        elif head and at[fields_by_head[plain(head)]] != place:
            errors.add(head_row.number, "register_head_twice", cell=_cell(place, head_row), text=head)
    errors.refuse(paper.name)
    rows = []
    formulas: dict[int, dict[str, str]] = {}
    for row in paper.sheets[0].rows:
        if row.number > head_row.number:
            values = {field: _value(row.cell(place)) for field, place in at.items()}
            texts = {field: value.text for field, value in values.items() if isinstance(value, NotAValue)}
            values = {
                field: value for field, value in values.items() if not is_empty(value) and field not in texts
            }
            if values or texts:
                rows.append((row.number, values))
            if texts:
                formulas[row.number] = texts
    return RegisterTable({field: letters(place) for field, place in at.items()}, tuple(rows), formulas)


def letters(column: int) -> str:
    """Return the spreadsheet letters of a column index (from 0): A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, remainder = divmod(column - 1, 26)
        name = chr(ord("A") + remainder) + name
    return name


def _fields(row: RowOfSheet, fields_by_head: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, value in enumerate(row.cells):
        field = fields_by_head.get(plain(text_of(value))) if isinstance(value, str) else None
        if field is not None:
            places.setdefault(field, place)
    return places


def _value(value: object) -> object:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return text_of(value) if isinstance(value, str | float) else value


def _cell(place: int, row: RowOfSheet) -> str:
    return f"{letters(place)}{row.number}"


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

    Args:
        heads: headings of the columns; those beyond the fields accept any text.
        answers: what a field offers besides its options; other answers are accepted too.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("".join(" " if sign in FORBIDDEN else sign for sign in title)[:31] or "1")
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "italic": True})
    headed = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E8EEF7"}
    )
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    day, number = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "0.####"})
    lists = None
    sheet.write_string(0, 0, instruction, wrapped)
    sheet.set_row(0, 60)
    for place, head in enumerate(heads):
        sheet.write_string(1, place, head, headed)
        field = fields[place] if place < len(fields) else None
        kind = field.kind if field is not None else "text"
        shape = day if kind == "date" else number if kind in ("number", "money") else text
        sheet.set_column(place, place, _WIDTHS.get(kind, 26), shape)
        rule = _rule(field, language, answers.get(field.id, ())) if field is not None else None
        offered = rule["source"] if rule is not None and rule["validate"] == "list" else []
        if rule is not None and isinstance(offered, list) and not _fits(offered):
            # Longer answers, and those with commas, stand in a sheet of their own: a list in a cell takes none.
            lists = lists or book.add_worksheet("lists")
            lists.hide()
            lists.write_column(0, place, offered, text)
            first, last = (xl_rowcol_to_cell(row, place, True, True) for row in (0, len(offered) - 1))
            rule["source"] = f"=lists!{first}:{last}"
        if rule is not None:
            sheet.data_validation(2, place, ROWS + 1, place, rule)
        note = _note(field, language) if field is not None else ""
        if note:
            sheet.write_comment(1, place, note)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()


def _note(field: RegisterField, language: str) -> str:
    """Return the note of a heading: the help of its field and, of several options, all that may be written."""
    notes = [field.help[language]] if field.help is not None else []
    if field.several:
        options = tuple(option.title[language] for option in field.options)
        notes.append(say("register.template.several", {"options": "; ".join(options)}, language))
    return "\n".join(notes)


def _rule(field: RegisterField, language: str, offered: Sequence[str]) -> dict[str, object] | None:
    """Return the validation rule for the cells of a field, None where a spreadsheet cannot express it.

    A cell that takes several options, or a row, offers a list and accepts what is typed as well.
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


def _fits(answers: Sequence[str]) -> bool:
    """Return whether these options fit into a cell's own list (its length is limited)."""
    return len(",".join(answers)) <= MAX_LIST and not any("," in answer for answer in answers)
