"""Verbs on assignments under a case: give, answer with evidence, refuse with a ground, set another day."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.comments import require_may_know
from services.context import RequestContext, stamp
from services.evidence import store_evidence
from services.inputs import CaseCommand, Day, EvidenceInput, Ground, Key, Text
from services.queries import person_named
from services.results import CommandResult, command_result
from services.verbs import verb
from workflow.cases.commands import assignments

Number = Annotated[int, Field(ge=1, le=10**6)]


class GiveAssignment(CaseCommand):
    """Give somebody something to do by a day. `person`: name, key or e-mail."""

    person: Key
    text: Ground
    until: Day


class AnswerAssignment(CaseCommand):
    """Say that an assignment is done: on which day, what came of it, and what proves it."""

    number: Number
    on: Day
    text: Text = ""
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RefuseAssignment(CaseCommand):
    """Refuse an assignment, with the ground."""

    number: Number
    ground: Ground


class ExtendAssignment(CaseCommand):
    """Set another day for an assignment one gave; a refused one is asked for again."""

    number: Number
    until: Day
    ground: Text = ""


@verb("assign")
def give_assignment(ctx: RequestContext, command: GiveAssignment) -> CommandResult:
    """Give a person an assignment under a case; they are told by letter, reminded, and it is escalated."""
    person = person_named(ctx.app, command.person, required=True)
    require_may_know(ctx, command.case, person)
    change = assignments.give(
        ctx.desk,
        command.case,
        text=command.text,
        assignee=person,
        until=command.until,
        giver=ctx.reader.person,
        **stamp(ctx),
    )
    return command_result(change)


@verb("record")
def answer_assignment(ctx: RequestContext, command: AnswerAssignment) -> CommandResult:
    """Say that an assignment of one's own is done; its giver is told."""
    change = assignments.answer(
        ctx.desk,
        command.case,
        command.number,
        text=command.text,
        on=command.on,
        author=_author(ctx),
        evidence=store_evidence(ctx, command.evidence),
        **stamp(ctx),
    )
    return command_result(change)


@verb("record")
def refuse_assignment(ctx: RequestContext, command: RefuseAssignment) -> CommandResult:
    """Refuse an assignment of one's own with a ground; its giver is told."""
    change = assignments.refuse(
        ctx.desk, command.case, command.number, ground=command.ground, author=_author(ctx), **stamp(ctx)
    )
    return command_result(change)


@verb("record")
def extend_assignment(ctx: RequestContext, command: ExtendAssignment) -> CommandResult:
    """Set another day for an assignment one gave; who is to do it is told."""
    change = assignments.extend(
        ctx.desk,
        command.case,
        command.number,
        until=command.until,
        ground=command.ground,
        author=ctx.reader.person,
        **stamp(ctx),
    )
    return command_result(change)


def _author(ctx: RequestContext) -> str:
    """Return as whom an assignment is answered: the reader's person, or anybody for an operator."""
    return "" if ctx.operator else ctx.reader.person or ctx.reader.login
