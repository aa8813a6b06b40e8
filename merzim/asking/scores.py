"""The points of a year from what the office recorded: earned, lost, at stake, and the nearest steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from merzim.asking.scoring import scoring

if TYPE_CHECKING:
    from merzim.wiring import House
    from workflow.points.prospects import Prospect, Step
    from workflow.points.scale import Readings, Risks, Scoring
    from workflow.points.score import Scores
    from workflow.points.tally import Tally, Year


@dataclass(frozen=True, kw_only=True, slots=True)
class YearScores:
    """One body's points of one year.

    Attributes:
        counted: what each indicator was counted from.
        prospects: lost and at stake, where the document names a ceiling or a deduction.
        steps: the nearest step of each indicator, the most points first.
    """

    unit: str
    year: int
    scores: Scores
    counted: Mapping[str, Tally]
    prospects: Mapping[str, Prospect]
    steps: tuple[Step, ...]

    @property
    def lost(self) -> Fraction:
        """What cannot come back."""
        return sum((one.lost for one in self.prospects.values()), Fraction(0))

    @property
    def at_stake(self) -> Fraction:
        """What may still come, or be taken."""
        return sum((one.at_stake for one in self.prospects.values()), Fraction(0))

    def projects(self) -> Mapping[str, Fraction]:
        """Points by project (`P1` ... `P4`)."""
        found: dict[str, Fraction] = {}
        for one in self.scores.scores:
            project = one.id.partition(".")[0]
            found[project] = found.get(project, Fraction(0)) + one.points
        return found


def year_scores(
    house: House, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool = False
) -> tuple[YearScores, ...]:
    """The points of a unit with all below it ("" is the whole office).

    Args:
        by_unit: also of each part directly below it.
    """
    from dataclasses import replace

    from storage.cases.points import lacking, recorded
    from workflow.points.tally import Year

    shipped = scoring()
    office = house.reads.office()
    tops = [one.id for one in office.units.values() if one.parent is None]
    facts = sorted({fact for one in shipped.indicators.values() for fact in one.counting.facts.values()})
    found = _found_risks(house, unit, year)
    # The whole office is the one body at its top, where there is one; its own cases may name no unit.
    unit = unit or (tops[0] if len(tops) == 1 else "")
    whole = Year(
        office=office,
        root=unit,
        year=year,
        today=today,
        recorded=recorded(house.engine, facts, since=date(year, 1, 1)),
        lacking=lacking(house.engine, facts),
    )
    roots = [unit]
    if by_unit:
        roots += [one.id for one in whole.office.units.values() if one.parent == (unit or None)]
    bodies = (replace(whole, root=root) for root in roots)
    return tuple(_scored(shipped, replace(one, risks=_risks(one, found)), readings) for one in bodies)


def _scored(scoring: Scoring, year: Year, readings: Readings) -> YearScores:
    from workflow.points.prospects import prospect, steps
    from workflow.points.score import score
    from workflow.points.tally import tally

    counted = tally(scoring, year, readings)
    scores = score({name: one.answer for name, one in counted.items()}, scoring, readings)
    seen = {one.id: prospect(scoring.indicators[one.id], one, counted[one.id], year) for one in scores.scores}
    return YearScores(
        unit=year.root,
        year=year.year,
        scores=scores,
        counted=counted,
        prospects={name: one for name, one in seen.items() if one is not None},
        steps=steps(scoring, counted, year, readings),
    )


Found = tuple[str, int, int, int]
"""A unit as its case names it, and of its analysis: risks found, removed, removed to real completion."""


def _found_risks(house: House, unit: str, year: int) -> tuple[Found, ...]:
    """Risks of the analyses that ended in the year, of all who kept a register; asked once for all units."""
    from workflow.registers.risk import register

    found = []
    for case in house.reads.with_registers(unit or None):
        ended = case.facts.get("analysis_ended")
        if case.procedure != "internal-analysis" or ended is None or ended.on.year != year:
            continue
        risks = register(case).risks.values()
        removals = [risk.removal for risk in risks if risk.removal is not None]
        completed = sum(one.completed for one in removals)
        found.append((case.unit, len(risks), len(removals) - completed, completed))
    return tuple(found)


def _risks(year: Year, found: tuple[Found, ...]) -> Risks | None:
    """Those of the body and all below it; None where no register is kept."""
    from workflow.points.scale import Risks

    within = [one for one in found if year.holds(one[0])]
    if not sum(one[1] for one in within):
        return None
    return Risks(
        found=sum(one[1] for one in within),
        removed=sum(one[2] for one in within),
        completed=sum(one[3] for one in within),
    )
