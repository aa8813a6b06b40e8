"""The points of a year from what the office recorded: earned, lost, at stake, and the nearest steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, partial
from typing import TYPE_CHECKING

from services.scoring import scoring

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.scoring.prospects import Prospect, Step
    from workflow.scoring.scale import Readings, Scoring
    from workflow.scoring.score import Scores
    from workflow.scoring.tally import Tally, Year


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
    app: AppContext, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool = False
) -> tuple[YearScores, ...]:
    """The points of a unit with all below it ("" is the whole office).

    Args:
        by_unit: also of each part directly below it.
    """
    from workflow.scoring.tally import Year

    shipped = scoring()
    gathered = app.kept_points.year(shipped, year, today=today)
    office, tops = gathered.office, gathered.office.parts.get(None, ())
    # The whole office is the one body at its top, where there is one; its own cases may name no unit.
    named, unit = bool(unit), unit or (tops[0] if len(tops) == 1 else "")
    roots = [unit, *(office.parts.get(unit or None, ()) if by_unit else ())]
    anything = cache(partial(app.kept_points.any_lacking, shipped))
    return tuple(
        _scored(
            shipped,
            Year(
                gathered=gathered,
                root=root,
                year=year,
                today=today,
                anything=anything,
                risks=gathered.risks(root, named=named),
            ),
            readings,
        )
        for root in roots
    )


def _scored(scoring: Scoring, year: Year, readings: Readings) -> YearScores:
    from workflow.scoring.prospects import prospect, steps
    from workflow.scoring.score import score
    from workflow.scoring.tally import tally

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
