"""Pages across cases and organisations: monitoring, points, notices, consolidated forms, uploads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from merzim.documents.sheets.listing import tables_workbook
from merzim.services.context import RequestContext
from merzim.services.documents.templates import templates_in_use
from merzim.services.documents.year_reports import due_quarter, report_marks, year_reports
from merzim.services.narrowing import seen_unit
from merzim.services.reports.consolidated import Ready, comparison, consolidated_query, list_turns, uploads
from merzim.services.reports.monitoring import DIRECTIONS, STATUSES, TO_READERS, monitoring
from merzim.services.reports.notices import PAGE as LINES
from merzim.services.reports.notices import list_notices, verify_journal
from merzim.services.reports.points import Ahead, Indicator, Part, points_of_year
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads.reports import (
    RECOMMENDATION_COLUMNS,
    Monitored,
    Noticed,
    get_cartogram_file,
    get_consolidated_file,
    get_monitoring_file,
    get_notices_file,
    get_report,
    named_unit,
)
from merzim.web.http import Number, SearchText, Year
from merzim.web.pages.case_creation.planner import ordered
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Column, download, page_heads, table_of, workbook_response
from merzim.web.ui.unit_filter import RequiredUnit, build_person_filter, build_unit_filter, unit_choices
from workflow.cases.registers.exposure import SECTIONS
from workflow.deadlines.deadline import Deadline
from workflow.reports.consolidated import Document
from workflow.reports.yearly_clock import Turn

router = APIRouter(include_in_schema=False)

Further = Annotated[int, Query(ge=1, le=100_000)]
Period = Annotated[str, Query(max_length=6, pattern=r"^(\d{4}(Q[1-4])?)?$")]
NOTICE_STATES = ("queued", "sending", "sent", "unknown", "failed", "withdrawn")
router.get("/monitoring/xlsx")(get_monitoring_file)
router.get("/reports/{form}/{language}")(get_report)
router.get("/register/xlsx")(get_notices_file)


@router.get("/monitoring")
def monitoring_page(
    request: Request, ctx: Reading, criteria: Monitored, number: Number = 1, silent: Further = 1
) -> Response:
    """Show recommendations and their outcomes."""
    return page(
        request,
        ctx,
        "monitoring.html",
        view=monitoring(
            ctx.reads,
            ctx.calendar,
            criteria,
            today=ctx.today,
            number=number,
            further_page=silent,
            sizes=TO_READERS,
        ),
        criteria=criteria,
        units=build_unit_filter(ctx.reads.office(), criteria.unit or "", own_unit=ctx.reader.root),
        statuses=STATUSES,
        directions=DIRECTIONS,
        heads=page_heads(RECOMMENDATION_COLUMNS),
    )


@router.get("/scores")
def scores_page(
    request: Request,
    ctx: Reading,
    unit: RequiredUnit,
    year: Year = None,
    number: Number = 1,
    period: Period = "",
) -> Response:
    """Show the points of a year: earned, lost, at stake, with their calculation and the readings used."""
    view = points_of_year(ctx, unit, year, request.query_params, number=number)
    years = ctx.calendar.first.year, min(ctx.today.year + 2, ctx.calendar.last.year)
    templates, reader_ctx = templates_in_use(ctx.app), replace(ctx, language=preferences(request).language)
    period, periods = _periods(view.year, period, today=ctx.today)
    of_quarter = {"year": int(period[:4]), "quarter": int(period[5:] or 0)}
    about = {
        year_report.id: of_quarter if year_report.quarterly else {"year": view.year}
        for year_report in year_reports()
    }
    return page(
        *(request, ctx, "scores.html"),
        view=view,
        units=unit_choices(ctx, unit or ""),
        years=years,
        reports=year_reports(),
        report_marks={
            year_report.id: report_marks(
                reader_ctx, year_report, templates, unit=view.unit.id, **about[year_report.id]
            )
            for year_report in year_reports()
        },
        about=about,
        period=period,
        periods=periods,
    )


INDICATOR_COLUMNS: tuple[Column[Indicator], ...] = (
    Column("cli.head.indicator", lambda t, indicator: t.paragraph(indicator.id)),
    Column("cli.head.title", lambda t, indicator: indicator.title[t.language]),
    Column("web.scores.points", lambda _, indicator: indicator.points),
    Column("web.scores.maximum", lambda _, indicator: indicator.maximum),
    Column("web.scores.at_stake.short", lambda _, indicator: indicator.at_stake),
    Column("web.scores.lost.short", lambda _, indicator: indicator.lost),
    Column("web.scores.arithmetic", lambda t, indicator: _arithmetic(t, indicator)),
)
STEP_COLUMNS: tuple[Column[Ahead], ...] = (
    Column("cli.head.indicator", lambda t, prospect: t.paragraph(prospect.step.indicator)),
    Column("cli.head.title", lambda t, prospect: prospect.title[t.language]),
    Column(
        "web.scores.step", lambda t, prospect: t.tell(f"score.step.{prospect.step.code}", prospect.arguments)
    ),
    Column("web.scores.gain", lambda _, prospect: prospect.arguments["gain"]),
    Column("web.scores.by", lambda _, prospect: prospect.step.by),
)
PART_COLUMNS: tuple[Column[Part], ...] = (
    Column("web.unit", lambda t, part: t.name(part.unit.name)),
    Column("web.scores.points", lambda _, part: part.points),
    Column("web.scores.at_stake.short", lambda _, part: part.at_stake),
    Column("web.scores.lost.short", lambda _, part: part.lost),
)


def _arithmetic(translator: Translator, indicator: Indicator) -> str:
    """Return the calculation of an indicator in words, with the names it lacks."""
    sentences = [translator.tell(element.code, element.arguments) for element in indicator.arithmetic]
    if indicator.missing:
        sentences.append(translator.say("score.step.missing", names=indicator.missing))
    return " ".join(sentences)


@router.get("/scores.xlsx")
def scores_workbook(request: Request, ctx: Reading, unit: RequiredUnit, year: Year = None) -> Response:
    """Return the points of a year as a workbook: indicators, nearest steps, units directly below."""
    view = points_of_year(ctx, unit, year, request.query_params, number=None)
    translator = Translator(preferences(request).language)
    title, steps, units = (
        translator.say(f"web.scores.{sheet}", year=view.year) for sheet in ("title", "step", "units")
    )
    indicators = [indicator for project in view.projects for indicator in project.indicators]
    tables = (
        table_of(translator, INDICATOR_COLUMNS, indicators, name=title),
        table_of(translator, STEP_COLUMNS, view.steps, name=steps),
        table_of(translator, PART_COLUMNS, view.parts, name=units),
    )
    return download(tables_workbook(tables), f"{title} {translator.short(ctx.today)}.xlsx")


@router.get("/register")
def journal_page(
    request: Request, ctx: Reading, query: Noticed, number: Number = 1, check: Literal["", "1"] = ""
) -> Response:
    """Show who was notified of what, when, through which channel, and the outcome."""
    view = list_notices(ctx, query, number=number)
    people_named = {line.notice.person for line in view.lines}
    return page(
        request,
        ctx,
        "notice_journal.html",
        view=view,
        query=query,
        people=build_person_filter(ctx.reads.office(), query["person"], people_named, own_unit=ctx.reader.root),
        states=NOTICE_STATES,
        journal=verify_journal(ctx) if check else None,
        lines=LINES,
    )


def _periods(year: int, chosen: str, *, today: date) -> tuple[str, list[str]]:
    """Return the period of the quarterly reports on the page of a year, and those offered: `2026Q1`, or `2026`.

    Left open, the quarter whose report is due: in the first months of a year the last one of the year before.
    """
    due_year, due = due_quarter(today)
    before = [f"{due_year}Q{due}"] if due_year == year - 1 == today.year - 1 else []
    periods = [*before, *(f"{year}Q{number}" for number in (1, 2, 3, 4)), str(year)]
    usual = f"{due_year}Q{due}" if f"{due_year}Q{due}" in periods else f"{year}Q{4 if year < due_year else 1}"
    return (chosen if chosen in periods else usual), periods


router.get("/monitoring/consolidated/xlsx")(get_consolidated_file)
router.get("/monitoring/cartogram/{ending}")(get_cartogram_file)
LINES_SHOWN = 200


@router.get("/monitoring/consolidated")
def consolidated_page(
    request: Request,
    ctx: Reading,
    unit: RequiredUnit,
    procedure: SearchText = "",
    obligation: SearchText = "",
    year: Year = None,
) -> Response:
    """Show the organisations that fulfilled it in a year, with their numbers, and those that have not
    reported.
    """
    query = consolidated_query(ctx, procedure, obligation, unit, year)
    return page(
        request,
        ctx,
        "consolidated.html",
        query=query,
        procedures=ordered(ctx, ""),
        units=unit_choices(ctx, query.unit),
        years=range(ctx.calendar.first.year, min(ctx.calendar.last.year, ctx.today.year + 2) + 1),
        name=_names(request, ctx),
    )


@router.get("/monitoring/uploads")
def uploads_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show the documents ready but not uploaded to the platform, and the accounts to use."""
    today = ctx.today
    ready_uploads = uploads(ctx.app, seen_unit(ctx, unit), today=today, reads=ctx.reads)
    return page(
        request,
        ctx,
        "uploads.html",
        uploads=ready_uploads,
        unit=unit,
        units=unit_choices(ctx, unit),
        name=_names(request, ctx),
    )


@router.get("/monitoring/uploads/xlsx")
def uploads_workbook(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Return the list as a workbook, with a row for each document."""
    ready_uploads = uploads(ctx.app, seen_unit(ctx, unit), today=ctx.today, reads=ctx.reads)
    rows = [
        (ready_upload, document) for ready_upload in ready_uploads for document in ready_upload.waiting.ready
    ]
    columns = _upload_columns(_names(request, ctx))
    return workbook_response(request, columns, rows, title="web.together.uploads", today=ctx.today)


def _upload_columns(name: Callable[[str], str]) -> tuple[Column[tuple[Ready, Document]], ...]:
    """Return the columns of uploads. `name`: from a unit's id to its name."""
    return (
        Column("cli.head.unit", lambda _, row: name(row[0].unit)),
        Column("cli.head.case", lambda _, row: row[0].waiting.case.id),
        Column("web.together.upload", lambda t, row: _title(t, row[0].waiting.upload)),
        Column("web.due", lambda _, row: row[0].waiting.upload.due),
        Column("web.together.ready", lambda t, row: row[1].obligation.title[t.language]),
        Column("cli.head.on", lambda _, row: row[1].on),
        Column("cli.head.documents", lambda _, row: row[1].documents),
        Column("cli.head.through", lambda _, row: name(row[0].through)),
        Column("web.who", lambda t, row: t.names(row[0].people) or t.say("web.overview.nobody")),
    )


def _title(translator: Translator, upload: Deadline) -> str:
    return translator.titled(upload.obligation.title, upload.period)


@router.get("/monitoring/yearly")
def yearly_clock_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show when each organisation's last analysis ended, and by when the next is due."""
    turns = list_turns(ctx, unit)
    return page(
        request,
        ctx,
        "yearly.html",
        turns=turns,
        unit=unit,
        units=unit_choices(ctx, unit),
        name=_names(request, ctx),
    )


@router.get("/monitoring/yearly/xlsx")
def yearly_clock_workbook(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Return the list as a workbook."""
    turns = list_turns(ctx, unit)
    if turns is None:
        raise HTTPException(404, "web.problem.not_found")
    columns = _turn_columns(_names(request, ctx))
    return workbook_response(request, columns, turns, title="web.together.yearly", today=ctx.today)


def _turn_columns(name: Callable[[str], str]) -> tuple[Column[Turn], ...]:
    """Return the columns of yearly analyses. `name`: from a unit's id to its name."""
    return (
        Column("web.open.organisation", lambda _, turn: name(turn.unit)),
        Column("web.state", lambda t, turn: t.say(f"yearly_clock.{turn.state}")),
        Column("web.together.next_by", lambda _, turn: turn.due),
        Column("cli.head.next_start", lambda _, turn: turn.next_on),
        Column("cli.head.last_ended", lambda _, turn: turn.last),
        Column("cli.head.closed_until", lambda _, turn: turn.closed_until),
        Column("cli.head.reading", lambda t, turn: t.say(f"yearly_clock.reading.{turn.once_in}")),
        Column("web.together.remarks", lambda t, turn: _remarks(t, turn, name)),
    )


def _remarks(translator: Translator, turn: Turn, name: Callable[[str], str]) -> str:
    """Return what the page says below the name of an organisation."""
    sentences = []
    if turn.next_closed:
        until = {"on": turn.next_on, "until": turn.closed_until}
        sentences.append(translator.say("yearly_clock.next_closed", unit=name(turn.unit), **until))
    if turn.postponed:
        sentences.append(translator.say("yearly_clock.postponed"))
    return " ".join(sentences)


@router.get("/monitoring/cartogram")
def cartogram_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show both sections by department and district, and the differences from the published cartogram."""
    cartogram_view = comparison(ctx, unit)
    return page(
        request,
        ctx,
        "cartogram.html",
        comparison=cartogram_view,
        sections=SECTIONS,
        shown=LINES_SHOWN,
        unit=cartogram_view.unit,
        units=unit_choices(ctx, cartogram_view.unit),
    )


def _names(request: Request, ctx: RequestContext) -> Callable[[str], str]:
    """Return a function from a unit's id to its name; "" is the whole office."""
    return partial(named_unit, ctx, Translator(preferences(request).language))
