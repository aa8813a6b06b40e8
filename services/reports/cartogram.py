"""Compares the cartogram with the results: what its two sections should contain, and how the published one
differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from services.context import RequestContext
from services.narrowing import seen_unit
from workflow.cases.registers.exposure import CartogramLine
from workflow.findings.finding import Finding
from workflow.findings.of_risks import by_name, compared, latest, place_of, results


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A department, or its part in a district, with its positions and risks."""

    name: str
    positions: tuple[CartogramLine, ...]
    risks: tuple[CartogramLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CartogramComparison:
    """The cartogram that follows from the registers visible to a reader, compared with the recorded one.

    Attributes:
        on: the day of the last recorded cartogram; None if there is none.
        case: the case it is recorded in.
        findings: the differences, by department.
    """

    unit: str
    lines: tuple[CartogramLine, ...]
    on: date | None
    case: str
    findings: tuple[Finding, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The lines by place, ordered by name."""
        ordered = sorted(self.lines, key=_place)
        return tuple(_gathered(place, tuple(lines)) for place, lines in groupby(ordered, key=_place))


def comparison(ctx: RequestContext, unit: str) -> CartogramComparison:
    """Return the comparison of the registers of a unit and below with the last cartogram recorded there."""
    root = seen_unit(ctx, unit)
    cases = ctx.reads.with_registers(root or None)
    lines = by_name(results(cases), ctx.reads.office())
    recorded = latest(cases)
    return CartogramComparison(
        unit=root,
        lines=lines,
        on=recorded.on if recorded else None,
        case=next((case.id for case in cases if recorded and latest([case]) == recorded), ""),
        findings=compared(lines, recorded),
    )


def _place(line: CartogramLine) -> tuple[str, str]:
    return line.department, line.district


def _gathered(place: tuple[str, str], lines: Iterable[CartogramLine]) -> Place:
    lines = tuple(lines)
    return Place(
        name=place_of(lines[0]),
        positions=tuple(line for line in lines if line.section == "positions"),
        risks=tuple(line for line in lines if line.section == "risks"),
    )
