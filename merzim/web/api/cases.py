"""Commands on cases (`merzim.services.cases.verbs`), and the deadlines that follow from given dates (`/plan`).

With an `Idempotency-Key` a repeated request gets the answer of the first one.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from merzim.services.cases import assignments, bulk, comments
from merzim.services.cases import verbs as cases
from merzim.services.inputs import Day, Name
from merzim.services.results import FindingResult, ObligationResult, Result, at
from merzim.services.verbs import Command, Verb
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Asking
from merzim.web.ui.render import RequestTranslator
from workflow.cases.commands.planning import plan

router = api_router()
mount.post(router, "/cases", cases.open_case, tags=["cases"], status=201)
mount.post(router, "/facts", bulk.record_many, name="record_facts", tags=["cases"])
mount.post(router, "/withdrawals", bulk.withdraw_many, name="withdraw_entries", tags=["cases"])
CASE_VERBS: tuple[tuple[str, Verb[Any, Any], str], ...] = (
    ("facts", cases.record, "record_fact"),
    ("decisions/{decision}", cases.decide, "answer_decision"),
    ("plans", cases.replan, "replan_case"),
    ("corrections", cases.correct, "correct_fact"),
    ("withdrawals", cases.withdraw, "withdraw_entry"),
    ("passport", cases.describe, "describe_case"),
    ("cancellation", cases.cancel, "cancel_case"),
    ("exemption", cases.exempt, "exempt_obligation"),
    ("reopening", cases.reopen, "reopen_case"),
    ("migration", cases.migrate, "migrate_case"),
    ("undo", cases.undo, "undo_entry"),
    ("readers", cases.add_reader, ""),
    ("readers/removal", cases.remove_reader, ""),
    ("comments", comments.add_comment, ""),
    ("comments/{line}/withdrawal", comments.withdraw_comment, ""),
    ("assignments", assignments.give_assignment, ""),
    ("assignments/{number}/answer", assignments.answer_assignment, ""),
    ("assignments/{number}/refusal", assignments.refuse_assignment, ""),
    ("assignments/{number}/extension", assignments.extend_assignment, ""),
)
for path, verb, name in CASE_VERBS:
    mount.post(router, f"/cases/{{case}}/{path}", verb, name=name, tags=["cases"])


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


@router.post("/plan", tags=["law"])
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


mount.get(router, "/assignments", assignments.list_assignments, name="get_assignments", tags=["cases"])
mount.post(router, "/assignments", assignments.give_alone, tags=["cases"], status=201)
