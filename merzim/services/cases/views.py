"""What programs are shown of one case: its deadlines with their explanations, its findings, its events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from merzim.services.context import RequestContext, case_with_events
from merzim.services.inputs import CaseCommand
from merzim.services.law.calendar_acts import moves_of
from merzim.services.results import ActMoves, EventResult, FindingResult, ObligationResult, OpenedCase
from merzim.services.verbs import verb
from workflow.cases.changes import field_changes


class CaseResult(OpenedCase):
    """A case. `facts`: the days of its facts; `values`, `signed_by`: what was recorded with them."""

    calendar_version: str
    group: list[str]
    period: Annotated[list[date], BeforeValidator(lambda period: period or ())]
    responsible: dict[str, str]
    stage: str
    planned: dict[str, date]
    facts: dict[str, date]
    values: dict[str, dict[str, Decimal]] = Field(
        description="Numbers by fact.", examples=[{"event_held": {"people": "12"}}]
    )
    signed_by: dict[str, str] = Field(
        description="By fact: the duty of who signed it.", examples=[{"order_signed": "head"}]
    )
    ahead: list[str] = Field(description="Facts that lie ahead.", examples=[["analysis_ended"]])
    obligations: list[ObligationResult]
    findings: list[FindingResult]
    calendar_acts: list[ActMoves]
    act_not_adopted: Annotated[
        str | None,
        Field(description="The act of one organisation it rests on, where its unit has not adopted it."),
    ]


@verb("read", writes=False)
def get_case(ctx: RequestContext, command: CaseCommand) -> CaseResult:
    """Return a case: its deadlines with their explanations, and its findings."""
    case, events = case_with_events(ctx, command.case)
    view = ctx.case_commands.view_of(case, today=ctx.today, bare=False)
    unadopted = ctx.library.unadopted_act(view.procedure, ctx.reads.office(), case.unit)
    return CaseResult.of(
        case,
        ctx.language,
        calendar_version=ctx.calendar.version,
        stage=view.stage,
        facts={name: fact.on for name, fact in case.facts.items()},
        values={name: fact.values for name, fact in case.facts.items() if fact.values},
        signed_by={name: fact.signed_by for name, fact in case.facts.items() if fact.signed_by},
        ahead=[name for name, fact in case.facts.items() if fact.on > ctx.today],
        obligations=view.deadlines,
        findings=view.findings,
        act_not_adopted=view.procedure.adopted_act if unadopted else None,
        calendar_acts=moves_of(ctx.app, events, ctx.language),
    )


@verb("read", writes=False)
def list_events(ctx: RequestContext, command: CaseCommand) -> list[EventResult]:
    """List the events of a case with their hashes and the fields each changed."""
    events = ctx.reads.events(command.case)
    changes = field_changes(events)
    return [EventResult.of(event, changes=[*changes.get(event.seq, ())]) for event in events]
