"""The overview, and the lists its figures open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from documents.sheets.listing import tables_workbook
from notifications.notice import Notice
from notifications.statistics import Fault
from services import sending
from services.context import RequestContext
from services.yearly.opening import proposed_year
from web.auth.dependencies import Reading
from web.pages.overview.deadlines import Asking, all_lines, deadlines
from web.pages.overview.view import WAITING_COLUMNS, matrix_columns, overview
from web.ui.addresses import redirect_to_tidy_address
from web.ui.board_lines import line_columns
from web.ui.org_names import person_name
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.tables import download, page_heads, table_of, workbook_response
from web.ui.unit_filter import UnitParam
from workflow.board.sums import Urgency

FAILED = 10
"""So many letters that did not arrive stand on the overview."""
UNHEARD = 100
"""So many deadlines nobody can be told of are looked at."""
router = APIRouter(include_in_schema=False)

Name = Annotated[str | None, Query(max_length=200)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unheard:
    """Why nobody can be told, as a code with arguments, and in which cases."""

    code: str
    arguments: Mapping[str, object]
    cases: tuple[str, ...]


@router.get("/")
def overview_page(request: Request, ctx: Reading, unit: UnitParam) -> Response:
    """What a manager sees first."""
    today = ctx.today
    view = overview(ctx.reads, ctx.library, ctx.calendar, today=today, unit=unit or None, own=ctx.reader.root)
    failed = undelivered(ctx)
    office = ctx.reads.office() if failed else None
    names = {one.person: person_name(office, one.person) for one in failed} if office else {}
    manages = ctx.reader.may("manage")
    return page(
        request,
        ctx,
        "overview.html",
        view=view,
        heads=page_heads(line_columns(today)),
        failed=failed,
        failed_names=names,
        faults=seen_faults(ctx),
        unheard=_unheard(ctx) if manages else (),
        proposed=_proposed_year(ctx) if manages else None,
    )


@router.get("/overview.xlsx")
def overview_workbook(request: Request, ctx: Reading, unit: UnitParam) -> Response:
    """Units and stages as counted on the overview, who is waited for, and all that is overdue."""
    today, translator = ctx.today, Translator(preferences(request).language)
    view = overview(ctx.reads, ctx.library, ctx.calendar, today=today, unit=unit or None, own=ctx.reader.root)
    overdue = Asking(urgency="overdue", unit=unit or None)
    lines = all_lines(ctx.reads, ctx.library, ctx.calendar, overdue, today=today)
    names = ("matrix", "waiting", "overdue")
    matrix, waiting, late = (translator.say(f"web.overview.sheet.{name}") for name in names)
    tables = (
        table_of(translator, line_columns(today), lines, name=late),
        table_of(translator, matrix_columns(view.matrix), view.matrix.rows, name=matrix),
        table_of(translator, WAITING_COLUMNS, view.waiting, name=waiting),
    )
    return download(
        tables_workbook(tables), f"{translator.say('web.board.title')} {translator.short(today)}.xlsx"
    )


def _asking(
    unit: UnitParam,
    urgency: Urgency = "open",
    on: Annotated[date | None, Query()] = None,
    stage: Name = None,
    person: Name = None,
) -> Asking:
    return Asking(urgency=urgency, on=on, unit=unit or None, stage=stage or None, person=person or None)


Asked = Annotated[Asking, Depends(_asking)]


@router.get("/deadlines.xlsx")
def deadlines_workbook(request: Request, ctx: Reading, asking: Asked) -> Response:
    """The same list, all of it, as a workbook."""
    today = ctx.today
    lines = all_lines(ctx.reads, ctx.library, ctx.calendar, asking, today=today, reader=ctx.reader.person)
    title = f"web.deadlines.title.{asking.urgency}"
    return workbook_response(request, line_columns(today), lines, title=title, today=today)


@router.get("/deadlines")
def deadlines_page(request: Request, ctx: Reading, asking: Asked, number: Number = 1) -> Response:
    """A list a figure opens; what it is narrowed to stands in the address."""
    onward = redirect_to_tidy_address(request)
    if onward is not None:
        return onward
    today = ctx.today
    view = deadlines(
        ctx.reads,
        ctx.library,
        ctx.calendar,
        asking,
        today=today,
        number=number,
        own=ctx.reader.root,
        reader=ctx.reader.person,
    )
    return page(request, ctx, "deadlines.html", view=view, heads=page_heads(line_columns(today)))


def _proposed_year(ctx: RequestContext) -> tuple[int, int] | None:
    """The year to be opened and how many cases it lacks; None where it lacks none or opens by itself."""
    if ctx.app.settings.office.rollover == "open":
        return None
    year, lacking = proposed_year(ctx.app, unit=ctx.reader.root, now=ctx.now, today=ctx.today)
    return (year, lacking) if lacking else None


def seen_faults(ctx: RequestContext) -> Sequence[Fault]:
    """What is wrong with channels themselves, for whoever manages."""
    return sending.faults(ctx.app) if ctx.reader.may("manage") else ()


def _unheard(ctx: RequestContext) -> list[Unheard]:
    """Deadlines of which nobody can be told, by the reason; of cases the reader may see."""
    now, today = ctx.now, ctx.today
    found = sending.unheard(ctx.app, now=now, today=today, limit=UNHEARD)
    seen = ctx.reads.heads({one.case for one in found}) if found else {}
    reasons: dict[tuple[str, tuple[tuple[str, object], ...]], list[str]] = {}
    for one in found:
        if one.case in seen:
            cases = reasons.setdefault((one.code, tuple(sorted(one.arguments.items()))), [])
            cases.extend({one.case} - {*cases})
    return [
        Unheard(code=code, arguments=dict(arguments), cases=tuple(cases))
        for (code, arguments), cases in reasons.items()
    ]


def undelivered(ctx: RequestContext) -> list[Notice]:
    """Letters that did not arrive, of cases the reader may see."""
    found = sending.failed(ctx.app, limit=FAILED)
    seen = ctx.reads.heads({one.case for one in found}) if found else {}
    return [one for one in found if one.case in seen]
