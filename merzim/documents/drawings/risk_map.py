"""Draws the risk map: likelihood by effect, each risk as a number in its cell, and the list of risks below.

The scale is our own; no act prescribes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from i18n import say
from merzim.documents.drawings import svg
from workflow.cases.registers.risk import Rank
from workflow.cases.registers.risk_scale import RiskScale

WIDTH, LEFT, TOP, CELL_HEIGHT = 1000, 190, 110, 130
_DOT = 15
_LIST_COLUMNS, _LINE, _TITLE_COLUMNS = 100, 21, 70


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedRisk:
    """One risk on the map. `label`: the text in its cell (its number, or case and number)."""

    label: str
    description: str
    rank: Rank


def risk_map(
    risks: Sequence[MappedRisk], scale: RiskScale, *, name: str, on: date, unranked: int, language: str
) -> str:
    """Return the risk map as an SVG file.

    Args:
        name: name of the case or the unit.
        on: local date of the data.
        unranked: number of risks without a rank, which are not drawn.
    """
    title = say("risk_map.title", {"name": name}, language)
    heads = svg.lines(title, _TITLE_COLUMNS)
    top = TOP + 28 * (len(heads) - 1)
    list_parts, bottom = _list(
        risks, scale, top + len(scale.likelihood) * CELL_HEIGHT + 110, language, unranked
    )
    note = [
        svg.text(40, bottom + 40 + 18 * n, line, kind="soft")
        for n, line in enumerate(svg.lines(scale.note[language], 120))
    ]
    height = int(bottom) + 40 + 18 * len(note) + 10
    parts = [
        *(svg.text(40, 48 + 28 * n, line, kind="title") for n, line in enumerate(heads)),
        svg.text(40, top - 34, say("risk_map.on", {"on": on}, language), kind="soft"),
        *_grid(risks, scale, top, language),
        *list_parts,
        *note,
    ]
    desc = say("risk_map.desc", {"count": len(risks)}, language) + " " + scale.note[language]
    return svg.drawing(parts, width=WIDTH, height=height, title=title, desc=desc, language=language)


def _grid(risks: Sequence[MappedRisk], scale: RiskScale, top: float, language: str) -> Iterator[str]:
    """Yield the cells of the map with the labels of their risks."""
    width = (WIDTH - LEFT - 40) / len(scale.effect)
    rows = len(scale.likelihood)
    for likely in scale.likelihood:
        y = top + (rows - likely.number) * CELL_HEIGHT
        yield svg.text(
            LEFT - 14, y + CELL_HEIGHT / 2 + 5, f"{likely.number}. {likely.title[language]}", anchor="end"
        )
        for effect in scale.effect:
            x = LEFT + (effect.number - 1) * width
            rank = Rank(likelihood=likely.number, effect=effect.number, scale=scale.edition)
            band = scale.band(rank)
            cell_risks = [
                risk
                for risk in risks
                if (risk.rank.likelihood, risk.rank.effect) == (likely.number, effect.number)
            ]
            arguments = {
                "likelihood": likely.title,
                "effect": effect.title,
                "band": band.title,
                "risks": tuple(risk.label for risk in cell_risks),
            }
            yield svg.box(
                x, y, width, CELL_HEIGHT, band.colour, title=say("risk_map.cell", arguments, language)
            )
            yield svg.box(x, y, width, CELL_HEIGHT, "edge")
            caption = f"{scale.product(rank)} – {band.title[language]}"
            yield svg.text(x + width - 8, y + 20, caption, kind="soft", anchor="end")
            yield from _labels(cell_risks, x, y, width)
    for effect in scale.effect:
        x = LEFT + (effect.number - 0.5) * width
        y = top + rows * CELL_HEIGHT + 24
        yield svg.text(x, y, f"{effect.number}. {effect.title[language]}", anchor="middle")
    middle = LEFT + (WIDTH - LEFT - 40) / 2
    axis = say("risk.axis.effect", {}, language)
    yield svg.text(middle, top + rows * CELL_HEIGHT + 52, axis, kind="strong", anchor="middle")
    likelihood = say("risk.axis.likelihood", {}, language)
    yield svg.text(34, top + rows * CELL_HEIGHT / 2, likelihood, kind="strong", anchor="middle", turn=-90)


def _labels(cell_risks: Sequence[MappedRisk], x: float, y: float, width: float) -> Iterator[str]:
    """Yield the labels of a cell side by side, and the number of those that do not fit."""
    longest = max((len(risk.label) for risk in cell_risks), default=1)
    size = max(2 * _DOT, 9 * longest + 12)
    in_row = max(1, int((width - 16) // (size + 6)))
    room = in_row * 3
    shown_risks = cell_risks if len(cell_risks) <= room else cell_risks[: room - 1]
    labels = [risk.label for risk in shown_risks] + (
        [f"+{len(cell_risks) - len(shown_risks)}"] if len(shown_risks) < len(cell_risks) else []
    )
    for n, label in enumerate(labels):
        left, top = x + 8 + (n % in_row) * (size + 6), y + 30 + (n // in_row) * (2 * _DOT + 3)
        description = cell_risks[n].description if n < len(shown_risks) else ""
        yield (
            f'<rect class="dot" x="{left:g}" y="{top:g}" width="{size:g}" height="{2 * _DOT}" rx="{_DOT}">'
            f"<title>{escape(description)}</title></rect>"
        )
        yield svg.text(left + size / 2, top + _DOT + 5, label, anchor="middle")


def _list(
    risks: Sequence[MappedRisk], scale: RiskScale, top: float, language: str, unranked: int
) -> tuple[list[str], float]:
    """Return the list of risks, highest rank first, and the height at which it ends."""
    parts, y = [svg.text(40, top, say("risk_map.list", {}, language), kind="strong")], top
    text_x = 150 if any(len(risk.label) > 4 for risk in risks) else 80
    for risk in sorted(risks, key=lambda risk: -scale.product(risk.rank)):
        text = f"{risk.description} ({scale.product(risk.rank)} – {scale.band(risk.rank).title[language]})"
        for n, line in enumerate(svg.lines(text, _LIST_COLUMNS)):
            y += _LINE
            if n == 0:
                parts.append(svg.text(40, y, risk.label))
            parts.append(svg.text(text_x, y, line))
    if unranked:
        y += _LINE + 6
        parts.append(svg.text(40, y, say("risk_map.unranked", {"count": unranked}, language), kind="soft"))
    return parts, y
