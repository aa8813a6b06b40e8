"""Cases, the board, procedures: queries, commands, what-if plans, and opening from schedules or by year.

With an `Idempotency-Key` a repeated request gets the answer of the first one.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, Field

from merzim.services.board.board import get_board, list_deadlines, list_own_tasks
from merzim.services.cases import assignments, bulk
from merzim.services.cases import verbs as cases
from merzim.services.cases.faces import FACES
from merzim.services.cases.portfolio import list_cases, list_portfolio
from merzim.services.context import whole_case
from merzim.services.imports import schedules
from merzim.services.inputs import Day, Digest, Name
from merzim.services.law.calendar_acts import moves_of
from merzim.services.results import (
    EventResult,
    FindingResult,
    Ids,
    InLanguage,
    ObligationResult,
    Result,
    act_moves_result,
    at,
    event_result,
)
from merzim.services.search import search
from merzim.services.verbs import Command
from merzim.services.yearly import opening as opening_years
from merzim.web.api import mount
from merzim.web.api.answers import CaseAnswer, api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import Asking, Managing, Reading, reads_files
from merzim.web.http import CaseId, SearchText
from merzim.web.ui.render import RequestTranslator
from workflow.cases.changes import field_changes
from workflow.cases.commands.planning import plan

router = api_router()


def _options(decision: Any) -> list[str]:
    """Return the ids of a decision's options; a list has them already."""
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
    case_record, procedure = whole_case(ctx, case)
    view = ctx.case_commands.view_of(case_record, today=ctx.today, bare=False)
    return CaseAnswer.of(
        case_record,
        translator.language,
        calendar_version=ctx.calendar.version,
        stage=view.stage,
        obligations=view.deadlines,
        findings=view.findings,
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


commands = api_router()
mount.post(commands, "/cases", cases.open_case, tags=["cases"], status=201)
mount.post(commands, "/facts", bulk.record_many, name="record_facts", tags=["cases"])
mount.post(commands, "/withdrawals", bulk.withdraw_many, name="withdraw_entries", tags=["cases"])
for face in FACES:
    if face.api:
        mount.post(commands, f"/cases/{{case}}/{face.api}", face.verb, tags=["cases"])


class WhatIf(Command):
    """Facts and plan dates by fact name; `on`: the day that selects the edition."""

    procedure: Name
    planned: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    facts: dict[Name, Day] = Field(default_factory=dict, max_length=200)
    on: Day | None = None


class PlanAnswer(Result):
    procedure: str = at("procedure", "id")
    edition: str = at("procedure", "edition")
    calendar_version: str
    obligations: list[ObligationResult]
    findings: list[FindingResult]


@commands.post("/plan", tags=["law"])
def plan_dates(ctx: Asking, body: WhatIf, translator: RequestTranslator) -> PlanAnswer:
    """Return the deadlines and findings that follow from given dates; nothing is written."""
    planned = plan(
        ctx.library,
        body.procedure,
        facts=body.facts,
        planned=body.planned,
        calendar=ctx.calendar,
        on=body.on,
    )
    return PlanAnswer.of(
        planned,
        translator.language,
        calendar_version=ctx.calendar.version,
        obligations=planned.deadlines,
    )


mount.get(commands, "/assignments", assignments.list_assignments, name="get_assignments", tags=["cases"])
mount.post(commands, "/assignments", assignments.give_alone, tags=["cases"], status=201)


opening = api_router(tags=["opening"])


class Schedule(schedules.ImportSchedule):
    __doc__ = schedules.ImportSchedule.__doc__

    file: Digest


class ScheduleTaken(Result):
    """The result of importing a schedule: ids of cases."""

    cases: Ids
    opened: list[str]
    replanned: list[str]
    unchanged: list[str]


class YearCase(Result):
    procedure: str
    unit: str
    object: str


class YearPreview(Result):
    """The cases that opening a year would open. `there`: number of its cases that exist already.

    `overdue`: deadlines that would be overdue today; `told`: name of a person -> the reminders the next round
    would send them.
    """

    year: int
    openings: list[YearCase]
    there: int
    kept_from: date
    overdue: int
    told: dict[str, int]


class YearDone(BaseModel):
    year: int
    opened: int


@opening.post("/schedules")
@reads_files
def import_schedule(ctx: Managing, once: Writing, body: Schedule) -> ScheduleTaken:
    """Import a schedule, once every row of it is in order. Importing it again writes only the changes."""
    return once(ctx, body, lambda: ScheduleTaken.of(schedules.take_schedule(ctx, body)), ScheduleTaken)


@opening.get("/years/{year}")
def preview_year(
    ctx: Managing,
    year: Annotated[opening_years.Year, Path()],
    unit: SearchText = "",
    kept_from: date | None = None,
) -> YearPreview:
    """Return the cases that opening a year would open."""
    return YearPreview.of(opening_years.preview_year(ctx, year, unit, kept_from), year=year)


@opening.post("/years")
def open_year(ctx: Managing, once: Writing, body: opening_years.OpenYear) -> YearDone:
    """Open the yearly programmes of a year; existing cases are not opened again."""

    def open_cases() -> YearDone:
        return YearDone(year=body.year, opened=len(opening_years.open_year(ctx, body).opened))

    return once(ctx, body, open_cases, YearDone)


@opening.post("/years/undo")
def undo_year(ctx: Managing, once: Writing, body: opening_years.UndoYear) -> opening_years.UndoneYear:
    """Take back the last opening of a year, while nothing is recorded in its cases."""
    return once(ctx, body, lambda: opening_years.undo_year(ctx, body), opening_years.UndoneYear)
