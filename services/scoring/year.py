"""Points of a year from the office's records: earned, lost, at stake, and the next steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from services.moments import almaty
from services.scoring.shipped import scoring

if TYPE_CHECKING:
    from calendars.explanation import Element
    from services.context import RequestContext
    from workflow.law.procedure import Text
    from workflow.scoring.prospects import Prospect, Step
    from workflow.scoring.scale import Readings, Scoring
    from workflow.scoring.score import Scores
    from workflow.scoring.tally import Tally, Year


@dataclass(frozen=True, kw_only=True, slots=True)
class YearScores:
    """The points of one unit in one year.

    Attributes:
        counted: the records each indicator was calculated from.
        prospects: points lost and at stake, where the document names a ceiling or a deduction.
        steps: the next step of each indicator, the most points first.
        recorded: whether anything was recorded in the year, or is open in a case.
        remarks: since when records are kept, and what is not assessed.
    """

    unit: str
    year: int
    scores: Scores
    counted: Mapping[str, Tally]
    prospects: Mapping[str, Prospect]
    steps: tuple[Step, ...]
    recorded: bool
    remarks: tuple[Element, ...] = ()

    @property
    def lost(self) -> Fraction:
        """Points that can no longer be earned."""
        return sum((prospect.lost for prospect in self.prospects.values()), Fraction(0))

    @property
    def at_stake(self) -> Fraction:
        """Points that may still be earned or lost."""
        return sum((prospect.at_stake for prospect in self.prospects.values()), Fraction(0))

    def projects(self) -> Mapping[str, Fraction]:
        """Points by project (`P1` ... `P4`)."""
        totals: dict[str, Fraction] = {}
        for score in self.scores.scores:
            project = score.id.partition(".")[0]
            totals[project] = totals.get(project, Fraction(0)) + score.points
        return totals


def year_scores(
    ctx: RequestContext, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool = False
) -> tuple[YearScores, ...]:
    """Return the points of a unit with all units below it ("" is the whole office), from data visible to the
    reader.

    Args:
        by_unit: whether to return also the points of each unit directly below it.
    """
    from calendars.explanation import Element
    from services.scoring.register_figures import hides_counts, register_titles, with_rows
    from workflow.scoring.tally import Year

    shipped, kept = scoring(), ctx.app.kept_points
    gathered = with_rows(ctx, kept.year(shipped, year, today=today), year)
    first, titles = kept.first_record(), register_titles(ctx)
    hidden = (Element(code="score.rows_hidden"),) if hides_counts(ctx) else ()
    office = gathered.office
    # The whole office stands for its single top unit, if there is one; that unit's cases may name no unit.
    unit = unit or office.root
    roots = [unit, *(office.parts.get(unit or None, ()) if by_unit else ())]
    return tuple(
        _score_year(
            shipped,
            Year(
                gathered=gathered,
                root=root,
                year=year,
                today=today,
                since=None if first is None else first.astimezone(almaty()).date(),
                kinds=shipped.units,
            ),
            readings,
            titles,
            hidden,
        )
        for root in roots
    )


def _score_year(
    scoring: Scoring,
    year: Year,
    readings: Readings,
    titles: Mapping[str, Text],
    hidden: tuple[Element, ...],
) -> YearScores:
    from workflow.scoring.prospects import explain, prospect, remarks, steps
    from workflow.scoring.score import score
    from workflow.scoring.tally import tally

    counted = tally(scoring, year, readings)
    scores = score({name: entry.answer for name, entry in counted.items()}, scoring, readings)
    scores = explain(scores, counted, scoring, year, readings, registers=titles)
    prospects = {
        score.id: prospect(scoring.indicators[score.id], score, counted[score.id], year)
        for score in scores.scores
    }
    return YearScores(
        unit=year.root,
        year=year.year,
        scores=scores,
        counted=counted,
        prospects={name: entry for name, entry in prospects.items() if entry is not None},
        steps=steps(scoring, counted, year, readings),
        recorded=year.body.any_case,
        remarks=(*remarks(scoring, year, readings), *hidden),
    )
