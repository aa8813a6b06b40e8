"""The page: paper, margins, letters, and how paragraphs of each style stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from documents.forms.form import Style

if TYPE_CHECKING:
    from docx.document import Document

FONT = "Times New Roman"
LETTER, IN_TABLE, IN_WIDE_TABLE, SMALLER, SMALL = 14, 12, 11, 10, 9
LONG, SHORT = 29.7, 21.0
LEFT, RIGHT, TOP, BOTTOM = 3.0, 1.5, 2.0, 2.0
"""Margins in centimetres, as office work in Kazakhstan has them."""
_LOCALES = {"kk": "kk-KZ", "ru": "ru-RU"}


@dataclass(frozen=True, slots=True)
class Look:
    """How a style stands: alignment, bold, size in points, first line and left edge in centimetres."""

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
    "box": Look("both", first=-1.0, left=1.0, after=4),
    "foot": Look("left", size=12),
    "sign_line": Look("left", before=30),
}


def text_width(landscape: bool) -> float:
    """How wide a line may be, in centimetres."""
    return (LONG if landscape else SHORT) - LEFT - RIGHT


def look(style: Style, *, landscape: bool) -> Look:
    """How a style stands; blocks at the right take the right-hand part of the page."""
    found = _LOOKS[style]
    if style not in ("right", "annex"):
        return found
    return Look("left", size=found.size, after=found.after, left=14.8 if landscape else 8.0)


def blank_document(language: str, *, landscape: bool) -> Document:
    """An empty document: A4, the margins, the font, the language of its words, nobody named as its author."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    document = docx.Document()
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


def bordered(table: Any) -> None:
    """Single black lines around every cell."""
    borders = _element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(
            _element(f"w:{side}", **{"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": "000000"})
        )
    # Word wants the properties of a table in the order of its schema: the borders stand before the layout.
    properties = table._tbl.tblPr
    layout = properties.find(_q("w:tblLayout"))
    properties.insert(list(properties).index(layout), borders)


def unbroken(row: Any) -> None:
    """A line that goes to the next page whole, where it fits on one."""
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def repeated(row: Any) -> None:
    """A heading that stands on every page the table goes on to."""
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(_q(key), value)
    return made


def _q(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(name))
