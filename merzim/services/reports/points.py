"""The points of a year: by project and indicator, by unit, and the nearest steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from merzim.services.context import RequestContext
from merzim.services.law import regulations
from merzim.services.names import Name, known_year, seen_unit, unit_name, unit_text
from merzim.services.results import InLanguage, Points, Result, Spoken, at
from merzim.services.scoring import year_scores
from workflow.cases.case import Case
from workflow.law.procedure import Procedure, Text
from workflow.org.office import Office
from workflow.scoring.indicators import Counting, Scoring, choose
from workflow.scoring.prospects import YearScores
from workflow.search_words import alphabetical

PAGE = 100
MOST_NAMED = 12
"""Number of organisations or cases named of those that lack something."""
MOST_SEARCHED = 50
"""Number of the newest cases of a body's parts among which the step that records a number is sought."""


class IndicatorAnswer(Result):
    """The points of one indicator as decimal strings. `maximum`: null where the document names no ceiling;
    `lost`, `at_stake`: null where it names no deduction either.
    """

    id: str
    title: InLanguage
    points: Points
    maximum: Points | None
    lost: Points | None
    at_stake: Points | None
    arithmetic: list[Spoken]
    missing: list[InLanguage]


class ProjectAnswer(Result):
    number: str
    points: Points = at("total")
    lost: Points
    at_stake: Points
    indicators: list[IndicatorAnswer]


class PartAnswer(Result):
    unit: str = at("unit", "id")
    name: InLanguage = at("unit", "name")
    points: Points = at("total")
    lost: Points
    at_stake: Points


class StepAnswer(Result):
    """A step that would earn points. `gain`: the points; `by`: the last day for it."""

    indicator: str
    title: InLanguage
    text: Spoken = at("sentence")
    gain: Points
    by: date
    missing: list[InLanguage]


class ScoresAnswer(Result):
    """The points of a year. `readings`: the chosen readings of ambiguous passages of the document."""

    unit: str = at("unit", "id")
    year: int = at("assessed", "year")
    total: Points
    lost: Points
    at_stake: Points
    projects: list[ProjectAnswer]
    parts: list[PartAnswer]
    steps: list[StepAnswer]
    readings: dict[str, str]
    notes: list[InLanguage]
    remarks: list[Spoken]
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StepToRecord:
    """The step of a case that records the number a share is taken of; `case` is "" where none of the year is
    open. `fact`: its name with the year; `recorded`: already, and would be corrected.
    """

    case: str
    title: Text
    fact: str = ""
    recorded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class YearPoints:
    """The points of a year (`answer`; `whole`: of the unit with all below it), and by indicator the step of a
    case that records the number its share is taken of.
    """

    answer: ScoresAnswer
    whole: YearScores
    to_record: Mapping[str, StepToRecord]


def points_of_year(
    ctx: RequestContext,
    unit: str | None,
    year: int | None,
    chosen_readings: Mapping[str, str],
    *,
    number: int | None,
) -> YearPoints:
    """Return the points of a unit in a year with all units below, also by project of the standard, and of each
    unit directly below, the most at stake first.

    Args:
        year: by default the present one; chosen_readings: readings by name, among other things.
        number: page of the units directly below; None for all of them.

    Raises Refusal where a reading has no such value.
    """
    year, unit, office = known_year(ctx, year), seen_unit(ctx, unit or ""), ctx.reads.office()
    scoring = regulations.scoring()
    readings = choose(
        {name: chosen_readings[name] for name in scoring.readings if chosen_readings.get(name)}, scoring
    )
    whole_year, *parts = year_scores(ctx, unit, year, readings=readings, by_unit=True)
    parts.sort(
        key=lambda part: (-part.at_stake, -part.lost, alphabetical(unit_text(office, part.assessed.root)))
    )
    pages, language = max(1, -(-len(parts) // PAGE)), ctx.spoken_language

    answer = ScoresAnswer.of(
        whole_year,
        language,
        unit=unit_name(office, whole_year.assessed.root),
        projects=_projects(whole_year, office, language),
        parts=[
            PartAnswer.of(part, language, unit=unit_name(office, part.assessed.root))
            for part in (parts if number is None else parts[(min(number, pages) - 1) * PAGE :][:PAGE])
        ],
        steps=[
            StepAnswer.of(
                step,
                language,
                title=scoring.indicators[step.indicator].title,
                missing=_names(office, step.missing),
            )
            for step in whole_year.steps
        ],
        readings=readings,
        notes=scoring.notes,
        page=min(number or 1, pages),
        pages=pages,
    )
    return YearPoints(
        answer=answer,
        whole=whole_year,
        to_record=_steps_to_record(ctx, whole_year, scoring, unit, year),
    )


def _projects(whole_year: YearScores, office: Office, language: str) -> list[ProjectAnswer]:
    """Return the points by project of the standard, each with its indicators."""
    return [
        ProjectAnswer.of(
            of_project,
            number=project.removeprefix("P"),
            indicators=[
                IndicatorAnswer.of(
                    score, language, missing=_names(office, whole_year.counted[score.id].missing)
                )
                for score in of_project.scores
            ],
        )
        for project, of_project in whole_year.projects().items()
    ]


def _names(office: Office, places: Sequence[str]) -> list[Name]:
    """Return the names of the first MOST_NAMED of these units."""
    return [unit_name(office, place).name for place in places[:MOST_NAMED]]


def _steps_to_record(
    ctx: RequestContext, whole_year: YearScores, scoring: Scoring, unit: str, year: int
) -> dict[str, StepToRecord]:
    """Return by indicator, of shares counted or lacking it, the step that records the number they are of."""
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
    """Return the step that records the number a share is taken of, in the unit's case of the year, else in one
    below it; without a case where none is open. None for a past year, and who may not open the year.
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
    """Yield the active cases of a procedure that begin in the year, with editions: first the unit's own."""
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
