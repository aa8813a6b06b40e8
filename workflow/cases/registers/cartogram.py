"""The cartogram of a case, as it was published on a day: its lines, of positions and of risks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast, get_args

from workflow.cases.case import Case, Evidence, evidence_of

Section = Literal["positions", "risks"]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The two sections of the cartogram: positions (1) and risks (2)."""


@dataclass(frozen=True, slots=True)
class CartogramLine:
    """One line of the cartogram: a position or a risk of a department (and district)."""

    section: Section
    department: str
    district: str
    text: str


@dataclass(frozen=True, slots=True)
class Cartogram:
    """The cartogram as published on a day."""

    on: date
    lines: tuple[CartogramLine, ...]
    evidence: tuple[Evidence, ...] = ()


def cartograms(case: Case) -> list[Cartogram]:
    """Return the cartograms of a case, the one recorded last at the end."""
    return [
        Cartogram(event.on, _lines(event.payload.get("lines", ())), evidence_of(event))
        for event in case.entries
        if event.kind == "cartogram_recorded" and event.on is not None
    ]


def lines_payload(lines: Iterable[CartogramLine]) -> list[list[str]]:
    return [[line.section, line.department, line.district, line.text] for line in lines]


def _lines(raw_lines: object) -> tuple[CartogramLine, ...]:
    """Return the lines of a cartogram from an event's payload; none where there are none."""
    if not isinstance(raw_lines, list | tuple):
        return ()
    return tuple(CartogramLine(cast(Section, line[0]), *map(str, line[1:4])) for line in raw_lines)
