"""Verbs on assignments, in a case or without one: list, give, answer with evidence, refuse, extend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from merzim.services.cases.comments import require_may_know
from merzim.services.cases.verbs import case_verb
from merzim.services.context import RequestContext, in_own_units, writer
from merzim.services.evidence import store_evidence
from merzim.services.inputs import CaseCommand, Day, EvidenceInput, Ground, Person, Text
from merzim.services.names import person_named
from merzim.services.results import CommandResult, Result, command_result, result_of
from merzim.services.verbs import Command, verb
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.commands import answers
from workflow.cases.registers.assignments import AssignmentState, Whose
from workflow.cases.registers.assignments import assignments as assignments_of
from workflow.cases.registers.rows import number_of
from workflow.law.library import ALONE
from workflow.ports import Change
from workflow.refusal import Refusal

Number = Annotated[int, Field(ge=1, le=10**6)]
StateToday = Literal["open", "overdue", "done", "refused", "dropped"]
"""Status of an assignment; `dropped`: no longer required, because its case was cancelled or exempted."""
PAGE = 50
"""Assignments on a page of the list."""


class GiveAlone(Command):
    """Give a person an assignment with a due day, without a case. `person`: name, key or e-mail."""

    person: Person
    text: Ground
    until: Day


class GiveAssignment(CaseCommand, GiveAlone):
    """Give a person an assignment with a due day, in a case. `person`: name, key or e-mail."""


class ListAssignments(Command):
    """List assignments given to the reader (`mine`), by the reader (`given`) or all visible ones, in one
    state. Those given to the reader are visible in any unit.
    """

    whose: Whose = "all"
    state: AssignmentState = "open"
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class AssignmentResult(Result):
    """An assignment. `alone`: whether it was given without a case; `state`: its status today.

    `person`, `giver`: keys of the assignee and the giver; `by`: the account that gave it.
    """

    case: str
    alone: bool
    number: int
    text: str
    person: str
    giver: str
    by: str
    given_on: date
    until: date
    state: StateToday
    answered_on: date | None
    answer: str
    refused: str
    extended: int


class AssignmentList(BaseModel):
    """A page of assignments; `total`: their number on all pages."""

    total: int
    pages: int
    assignments: list[AssignmentResult]


class AnswerAssignment(CaseCommand):
    """Report one's own assignment done: on which day, the result, and its evidence; its giver is notified."""

    number: Number
    on: Day
    text: Text = ""
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RefuseAssignment(CaseCommand):
    """Refuse one's own assignment, with the ground; its giver is notified."""

    number: Number
    ground: Ground


class ExtendAssignment(CaseCommand):
    """Set another due day for an assignment one gave; a refused one is open again; the assignee is told."""

    number: Number
    until: Day
    ground: Text = ""


@verb("assign")
def give_assignment(ctx: RequestContext, command: GiveAssignment) -> CommandResult:
    """Give a person an assignment in a case; they get a letter and reminders, and lateness is escalated."""
    person = person_named(ctx.app.reads.office(), command.person, required=True)
    require_may_know(ctx, command.case, person)
    return result_of(
        ctx,
        command.case,
        answers.give,
        text=command.text,
        assignee=person,
        until=command.until,
        giver=writer(ctx),
    )


@verb("assign")
def give_alone(ctx: RequestContext, command: GiveAlone) -> CommandResult:
    """Give a person of the reader's units an assignment without a case: one is opened for it in their unit."""
    office = ctx.app.reads.office()
    key = person_named(office, command.person, required=True)
    unit = office.people[key].unit
    if not in_own_units(ctx, unit):
        raise Refusal("assignment.out_of_reach", name=office.people[key].name)
    case = answers.give_alone(
        ctx.case_commands,
        text=command.text,
        assignee=key,
        unit=unit,
        until=command.until,
        giver=writer(ctx),
        at=ctx.moment,
    )
    return command_result(Change(case=case, events=tuple(ctx.case_commands.events(case.id))))


@verb("read", writes=False)
def list_assignments(ctx: RequestContext, command: ListAssignments) -> AssignmentList:
    """List the assignments given to the reader, given by the reader, or all that are visible."""
    rows, total = query_assignments(ctx, command, limit=PAGE, offset=(command.page - 1) * PAGE)
    return AssignmentList(total=total, pages=max(1, -(-total // PAGE)), assignments=rows)


def query_assignments(
    ctx: RequestContext, command: ListAssignments, *, limit: int, offset: int = 0
) -> tuple[list[AssignmentResult], int]:
    """Return some of the assignments asked for, those in visible cases, and the number of all that match."""
    reads = ctx.reads.whole_office() if command.whose == "mine" else ctx.reads
    rows, total = reads.assignments(
        command.whose, command.state, reader=ctx.reader, today=ctx.today, limit=limit, offset=offset
    )
    cases = reads.whole({row.case for row in rows})
    visible_rows = [row for row in rows if row.case in cases]
    return [_result(cases[row.case], row, ctx.today) for row in visible_rows], total


def _result(case: Case, row: Row, today: date) -> AssignmentResult:
    """Return the assignment of a board row, with its state today."""
    assignment = assignments_of(case)[number_of(row.obligation)]
    state: StateToday = "overdue" if assignment.until < today else "open"
    if row.state != "open":
        state = "done" if row.state == "done" else "refused" if assignment.refused else "dropped"
    return AssignmentResult.of(
        assignment, case=case.id, alone=case.procedure == ALONE.id, person=assignment.assignee, state=state
    )


def _author(ctx: RequestContext) -> str:
    """Return who answers an assignment: the account's person, else the login; "" for an unnamed operator."""
    return writer(ctx) or ("" if ctx.operator else ctx.reader.login)


def _answering(ctx: RequestContext, command: AnswerAssignment) -> Mapping[str, object]:
    """Return the evidence of an answer, stored, and who answers."""
    return {**_refusing(ctx, command), "evidence": store_evidence(ctx, command.evidence)}


def _refusing(ctx: RequestContext, _: CaseCommand) -> Mapping[str, object]:
    return {"author": _author(ctx), "for_office": ctx.operator}


def _extending(ctx: RequestContext, _: ExtendAssignment) -> Mapping[str, object]:
    return {"author": writer(ctx), "login": ctx.moment.by}


answer_assignment = case_verb(
    "answer_assignment", "record", AnswerAssignment, answers.answer, _answering, answers=True
)
refuse_assignment = case_verb(
    "refuse_assignment", "record", RefuseAssignment, answers.refuse, _refusing, answers=True
)
extend_assignment = case_verb("extend_assignment", "record", ExtendAssignment, answers.extend, _extending)
