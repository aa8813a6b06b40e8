"""Builds the DOCX template (with placeholders `{{ field }}`) of a form, once per form and language."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from merzim.documents.forms import page
from merzim.documents.forms.form import Form, FormTable, Lines, PageBreak, Signature, Style, Wording
from merzim.documents.forms.reading import form as form_named
from merzim.documents.forms.tables import BY_HAND

_SPACED: tuple[Style, ...] = ("title", "centre", "annex", "right", "pair")
"""Blocks followed by an empty line if another kind of block comes next."""


@cache
def template(name: str, language: str) -> bytes:
    """Return the template of a form as a DOCX file (cached)."""
    form = form_named(name)
    document = page.blank_document(language, landscape=form.landscape)
    document.core_properties.title = form.title[language]
    builder = _Builder(document, form, language)
    for block in form.blocks:
        builder.add(block)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


class _Builder:
    """Writes the blocks of a form into a document, one after another."""

    def __init__(self, document: Document, form: Form, language: str) -> None:
        self.document, self.form, self.language = document, form, language

    def add(self, block: object) -> None:
        """Write one block: lines, table, signature or page break."""
        match block:
            case Lines(each="") as lines:
                self._lines(lines)
            case Lines() as lines:
                self._list(lines)
            case FormTable() as table:
                self._table(table)
            case Signature() as signature:
                self._signature(signature)
            case PageBreak():
                self.document.add_page_break()

    def _lines(self, lines: Lines) -> None:
        condition = f"{lines.when}_known" if lines.when else f"not {lines.unless}_known"
        if lines.when or lines.unless:
            self._paragraph(lines.style, f"{{%p if {condition} %}}")
        for text in lines.text[self.language].split("\n"):
            self._paragraph(lines.style, text)
        if lines.when or lines.unless:
            self._paragraph(lines.style, "{%p endif %}")
        if lines.style in _SPACED:
            self.document.add_paragraph()

    def _list(self, lines: Lines) -> None:
        self._paragraph(lines.style, f"{{%p for item in {lines.each} %}}")
        self._paragraph(lines.style, "{{ item }}")
        self._paragraph(lines.style, "{%p endfor %}")

    def _paragraph(self, style: Style, text: str) -> Paragraph:
        look = page.style_layout(style, landscape=self.form.landscape)
        if style == "sign_line":
            self._keep_last_with_next()
        paragraph = self.document.add_paragraph()
        form = paragraph.paragraph_format
        paragraph.alignment = WD_ALIGN_PARAGRAPH.from_xml(look.align)
        form.first_line_indent, form.left_indent = Cm(look.first), Cm(look.left)
        form.space_before, form.space_after = Pt(look.before), Pt(look.after)
        # A heading of a list, or of a line to fill in, stays on the same page as it.
        form.keep_with_next = look.with_next or text.endswith(":") or None
        if style == "pair":
            form.tab_stops.add_tab_stop(Cm(page.text_width(self.form.landscape)), WD_TAB_ALIGNMENT.RIGHT)
        self._write(paragraph, text, size=look.size, bold=look.bold)
        return paragraph

    def _table(self, table: FormTable) -> None:
        if self.document.paragraphs:
            self.document.paragraphs[-1].paragraph_format.space_after = Pt(6)
        grid = self._grid(table.widths)
        page.draw_borders(grid)
        page.set_cell_margins(grid)
        for at, line in enumerate(table.lines):
            if line.each:
                self._control(grid, f"{{%tr for row in {line.each} %}}")
            row = grid.add_row()
            if line.height <= BY_HAND:
                page.keep_on_one_page(row)
            if at < table.heads:
                page.repeat_on_every_page(row)
            if line.height:
                self._height(row, line.height)
            small = page.SMALLER if len(table.widths) > 6 else 0
            for place, cell in enumerate(line.cells):
                text = cell[self.language]
                if place < line.merged:
                    text = "{% vm %}" + text
                self._cell(row.cells[place], text, bold=line.bold, centred=at < table.heads, size=small)
            if line.each:
                self._control(grid, "{%tr endfor %}")
        # A word processor wants a paragraph after a table; it must not begin a page of its own.
        self._write(self.document.add_paragraph(), "", size=2)

    def _keep_last_with_next(self) -> None:
        """Keep the last text with what follows: a signature is never alone on a page."""
        texts = (
            paragraph
            for paragraph in reversed(self.document.paragraphs)
            if not paragraph.text.startswith("{%p")
        )
        next(texts).paragraph_format.keep_with_next = True

    def _signature(self, signature: Signature) -> None:
        self._keep_last_with_next()
        width = page.text_width(self.form.landscape)
        grid = self._grid((width * 0.4, width * 0.28, width * 0.32))
        row = grid.add_row()
        self._height(row, 1.6)
        texts: tuple[Wording | str, ...] = (signature.post, "_" * 14, signature.name)
        for place, text in enumerate(texts):
            cell_text = text if isinstance(text, str) else text[self.language]
            self._cell(row.cells[place], cell_text, size=page.LETTER, at_foot=True)
            form = row.cells[place].paragraphs[0].paragraph_format
            # A post of three lines must not stand right under the last sentence.
            form.keep_with_next, form.space_before = True, Pt(12)

    def _grid(self, widths: tuple[float, ...]) -> Any:
        grid: Any = self.document.add_table(rows=0, cols=len(widths))
        grid.autofit = False
        for place, width in enumerate(widths):
            grid.columns[place].width = Cm(width)
        return grid

    def _control(self, table: Any, text: str) -> None:
        """Add a row holding a docxtpl instruction, which is removed when the form is filled."""
        table.add_row().cells[0].text = text

    def _height(self, row: Any, centimetres: float) -> None:
        row.height = Cm(centimetres)

    def _cell(
        self,
        cell: Any,
        text: str,
        *,
        bold: bool = False,
        centred: bool = False,
        size: int = 0,
        at_foot: bool = False,
    ) -> None:
        paragraph = cell.paragraphs[0]
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if at_foot or centred:
            cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM if at_foot else WD_ALIGN_VERTICAL.CENTER
        # A heading inside a table stays with the row below it.
        paragraph.paragraph_format.keep_with_next = bold or None
        in_table = page.IN_WIDE_TABLE if self.form.landscape else page.IN_TABLE
        self._write(paragraph, text, size=size or in_table, bold=bold)

    def _write(self, paragraph: Any, text: str, *, size: int, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        if not text:
            paragraph.paragraph_format.line_spacing = Pt(size)
        run.bold = bold or None
