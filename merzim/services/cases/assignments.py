"""What people ask of each other: assignments, comments on cases with their questions; the reader's inbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from i18n import available_language, say
from merzim.services.cases.verbs import case_verb
from merzim.services.context import RequestContext, in_own_units, is_own, require_visible, writer
from merzim.services.inputs import (
    CaseCommand,
    Day,
    EvidenceInput,
    Ground,
    OptionalName,
    OptionalPerson,
    Person,
    Seq,
    Text,
    store_evidence,
)
from merzim.services.names import assignees_of, nameable_root, people_named, person_named
from merzim.services.results import CommandResult, Result, at as path, command_result, page_of, result_of
from merzim.services.verbs import ASSIGNMENT, Command, verb
from workflow.cases.case import Case, Event
from workflow.cases.changes import comments
from workflow.cases.commands import answers as commands, withdrawals
from workflow.cases.commands.answers import CannotComment
from workflow.cases.registers.assignments import AssignmentState, Whose, assignments as assignments_of
from workflow.cases.registers.rows import number_of
from workflow.deadlines.deadline import Row
from workflow.law.library import ALONE
from workflow.org.access import Reader, scope
from workflow.org.duties import Unresolved, heads_over
from workflow.org.office import Office, Recipient
from workflow.ports import Change
from workflow.refusal import Refusal

PAGE = 50
"""Entries on a page of the inbox, and of the list of assignments."""
ANSWER_WORKING_DAYS = 2
"""Working days in which a question asked by one click, or an escalation, must be answered."""
_MENTION = re.compile(r"@([^\W\d_][\w'-]*(?:[ ][^\W\d_][\w'-]*){0,3})")


class AddComment(CaseCommand):
    """Comment on a case, or on one of its obligations. `text` names people as `@Name Surname`; `asks`: name,
    key or e-mail of the person asked, `until`: the day the answer is due; `answers`: the number of the question
    in the history.
    """

    text: Ground
    obligation: OptionalName = ""
    asks: OptionalPerson = ""
    until: Day | None = None
    answers: Seq | None = None


class Escalate(CaseCommand):
    """Escalate an obligation to the nearest head above the people responsible: ask them to answer by a day."""

    obligation: OptionalName


class WithdrawComment(CaseCommand):
    """Withdraw a comment: its text is no longer shown, but stays in the history."""

    line: Seq
    ground: Ground


class ReadInbox(Command):
    """Mark the reader's inbox as read: all of it, of one case, or one event of its history."""

    in_case: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")] = ""
    line: Annotated[int, Field(ge=0, le=10**9)] = 0


class ListInbox(Command):
    """Request a page of the reader's inbox."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class InboxEntry(Result):
    """An event of a case that concerns the reader. `kind`: mention, question, answer, assignment or refusal."""

    case: str = path("event", "case")
    line: int = path("event", "seq")
    kind: str
    obligation: str
    text: str = path("event", "payload", "text", default="")
    by: str = path("event", "by")
    person: str = path("event", "payload", "person", default="")
    at: datetime = path("event", "at")
    until: date | None = path("event", "on")
    read_at: datetime | None


class InboxPage(BaseModel):
    """A page of the inbox, and the number of unread entries."""

    unread: int
    entries: list[InboxEntry]


class Marked(BaseModel):
    """The number of entries marked."""

    marked: int


@verb("record")
def add_comment(ctx: RequestContext, command: AddComment) -> CommandResult:
    """Comment on a case or an obligation; people named or asked are notified by letter and in the inbox."""
    office = ctx.app.reads.office()
    mentions = people_mentioned(office, command.text, nameable_root(ctx))
    asks = person_named(office, command.asks, root=nameable_root(ctx))
    for person in (*mentions, *filter(None, [asks])):
        require_may_know(ctx, command.case, person)
    given = command.model_dump(exclude={"case", "asks"})
    result = result_of(
        ctx, command.case, commands.comment, **given, person=writer(ctx), mentions=mentions, asks=asks
    )
    if command.answers is not None and ctx.reader.person:
        ctx.app.outbox.mark_read(ctx.reader.person, case=command.case, seq=command.answers, now=ctx.now)
    return result


def whom_to_ask(ctx: RequestContext, case: str, obligation: str) -> tuple[str, date]:
    """Return the key of whom to ask why an obligation is not done, never the reader, and the day to answer by.
    Raises CannotComment if nobody but the reader must do it.
    """
    recipients = people_responsible(ctx, case, obligation)
    people = [recipient.person.key for recipient in recipients if recipient.person.key != ctx.reader.person]
    if not people:
        raise CannotComment("comment.nobody_to_ask")
    return people[0], ctx.calendar.add_working_days(ctx.today, ANSWER_WORKING_DAYS)


def _escalating(ctx: RequestContext, command: Escalate) -> Mapping[str, object]:
    """Return the question to the nearest head above the people responsible for an obligation."""
    people = people_responsible(ctx, command.case, command.obligation)
    # An officer who replaces a missing head for reminders is above nobody.
    office = replace(ctx.app.reads.office(), officer=None)
    places = [(recipient.person.unit, recipient.person.key) for recipient in people]
    heads = heads_over(office, places, on=ctx.today, first_head=True)
    if isinstance(heads, Unresolved):
        raise CannotComment("comment.nobody_above")
    until = ctx.calendar.add_working_days(ctx.today, ANSWER_WORKING_DAYS)
    head = heads[0].person
    require_may_know(ctx, command.case, head.key)
    text = say("comment.escalated", {"until": until}, available_language(head.language))
    return {"text": text, "person": ctx.reader.person, "asks": head.key, "until": until}


escalate = case_verb("escalate", "assign", Escalate, commands.comment, _escalating)


def people_responsible(ctx: RequestContext, case: str, obligation: str) -> tuple[Recipient, ...]:
    """Return who must act on an obligation of a case today, the officer where nobody else can be told. Raises
    CannotComment if there is nobody.
    """
    rows = ctx.reads.rows_of([require_visible(ctx, case)]).get(case, ())
    row = next((row for row in rows if row.obligation == obligation), None)
    people = assignees_of(ctx.app.reads.office(), row.assignee, on=ctx.today) if row else ()
    if not people:
        raise CannotComment("comment.nobody_to_ask")
    return people


@verb("record")
def withdraw_comment(ctx: RequestContext, command: WithdrawComment) -> CommandResult:
    """Withdraw one's own comment (an operator: any); its unsent letters are withdrawn."""
    comments_by_line = {comment.seq: comment for comment in comments(ctx.reads.events(command.case))}
    comment = comments_by_line.get(command.line)
    if comment is None:
        raise CannotComment("comment.none", line=command.line)
    if not (ctx.operator or is_own(ctx, comment.by)):
        raise CannotComment("comment.not_yours")
    return result_of(ctx, command.case, withdrawals.withdraw, f"#{command.line}", ground=command.ground)


@verb("self", writes=False)
def list_inbox(ctx: RequestContext, command: ListInbox) -> InboxPage:
    """List the reader's inbox in cases visible to them, the newest first."""
    person = ctx.reader.person
    lines = ctx.reads.inbox(person, limit=PAGE, offset=(command.page - 1) * PAGE) if person else ()
    entries = [InboxEntry.of(line, obligation=_about(line.event)) for line in lines]
    return InboxPage(unread=ctx.reads.unread_lines(person) if person else 0, entries=entries)


def _about(event: Event) -> str:
    """Return the obligation an event in an inbox is about: an assignment, or what a comment is on."""
    return f"{ASSIGNMENT}{event.name}" if event.kind.startswith("assignment_") else event.name


@verb("self")
def read_inbox(ctx: RequestContext, command: ReadInbox) -> Marked:
    """Mark entries of the reader's inbox as read; return how many were unread."""
    if not (person := ctx.reader.person):
        return Marked(marked=0)
    return Marked(marked=ctx.app.outbox.mark_read(person, case=command.in_case, seq=command.line, now=ctx.now))


def people_mentioned(office: Office, text: str, root: str = "") -> tuple[str, ...]:
    """Return the keys of the people a text names as `@Name Surname`, once each: of the words after `@` the most
    that somebody's name is, or of those at or below a unit begins with. Raises CannotComment where nobody, or
    several people, are called so.
    """
    keys: dict[str, None] = {}
    for words in _MENTION.findall(text):
        parts = words.split(" ")
        for length in range(len(parts), 0, -1):
            name = " ".join(parts[:length])
            matching_people = people_named(office, name, root)
            if matching_people:
                break
        if len(matching_people) != 1:
            raise CannotComment(
                "comment.unknown_mention" if not matching_people else "comment.many_named", name=name
            )
        keys[matching_people[0]] = None
    return tuple(keys)


def require_may_know(ctx: RequestContext, case: str, person: str) -> None:
    """Raise CannotComment if a letter to this person (comment, assignment) would reveal a confidential case."""
    # Who sees all units, and of confidential cases those they know of.
    knows = scope(Reader(login="\x1f", access="officer", person=person))
    if not ctx.app.reads.seen_by(knows).heads([case]):
        name = ctx.app.reads.office().people[person].name
        raise CannotComment("comment.may_not_know", name=name)


Number = Annotated[int, Field(ge=1, le=10**6)]
StateToday = Literal["open", "overdue", "done", "refused", "dropped"]
"""Status of an assignment; `dropped`: no longer required, because its case was cancelled or exempted."""


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
    """An assignment. `alone`: whether it was given without a case; `state`: its status today. `person`,
    `giver`: keys of the assignee and the giver; `by`: the account that gave it.
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
    person = person_named(ctx.app.reads.office(), command.person, required=True, root=nameable_root(ctx))
    require_may_know(ctx, command.case, person)
    return result_of(
        ctx,
        command.case,
        commands.give,
        text=command.text,
        assignee=person,
        until=command.until,
        giver=writer(ctx),
    )


@verb("assign")
def give_alone(ctx: RequestContext, command: GiveAlone) -> CommandResult:
    """Give a person of the reader's units an assignment without a case: one is opened for it in their unit."""
    office = ctx.app.reads.office()
    key = person_named(office, command.person, required=True, root=nameable_root(ctx))
    unit = office.people[key].unit
    if not in_own_units(ctx, unit):
        raise Refusal("assignment.out_of_reach", name=office.people[key].name)
    case = commands.give_alone(
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
    _, pages = page_of(total, command.page, PAGE)
    return AssignmentList(total=total, pages=pages, assignments=rows)


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
    "answer_assignment", "record", AnswerAssignment, commands.answer, _answering, answers=True
)
refuse_assignment = case_verb(
    "refuse_assignment", "record", RefuseAssignment, commands.refuse, _refusing, answers=True
)
extend_assignment = case_verb("extend_assignment", "record", ExtendAssignment, commands.extend, _extending)
