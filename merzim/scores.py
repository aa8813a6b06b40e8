"""The points of a year from what the office recorded: earned, lost, at stake, and the nearest steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from merzim.scoring import scoring

if TYPE_CHECKING:
    from merzim.wiring import House
    from workflow.prospects import Prospect, Step
    from workflow.scale import Readings, Risks, Scoring
    from workflow.score import Scores
    from workflow.tally import Tally, Year


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

    from storage.points import lacking, recorded
    from workflow.tally import Year

    shipped = scoring()
    facts = sorted({fact for one in shipped.indicators.values() for fact in one.counting.facts.values()})
    whole = Year(
        office=house.reads.office(),
        root=unit,
        year=year,
        today=today,
        recorded=recorded(house.engine, facts, since=date(year, 1, 1)),
        lacking=lacking(house.engine, facts),
        risks=_risks(house, unit, year),
    )
    found = [_scored(shipped, whole, readings)]
    if by_unit:
        parts = [one.id for one in whole.office.units.values() if one.parent == (unit or None)]
        found += [
            _scored(shipped, replace(whole, root=part, risks=_risks(house, part, year)), readings)
            for part in parts
        ]
    return tuple(found)


def _scored(scoring: Scoring, year: Year, readings: Readings) -> YearScores:
    from workflow.prospects import prospect, steps
    from workflow.score import score
    from workflow.tally import tally

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


def _risks(house: House, unit: str, year: int) -> Risks | None:
    """Risks of the unit's analyses that ended in the year; None where no register is kept."""
    from workflow.risk import register
    from workflow.scale import Risks

    heads = house.reads.cases(unit or None, procedure="internal-analysis", standing="active")
    counts = {"found": 0, "removed": 0, "completed": 0}
    for case in house.reads.whole([head.id for head in heads]).values():
        ended = case.facts.get("analysis_ended")
        if ended is None or ended.on.year != year:
            continue
        for risk in register(case).risks.values():
            counts["found"] += 1
            if risk.removal is not None:
                counts["completed" if risk.removal.completed else "removed"] += 1
    return Risks(**counts) if counts["found"] else None
