"""Page layout of the forms: paper size, margins, fonts, paragraph styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from merzim.documents.forms.form import Style

FONT = "Times New Roman"
LETTER, IN_TABLE, IN_WIDE_TABLE, SMALLER = 14, 12, 11, 10
LONG, SHORT = 29.7, 21.0
LEFT, RIGHT, TOP, BOTTOM = 3.0, 1.5, 2.0, 2.0
"""Margins in centimetres, as customary in Kazakhstan's offices."""
_LOCALES = {"kk": "kk-KZ", "ru": "ru-RU"}
_TABLE_STYLES = ("TableNormal", "TableGrid")


@dataclass(frozen=True, slots=True)
class Look:
    """Layout of a paragraph style: alignment, bold, size in points, first-line and left indent in
    centimetres.
    """

    align: str = "left"
    bold: bool = False
    size: int = LETTER
    first: float = 0.0
    left: float = 0.0
    before: int = 0
    after: int = 0
    with_next: bool = False


_LOOKS: dict[Style, Look] = {
    "title": Look("center", bold=True, before=10, with_next=True),
    "subject": Look("left", bold=True, before=10, after=10),
    "head": Look("left", bold=True, before=8, after=2, with_next=True),
    "body": Look("both", first=1.25),
    "fact": Look("left", first=1.25),
    "item": Look("both", first=1.25),
    "label": Look("left"),
    "left": Look("left", before=10),
    "left_bold": Look("left", bold=True),
    "centre": Look("center"),
    "centre_bold": Look("center", bold=True, after=8),
    "right": Look("left"),
    "annex": Look("left", size=12, after=10),
    "pair": Look("left", before=6, after=6),
    "filled": Look("center"),
    "hint": Look("center", size=10, after=4),
    "box": Look("left", first=-1.0, left=1.0, after=4),
    "foot": Look("left", size=12),
    "sign_line": Look("left", before=30, with_next=True),
}


def text_width(landscape: bool) -> float:
    """Return the width of the text area in centimetres."""
    return (LONG if landscape else SHORT) - LEFT - RIGHT


def style_layout(style: Style, *, landscape: bool) -> Look:
    """Return the layout of a style; right-hand blocks use the right part of the page."""
    look = _LOOKS[style]
    if style not in ("right", "annex"):
        return look
    return Look("left", size=look.size, after=look.after, left=14.8 if landscape else 8.0)


def blank_document(language: str, *, landscape: bool) -> Document:
    """Return an empty A4 document with margins, font and language set, and no author name."""
    document = docx.Document()
    _drop_unused_parts(document)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Cm(LONG), Cm(SHORT)) if landscape else (Cm(SHORT), Cm(LONG))
    section.left_margin, section.right_margin = Cm(LEFT), Cm(RIGHT)
    section.top_margin, section.bottom_margin = Cm(TOP), Cm(BOTTOM)
    section.footer_distance = Cm(1.0)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(LETTER)
    fonts = normal.element.rPr.rFonts
    for name in ("w:eastAsia", "w:cs", "w:hAnsi"):
        fonts.set(_q(name), FONT)
    normal.element.rPr.append(
        _element("w:lang", **{"w:val": _LOCALES[language], "w:eastAsia": _LOCALES[language]})
    )
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    normal.paragraph_format.line_spacing = 1.0
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.language = _LOCALES[language]
    return document


def _drop_unused_parts(document: Document) -> None:
    """Drop what python-docx's own template brings and no form uses: a picture, and eight hundred kilobytes of
    styles of tables, which every filling would read and pack again.
    """
    for relations in (document.part.rels, document.part.package.rels):
        for id, relation in list(relations.items()):
            if relation.reltype.endswith(("/stylesWithEffects", "/thumbnail")):
                del relations[id]
    styles = document.styles.element
    for style in styles.findall(_q("w:style")):
        if style.get(_q("w:type")) == "table" and style.get(_q("w:styleId")) not in _TABLE_STYLES:
            styles.remove(style)


def draw_borders(table: Any) -> None:
    """Draw single black borders around every cell of a table."""
    borders = _element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(
            _element(f"w:{side}", **{"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": "000000"})
        )
    # Word wants the properties of a table in the order of its schema: the borders stand before the layout.
    properties = table._tbl.tblPr
    layout = properties.find(_q("w:tblLayout"))
    properties.insert(list(properties).index(layout), borders)


def set_cell_margins(table: Any) -> None:
    """Set small margins between the text of a cell and its upper and lower borders."""
    margins = _element("w:tblCellMar")
    for side in ("top", "bottom"):
        margins.append(_element(f"w:{side}", **{"w:w": "28", "w:type": "dxa"}))
    properties = table._tbl.tblPr
    layout = properties.find(_q("w:tblLayout"))
    layout.addnext(margins)


def keep_on_one_page(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def repeat_on_every_page(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _element(name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(_q(key), value)
    return element


def _q(name: str) -> str:
    """Return the qualified name of a WordprocessingML element or attribute."""
    return str(qn(name))
