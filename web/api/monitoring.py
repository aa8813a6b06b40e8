"""Reports across cases: the state of recommendations, and the points of a year."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from web.api.answers import PROBLEMS, Number, RequestTranslator
from web.api.files import FILE
from web.auth.dependencies import Reading
from web.pages.reports.monitoring import monitoring
from web.pages.reports.pages import Monitored, monitoring_file, points_of_year

router = APIRouter(prefix="/api/v1", tags=["monitoring"], responses=PROBLEMS)


class RecommendationAnswer(BaseModel):
    """A risk with one of its measures. `due`: the next day of the measure; `late`: it has passed undone.

    `status`: what the last review says, `none` before the first; empty where there is no measure.
    """

    case: str
    unit: str
    risk: int
    description: str
    direction: str
    for_legal_monitoring: bool
    rank: int | None
    measure: int | None
    recommendation: str
    action: str
    responsible: str
    term: str
    due: date | None
    late: bool
    late_by_working_days: int
    status: str


class SharedAnswer(BaseModel):
    """A risk several cases have. `unasked`: cases whose cause lies with a higher body that got no request.

    Each list has the first ten; the counts are of all.
    """

    description: str
    case_count: int
    cases: list[str]
    unit_count: int
    units: list[str]
    unasked_count: int
    unasked: list[str]


class SilentAnswer(BaseModel):
    """A case with an unreported quarter."""

    period: str
    case: str
    unit: str
    due: date
    late_by_working_days: int


class MonitoringAnswer(BaseModel):
    """`silent`: up to 40 cases of each quarter; `silent_counts`: the number of all."""

    recommendations: list[RecommendationAnswer]
    total: int
    page: int
    pages: int
    counts: dict[str, int]
    shared: list[SharedAnswer]
    silent: list[SilentAnswer]
    silent_counts: dict[str, int]


Further = Annotated[int, Query(ge=1, le=100_000)]


class IndicatorAnswer(BaseModel):
    """Points are decimal strings; null where the document names no ceiling."""

    id: str
    title: str
    points: str
    maximum: str | None
    lost: str | None
    at_stake: str | None
    arithmetic: list[str]
    missing: list[str]


class ProjectAnswer(BaseModel):
    number: str
    points: str
    lost: str
    at_stake: str
    indicators: list[IndicatorAnswer]


class PartAnswer(BaseModel):
    unit: str
    name: str
    points: str
    lost: str
    at_stake: str


class StepAnswer(BaseModel):
    """A step that would earn points. `gain`: how many; `by`: the last day for it."""

    indicator: str
    title: str
    text: str
    gain: str
    by: date
    missing: list[str]


class ScoresAnswer(BaseModel):
    """The points of a year. `readings`: the chosen readings of ambiguous wording of the document."""

    unit: str
    year: int
    total: str
    lost: str
    at_stake: str
    projects: list[ProjectAnswer]
    parts: list[PartAnswer]
    steps: list[StepAnswer]
    readings: dict[str, str]
    notes: list[str]
    remarks: list[str]
    page: int
    pages: int


@router.get("/monitoring")
def get_monitoring(
    ctx: Reading, narrowed: Monitored, number: Number = 1, silent: Further = 1
) -> MonitoringAnswer:
    """Return recommendations with their state, 100 on a page; shared risks; unreported quarters, 40 of each on
    a page (`silent`: its number)."""
    today = ctx.today
    view = monitoring(ctx.reads, ctx.calendar, narrowed, today=today, number=number, further=silent)
    return MonitoringAnswer(
        recommendations=[
            RecommendationAnswer(
                case=line.case.id,
                unit=line.unit.id,
                risk=line.risk.number,
                description=line.risk.description,
                direction=line.risk.direction,
                for_legal_monitoring=line.risk.for_legal_monitoring,
                rank=line.risk.rank.likelihood * line.risk.rank.effect if line.risk.rank else None,
                measure=line.measure.number if line.measure else None,
                recommendation=line.measure.recommendation if line.measure else "",
                action=line.measure.action if line.measure else "",
                responsible=line.measure.responsible if line.measure else "",
                term=line.measure.term.written if line.measure else "",
                due=line.due,
                late=line.late,
                late_by_working_days=line.working_days,
                status=line.status,
            )
            for line in view.lines
        ],
        total=view.total,
        page=view.number,
        pages=view.pages,
        counts=dict(view.counts),
        shared=[
            SharedAnswer(
                description=one.description,
                case_count=one.alike.cases,
                cases=[case.id for case, _ in one.first],
                unit_count=one.alike.units,
                units=[unit.id for unit in one.units],
                unasked_count=one.alike.unasked,
                unasked=list(one.alike.asking),
            )
            for one in view.shared
        ],
        silent=[
            SilentAnswer(
                period=period,
                case=one.case.id,
                unit=one.unit.id,
                due=one.due,
                late_by_working_days=one.working_days,
            )
            for period, several in view.silent.items()
            for one in several.silent
        ],
        silent_counts={period: several.number for period, several in view.silent.items()},
    )


@router.get("/monitoring/file", responses=FILE, response_class=Response)
def get_monitoring_file(request: Request, ctx: Reading, narrowed: Monitored) -> Response:
    """Return the whole list of recommendations as a workbook."""
    return monitoring_file(request, ctx, narrowed)


@router.get("/scores")
def get_scores(
    request: Request,
    ctx: Reading,
    translator: RequestTranslator,
    unit: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: Number = 1,
) -> ScoresAnswer:
    """Return the points of a year: earned, lost, at stake, with the arithmetic. Readings are chosen by name."""
    view = points_of_year(request, ctx, unit, year, number=number)
    language = translator.language
    return ScoresAnswer(
        unit=view.unit.id,
        year=view.year,
        total=str(view.total),
        lost=str(view.lost),
        at_stake=str(view.at_stake),
        projects=[
            ProjectAnswer(
                number=project.number,
                points=str(project.points),
                lost=str(project.lost),
                at_stake=str(project.at_stake),
                indicators=[
                    IndicatorAnswer(
                        id=one.id,
                        title=one.title[language],
                        points=str(one.points),
                        maximum=_format_points(one.maximum),
                        lost=_format_points(one.lost),
                        at_stake=_format_points(one.at_stake),
                        arithmetic=[translator.tell(step.code, step.arguments) for step in one.arithmetic],
                        missing=list(one.missing),
                    )
                    for one in project.indicators
                ],
            )
            for project in view.projects
        ],
        parts=[
            PartAnswer(
                unit=part.unit.id,
                name=part.unit.name,
                points=str(part.points),
                lost=str(part.lost),
                at_stake=str(part.at_stake),
            )
            for part in view.parts
        ],
        steps=[
            StepAnswer(
                indicator=one.step.indicator,
                title=one.title[language],
                text=translator.tell(f"score.step.{one.step.code}", one.arguments),
                gain=str(one.arguments["gain"]),
                by=one.step.by,
                missing=list(one.names),
            )
            for one in view.steps
        ],
        readings=dict(view.readings),
        remarks=[translator.tell(one.code, one.arguments) for one in view.remarks],
        notes=[note[language] for note in view.notes],
        page=view.number,
        pages=view.pages,
    )


def _format_points(points: object) -> str | None:
    return None if points is None else str(points)
