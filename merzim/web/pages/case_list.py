"""Pages of the list of analyses: filtered, searched, exported as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from merzim.services.cases.portfolio import with_next_steps
from merzim.services.context import RequestContext
from merzim.services.law.acts import ProcedureGroups, offered_procedures
from merzim.services.names import UnitName, case_title, require_exportable, unit_name
from merzim.web.auth.dependencies import Reading
from merzim.web.http import PageNumber
from merzim.web.ui.name_fields import UnitParam, unit_filter
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Column, at_tidy_address, page_heads, tidy_address, workbook_response
from workflow.board.rows import CaseFilter, CaseOrder, Row
from workflow.cases.case import Case, CaseStatus
from workflow.cases.registers.entries import period_in
from workflow.deadlines.lateness import SOON_WORKING_DAYS, status_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Act, Procedure, Text
from workflow.machine import OVER
from workflow.org.office import Office

PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedCase:
    """One case.

    Attributes:
        object: for a body its title in the act, else the same words in every language; the procedure's title
            for a case without an object.
        stage: its title, None when all stages are over; `stands`: id of the stage, or of the final state.
        year: the year of a yearly programme, since programmes of several years have the same title.
        next_due: the nearest open deadline ahead.
        slipped: open plan dates that have passed.
    """

    id: str
    object: Text
    procedure: Text
    year: str
    unit: UnitName
    status: str
    stage: Text | None
    stands: str
    overdue: int
    slipped: int
    missed: int
    done: int
    required: int
    next_due: date | None
    next_title: Text | None
    next_period: str | None
    next_force: str
    opened_at: datetime | None
    unadopted: Act | None = None


def _stage(translator: Translator, item: ListedCase) -> object:
    """Return the stage or final state in words; "" for a final state without words."""
    if item.stage:
        return item.stage[translator.language]
    return translator.say(f"web.stage.{item.stands}") if item.stands in OVER else ""


CASE_COLUMNS: tuple[Column[ListedCase], ...] = (
    Column("head.case", lambda _, item: item.id),
    Column("head.analysed", lambda t, item: item.object[t.language], ""),
    Column("head.procedure", lambda t, item: item.procedure[t.language]),
    Column("head.unit", lambda t, item: t.name(item.unit.name), "col-unit"),
    Column("head.state", lambda t, item: t.say(f"case_status.{item.status}")),
    Column("head.stage", _stage, ""),
    Column("web.cases.head.next_due", lambda _, item: item.next_due, ""),
    Column(
        "web.cases.head.next",
        lambda t, item: t.titled(item.next_title, item.next_period) if item.next_title else "",
    ),
    Column("digest.heading_overdue", lambda _, item: item.overdue, "col-points"),
    Column("web.cases.head.missed", lambda _, item: item.missed),
    Column("web.assignments.answer", lambda _, item: item.done, "col-points"),
    Column("web.cases.head.required", lambda _, item: item.required),
    Column("web.cases.head.opened", lambda _, item: item.opened_at.date() if item.opened_at else None),
)
"""The columns of the list; on the page what is done stands beside what is required, a date beside its title."""


def items(ctx: RequestContext, cases: Sequence[Case]) -> tuple[ListedCase, ...]:
    """Return cases as the list shows them, in their order."""
    rows, office = ctx.reads.rows_of(cases), ctx.reads.office()
    soon = ctx.calendar.add_working_days(ctx.today, SOON_WORKING_DAYS)
    return tuple(_listed_case(ctx, office, *found, soon=soon) for found in with_next_steps(ctx, cases, rows))


def _listed_case(
    ctx: RequestContext,
    office: Office,
    case: Case,
    stands: str,
    urgent_row: Row | None,
    rows: Sequence[Row],
    *,
    soon: date,
) -> ListedCase:
    """Return a case as the list shows it.

    Args:
        stands: its stage, or what comes after all stages. urgent_row: that of its nearest open deadline.
    """
    procedure = ctx.library.named(case.edition)
    obligation = entry_obligation(case, procedure, urgent_row.obligation) if urgent_row else None
    looks = [status_on(row, today=ctx.today, soon=soon) for row in rows]
    return ListedCase(
        id=case.id,
        object=case_title(case, procedure),
        procedure=procedure.title,
        year=_year(procedure, rows),
        unit=unit_name(office, case.unit),
        status=case.status,
        stage=procedure.stage_title.get(stands),
        stands=stands,
        overdue=looks.count("overdue"),
        slipped=looks.count("slipped"),
        missed=looks.count("missed"),
        done=sum(row.state == "done" for row in rows),
        required=sum(row.state != "not_required" for row in rows),
        next_due=urgent_row.due if urgent_row else None,
        next_title=obligation.title if obligation else None,
        next_period=period_in(urgent_row.obligation) if urgent_row else None,
        next_force=urgent_row.force if urgent_row else "",
        opened_at=case.opened_at,
        unadopted=ctx.library.unadopted_act(procedure, office, case.unit),
    )


def _year(procedure: Procedure, rows: Sequence[Row]) -> str:
    """Return the year of a yearly programme's case, "" of any other."""
    days = (row.planned_on for row in rows if row.obligation == procedure.begins_with and row.planned_on)
    return next((str(day.year) for day in days), "") if procedure.opened == "yearly" else ""


router = APIRouter(include_in_schema=False)

_CHUNK = 1000
_ORDERS: tuple[CaseOrder, ...] = get_args(CaseOrder)
_STATUSES: tuple[CaseStatus, ...] = get_args(CaseStatus)
_PASSING = ("page", "opened", "replanned", "unchanged", "year", "of")
Name = Annotated[str, Query(max_length=200)]
Done = Annotated[int | None, Query(ge=0, le=10_000_000)]


async def _case_filter(
    ctx: Reading,
    unit: UnitParam,
    procedure: Name = "",
    stage: Name = "",
    status: Name = "",
    search: Name = "",
    late: Name = "",
) -> CaseFilter:
    """Return the filter in the address without an unknown status, and a stage without its procedure."""
    return CaseFilter(
        unit=unit or None,
        procedure=procedure or None,
        stage=(stage or None) if procedure or stage in OVER else None,
        status=next((known for known in _STATUSES if known == status), None),
        search=" ".join(search.replace("\0", "").split()),
        late_on=ctx.today if late else None,
    )


CaseQuery = Annotated[CaseFilter, Depends(_case_filter)]


@router.get("/cases")
@at_tidy_address
def cases_page(
    ctx: Reading,
    criteria: CaseQuery,
    number: PageNumber = 1,
    order: CaseOrder = "newest",
    opened: Done = None,
    replanned: Done = None,
    unchanged: Done = None,
    year: Done = None,
    of: Name = "",
) -> Response:
    """Show one page of the cases, in the order asked for; after an import, with its result."""
    total = ctx.reads.how_many(criteria)
    pages = max(1, -(-total // PAGE))
    number = min(number, pages)
    procedures = offered_procedures(ctx, "", criteria.procedure or "")
    query = tidy_address(ctx).partition("?")[2]
    shown_query = "&".join(part for part in query.split("&") if part.partition("=")[0] not in ("", *_PASSING))
    done = {"opened": opened, "replanned": replanned, "unchanged": unchanged, "year": year, "of": of}
    return page(
        ctx,
        "cases.html",
        items=items(ctx, ctx.reads.page(criteria, first=(number - 1) * PAGE, count=PAGE, order=order)),
        criteria=criteria,
        is_filtered=criteria != CaseFilter(),
        order=order,
        units=unit_filter(ctx, criteria.unit or ""),
        procedures=procedures,
        stages=_stages(ctx, criteria, procedures),
        number=number,
        pages=pages,
        total=total,
        heads=page_heads(CASE_COLUMNS),
        statuses=_STATUSES,
        orders=_ORDERS,
        over=OVER,
        query=shown_query,
        done=None if opened is None else done,
    )


def _stages(ctx: RequestContext, criteria: CaseFilter, procedures: ProcedureGroups) -> list[tuple[str, Text]]:
    """Return the stages of the chosen procedure, or of the only one offered; none where there are several."""
    offered = [procedure.id for _, group in procedures for procedure in group]
    name = criteria.procedure or (offered[0] if len(offered) == 1 else "")
    known = name in ctx.library.procedures()
    return [(stage.id, stage.title) for stage in ctx.library.latest(name).stages] if known else []


@router.get("/cases.xlsx")
def cases_workbook(ctx: Reading, criteria: CaseQuery, order: CaseOrder = "newest") -> Response:
    """Return all matching cases as a workbook, in the order of the page."""
    total = ctx.reads.how_many(criteria)
    require_exportable(total)
    rows = _all(ctx, criteria, order, total)
    return workbook_response(ctx, CASE_COLUMNS, rows, title="web.search.kind.case")


def _all(ctx: RequestContext, criteria: CaseFilter, order: CaseOrder, total: int) -> Iterator[ListedCase]:
    """Yield all cases that fit as the list shows them, read _CHUNK at a time."""
    for first in range(0, total, _CHUNK):
        yield from items(ctx, ctx.reads.page(criteria, first=first, count=_CHUNK, order=order))
