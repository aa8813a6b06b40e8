"""What people ask of each other in a case, and answer: assignments, comments, reminders.

Each is an event of the case, which tells who answered from those who did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from textwrap import shorten
from typing import Literal

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import AWAITED, Case, Event, EventDraft, Evidence, evidence_payload, filled
from workflow.cases.changes import Comment, comments
from workflow.cases.commands.case_commands import CaseCommands, Drafts, Opening, View
from workflow.cases.registers.assignments import Assignment, assignments
from workflow.cases.registers.rows import is_entry, next_number
from workflow.deadlines.deadline import Deadline
from workflow.law.library import ALONE, known_obligation
from workflow.law.procedure import Procedure, Step
from workflow.moments import Moment
from workflow.refusal import Refusal, closest_first
from workflow.reminders import day_of_step, latest_snooze

TITLE_LENGTH = 120
"""Number of characters of an assignment used as the title of its own case."""


def give(view: View, *, text: str, assignee: str, until: date, giver: str) -> Drafts:
    """Assign a task to a person until a local date (`assignee`, `giver`: keys of people). Raises Refusal."""
    number = next_number(view.case, "assignment", assignments(view.case))
    return [_given(number, text, assignee, until, giver, view.today)]


def give_alone(
    case_commands: CaseCommands, *, text: str, assignee: str, unit: str, until: date, giver: str, at: Moment
) -> Case:
    """Assign a task that belongs to no case: open a case of its own for it in the person's unit (by id). Raises
    Refusal: there is no text, or the day has passed. Raises OutOfRange: the day lies beyond the calendar's
    records.
    """
    assignment_draft = _given(1, text, assignee, until, giver, at.today)
    case_commands.calendar.is_working_day(until)  # raises beyond the records
    title = shorten(text, TITLE_LENGTH, placeholder=" …")
    opening = Opening(
        procedure=ALONE.id, edition=ALONE.edition, unit=unit, object=title, entries=(assignment_draft,)
    )
    return case_commands.open(opening, at=at)


def _given(number: int, text: str, assignee: str, until: date, giver: str, today: date) -> EventDraft:
    """Return the event that gives an assignment; its assignee is told, unless they give it to themselves.

    Raises Refusal: no text, or a past day.
    """
    if not text.strip():
        raise Refusal("assignment.empty")
    _require_ahead(until, today)
    payload: dict[str, object] = {
        "text": text.strip(),
        "assignee": assignee,
        "person": giver,
        "given_on": today.isoformat(),
        "to": {} if assignee == giver else {assignee: "assignment"},
    }
    return "assignment_given", str(number), until, payload


def answer(
    view: View,
    number: int,
    *,
    text: str,
    on: date,
    author: str,
    for_office: bool,
    evidence: Iterable[Evidence] = (),
) -> Drafts:
    """Record that an assignment is done: on which day, and its evidence.

    `author`: key of the person who reports it, "" for nobody in the list of people. Raises Refusal: it is
    unknown or answered already, is another person's (unless `for_office`), or the day is ahead.
    """
    assignment = _open(view.case, number, None if for_office else author)
    if on > view.today:
        raise Refusal("assignment.in_future", on=on, today=view.today)
    payload = {**_payload(assignment, text, author, "answer"), **filled(evidence=evidence_payload(evidence))}
    return [("assignment_answered", str(number), on, payload)]


def refuse(view: View, number: int, *, ground: str, author: str, for_office: bool) -> Drafts:
    """Refuse an assignment, giving the ground; it waits for nobody until its giver sets another day.

    Raises Refusal: it is unknown, answered or another person's (unless `for_office`), or there is no ground.
    """
    assignment = _open(view.case, number, None if for_office else author)
    if not ground.strip():
        raise Refusal("assignment.no_ground")
    return [("assignment_refused", str(number), view.today, _payload(assignment, ground, author, "refusal"))]


def extend(view: View, number: int, *, until: date, ground: str, author: str, login: str) -> Drafts:
    """Set another due day for an assignment; a refused one is open again. The same day again writes nothing.

    Raises Refusal: unknown or answered, not given by this login nor by `author` (a key), or the day is past.
    """
    assignment = _open(view.case, number, None)
    if login != assignment.by and (not author or author != assignment.giver):
        raise Refusal("assignment.not_giver", number=number)
    _require_ahead(until, view.today)
    if until == assignment.until and not assignment.refused:
        return ()
    to = {} if assignment.assignee == author else {assignment.assignee: "assignment"}
    payload: dict[str, object] = {"text": ground.strip() or assignment.text, "person": author, "to": to}
    return [("assignment_extended", str(number), until, payload)]


def _payload(assignment: Assignment, text: str, author: str, kind: str) -> dict[str, object]:
    """Return what an answer or refusal says: text, author, and (unless it is theirs) the giver's inbox."""
    to = {assignment.giver: kind} if assignment.giver and assignment.giver != author else {}
    return {"text": text.strip(), "person": author, "to": to}


def _open(case: Case, number: int, author: str | None) -> Assignment:
    """Return an unanswered assignment of `author` (None: of anybody). Raises Refusal."""
    by_number = assignments(case)
    if number not in by_number:
        raise Refusal("assignment.unknown", number=number, allowed=tuple(map(str, by_number)))
    assignment = by_number[number]
    if assignment.answered_on is not None:
        raise Refusal("assignment.answered", number=number)
    if author is not None and author != assignment.assignee:
        raise Refusal("assignment.not_assignee", number=number)
    return assignment


def _require_ahead(until: date, today: date) -> None:
    if until < today:
        raise Refusal("assignment.past", until=until, today=today)


class CannotComment(Refusal, ValueError):
    """The comment is empty, wants an answer of nobody or on a past day, or answers what is no question."""


def comment(
    view: View,
    *,
    text: str,
    obligation: str = "",
    person: str = "",
    mentions: Sequence[str] = (),
    asks: str = "",
    until: date | None = None,
    answers: int | None = None,
) -> Drafts:
    """Write a comment on a case, or on one of its obligations (its id with its period).

    `person`, `mentions`, `asks`: keys of its author ("" for nobody of the people file), of the people it names,
    and of whom it asks to answer by a day (`until`). `answers`: number of the question it answers; the comment
    is then on what the question is on.

    Raises CannotComment; Refusal: the case does not have the obligation.
    """
    if not text.strip():
        raise CannotComment("comment.empty")
    if until is not None and not asks:
        raise CannotComment("comment.nobody_asked")
    if until is not None and until < view.today:
        raise CannotComment("comment.past", until=until, today=view.today)
    about = obligation
    to = dict.fromkeys(mentions, "mention")
    if asks:
        to[asks] = "question"
    if answers is not None:
        question = _question(view.events, answers)
        about = question.obligation
        if question.person:
            to[question.person] = "answer"
    elif about:
        deadline_of(view, about)
    to.pop(person, None)
    payload = filled(
        text=text.strip(), person=person, mentions=list(mentions), asks=asks, answers=answers, to=to
    )
    return [("commented", about, until, payload)]


def _question(events: Sequence[Event], line: int) -> Comment:
    """Return the question of that number, answered or not. Raises CannotComment: there is none (any more)."""
    question = next((comment for comment in comments(events) if comment.seq == line), None)
    if question is None or not question.asks or question.withdrawn:
        raise CannotComment("comment.no_question", line=line)
    return question


def snooze(view: View, obligation: str, *, until: date) -> Drafts:
    """Snooze a reminder of an obligation (its id with its period) until a day, or if that is off the working
    day after it; the same day again writes nothing.

    A reminder cannot be switched off: at the latest the last step before the due date is sent, and other
    recipients (heads, officers) get theirs on time. Raises Refusal: it is unknown or not open, or the day is
    not ahead or lies after that last step.
    """
    deadline = deadline_of(view, obligation)
    title = deadline.obligation.title
    if deadline.state not in AWAITED or deadline.due is None:
        raise Refusal("put_off_not_open", title=title)
    latest = latest_snooze(view.procedure.steps, deadline.due, view.calendar)
    if latest is None or latest <= view.today:
        raise Refusal("put_off_too_late", title=title, due=deadline.due)
    if until <= view.today:
        raise Refusal("put_off_not_ahead", until=until, today=view.today)
    working = until if until > latest else view.calendar.find_following_working_day(until)
    if working > latest:
        raise Refusal("put_off_too_far", title=title, until=working, latest=latest)
    snooze = view.case.snoozed.get(obligation)
    if snooze is not None and (snooze.until, snooze.due) == (working, deadline.due):
        return ()
    return [("notice", obligation, working, {"what": "put_off", "due": deadline.due.isoformat()})]


def days_to_offer(
    deadline: Deadline, procedure: Procedure, calendar: Kazakhstan, *, today: date
) -> tuple[date, ...]:
    """Return the days offered for snoozing: the next working day, the third, the last possible one; or none."""
    if deadline.state not in AWAITED or deadline.due is None:
        return ()
    latest = latest_snooze(procedure.steps, deadline.due, calendar)
    days = {day_of_step(Step(at=1), today, calendar), day_of_step(Step(at=3), today, calendar), latest}
    return tuple(sorted(day for day in days if day and latest and today < day <= latest))


def acknowledge(view: View, obligation: str, notice: str) -> Drafts:
    """Record that a notice was read, about an obligation, a row or ("") the case; once. Raises Refusal."""
    if _answered(view, notice, "acknowledged"):
        return ()
    if obligation and not is_entry(obligation):
        known_obligation(view.procedure, obligation.partition(".")[0])
    return [("notice", obligation, None, {"what": "acknowledged", "notice": notice})]


def answer_reminder(
    view: View,
    obligation: str,
    notice: str,
    answer: Literal["said_done", "not_mine"],
    *,
    person: str,
    silent_until: date | None,
    officer: str,
    text: str,
) -> Drafts:
    """Record what a recipient answered by the link in a reminder; repeated for a notice, it adds nothing.

    `person`: key of the recipient. `silent_until`: of `said_done`, the day until which they are not reminded.
    `officer`: of `not_mine`, key of the officer to notify by a comment with this text, unless the officer
    answers; "" for nobody. Raises Refusal: the case has no such obligation.
    """
    deadline_of(view, obligation)
    if _answered(view, notice, "said_done", "not_mine"):
        return ()
    payload: dict[str, object] = {"what": answer, "notice": notice, "person": person}
    drafts: list[EventDraft] = [("notice", obligation, silent_until, payload)]
    if officer not in ("", person):
        told = filled(text=text, person=person, mentions=[officer], to={officer: "mention"})
        drafts.append(("commented", obligation, None, told))
    return drafts


def _answered(view: View, notice: str, *answers: str) -> bool:
    """Return whether a notice was answered so already."""
    return any(
        event.payload.get("notice") == notice and event.payload.get("what") in answers
        for event in view.events
        if event.kind == "notice"
    )


def deadline_of(view: View, obligation: str) -> Deadline:
    """Return the deadline with that id and period. Raises Refusal: the case has none."""
    by_id = {deadline.id: deadline for deadline in view.deadlines}
    if obligation not in by_id:
        allowed = closest_first(obligation, by_id)
        raise Refusal("unknown_obligation", obligation=obligation, allowed=allowed)
    return by_id[obligation]
