"""Writes the empty spreadsheet of a register: a heading for each field, and cells that validate its kind of
value.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from i18n import say
from workflow.registers.definition import RegisterField
from workflow.registers.values import FIRST_DAY, LAST_DAY

ROWS = 10_000
"""Number of rows with validation."""
MAX_LIST = 255
"""Maximum characters of a list of options in Excel."""
FORBIDDEN = "[]:*?/\\"
_FIRST_DAY = FIRST_DAY.replace(year=1901)
_WIDTHS = {"date": 14, "number": 14, "money": 16, "yes_no": 10, "long_text": 50}


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
