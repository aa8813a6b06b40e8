"""What the API writes into a case: every command through the desk, by the account of the token.

With an `Idempotency-Key` a repeated request is answered as the first one was.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from web.api.answers import (
    PROBLEMS,
    CaseHead,
    CaseId,
    Changed,
    FindingAnswer,
    ObligationAnswer,
    RequestTranslator,
    case_head,
    changed,
    finding_answer,
    foreseen,
    obligation_answer,
)
from web.api.files import proofs
from web.api.idempotency import IdempotentRequest, Writing
from web.api.inputs import (
    Corrected,
    Exempted,
    Grounded,
    Opened,
    Planned,
    Previewed,
    PutOff,
    ReaderNamed,
    ReaderRemoved,
    Recorded,
    Reopened,
    Undone,
    WhatIf,
    Withdrawn,
)
from web.auth.dependencies import Asking, Managing, Recording
from web.context import RequestContext, stamp
from web.pages.case_creation.commands import open_one
from web.pages.cases import commands
from web.pages.cases.page import get_case_or_404
from workflow.cases.commands.desk import Change, Desk
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.planning import plan

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


class PlanAnswer(BaseModel):
    procedure: str
    edition: str
    calendar_version: str
    obligations: list[ObligationAnswer]
    findings: list[FindingAnswer]


def written(
    once: IdempotentRequest, ctx: RequestContext, case: str, body: BaseModel | None, act: Callable[[], Change]
) -> Changed:
    """A command to a case the reader sees, done once; 404 for any other case."""
    get_case_or_404(ctx, case)
    return once(ctx, body, lambda: changed(act()), Changed)


def written_or_foreseen(
    once: IdempotentRequest, ctx: RequestContext, case: str, body: Previewed, act: Callable[[Desk], Change]
) -> Changed:
    """The same of a command that can be previewed; a preview writes nothing, whatever key it comes with."""
    if not body.preview:
        return written(once, ctx, case, body, lambda: act(ctx.desk))
    get_case_or_404(ctx, case)
    preview, people = commands.foresee(ctx, case, act)
    return foreseen(preview, len(people))


@router.post("/cases", tags=["cases"], status_code=201)
def open_case(ctx: Managing, once: Writing, body: Opened) -> CaseHead:
    """Open a case. Facts and plan dates are by fact name; `person` is told by key, e-mail or name."""
    opening = Opening(
        procedure=body.procedure,
        unit=body.unit,
        object=body.object,
        person=body.person,
        planned=body.planned,
        facts=body.facts,
    )
    return once(ctx, body, lambda: case_head(open_one(ctx, opening)), CaseHead)


@router.post("/cases/{case}/facts", tags=["cases"])
def record(ctx: Recording, once: Writing, case: CaseId, body: Recorded) -> Changed:
    """Record that something happened. With the same date it adds what is new; with another it is refused."""

    def act() -> Change:
        if body.evidence_follows:
            return commands.done(ctx, case, body.fact, on=body.on)
        return commands.record(
            ctx,
            case,
            body.fact,
            on=body.on,
            evidence=proofs(ctx, body.evidence),
            values=body.values,
            signed_by=body.signed_by,
            remark=body.remark,
        )

    return written(once, ctx, case, body, act)


@router.post("/cases/{case}/plans", tags=["cases"])
def replan(ctx: Recording, once: Writing, case: CaseId, body: Planned) -> Changed:
    """Say on which days something is intended."""
    return written_or_foreseen(
        once, ctx, case, body, lambda desk: desk.replan_all(case, body.planned, **stamp(ctx))
    )


@router.post("/cases/{case}/corrections", tags=["cases"])
def correct(ctx: Managing, once: Writing, case: CaseId, body: Corrected) -> Changed:
    """Give a recorded fact another date, other numbers or another signature, with the ground for it."""

    def act(desk: Desk) -> Change:
        return desk.correct(
            case,
            body.fact,
            on=body.on,
            ground=body.ground,
            values=body.values,
            signed_by=body.signed_by,
            **stamp(ctx),
        )

    return written_or_foreseen(once, ctx, case, body, act)


@router.post("/cases/{case}/withdrawals", tags=["cases"])
def withdraw(ctx: Managing, once: Writing, case: CaseId, body: Withdrawn) -> Changed:
    """Withdraw what was recorded by mistake; it stays in the history, and the case is computed without it."""

    def act(desk: Desk) -> Change:
        return commands.withdraw(desk, ctx, case, body.name, ground=body.ground, evidence=body.evidence)

    return written_or_foreseen(once, ctx, case, body, act)


@router.post("/cases/{case}/undo", tags=["cases"])
def undo(ctx: Recording, once: Writing, case: CaseId, body: Undone, translator: RequestTranslator) -> Changed:
    """Withdraw what you recorded in the last ten minutes, while no letter of the case has left since."""
    ground = translator.say("withdraw.by_mistake")
    return written(once, ctx, case, body, lambda: commands.undo(ctx, case, body.line, ground=ground))


@router.post("/cases/{case}/cancellation", tags=["cases"])
def cancel(ctx: Managing, once: Writing, case: CaseId, body: Grounded) -> Changed:
    """Call a case off."""
    return written_or_foreseen(
        once, ctx, case, body, lambda desk: desk.cancel(case, ground=body.ground, **stamp(ctx))
    )


@router.post("/cases/{case}/exemption", tags=["cases"])
def exempt(ctx: Managing, once: Writing, case: CaseId, body: Exempted) -> Changed:
    """Free a case, or one obligation of it."""
    freed = {"ground": body.ground, "obligation": body.obligation}
    return written_or_foreseen(once, ctx, case, body, lambda desk: desk.exempt(case, **freed, **stamp(ctx)))


@router.post("/cases/{case}/reopening", tags=["cases"])
def reopen(ctx: Managing, once: Writing, case: CaseId, body: Reopened) -> Changed:
    """Take a cancelled or exempted case up again, or withdraw the exemption of one obligation."""
    freed = {"ground": body.ground, "obligation": body.obligation}
    return written_or_foreseen(once, ctx, case, body, lambda desk: desk.reopen(case, **freed, **stamp(ctx)))


@router.post("/cases/{case}/snoozes", tags=["cases"])
def snooze(ctx: Recording, once: Writing, case: CaseId, body: PutOff) -> Changed:
    """Be reminded again on a day, never beyond the last reminder in time."""
    return written(
        once, ctx, case, body, lambda: commands.put_off(ctx, case, body.obligation, until=body.until)
    )


@router.post("/cases/{case}/readers", tags=["cases"])
def name_reader(ctx: Managing, once: Writing, case: CaseId, body: ReaderNamed) -> Changed:
    """Let somebody know of a confidential case. `person`: the key."""
    return written(once, ctx, case, body, lambda: commands.name_reader(ctx, case, body.person))


@router.post("/cases/{case}/readers/removal", tags=["cases"])
def remove_reader(ctx: Managing, once: Writing, case: CaseId, body: ReaderRemoved) -> Changed:
    """Let somebody know of it no longer."""
    return written(
        once, ctx, case, body, lambda: commands.remove_reader(ctx, case, body.person, ground=body.ground)
    )


@router.post("/plan", tags=["law"])
def what_if(ctx: Asking, body: WhatIf, translator: RequestTranslator) -> PlanAnswer:
    """What would follow from these dates; nothing is written."""
    found = plan(
        ctx.library,
        body.procedure,
        facts=body.facts,
        planned=body.planned,
        calendar=ctx.calendar,
        on=body.on,
    )
    return PlanAnswer(
        procedure=found.procedure.id,
        edition=found.procedure.edition,
        calendar_version=ctx.calendar.version,
        obligations=[obligation_answer(one, found.procedure, translator) for one in found.deadlines],
        findings=[finding_answer(one, translator) for one in found.findings],
    )
