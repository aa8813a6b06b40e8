"""The cartogram (departments and districts with their positions and risks): read, and as a workbook."""

from __future__ import annotations

from collections.abc import Sequence

from i18n import say
from merzim.documents.sheets.columns import (
    Line,
    columns,
    find_tables,
    lines_below,
    names_unread,
    require_columns,
)
from merzim.documents.sheets.listing import Table
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import Errors
from merzim.documents.sheets.workbook import open_paper
from workflow.cases.registers.risks import SECTIONS, CartogramLine, Section

COLUMNS = columns("cartogram")


def cartogram_sheets(lines: Sequence[CartogramLine], *, language: str) -> list[Table]:
    """Return the two sections of the cartogram as sheets of a workbook."""
    return [_sheet(section, lines, language) for section in SECTIONS]


def _sheet(section: Section, lines: Sequence[CartogramLine], language: str) -> Table:
    """Return one section as a sheet: number, department, district, position or risk."""
    heads = ("n", "department", "district", "position" if section == "positions" else "risk")
    rows = [
        (number, line.department, line.district, line.text)
        for number, line in enumerate((line for line in lines if line.section == section), start=1)
    ]
    head_titles = tuple(say(f"head.{head}", {}, language) for head in heads)
    return Table(head_titles, rows, say(f"cartogram.sheet.{section}", {}, language))


def read_cartogram(data: bytes, name: str) -> tuple[tuple[CartogramLine, ...], tuple[str, ...]]:
    """Read the lines of a cartogram from XLSX or CSV, with headings in Kazakh, Russian or English; also return
    the headings of the columns and the names of the sheets that were not read.

    Raises:
        UnreadablePaper: no such table, a column missing, no rows; or every bad row: a formula, a section that
            is none, no position or risk.
    """
    paper = open_paper(data, name)
    tables = find_tables(paper, COLUMNS, "paper_measures_form_unknown", ("section", "department", "text"))
    errors = Errors()
    lines: list[CartogramLine] = []
    for sheet, heading in tables:
        # A workbook of ours has a sheet for each section.
        section_name = "" if "section" in heading.at else sheet.name
        required = ("department", "text") if _section(section_name) else ("section", "department", "text")
        require_columns(heading, COLUMNS, required, paper)
        below = lines_below(sheet, heading, errors)
        lines += [line for row in below if (line := _line(row, section_name)) is not None]
    errors.refuse_or_empty(paper.name, lines)
    return tuple(lines), names_unread(paper, tables)


def _line(line: Line, section_name: str) -> CartogramLine | None:
    """Return the line of a row; None for an empty row, or a wrong one, whose errors are noted.

    Args:
        section_name: the section where no column names it.
    """
    section_text, department, district, text = (line.text(column) for column in COLUMNS.titles)
    if not any((section_text, department, district, text)):
        return None
    section = _section(section_text if "section" in line.heading.at else section_name)
    if section is None:
        line.wrong("paper_section_unknown", text=section_text)
    if not text:
        line.wrong("paper_cell_empty", column=COLUMNS.titles["text"])
    if section is None or not text:
        return None
    return CartogramLine(section, department, district, text)


def _section(text: str) -> Section | None:
    """Return the section named in a cell (`1`, `1. Лауазымдар`, `Должности`; `2`, `Риски`); None for none."""
    words = plain(text)
    if words.startswith("1") or any(root in words for root in ("лауазым", "должност", "posit")):
        return "positions"
    if words.startswith("2") or any(root in words for root in ("тәуекел", "риск", "risk")):
        return "risks"
    return None
