"""Pages across cases: monitoring of recommendations, points of a year, register of notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from starlette.responses import Response

from services.accounts.credentials import qr_picture
from services.context import RequestContext
from services.documents.own_templates import templates_in_use
from services.documents.year_reports import due_quarter, filled_report, report_marks, year_reports
from services.outgoing.public import proof_address
from services.regulations.registers import row_words
from services.scoring import shipped as scoring_services
from web.auth.dependencies import Reading
from web.pages.cases.documents import DOCX, as_file, register_file
from web.pages.reports.monitoring import (
    RECOMMENDATION_COLUMNS,
    all_lines,
    monitoring,
    recommendation_columns,
)
from web.pages.reports.notice_register import PAGE as LINES
from web.pages.reports.notice_register import Sought, register_view, standing_seen
from web.pages.reports.points import Points, points_view, seen_unit, unit_choices
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.tables import page_heads, workbook_response
from web.ui.unit_filter import NameText, PersonParam, RequiredUnit, UnitParam
from workflow.cases.registers.risk_lists import RecommendationFilter
from workflow.scoring.score_inputs import choose

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query(max_length=200)]
Short = Annotated[str, Query(max_length=40)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Flag = Annotated[Literal["", "1"], Query()]
FormId = Annotated[str, Path(pattern=r"^[a-z_]{1,60}$")]
PaperLanguage = Annotated[Literal["kk", "ru"], Path()]
Quarter = Annotated[int | None, Query(ge=0, le=4)]
"""The quarter of a quarterly report; 0 for the whole year, none for the last quarter that has ended."""
Period = Annotated[str, Query(max_length=6, pattern=r"^(\d{4}(Q[1-4])?)?$")]
IN_A_FILE = 20_000
"""Maximum number of notices in one file."""


def _narrowed(
    unit: UnitParam,
    status: Short = "",
    direction: Short = "",
    legal: Flag = "",
    late: Flag = "",
    search: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
) -> RecommendationFilter:
    return RecommendationFilter(
        unit=unit,
        status=status,
        direction=direction,
        legal=bool(legal),
        late=bool(late),
        search=search.strip(),
        words=row_words(search),
    )


def _narrowing(person: PersonParam, case: Short = "", state: Short = "", channel: Short = "") -> Sought:
    return {"case": case.strip(), "person": person, "state": state, "channel": channel}


Monitored = Annotated[RecommendationFilter, Depends(_narrowed)]
"""The filter of a list of recommendations, from the address."""
Narrowing = Annotated[Sought, Depends(_narrowing)]
"""The filter of the register of notices."""


@router.get("/monitoring")
def monitoring_page(request: Request, ctx: Reading, narrowed: Monitored, number: Number = 1) -> Response:
    """Show recommendations and their outcomes."""
    today = ctx.today
    view = monitoring(ctx.reads, ctx.calendar, narrowed, today=today, number=number, own=ctx.reader.root)
    return page(request, ctx, "monitoring.html", view=view, heads=page_heads(RECOMMENDATION_COLUMNS))


@router.get("/monitoring/xlsx")
def download_monitoring(request: Request, ctx: Reading, narrowed: Monitored) -> Response:
    """Return the whole list as a workbook."""
    return monitoring_file(request, ctx, narrowed)


def _register_name(request: Request, today: date) -> str:
    translator = Translator(preferences(request).language)
    return f"{translator.say('web.register.title')} {translator.short(today)}.xlsx"


def monitoring_file(request: Request, ctx: RequestContext, narrowed: RecommendationFilter) -> Response:
    """Return recommendations as a workbook."""
    today = ctx.today
    lines = all_lines(ctx.reads, ctx.calendar, narrowed, today=today)
    return workbook_response(
        request, recommendation_columns(), lines, title="web.monitoring.title", today=today
    )


@router.get("/scores")
def scores_page(
    request: Request,
    ctx: Reading,
    unit: RequiredUnit,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: Number = 1,
    period: Period = "",
) -> Response:
    """Show the points of a year: earned, lost, at stake, with their calculation and the readings used."""
    view = points_of_year(request, ctx, unit, year, number=number)
    years = ctx.calendar.first.year, min(ctx.today.year + 2, ctx.calendar.last.year)
    own, spoken = templates_in_use(ctx.app), replace(ctx, language=preferences(request).language)
    period, periods = _periods(view.year, period, today=ctx.today)
    of_quarter = {"year": int(period[:4]), "quarter": int(period[5:] or 0)}
    about = {one.id: of_quarter if one.quarterly else {"year": view.year} for one in year_reports()}
    return page(
        *(request, ctx, "scores.html"),
        view=view,
        units=unit_choices(ctx, unit or ""),
        years=years,
        reports=year_reports(),
        report_marks={
            one.id: report_marks(spoken, one, own, unit=view.unit.id, **about[one.id]) for one in year_reports()
        },
        about=about,
        period=period,
        periods=periods,
    )


@router.get("/reports/{form}/{language}")
def report_file(
    ctx: Reading,
    form: FormId,
    language: PaperLanguage,
    year: Annotated[int, Query(ge=1, le=9999)],
    unit: NameText = "",
    quarter: Quarter = None,
) -> Response:
    """Return a report about a year or quarter of a unit as DOCX, with rows from registers visible to the
    reader.
    """
    return report_of(ctx, form, language, unit=unit, year=year, quarter=quarter)


def report_of(
    ctx: RequestContext, form: str, language: str, *, unit: str, year: int, quarter: int | None
) -> Response:
    """Return a report as a download."""
    name, document = filled_report(ctx, form, language, unit=seen_unit(ctx, unit), year=year, quarter=quarter)
    return as_file(document, DOCX, name)


def _periods(year: int, chosen: str, *, today: date) -> tuple[str, list[str]]:
    """Return the period of the quarterly reports on the page of a year, and those offered: `2026Q1`, or `2026`.

    Left open, the quarter whose report is due: in the first months of a year the last one of the year before.
    """
    due_year, due = due_quarter(today)
    before = [f"{due_year}Q{due}"] if due_year == year - 1 == today.year - 1 else []
    periods = [*before, *(f"{year}Q{number}" for number in (1, 2, 3, 4)), str(year)]
    usual = f"{due_year}Q{due}" if f"{due_year}Q{due}" in periods else f"{year}Q{4 if year < due_year else 1}"
    return (chosen if chosen in periods else usual), periods


def points_of_year(
    request: Request, ctx: RequestContext, unit: str | None, year: int | None, *, number: int
) -> Points:
    """Return the points of a year, by default the present one; chosen readings are in the address.

    Raises:
        HTTPException: 404 for a year beyond the records, or a unit not among the reader's.
        UnknownReading: a reading or value the scoring does not have.
    """
    today = ctx.today
    year = today.year if year is None else year
    if not ctx.calendar.first.year <= year <= ctx.calendar.last.year:
        raise HTTPException(404, "web.problem.no_year")
    root = seen_unit(ctx, unit or "")
    scoring = scoring_services.scoring()
    asked = {name: request.query_params[name] for name in scoring.readings if request.query_params.get(name)}
    return points_view(ctx, root, year, choose(asked, scoring), today=today, number=number)


@router.get("/register")
def register_page(
    request: Request, ctx: Reading, asked: Narrowing, number: Number = 1, check: Flag = ""
) -> Response:
    """Show who was notified of what, when, through which channel, and the outcome."""
    view = register_view(ctx, asked, number=number)
    standing = standing_seen(ctx) if check else None
    proof = proof_address(ctx.app, standing.batches, standing.end) if standing else ""
    picture = qr_picture(proof) if proof else ""
    return page(request, ctx, "register.html", view=view, standing=standing, lines=LINES, picture=picture)


@router.get("/register/xlsx")
def download_register(request: Request, ctx: Reading, asked: Narrowing) -> Response:
    """Return the register as a workbook, filtered like the page; the heading states whether it was verified."""
    today = ctx.today
    notices = ctx.reads.notices_matching(**asked, limit=IN_A_FILE)
    return register_file(request, ctx, notices, "xlsx", _register_name(request, today))
