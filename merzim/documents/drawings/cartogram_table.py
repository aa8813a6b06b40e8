"""Reads a cartogram from a table: section (a column, or the sheet's name), department, district, text."""

from __future__ import annotations

from merzim.documents.sheets.columns import Heading, column, find_heading, require_columns, without_formulas
from merzim.documents.sheets.rows import Row, text_of
from merzim.documents.sheets.texts import plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.documents.sheets.workbook import Source, open_paper
from workflow.cases.registers.exposure import CartogramLine, Section

SECTION = column("section", "Бөлім", "Раздел", "Section", r"раздел|бөлім\b|section")
DEPARTMENT = column("department", "Басқарма", "Управление", "Department", r"управлен|басқарма|департ|depart")
DISTRICT = column("district", "Аудан", "Район", "District", r"район|город|аудан|қала|distr")
TEXT = column(
    "text",
    "Лауазым немесе тәуекел",
    "Должность или риск",
    "Position or risk",
    r"должност|риск|лауазым|тәуекел|posit|risk",
)
COLUMNS = (SECTION, DEPARTMENT, DISTRICT, TEXT)
_REQUIRED = (SECTION, DEPARTMENT, TEXT)


def read_cartogram(source: Source, name: str | None = None) -> tuple[CartogramLine, ...]:
    """Read the lines of a cartogram from XLSX or CSV, with headings in Kazakh, Russian or English.

    Raises:
        UnreadablePaper: no such table, a column missing, no rows; or every bad row: a formula, a section that
        is
            none, no position or risk.
    """
    paper = open_paper(source, name)
    tables = [
        (sheet, table_heading) for sheet in paper.sheets if (table_heading := find_heading(sheet, COLUMNS))
    ]
    if not tables:
        titles = tuple(column.title for column in _REQUIRED)
        raise UnreadablePaper("paper_cartogram_form_unknown", name=paper.name, columns=titles)
    errors = Errors()
    lines: list[CartogramLine] = []
    for sheet, heading in tables:
        # A workbook of ours has a sheet for each section.
        section_name = "" if "section" in heading.at else sheet.name
        require_columns(heading, _REQUIRED[1:] if _section(section_name) else _REQUIRED, paper)
        rows = [row for row in sheet.rows if row.number > heading.row]
        lines += [line for row in rows if (line := _line(row, heading, section_name, errors)) is not None]
    errors.refuse(paper.name)
    if not lines:
        raise UnreadablePaper("paper_no_rows", name=paper.name)
    return tuple(lines)


def _line(row: Row, heading: Heading, section_name: str, errors: Errors) -> CartogramLine | None:
    where = {place: heading.texts[id] for id, place in heading.at.items()}
    worded = without_formulas(row, where, errors, texts=where)
    text = {id: tidy(text_of(worded.cell(place))) for id, place in heading.at.items()}
    if not any(text.values()):
        return None
    section = _section(text.get("section", section_name))
    if section is None:
        errors.add(row.number, "paper_section_unknown", text=text["section"])
    if not text["text"]:
        errors.add(row.number, "paper_cell_empty", column=TEXT.title)
    if section is None or not text["text"]:
        return None
    return CartogramLine(section, text["department"], text.get("district", ""), text["text"])


def _section(text: str) -> Section | None:
    """Return the section named in a cell: `1`, `1. Лауазымдар`, `Должности`; `2`, `Риски`."""
    words = plain(text)
    if words.startswith("1") or any(root in words for root in ("лауазым", "должност", "posit")):
        return "positions"
    if words.startswith("2") or any(root in words for root in ("тәуекел", "риск", "risk")):
        return "risks"
    return None
