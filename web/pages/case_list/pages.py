"""Pages of the list of analyses: filtered, searched, exported as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.context import RequestContext
from services.narrowing import require_exportable
from web.auth.dependencies import Reading
from web.pages.case_list.listing import CASE_COLUMNS, Item, items, listing
from web.ui.addresses import redirect_to_tidy_address, tidy_address, with_tidy_address
from web.ui.render import page
from web.ui.saved_views import saved_views
from web.ui.tables import page_heads, workbook_response
from web.ui.unit_filter import UnitParam
from workflow.board.rows import CaseFilter
from workflow.cases.case import CaseStatus
from workflow.cases.machine import BETWEEN_STAGES

router = APIRouter(include_in_schema=False)

_CHUNK = 1000
_STANDINGS: tuple[CaseStatus, ...] = get_args(CaseStatus)
_PASSING = ("page", "opened", "replanned", "unchanged")
Name = Annotated[str, Query(max_length=200)]
Done = Annotated[int | None, Query(ge=0, le=10_000_000)]


def _wanted(
    ctx: Reading,
    unit: UnitParam,
    procedure: Name = "",
    stage: Name = "",
    standing: Name = "",
    search: Name = "",
    late: Name = "",
) -> CaseFilter:
    """Return the filter in the address; unknown statuses are ignored."""
    today = ctx.today
    return CaseFilter(
        unit=unit or None,
        procedure=procedure or None,
        stage=(stage or None) if procedure or stage in BETWEEN_STAGES else None,
        standing=next((one for one in _STANDINGS if one == standing), None),
        search=" ".join(search.replace("\0", "").split()),
        late_on=today if late else None,
    )


Asked = Annotated[CaseFilter, Depends(_wanted)]


@router.get("/cases")
def cases_page(
    request: Request,
    ctx: Reading,
    wanted: Asked,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    opened: Done = None,
    replanned: Done = None,
    unchanged: Done = None,
) -> Response:
    """Show one page of the cases, the newest first; after an import, with its result."""
    tidy = redirect_to_tidy_address(request)
    if tidy is not None:
        return tidy
    today = ctx.today
    view = listing(
        ctx.reads, ctx.library, ctx.calendar, today=today, wanted=wanted, number=number, own=ctx.reader.root
    )
    query = tidy_address(request).partition("?")[2]
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] not in ("", *_PASSING))
    done = None if opened is None else {"opened": opened, "replanned": replanned, "unchanged": unchanged}
    shown = page(
        request,
        ctx,
        "cases.html",
        listing=view,
        heads=page_heads(CASE_COLUMNS),
        standings=_STANDINGS,
        over=BETWEEN_STAGES,
        kept=kept,
        done=done,
        saved=saved_views(request, ctx, unit=wanted.unit or ""),
    )
    return with_tidy_address(request, shown)


@router.get("/cases.xlsx")
def cases_workbook(request: Request, ctx: Reading, wanted: Asked) -> Response:
    """Return all matching cases as a workbook.

    Raises:
        TooManyRows: the list is too long for one workbook.
    """
    total = ctx.reads.how_many(wanted)
    require_exportable(total)
    rows = _all(ctx, wanted, total, ctx.today)
    return workbook_response(request, CASE_COLUMNS, rows, title="web.analyses.title", today=ctx.today)


def _all(ctx: RequestContext, wanted: CaseFilter, total: int, today: date) -> Iterator[Item]:
    office = ctx.reads.office()
    for first in range(0, total, _CHUNK):
        cases = ctx.reads.page(wanted, first=first, count=_CHUNK)
        yield from items(ctx.reads, ctx.library, office, ctx.calendar, cases=cases, today=today)
