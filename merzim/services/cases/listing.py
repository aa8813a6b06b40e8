"""The list of cases, as programs ask for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.results import CaseHead, case_head
from merzim.services.verbs import Command, verb
from workflow.board.rows import CaseFilter
from workflow.cases.case import CaseStatus
from workflow.machine import OVER


class ListCases(Command):
    """Request cases. `late`: only those with something overdue; `limit`: how many on a page."""

    unit: Line = ""
    procedure: Line = ""
    search: Line = ""
    stage: Line = ""
    standing: CaseStatus | None = None
    late: bool = False
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CaseList(BaseModel):
    cases: list[CaseHead]
    total: int


@verb("read", writes=False)
def list_cases(ctx: RequestContext, command: ListCases) -> CaseList:
    """List the cases visible to the reader, the newest first; `total` is the number of all."""
    has_stage = command.procedure or command.stage in OVER
    query = CaseFilter(
        unit=command.unit or None,
        procedure=command.procedure or None,
        stage=(command.stage or None) if has_stage else None,
        standing=command.standing,
        search=command.search,
        late_on=ctx.today if command.late else None,
    )
    cases = ctx.reads.page(query, first=(command.page - 1) * command.limit, count=command.limit)
    return CaseList(cases=[case_head(case) for case in cases], total=ctx.reads.how_many(query))
