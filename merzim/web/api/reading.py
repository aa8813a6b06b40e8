"""Queries: the board, cases, their events, procedures, working days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator

from merzim.services.board.board import SHOWN, board
from merzim.services.cases.judgement import judge
from merzim.services.cases.portfolio import (
    ListPortfolio,
    PortfolioPage,
    list_portfolio,
)
from merzim.services.context import whole_case
from merzim.services.inputs import build
from merzim.services.law.calendar_acts import moves_of
from merzim.services.results import (
    EventResult,
    InLanguage,
    Result,
    act_moves_result,
    at,
    case_head,
    event_result,
)
from merzim.services.search import Found, Search, search
from merzim.services.yearly.clock import PROCEDURE
from merzim.web.api.answers import MAX_PER_PAGE, PROBLEMS, BoardAnswer, CaseAnswer, CaseList, Limit, api_router
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId, Number, SearchText
from merzim.web.ui.render import RequestTranslator
from workflow.board.rows import CaseFilter
from workflow.cases.case import CaseStatus
from workflow.cases.changes import field_changes
from workflow.machine import OVER

router = api_router("")
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


@router.get("/api/v1/board", tags=["board"], responses=PROBLEMS)
def get_board(
    ctx: Reading,
    translator: RequestTranslator,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="Lines of each list.")] = SHOWN,
    cursor: Cursor = "",
) -> BoardAnswer:
    """Return the overdue, slipped, near and missed deadlines: totals, and a page of each list."""
    today = ctx.today
    view = board(
        ctx.reads,
        ctx.library,
        ctx.calendar,
        today=today,
        unit=unit or None,
        limit=limit,
        first=int(cursor or 0),
    )
    return BoardAnswer.of(view, translator.language, calendar_version=ctx.calendar.version)


@router.get("/api/v1/cases", tags=["cases"], responses=PROBLEMS)
def list_cases(
    ctx: Reading,
    unit: SearchText = "",
    procedure: SearchText = "",
    search: SearchText = "",
    stage: SearchText = "",
    standing: CaseStatus | None = None,
    late: bool = False,
    number: Number = 1,
    limit: Limit = 50,
) -> CaseList:
    """List the cases visible to the reader, the newest first, `limit` per page; `total` is the number of
    all.
    """
    today = ctx.today
    filter_ = CaseFilter(
        unit=unit or None,
        procedure=procedure or None,
        stage=(stage or None) if procedure or stage in OVER else None,
        standing=standing,
        search=search,
        late_on=today if late else None,
    )
    cases = ctx.reads.page(filter_, first=(number - 1) * limit, count=limit)
    return CaseList(cases=[case_head(case) for case in cases], total=ctx.reads.how_many(filter_))


@router.get("/api/v1/search", tags=["cases"], responses=PROBLEMS)
def search_everything(
    ctx: Reading,
    translator: RequestTranslator,
    text: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")],
) -> Found:
    """Search analyses, people, units, register rows, procedures and acts visible to the reader."""
    return search(replace(ctx, language=translator.language), Search(text=text))


@router.get("/api/v1/portfolio", tags=["cases"], responses=PROBLEMS)
def get_portfolio(
    ctx: Reading,
    translator: RequestTranslator,
    year: YearText = None,
    procedure: ProcedureText = PROCEDURE,
    unit: SearchText = "",
    stage: SearchText = "",
    number: Number = 1,
) -> PortfolioPage:
    """List the active cases of a year (default: the present one), with the drift and slack of their plans."""
    fields = {"year": year, "procedure": procedure, "unit": unit, "stage": stage, "page": number}
    return list_portfolio(replace(ctx, language=translator.language), build(ListPortfolio, fields))


@router.get("/api/v1/cases/{case}", tags=["cases"], responses=PROBLEMS)
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


@router.get("/api/v1/cases/{case}/events", tags=["cases"], responses=PROBLEMS)
def list_events(ctx: Reading, case: CaseId) -> list[EventResult]:
    """List the events of a case with their hashes."""
    whole_case(ctx, case)
    events = ctx.reads.events(case)
    changes = field_changes(events)
    return [event_result(event, changes.get(event.seq, ())) for event in events]


@router.get("/api/v1/procedures", tags=["law"], responses=PROBLEMS)
def list_procedures(ctx: Reading, translator: RequestTranslator) -> list[ProcedureAnswer]:
    """List all editions of all procedures, with the names of their facts."""
    return [ProcedureAnswer.of(edition, translator.language) for edition in ctx.library.all()]
