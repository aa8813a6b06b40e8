"""Pages across organisations: the consolidated form, pending uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.context import RequestContext
from services.narrowing import seen_unit
from services.reports.cartogram import comparison
from services.reports.consolidated import asked_for, list_turns, uploads
from web.auth.dependencies import Reading
from web.downloads.reports import get_cartogram_file, get_consolidated_file, named_unit
from web.http.parameters import SearchText, Year
from web.pages.case_creation.planner import ordered
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.unit_filter import RequiredUnit, unit_choices
from workflow.cases.registers.exposure import SECTIONS

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
