"""Writes the journal of notices as a workbook for filtering and as a DOCX page for signing.

Both have the same lines and end with the chain's hash, so that a reader without the database can compare.
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
"""Columns of the page to sign: those a reader without the workbook needs."""
HASH_ON_PAGE = 16
"""Number of characters of a hash shown on the page; the workbook has all of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One notice of the register; every value is a text in the document's language."""

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
    """The texts above and below the lines.

    Attributes:
        title, organisation: texts of the document.
        origin: when and from which data it was made.
        statement: whether the lines agree with the chain.
        proof: the address where anybody can check the chain's hash, with the words before it; "" for none.
        code: the same address as a picture (PNG); empty for none.
    """

    title: str
    organisation: str
    origin: str
    statement: str
    proof: str = ""
    code: bytes = b""


def journal_workbook(lines: Iterable[Line], heading: Heading, language: str) -> bytes:
    """Return the register as XLSX: texts without formulas and links, with a filter on every column."""
    import xlsxwriter

    from i18n import say
    from merzim.documents.sheets.listing import PrintedCode, add_code

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet(say("register.sheet", {}, language))
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    headed = book.add_format({"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E8EEF7"})
    sheet.write_string(0, 0, heading.title, bold)
    sheet.write_string(1, 0, heading.organisation)
    sheet.write_string(2, 0, heading.origin)
    sheet.write_string(3, 0, heading.statement)
    sheet.write_string(4, 0, heading.proof)
    for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.write_string(5, place, say(f"register.head.{name}", {}, language), headed)
        sheet.set_column(place, place, width)
    row = 5
    for row, line in enumerate(lines, 6):
        for place, name in enumerate(COLUMNS):
            sheet.write_string(row, place, getattr(line, name), wrapped)
    if heading.code:
        add_code(sheet, row + 2, PrintedCode((), heading.code), _WIDTHS)
    sheet.autofilter(5, 0, row, len(COLUMNS) - 1)
    sheet.freeze_panes(6, 2)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(5)
    book.close()
    return target.getvalue()


def journal_page(lines: Sequence[Line], heading: Heading, language: str) -> bytes:
    """Return the register as a DOCX in landscape, with a place for a signature."""
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
    document.add_paragraph(heading.origin)
    table = document.add_table(rows=1, cols=len(ON_PAGE) + 1)
    table.style = "Table Grid"
    heads = ("numbered.head", *(f"register.head.{name}" for name in ON_PAGE))
    _fill(table.rows[0], [say(code, {}, language) for code in heads], bold=True)
    _repeat(table.rows[0])
    for number, line in enumerate(lines, 1):
        cells = [getattr(line, name) for name in ON_PAGE]
        cells[-1] = line.text_hash[:HASH_ON_PAGE]
        _fill(table.add_row(), [str(number), *cells])
    document.add_paragraph()
    document.add_paragraph(heading.statement)
    if heading.code:
        label = document.add_paragraph(heading.proof)
        label.paragraph_format.keep_with_next = True
        document.add_paragraph().add_run().add_picture(io.BytesIO(heading.code), width=Cm(3.5))
    document.add_paragraph(say("register.sign", {}, language))
    for name in ("register.signer", "register.checker"):
        document.add_paragraph(f"{say(name, {}, language)}: " + "_" * 30 + "   " + "_" * 40)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _fill(row: object, texts: Sequence[str], *, bold: bool = False) -> None:
    """Write texts into the cells of a row."""
    from docx.shared import Pt

    for cell, text in zip(row.cells, texts, strict=True):  # type: ignore[attr-defined]
        run = cell.paragraphs[0].add_run(text)
        run.bold, run.font.size = bold, Pt(7.5)


def _repeat(row: object) -> None:
    """Repeat the heading row on every page."""
    from docx.oxml import OxmlElement

    mark = OxmlElement("w:tblHeader")
    row._tr.get_or_add_trPr().append(mark)  # type: ignore[attr-defined]
