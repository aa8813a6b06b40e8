"""Pages of the list of analyses: filtered, searched, exported as a workbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from merzim.services.cases.views import with_next_steps
from merzim.services.context import RequestContext
from merzim.services.law.acts import ProcedureGroups, offered_procedures
from merzim.services.names import UnitName, case_title, programme_year, unit_name
from merzim.services.results import exported, page_of
from merzim.web.auth.dependencies import Reading
from merzim.web.http import PageNumber
from merzim.web.ui.name_fields import UnitParam, unit_filter
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Column, at_tidy_address, page_heads, workbook_response
from workflow.board.rows import CaseFilter, CaseOrder
from workflow.cases.case import Case, CaseStatus
from workflow.cases.registers.rows import period_in
from workflow.deadlines.deadline import DeadlineStatus, Row, status_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Act, Procedure, Text
from workflow.machine import OVER

PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedCase:
    """One case of the list.

    Attributes:
        stands: id of its stage, or of what comes after all stages; year: of a yearly programme.
        next: the row of its nearest open deadline; looks: numbers of its deadlines by status.
    """

    case: Case
    procedure: Procedure
    unit: UnitName
    stands: str
    year: str
    next: Row | None
    next_title: Text | None
    looks: Counter[DeadlineStatus]
    done: int
    required: int
    unadopted: Act | None

    @property
    def stage(self) -> Text | None:
        """The title of its stage; None when all stages are over."""
        return self.procedure.stage_title.get(self.stands)

    @property
    def next_period(self) -> str | None:
        return period_in(self.next.obligation) if self.next else None


def _stage(translator: Translator, item: ListedCase) -> object:
    """Return the stage or final state in words; "" for a final state without words."""
    if item.stage:
        return item.stage[translator.language]
    return translator.say(f"web.stage.{item.stands}") if item.stands in OVER else ""


CASE_COLUMNS: tuple[Column[ListedCase], ...] = (
    Column("head.case", lambda _, item: item.case.id),
    Column("head.analysed", lambda t, item: case_title(item.case, item.procedure)[t.language], ""),
    Column("head.procedure", lambda t, item: item.procedure.title[t.language]),
    Column("head.unit", lambda t, item: t.name(item.unit.name), "col-unit"),
    Column("head.state", lambda t, item: t.say(f"case_status.{item.case.status}")),
    Column("head.stage", _stage, ""),
    Column("web.cases.head.next_due", lambda _, item: item.next and item.next.due, ""),
    Column(
        "web.cases.head.next",
        lambda t, item: t.titled(item.next_title, item.next_period) if item.next_title else "",
    ),
    Column("digest.heading_overdue", lambda _, item: item.looks["overdue"], "col-points"),
    Column("web.cases.head.missed", lambda _, item: item.looks["missed"]),
    Column("web.assignments.answer", lambda _, item: item.done, "col-points"),
    Column("web.cases.head.required", lambda _, item: item.required),
    Column("web.cases.head.opened", lambda _, item: item.case.opened_at and item.case.opened_at.date()),
)
"""The columns of the list; on the page what is done stands beside what is required, a date beside its title."""


def items(ctx: RequestContext, cases: Sequence[Case]) -> Iterator[ListedCase]:
    """Yield cases as the list shows them, in their order."""
    office, library = ctx.reads.office(), ctx.library
    for case, stands, nearest, rows in with_next_steps(ctx, cases, ctx.reads.rows_of(cases)):
        procedure = library.named(case.edition)
        title = entry_obligation(case, procedure, nearest.obligation).title if nearest else None
        yield ListedCase(
            case=case,
            procedure=procedure,
            unit=unit_name(office, case.unit),
            stands=stands,
            year=programme_year(procedure, rows),
            next=nearest,
            next_title=title,
            looks=Counter(status_on(row, today=ctx.today, soon=ctx.horizon.soon) for row in rows),
            done=sum(row.state == "done" for row in rows),
            required=sum(row.state != "not_required" for row in rows),
            unadopted=library.unadopted_act(procedure, office, case.unit),
        )


router = APIRouter(include_in_schema=False)

_ORDERS: tuple[CaseOrder, ...] = get_args(CaseOrder)
_STATUSES: tuple[CaseStatus, ...] = get_args(CaseStatus)
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
    number, pages = page_of(total, number, PAGE)
    procedures = offered_procedures(ctx, "", criteria.procedure or "")
    done = {"opened": opened, "replanned": replanned, "unchanged": unchanged, "year": year, "of": of}
    return page(
        ctx,
        "cases.html",
        items=[*items(ctx, ctx.reads.page(criteria, first=(number - 1) * PAGE, count=PAGE, order=order))],
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
        done=None if opened is None else done,
    )


def _stages(ctx: RequestContext, criteria: CaseFilter, procedures: ProcedureGroups) -> list[tuple[str, Text]]:
    """Return the stages of the chosen procedure, or of the only one offered; none where there are several."""
    offered = [procedure.id for _, group in procedures for procedure in group]
    name = criteria.procedure or (offered[0] if len(offered) == 1 else "")
    known = name in ctx.library.ids()
    return [(stage.id, stage.title) for stage in ctx.library.latest(name).stages] if known else []


@router.get("/cases.xlsx")
def cases_workbook(ctx: Reading, criteria: CaseQuery, order: CaseOrder = "newest") -> Response:
    def read(first: int, count: int) -> Iterator[ListedCase]:
        return items(ctx, ctx.reads.page(criteria, first=first, count=count, order=order))

    rows = exported(ctx.reads.how_many(criteria), read)
    return workbook_response(ctx, CASE_COLUMNS, rows, title="web.search.kind.case")
