"""Assignments under a case: `assignment give`, `answer`, `refuse`, `extend`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import day

if TYPE_CHECKING:
    from services.results import CommandResult

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Number = Annotated[int, typer.Argument(metavar="N")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="cli.option.assignment_until")]
Ground = Annotated[str, typer.Option("--ground", metavar="TEXT", help="cli.option.ground")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "assignment", give=give, answer=answer, refuse=refuse, extend=extend)


def give(
    ctx: typer.Context,
    case: CaseId,
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    until: Until,
) -> None:
    from services import assignments
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"case": case, "person": person, "text": text, "until": day(until, where="--until")}
    _tell(call, assignments.give_assignment(call.ctx, build(assignments.GiveAssignment, fields)))


def answer(
    ctx: typer.Context,
    case: CaseId,
    number: Number,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="cli.option.on")],
    text: Annotated[str, typer.Option("--remark", metavar="TEXT", help="cli.option.remark")] = "",
    evidence: Annotated[
        list[str] | None,
        typer.Option("--evidence", metavar="[KIND=]FILE|URL[@DATE]", help="cli.option.evidence"),
    ] = None,
) -> None:
    from merzim.cli.proofs import free_evidence_inputs
    from services import assignments
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"case": case, "number": number, "on": day(on, where="--on"), "text": text}
    with free_evidence_inputs(evidence or ()) as items:
        command = build(assignments.AnswerAssignment, {**fields, "evidence": items})
        _tell(call, assignments.answer_assignment(call.ctx, command))


def refuse(ctx: typer.Context, case: CaseId, number: Number, ground: Ground) -> None:
    from services import assignments
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"case": case, "number": number, "ground": ground}
    _tell(call, assignments.refuse_assignment(call.ctx, build(assignments.RefuseAssignment, fields)))


def extend(ctx: typer.Context, case: CaseId, number: Number, until: Until, ground: Ground = "") -> None:
    from services import assignments
    from services.inputs import build

    call = CommandContext.of(ctx)
    fields = {"case": case, "number": number, "until": day(until, where="--until"), "ground": ground}
    _tell(call, assignments.extend_assignment(call.ctx, build(assignments.ExtendAssignment, fields)))


def _tell(call: CommandContext, done: CommandResult) -> None:
    if call.json:
        call.answer(done.model_dump(mode="json", by_alias=True))
    elif done.events:
        call.print(call.say("cli.assigned", case=done.case, number=done.events[0].name))
