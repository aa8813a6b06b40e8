"""The list of analyses: narrowed, searched, taken away as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, get_args
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from documents.sheets.listing import Table
from documents.sheets.listing import tables_workbook as workbook
from services.context import RequestContext
from web.auth.dependencies import Reading
from web.pages.case_list.listing import Item, items, listing
from web.ui.addresses import redirect_to_tidy_address, tidy_address, with_tidy_address
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.unit_filter import UnitParam
from workflow.board.rows import CaseFilter
from workflow.cases.case import CaseStatus
from workflow.cases.machine import BETWEEN_STAGES
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

MOST_EXPORTED = 20_000
"""Cases one workbook takes: above it, whoever asks narrows the list."""
_CHUNK = 1000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STANDINGS: tuple[CaseStatus, ...] = get_args(CaseStatus)
_PASSING = ("page", "opened", "replanned", "unchanged")
Name = Annotated[str, Query(max_length=200)]
Done = Annotated[int | None, Query(ge=0, le=10_000_000)]


class TooMany(Refusal):
    """More cases than one workbook takes."""


def _wanted(
    ctx: Reading,
    unit: UnitParam,
    procedure: Name = "",
    stage: Name = "",
    standing: Name = "",
    search: Name = "",
    late: Name = "",
) -> CaseFilter:
    """What the address asks for; a standing nobody knows narrows nothing."""
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
    """One page of the cases, the newest first; after something was taken in, with what it did."""
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
        today=today,
        listing=view,
        standings=_STANDINGS,
        over=BETWEEN_STAGES,
        kept=kept,
        done=done,
    )
    return with_tidy_address(request, shown)


@router.get("/cases.xlsx")
def cases_workbook(request: Request, ctx: Reading, wanted: Asked) -> Response:
    """The same cases, all of them, as a workbook.

    Raises:
        TooMany: more than one workbook takes.
    """
    today = ctx.today
    total = ctx.reads.how_many(wanted)
    if total > MOST_EXPORTED:
        raise TooMany("web.cases.too_many", total=total, most=MOST_EXPORTED)
    translator = Translator(preferences(request).language)
    heads = [translator.say(f"web.cases.head.{name}") for name in _COLUMNS]
    rows = [_row(item, translator) for item in _all(ctx, wanted, total, today)]
    return download(workbook([Table(heads, rows)]), f"{translator.say('web.cases.file', on=today)}.xlsx")


def download(content: bytes, name: str) -> Response:
    """A workbook to keep, under a name in any letters."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=_XLSX, headers={"content-disposition": disposition})


_COLUMNS = (
    "id",
    "object",
    "procedure",
    "unit",
    "standing",
    "stage",
    "next_due",
    "next",
    "overdue",
    "missed",
    "done",
    "required",
    "opened",
)


def _all(ctx: RequestContext, wanted: CaseFilter, total: int, today: date) -> Iterator[Item]:
    office = ctx.reads.office()
    for first in range(0, total, _CHUNK):
        cases = ctx.reads.page(wanted, first=first, count=_CHUNK)
        yield from items(ctx.reads, ctx.library, office, ctx.calendar, cases=cases, today=today)


def _row(item: Item, translator: Translator) -> list[object]:
    language = translator.language
    over = translator.say(f"web.stage.{item.stands}") if item.stands in BETWEEN_STAGES else ""
    return [
        item.id,
        item.object[language],
        item.procedure[language],
        item.unit.name,
        translator.say(f"web.standing.{item.standing}"),
        item.stage[language] if item.stage else over,
        item.next_due,
        item.next_title[language] if item.next_title else "",
        item.overdue,
        item.missed,
        item.done,
        item.required,
        item.opened_at.date() if item.opened_at else None,
    ]
