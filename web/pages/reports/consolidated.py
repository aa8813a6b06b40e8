"""Pages across organisations: the consolidated form, pending uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from services.context import RequestContext
from services.narrowing import seen_unit
from services.reports.cartogram import comparison
from services.reports.consolidated import Ready, asked_for, list_turns, uploads
from services.yearly.clock import UnitTurn
from web.auth.dependencies import Reading
from web.downloads.reports import get_cartogram_file, get_consolidated_file, named_unit
from web.http import SearchText, Year
from web.pages.case_creation.planner import ordered
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.tables import Column, workbook_response
from web.ui.unit_filter import RequiredUnit, unit_choices
from workflow.cases.registers.exposure import SECTIONS
from workflow.deadlines.deadline import Deadline
from workflow.reports.consolidated import Document
from workflow.reports.yearly_clock import Turn

router = APIRouter(include_in_schema=False)
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
    asked = asked_for(ctx, procedure, obligation, unit, year)
    return page(
        request,
        ctx,
        "consolidated.html",
        asked=asked,
        procedures=ordered(ctx, ""),
        units=unit_choices(ctx, asked.unit),
        years=range(ctx.calendar.first.year, min(ctx.calendar.last.year, ctx.today.year + 2) + 1),
        name=_names(request, ctx),
    )


@router.get("/monitoring/uploads")
def uploads_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show the documents ready but not uploaded to the platform, and the accounts to use."""
    today = ctx.today
    found = uploads(ctx.app, seen_unit(ctx, unit), today=today, reads=ctx.reads)
    return page(
        request,
        ctx,
        "uploads.html",
        found=found,
        unit=unit,
        units=unit_choices(ctx, unit),
        name=_names(request, ctx),
    )


@router.get("/monitoring/uploads/xlsx")
def uploads_workbook(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Return the list as a workbook, with a row for each document."""
    found = uploads(ctx.app, seen_unit(ctx, unit), today=ctx.today, reads=ctx.reads)
    rows = [(one, document) for one in found for document in one.waiting.ready]
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
    found = list_turns(ctx, unit)
    return page(
        request,
        ctx,
        "yearly.html",
        found=found,
        unit=unit,
        units=unit_choices(ctx, unit),
        name=_names(request, ctx),
    )


@router.get("/monitoring/yearly/xlsx")
def yearly_clock_workbook(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Return the list as a workbook."""
    found = list_turns(ctx, unit)
    if found is None:
        raise HTTPException(404, "web.problem.not_found")
    columns = _turn_columns(_names(request, ctx))
    return workbook_response(request, columns, found, title="web.together.yearly", today=ctx.today)


def _turn_columns(name: Callable[[str], str]) -> tuple[Column[UnitTurn], ...]:
    """Return the columns of yearly analyses. `name`: from a unit's id to its name."""
    return (
        Column("web.open.organisation", lambda _, one: name(one.turn.unit)),
        Column("web.state", lambda t, one: t.say(f"yearly_clock.{one.turn.state}")),
        Column("web.together.next_by", lambda _, one: one.turn.due),
        Column("cli.head.next_start", lambda _, one: one.turn.next_on),
        Column("cli.head.last_ended", lambda _, one: one.turn.last),
        Column("cli.head.closed_until", lambda _, one: one.turn.closed_until),
        Column("cli.head.reading", lambda t, one: t.say(f"yearly_clock.reading.{one.turn.once_in}")),
        Column("cli.head.act", lambda t, one: one.rules and one.rules.act.short[t.language]),
        Column("web.together.remarks", lambda t, one: _remarks(t, one.turn, name)),
    )


def _remarks(translator: Translator, turn: Turn, name: Callable[[str], str]) -> str:
    """Return what the page says below the name of an organisation."""
    said = []
    if turn.next_closed:
        until = {"on": turn.next_on, "until": turn.closed_until}
        said.append(translator.say("yearly_clock.next_closed", unit=name(turn.unit), **until))
    if turn.postponed:
        said.append(translator.say("yearly_clock.postponed"))
    return " ".join(said)


@router.get("/monitoring/cartogram")
def cartogram_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show both sections by department and district, and the differences from the published cartogram."""
    found = comparison(ctx, unit)
    return page(
        request,
        ctx,
        "cartogram.html",
        found=found,
        sections=SECTIONS,
        shown=LINES_SHOWN,
        unit=found.unit,
        units=unit_choices(ctx, found.unit),
    )


def _names(request: Request, ctx: RequestContext) -> Callable[[str], str]:
    """Return a function from a unit's id to its name; "" is the whole office."""
    return partial(named_unit, ctx, Translator(preferences(request).language))
