"""The lists of the cartogram, by department and district: a workbook of its two sections, and a drawing to
print.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from documents.drawings import svg
from documents.sheets.list_book import Listing, write_book
from i18n import say
from workflow.cases.registers.exposure import SECTIONS, CartogramLine, Section

WIDTH, _LINE, _COLUMNS = 1000, 22, 100


def write_workbook(path: Path, told: Sequence[CartogramLine], *, language: str) -> None:
    """A sheet for each section: number, department, district, position or risk."""
    write_book(path, sheets(told, language=language))


def sheets(told: Sequence[CartogramLine], *, language: str) -> list[Listing]:
    """The two sections as lists of a workbook."""
    return [_sheet(section, told, language) for section in SECTIONS]


def _sheet(section: Section, told: Sequence[CartogramLine], language: str) -> Listing:
    heads = ("n", "department", "district", "position" if section == "positions" else "risk")
    rows = [
        (number, line.department, line.district, line.text)
        for number, line in enumerate((one for one in told if one.section == section), start=1)
    ]
    named = tuple(say(f"cli.head.{head}", {}, language) for head in heads)
    return say(f"cartogram.sheet.{section}", {}, language), named, rows


def drawn(told: Sequence[CartogramLine], *, name: str, language: str) -> str:
    """The lists as an SVG file: each department and district with its positions and its risks."""
    title = say("cartogram.title", {"name": name}, language)
    counts: dict[str, object] = {section: sum(line.section == section for line in told) for section in SECTIONS}
    most = max((_count(told, place) for place in _places(told)), default=1)
    heads = svg.lines(title, 70)
    parts = [svg.text(40, 48 + 28 * n, line, kind="title") for n, line in enumerate(heads)]
    y = 56.0 + 28 * len(heads)
    for place in _places(told):
        here = [line for line in told if (line.department, line.district) == place]
        said = ", ".join(filter(None, place)) or say("risk.whole_body", {}, language)
        parts.append(svg.text(40, y, said, kind="strong"))
        parts.append(svg.box(640, y - 13, 300 * len(here) / most, 14, "high", title=f"{said}: {len(here)}"))
        parts.append(svg.text(646 + 300 * len(here) / most, y, str(len(here))))
        y += _LINE
        for section in SECTIONS:
            of = [line for line in here if line.section == section]
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


def _places(told: Sequence[CartogramLine]) -> list[tuple[str, str]]:
    return sorted({(line.department, line.district) for line in told})


def _count(told: Sequence[CartogramLine], place: tuple[str, str]) -> int:
    return sum((line.department, line.district) == place for line in told)
