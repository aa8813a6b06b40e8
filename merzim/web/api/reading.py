"""Queries: the board, cases, their events, procedures, working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator

from merzim.services.board.queries import get_board, list_deadlines, list_own_tasks
from merzim.services.cases.judgement import judge
from merzim.services.cases.listing import list_cases
from merzim.services.cases.portfolio import (
    list_portfolio,
)
from merzim.services.context import whole_case
from merzim.services.law.calendar_acts import moves_of
from merzim.services.results import (
    EventResult,
    InLanguage,
    Result,
    act_moves_result,
    at,
    event_result,
)
from merzim.services.search import search
from merzim.web.api import mount
from merzim.web.api.answers import CaseAnswer, api_router
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId
from merzim.web.ui.render import RequestTranslator
from workflow.cases.changes import field_changes

router = api_router()
YearText = Annotated[int | None, Query(ge=2010, le=2100)]
ProcedureText = Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.#-]+$")]
Cursor = Annotated[
    str,
    Query(pattern=r"^([0-9]{1,7})?$", description="`next` of the page before; empty for the first page."),
]


def _options(decision: Any) -> list[str]:
    return decision if isinstance(decision, list) else [option.id for option in decision.options]


class ProcedureAnswer(Result):
    id: str
    edition: str
    in_force: date
    in_force_assumed: bool
    title: InLanguage
    opened: str
    confidential: bool
    obligations: Annotated[list[str], BeforeValidator(list)] = at("facts")
    decisions: dict[str, Annotated[list[str], BeforeValidator(_options)]]


mount.get(router, "/board", get_board, tags=["board"])
mount.get(router, "/deadlines", list_deadlines, tags=["board"])
mount.get(router, "/desk", list_own_tasks, tags=["desk"])
mount.get(router, "/cases", list_cases, tags=["cases"])
mount.get(router, "/search", search, name="search_everything", tags=["cases"])
mount.get(router, "/portfolio", list_portfolio, name="get_portfolio", tags=["cases"])


@router.get("/cases/{case}", tags=["cases"])
def get_case(ctx: Reading, case: CaseId, translator: RequestTranslator) -> CaseAnswer:
    """Return a case: its deadlines with their explanations, and its findings."""
    today = ctx.today
    case_record, procedure = whole_case(ctx, case)
    judgement = judge(case_record, procedure, ctx.calendar, today=today)
    return CaseAnswer.of(
        case_record,
        translator.language,
        calendar_version=ctx.calendar.version,
        stage=judgement.stage,
        obligations=judgement.deadlines,
        findings=judgement.findings,
        act_not_adopted=procedure.adopted_act
        if ctx.library.unadopted_act(procedure, ctx.reads.office(), case_record.unit)
        else None,
        calendar_acts=[
            act_moves_result(act, translator.language)
            for act in moves_of(ctx.app, ctx.reads.events(case_record.id))
        ],
    )


@router.get("/cases/{case}/events", tags=["cases"])
def list_events(ctx: Reading, case: CaseId) -> list[EventResult]:
    """List the events of a case with their hashes."""
    whole_case(ctx, case)
    events = ctx.reads.events(case)
    changes = field_changes(events)
    return [event_result(event, changes.get(event.seq, ())) for event in events]


@router.get("/procedures", tags=["law"])
def list_procedures(ctx: Reading, translator: RequestTranslator) -> list[ProcedureAnswer]:
    """List all editions of all procedures, with the names of their facts."""
    return [ProcedureAnswer.of(edition, translator.language) for edition in ctx.library.all()]
