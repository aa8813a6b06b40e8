"""The register of notices on paper: a workbook to sort and filter, and a page to be signed off.

Both say the same, line by line, and end with what the chain says: a reader without our database can compare.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COLUMNS = (
    *("due", "obligation", "case", "object", "rung", "who", "channel", "address", "kind", "state", "moment"),
    *("answer", "acknowledged", "text_hash", "carrier", "key"),
)
_WIDTHS = (12, 40, 12, 34, 10, 28, 10, 28, 16, 18, 20, 36, 20, 24, 24, 40)
ON_PAGE = (
    "due",
    "obligation",
    "rung",
    "who",
    "channel",
    "state",
    "moment",
    "answer",
    "acknowledged",
    "text_hash",
)
"""Columns of the page to be signed: what a reader without the workbook needs."""
HASH_ON_PAGE = 16
"""So many letters of a hash stand on the page; the workbook has all of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One notice as a person reads it: every value a text already, in the language of the paper."""

    due: str
    obligation: str
    case: str
    object: str
    rung: str
    who: str
    channel: str
    address: str
    kind: str
    state: str
    moment: str
    answer: str
    acknowledged: str
    text_hash: str
    carrier: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What stands over and under the lines.

    Attributes:
        title, organisation: of the paper.
        made: when and from what it was made.
        statement: what the chain says of the lines.
    """

    title: str
    organisation: str
    made: str
    statement: str


def workbook(lines: Iterable[Line], heading: Heading, language: str) -> bytes:
    """The register as XLSX: texts as texts (no formula, no link), a filter over every column."""
    import xlsxwriter

    from i18n import say

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet(say("register.sheet", {}, language))
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    headed = book.add_format({"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E8EEF7"})
    sheet.write_string(0, 0, heading.title, bold)
    sheet.write_string(1, 0, heading.organisation)
    sheet.write_string(2, 0, heading.made)
    sheet.write_string(3, 0, heading.statement)
    for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.write_string(5, place, say(f"register.head.{name}", {}, language), headed)
        sheet.set_column(place, place, width)
    row = 5
    for row, line in enumerate(lines, 6):
        for place, name in enumerate(COLUMNS):
            sheet.write_string(row, place, getattr(line, name), wrapped)
    sheet.autofilter(5, 0, row, len(COLUMNS) - 1)
    sheet.freeze_panes(6, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(5)
    book.close()
    return target.getvalue()


def page(lines: Sequence[Line], heading: Heading, language: str) -> bytes:
    """The register as DOCX, landscape, with a place for whoever signs it off."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    from i18n import say

    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(1.5)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(9)
    document.core_properties.title = heading.title
    document.core_properties.author = heading.organisation
    document.core_properties.comments = ""
    document.add_paragraph(heading.organisation)
    title = document.add_paragraph()
    run = title.add_run(heading.title)
    run.bold, run.font.size = True, Pt(13)
    document.add_paragraph(heading.made)
    table = document.add_table(rows=1, cols=len(ON_PAGE) + 1)
    table.style = "Table Grid"
    _fill(table.rows[0], ["№", *(say(f"register.head.{name}", {}, language) for name in ON_PAGE)], bold=True)
    _repeat(table.rows[0])
    for number, line in enumerate(lines, 1):
        cells = [getattr(line, name) for name in ON_PAGE]
        cells[-1] = line.text_hash[:HASH_ON_PAGE]
        _fill(table.add_row(), [str(number), *cells])
    document.add_paragraph()
    document.add_paragraph(heading.statement)
    document.add_paragraph(say("register.sign", {}, language))
    for name in ("register.signer", "register.checker"):
        document.add_paragraph(f"{say(name, {}, language)}: " + "_" * 30 + "   " + "_" * 40)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _fill(row: object, texts: Sequence[str], *, bold: bool = False) -> None:
    from docx.shared import Pt

    for cell, text in zip(row.cells, texts, strict=True):  # type: ignore[attr-defined]
        run = cell.paragraphs[0].add_run(text)
        run.bold, run.font.size = bold, Pt(7.5)


def _repeat(row: object) -> None:
    """The headings stand on every page."""
    from docx.oxml import OxmlElement

    mark = OxmlElement("w:tblHeader")
    row._tr.get_or_add_trPr().append(mark)  # type: ignore[attr-defined]
