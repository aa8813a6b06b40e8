"""Operations on cases: queries, commands, assignments, what-if plans, opening from schedules or by year.

With an `Idempotency-Key` a repeated request gets the answer of the first one.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from merzim.services import yearly
from merzim.services.board.deadlines import get_board, list_deadlines, list_own_tasks
from merzim.services.cases import assignments, bulk, views
from merzim.services.cases import verbs as cases
from merzim.services.cases.faces import FACES
from merzim.services.cases.views import list_cases, list_portfolio
from merzim.services.imports import schedules
from merzim.services.inputs import Day, Name
from merzim.services.results import Ids, InLanguage, PlanResult, Result, at
from merzim.services.search import search
from merzim.services.verbs import Command
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Asking, Reading
from merzim.web.ui.render import RequestTranslator
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
mount.get(router, "/cases/{case}", views.get_case, tags=["cases"])
mount.get(router, "/cases/{case}/events", views.list_events, tags=["cases"])
mount.get(router, "/search", search, name="search_everything", tags=["cases"])
mount.get(router, "/portfolio", list_portfolio, name="get_portfolio", tags=["cases"])


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


@commands.post("/plan", tags=["law"])
def plan_dates(ctx: Asking, body: WhatIf, translator: RequestTranslator) -> PlanResult:
    """Return the deadlines and findings that follow from given dates; nothing is written."""
    planned = plan(
        ctx.library,
        body.procedure,
        facts=body.facts,
        planned=body.planned,
        calendar=ctx.calendar,
        on=body.on,
    )
    return PlanResult.of(planned, translator.language, calendar_version=ctx.calendar.version)


mount.get(commands, "/assignments", assignments.list_assignments, name="get_assignments", tags=["cases"])
mount.post(commands, "/assignments", assignments.give_alone, tags=["cases"], status=201)


opening = api_router(tags=["opening"])


class ScheduleTaken(Result):
    """The result of importing a schedule: ids of cases."""

    cases: Ids
    opened: list[str]
    replanned: list[str]
    unchanged: list[str]


class YearDone(Result):
    year: int
    opened: Annotated[int, BeforeValidator(lambda cases: len(cases) if isinstance(cases, list) else cases)]


mount.post(
    opening, "/schedules", schedules.take_schedule, name="import_schedule", files=True, answer=ScheduleTaken
)
mount.get(opening, "/years/{year}", yearly.preview_year)
mount.post(opening, "/years", yearly.open_year, answer=YearDone)
mount.post(opening, "/years/undo", yearly.undo_year)
