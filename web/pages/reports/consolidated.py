"""Pages across organisations: the consolidated form of one obligation, pending uploads, yearly analyses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from documents.sheets.listing import Table, tables_workbook
from services.context import RequestContext
from services.yearly.clock import UnitTurn, turns
from services.yearly.consolidated import ConsolidatedReport, consolidated, uploads
from web.auth.dependencies import Reading
from web.pages.case_creation.planner import chosen_procedure, ordered
from web.pages.reports.points import seen_unit, unit_choices
from web.ui.org_names import unit_name
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.tables import download
from web.ui.unit_filter import RequiredUnit
from workflow.law.procedure import Obligation, Procedure
from workflow.org.access import within

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Query(max_length=200)]
Year = Annotated[int | None, Query(ge=1, le=9999)]
COLUMNS = ("unit", "case", "id", "due", "on", "late_by")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolidatedQuery:
    """The query of the consolidated form. `found`: the form; None if the reader sees no whole organisation."""

    procedure: Procedure
    obligation: Obligation
    unit: str
    year: int
    found: ConsolidatedReport | None


@router.get("/monitoring/consolidated")
def consolidated_page(
    request: Request,
    ctx: Reading,
    unit: RequiredUnit,
    procedure: Text = "",
    obligation: Text = "",
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
        years=[year for year in _years(ctx) if year <= ctx.today.year + 2],
        name=_names(ctx, preferences(request).language),
    )


@router.get("/monitoring/consolidated/xlsx")
def download_consolidated(
    request: Request,
    ctx: Reading,
    unit: RequiredUnit,
    procedure: Text = "",
    obligation: Text = "",
    year: Year = None,
) -> Response:
    """Return the same form as a workbook, with one column for each number."""
    return consolidated_file(request, ctx, asked_for(ctx, procedure, obligation, unit, year))


def consolidated_file(request: Request, ctx: RequestContext, asked: ConsolidatedQuery) -> Response:
    """Return the form as a workbook; 404 if the reader sees no whole organisation."""
    if asked.found is None:
        raise HTTPException(404, "web.problem.not_found")
    language = preferences(request).language
    w, name, form = Translator(language), _names(ctx, language), asked.found.form
    numbers = list(dict.fromkeys((*asked.found.obligation.values, *form.sums)))
    heads = (
        *(w.say(f"cli.head.{one}") for one in COLUMNS),
        *(w.say(f"value.{one}") for one in numbers),
        w.say("cli.head.documents"),
    )
    rows = [
        (
            name(line.unit),
            line.case,
            line.obligation,
            line.due,
            line.on,
            line.late_by,
            *(line.values.get(one) for one in numbers),
            line.evidence,
        )
        for line in form.lines
    ]
    title = asked.obligation.title[language]
    return download(tables_workbook([Table(heads, rows, title)]), f"{title[:80]} {asked.year}.xlsx")


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
        name=_names(ctx, preferences(request).language),
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
        name=_names(ctx, preferences(request).language),
    )


def asked_for(
    ctx: RequestContext, procedure: str, obligation: str, unit: str, year: int | None
) -> ConsolidatedQuery:
    """Return the form of one obligation over a year, by default the present one; 404 beyond the records."""
    today = ctx.today
    year = today.year if year is None else year
    if year not in _years(ctx):
        raise HTTPException(404, "web.problem.no_year")
    law = chosen_procedure(ctx, procedure)
    root = seen_unit(ctx, unit)
    one = law.by_id.get(obligation) or next(
        (each for each in law.obligations if each.values), law.obligations[0]
    )
    found = None
    if _whole(ctx, root):
        found = consolidated(ctx.app, law.id, one.id, unit=root, year=year, today=today, reads=ctx.reads)
    return ConsolidatedQuery(procedure=law, obligation=one, unit=root, year=year, found=found)


def list_turns(ctx: RequestContext, unit: str) -> Sequence[UnitTurn] | None:
    """Return the status of the organisations; None if the reader sees none as a whole."""
    today = ctx.today
    root = seen_unit(ctx, unit)
    return turns(ctx.app, root, today=today, reads=ctx.reads) if _whole(ctx, root) else None


def _whole(ctx: RequestContext, unit: str) -> bool:
    """Return whether the reader sees a whole organisation; of one seen in part it cannot be said that it has
    not reported.
    """
    own, office = ctx.reader.root, ctx.reads.office()
    if not own:
        return True
    return any(within(office, one, own) and within(office, one, unit) for one in office.organisations)


def _years(ctx: RequestContext) -> range:
    return range(ctx.calendar.first.year, ctx.calendar.last.year + 1)


def _names(ctx: RequestContext, language: str) -> Callable[[str], str]:
    """Return a function from a unit's id to its name; "" is the whole office."""
    office, t = ctx.reads.office(), Translator(language)
    return lambda unit: t.name(unit_name(office, unit).name) or ctx.organisation_in(language)
