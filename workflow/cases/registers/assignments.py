"""Assignments in a case: a task given to a person with a due day, and its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from calendars.hours import local_date
from workflow.cases.case import ROW_OF, Case, Event, Evidence, evidence_of

GIVEN = "assignment_given"
Whose = Literal["mine", "given", "all"]
"""Assigned to the reader, given by the reader, or all visible to the reader."""
AssignmentState = Literal["all", "open", "overdue", "done", "refused"]
"""States a list can be filtered by; `refused` includes those whose case was cancelled or exempted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """One assignment, computed from its events.

    Attributes:
        assignee: key of the person who must do it; `giver`: key of the person who gave it, "" if not in the
            list of people.
        by: login of the account that gave it; `given_on`, `until`: local dates.
        answered_on: the day it was done; `answer`, `evidence`: the text and evidence of the answer.
        refused: the assignee's ground for refusing it; "" after its giver set another day.
        extended: how many times its due day was moved.
        told_on: the local date of the last letter to the assignee about its due day; None where none was
            needed.
    """

    number: int
    text: str
    assignee: str
    giver: str
    by: str
    given_on: date
    until: date
    answered_on: date | None = None
    answer: str = ""
    evidence: tuple[Evidence, ...] = ()
    refused: str = ""
    extended: int = 0
    told_on: date | None = None

    @property
    def is_open(self) -> bool:
        return self.answered_on is None and not self.refused


def assignments(case: Case) -> Mapping[int, Assignment]:
    """Return the assignments of a case by number, without withdrawn ones."""
    given = dict[int, Assignment]()
    for event in case.entries:
        number = int(event.name) if ROW_OF.get(event.kind) == "assignment" else 0
        if event.kind == GIVEN:
            given[number] = _given(event)
        elif number in given:
            given[number] = _changed(given[number], event)
    return dict(sorted(given.items()))


def _given(event: Event) -> Assignment:
    """Return an assignment as its first event gives it."""
    assert event.on is not None
    payload = event.payload
    return Assignment(
        number=int(event.name),
        text=payload["text"],
        assignee=payload["assignee"],
        giver=payload.get("person", ""),
        by=event.by,
        given_on=date.fromisoformat(payload["given_on"]),
        until=event.on,
        told_on=_notified_on(event),
    )


def _notified_on(event: Event) -> date | None:
    """Return the day of the letter that an event sends to the assignee; None where it sends none."""
    return local_date(event.at) if event.payload.get("to") else None


def _changed(assignment: Assignment, event: Event) -> Assignment:
    """Return an assignment after it was answered, refused or extended."""
    assert event.on is not None
    text = event.payload.get("text", "")
    match event.kind:
        case "assignment_answered":
            evidence = (*assignment.evidence, *evidence_of(event))
            return replace(assignment, answered_on=event.on, answer=text, evidence=evidence, refused="")
        case "assignment_refused":
            return replace(assignment, refused=text)
        case _:
            extended = assignment.extended + 1
            return replace(
                assignment, until=event.on, refused="", extended=extended, told_on=_notified_on(event)
            )
