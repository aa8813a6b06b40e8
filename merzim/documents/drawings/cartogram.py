"""Writes the cartogram (departments and districts with their positions and risks) as a workbook and as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from i18n import say
from merzim.documents.drawings import svg
from merzim.documents.sheets.listing import Table
from workflow.cases.registers.exposure import SECTIONS, CartogramLine, Section

WIDTH, _LINE, _COLUMNS = 1000, 22, 100


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
    head_titles = tuple(say(f"cli.head.{head}", {}, language) for head in heads)
    return Table(head_titles, rows, say(f"cartogram.sheet.{section}", {}, language))


def draw_cartogram(lines: Sequence[CartogramLine], *, name: str, language: str) -> str:
    """Return the cartogram as an SVG file: each department and district with its positions and risks."""
    title = say("cartogram.title", {"name": name}, language)
    counts: dict[str, object] = {
        section: sum(line.section == section for line in lines) for section in SECTIONS
    }
    largest = max((_count(lines, place) for place in _places(lines)), default=1)
    heads = svg.lines(title, 70)
    parts = [svg.text(40, 48 + 28 * n, line, kind="title") for n, line in enumerate(heads)]
    y = 56.0 + 28 * len(heads)
    for place in _places(lines):
        place_lines = [line for line in lines if (line.department, line.district) == place]
        place_name = ", ".join(filter(None, place)) or say("risk.whole_body", {}, language)
        parts.append(svg.text(40, y, place_name, kind="strong"))
        parts.append(
            svg.box(
                640,
                y - 13,
                300 * len(place_lines) / largest,
                14,
                "high",
                title=f"{place_name}: {len(place_lines)}",
            )
        )
        parts.append(svg.text(646 + 300 * len(place_lines) / largest, y, str(len(place_lines))))
        y += _LINE
        for section in SECTIONS:
            of = [line for line in place_lines if line.section == section]
            if not of:
                continue
            parts.append(svg.text(60, y, say(f"cartogram.sheet.{section}", {}, language), kind="soft"))
            y += _LINE
            for line in of:
                for n, piece in enumerate(svg.lines(line.text, _COLUMNS)):
                    parts.append(svg.text(80 if n == 0 else 96, y, f"• {piece}" if n == 0 else piece))
                    y += _LINE
        y += 14
    desc = say("cartogram.desc", counts, language)
    return svg.drawing(parts, width=WIDTH, height=int(y + 20), title=title, desc=desc, language=language)


def _places(lines: Sequence[CartogramLine]) -> list[tuple[str, str]]:
    """Return the departments and districts of the cartogram, each once."""
    return sorted({(line.department, line.district) for line in lines})


def _count(lines: Sequence[CartogramLine], place: tuple[str, str]) -> int:
    """Return the number of lines of a place."""
    return sum((line.department, line.district) == place for line in lines)
