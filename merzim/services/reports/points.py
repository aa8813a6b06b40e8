"""The points of a year: by project and indicator, by unit, and the nearest steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from calendars.terms import Element
from merzim.services.context import RequestContext
from merzim.services.law import regulations
from merzim.services.names import Name, known_year, seen_unit, unit_name, unit_text
from merzim.services.scoring import YearScores, year_scores
from workflow.cases.case import Case
from workflow.law.procedure import Procedure, Text
from workflow.org.name_index import alphabetical
from workflow.scoring.prospects import PointsStep
from workflow.scoring.scale import Counting, Readings, Scoring
from workflow.scoring.score import as_decimal
from workflow.scoring.score_inputs import choose

PAGE = 100
MOST_SEARCHED = 50
"""Number of the newest cases of a body's parts among which the step that records a number is sought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndicatorPoints:
    """One indicator. `lost`, `at_stake`: None where the document names no ceiling.

    Attributes:
        missing: names of the organisations (or ids of the cases) missing for the full number.
    """

    id: str
    title: Text
    points: Decimal
    maximum: Decimal | None
    lost: Decimal | None
    at_stake: Decimal | None
    arithmetic: tuple[Element, ...]
    missing: tuple[Name, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One project of the standard, with the sums of its indicators."""

    number: str
    points: Decimal
    lost: Decimal
    at_stake: Decimal
    indicators: tuple[IndicatorPoints, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """The nearest step that earns or keeps points of an indicator. `names`: of the first units that lack it."""

    step: PointsStep
    title: Text
    names: tuple[Name, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepToRecord:
    """The step of a case that records the number a share is taken of.

    Attributes:
        case: "" where none of the year is open, for a reader who may open it.
        fact: its name with the year; recorded: whether it is recorded already, and would be corrected.
    """

    case: str
    title: Text
    fact: str = ""
    recorded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Points:
    """The points of a year. `whole`: of a unit with all below it; `parts`: of units directly below it, a page.

    `to_record`: by indicator, the step of a case that records the whole of its share; `number`: of the page.
    """

    whole: YearScores
    projects: tuple[Project, ...]
    parts: Sequence[YearScores]
    steps: tuple[NextStep, ...]
    readings: Readings
    scoring: Scoring
    to_record: Mapping[str, StepToRecord]
    number: int
    pages: int


def points_of_year(
    ctx: RequestContext,
    unit: str | None,
    year: int | None,
    chosen_readings: Mapping[str, str],
    *,
    number: int | None,
) -> Points:
    """Return the points of a unit in a year with all units below, also by project of the standard, and of
    each unit directly below, the most at stake first.

    Args:
        year: by default the present one; chosen_readings: readings by name, among other things.
        number: page of the units directly below; None for all of them.

    Raises:
        Refusal: a reading has no such value.
    """
    year, unit, office = known_year(ctx, year), seen_unit(ctx, unit or ""), ctx.reads.office()
    scoring = regulations.scoring()
    readings = choose(
        {name: chosen_readings[name] for name in scoring.readings if chosen_readings.get(name)}, scoring
    )
    whole_year, *parts = year_scores(ctx, unit, year, readings=readings, by_unit=True)
    parts.sort(
        key=lambda scores: (-scores.at_stake, -scores.lost, alphabetical(unit_text(office, scores.unit.id)))
    )
    pages = max(1, -(-len(parts) // PAGE))
    return Points(
        whole=whole_year,
        projects=_projects(whole_year, lambda place: unit_name(office, place).name),
        parts=parts if number is None else parts[(min(number, pages) - 1) * PAGE :][:PAGE],
        steps=tuple(
            NextStep(
                step=step,
                title=scoring.indicators[step.indicator].title,
                names=tuple(unit_name(office, unit).name for unit in step.missing),
            )
            for step in whole_year.steps
        ),
        readings=readings,
        scoring=scoring,
        to_record=_steps_to_record(ctx, whole_year, scoring, unit, year),
        number=min(number or 1, pages),
        pages=pages,
    )


def _steps_to_record(
    ctx: RequestContext, whole_year: YearScores, scoring: Scoring, unit: str, year: int
) -> dict[str, StepToRecord]:
    """Return by indicator the step of a case at which the whole of its share is recorded, for shares that are
    counted or lack it.
    """
    lacking = {
        remark.arguments["indicator"] for remark in whole_year.remarks if remark.code == "score.rows_of_what"
    }
    shares = [
        indicator
        for indicator in scoring.indicators.values()
        if indicator.counting.by == "values" and indicator.id in {*whole_year.counted, *lacking}
    ]
    steps = {share.id: _step_to_record(ctx, share.counting, unit, year) for share in shares}
    return {indicator: step for indicator, step in steps.items() if step is not None}


def _step_to_record(ctx: RequestContext, counting: Counting, unit: str, year: int) -> StepToRecord | None:
    """Return the step that records the whole of a share, in the unit's case of the year, else in one below it.

    Where none is open, a step without a case; None for a past year, and for a reader who may not open the year.
    """
    steps = [fact.partition(":") for fact in (counting.fact, *counting.also)]
    for case, edition in _cases_of_year(ctx, steps[0][0], unit, year):
        names = [name for _, _, name in steps if name in edition.by_id]
        waiting = [name for name in names if f"{name}.{year}" not in case.facts]
        if names:
            name, title = (waiting or names)[0], edition.by_id[(waiting or names)[0]].title
            return StepToRecord(case=case.id, title=title, fact=f"{name}.{year}", recorded=not waiting)
    if not ctx.reader.may("manage") or year < ctx.today.year:
        return None
    return StepToRecord(case="", title=ctx.library.latest(steps[0][0]).title)


def _cases_of_year(
    ctx: RequestContext, procedure: str, unit: str, year: int
) -> Iterator[tuple[Case, Procedure]]:
    """Yield the active cases of a procedure that begin in the year, each with its edition: those of the unit
    itself, then those below it.
    """
    heads = ctx.reads.cases(unit or None, procedure=procedure, status="active")
    unit = unit or ctx.reads.office().root
    own, below = ([head for head in heads if (head.unit == unit) is is_own] for is_own in (True, False))
    for group in (own, below[:MOST_SEARCHED]):
        full_cases = ctx.reads.whole([head.id for head in group])
        for case in (full_cases[head.id] for head in reversed(group)):
            edition = ctx.library.named(case.edition)
            begin_day = case.day_of(edition.begins_with)
            if begin_day is not None and begin_day.year == year:
                yield case, edition


def _projects(whole_year: YearScores, name: Callable[[str], Name]) -> tuple[Project, ...]:
    """Return the points by project of the standard; of an indicator's `missing` the first twelve are named."""
    return tuple(
        Project(
            number=project.removeprefix("P"),
            points=as_decimal(scores.total),
            lost=as_decimal(scores.lost),
            at_stake=as_decimal(scores.at_stake),
            indicators=tuple(
                IndicatorPoints(
                    id=score.id,
                    title=score.title,
                    points=as_decimal(score.points),
                    maximum=None if score.maximum is None else as_decimal(score.maximum),
                    lost=None if score.lost is None else as_decimal(score.lost),
                    at_stake=None if score.at_stake is None else as_decimal(score.at_stake),
                    arithmetic=score.arithmetic,
                    missing=tuple(name(id) for id in whole_year.counted[score.id].missing[:12]),
                )
                for score in scores.scores
            ),
        )
        for project, scores in whole_year.scores.projects().items()
    )
