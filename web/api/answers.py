"""What the API answers with: the same values the pages show, dates ISO, text in the language asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel

from web.lines import Line
from web.render import Scribe
from workflow.case import Case, Event
from workflow.deadline import Deadline
from workflow.desk import Change
from workflow.finding import Finding
from workflow.procedure import Procedure

Language = Annotated[Literal["kk", "ru", "en"] | None, Query(description="The language of texts.")]
CaseId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class Problem(BaseModel):
    """What is wrong (RFC 9457), in words for a person and as a code for a machine."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class CaseHead(BaseModel):
    case: str
    procedure: str
    edition: str
    object: str
    unit: str
    standing: str
    opened_at: datetime | None


class CaseList(BaseModel):
    cases: list[CaseHead]
    total: int


class EventAnswer(BaseModel):
    seq: int
    kind: str
    name: str
    on: date | None
    at: datetime
    by: str
    payload: dict[str, Any]
    hash: str


class MovedDate(BaseModel):
    obligation: str
    was: date | None
    now: date | None


class Changed(BaseModel):
    """What a command did: whether anything was written, and which due dates it moved."""

    case: str
    changed: bool
    events: list[EventAnswer]
    moved: list[MovedDate]


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 405, 409, 413, 415, 422)
}
"""Answers any request may earn."""


class BoardLine(BaseModel):
    case: str
    object: str
    unit: str
    obligation: str
    title: str
    stage: str
    due: date | None
    working_days: int
    force: str
    responsible: list[str]
    duty: str
    stake: str | None


class BoardAnswer(BaseModel):
    today: date
    due_until: date
    calendar_version: str
    points_at_stake: str
    overdue_count: int
    due_count: int
    missed_count: int
    overdue: list[BoardLine]
    due: list[BoardLine]
    missed: list[BoardLine]
    next: str | None


class Sentence(BaseModel):
    code: str
    text: str
    date: date | None
    act: str | None


class ObligationAnswer(BaseModel):
    id: str
    title: str
    stage: str
    state: str
    due: date | None
    earliest: date | None
    latest: date | None
    safe_by: date | None
    closes: date | None
    planned_on: date | None
    done_on: date | None
    late_by_working_days: int | None
    anchor: str
    calendar: str
    status: str
    act: str
    paragraph: str
    force: str
    assumed: bool
    explanation: list[Sentence]


class FindingAnswer(BaseModel):
    kind: str
    obligation: str
    code: str
    message: str
    late_by_working_days: int | None
    basis: str
    force: str


class CaseAnswer(BaseModel):
    case: str
    procedure: str
    edition: str
    calendar_version: str
    object: str
    unit: str
    standing: str
    stage: str
    obligations: list[ObligationAnswer]
    findings: list[FindingAnswer]


def line_answer(line: Line, language: str) -> BoardLine:
    """A line of the board."""
    return BoardLine(
        case=line.case,
        object=line.object,
        unit=line.unit.id,
        obligation=line.obligation,
        title=line.title[language],
        stage=line.stage_id,
        due=line.due,
        working_days=line.working_days,
        force=line.force,
        responsible=list(line.who.names) or [line.who.written] * bool(line.who.written),
        duty=line.who.duty,
        stake=line.stake,
    )


def obligation_answer(deadline: Deadline, procedure: Procedure, scribe: Scribe) -> ObligationAnswer:
    """A deadline with its explanation."""
    obligation = deadline.obligation
    return ObligationAnswer(
        id=deadline.id,
        title=obligation.title[scribe.language],
        stage=obligation.stage,
        state=deadline.state,
        due=deadline.due,
        earliest=deadline.earliest,
        latest=deadline.latest,
        safe_by=deadline.safe_by,
        closes=deadline.closes,
        planned_on=deadline.planned_on,
        done_on=deadline.done_on,
        late_by_working_days=deadline.late_by,
        anchor=deadline.anchor,
        calendar=deadline.calendar,
        status=deadline.status,
        act=obligation.act,
        paragraph=obligation.paragraph,
        force=obligation.force,
        assumed=obligation.assumed,
        explanation=[
            Sentence(code=element.code, text=text, date=element.on, act=element.act)
            for element, text in zip(deadline.explanation, scribe.sentences(deadline.explanation), strict=True)
        ],
    )


def finding_answer(finding: Finding, scribe: Scribe) -> FindingAnswer:
    """A finding in words."""
    return FindingAnswer(
        kind=finding.kind,
        obligation=finding.obligation,
        code=finding.code,
        message=scribe.tell(finding.code, finding.arguments),
        late_by_working_days=finding.late_by,
        basis=finding.basis,
        force=finding.force,
    )


def case_head(case: Case) -> CaseHead:
    """The head of a case."""
    return CaseHead(
        case=case.id,
        procedure=case.procedure,
        edition=case.edition,
        object=case.object,
        unit=case.unit,
        standing=case.standing,
        opened_at=case.opened_at,
    )


def event_answer(event: Event) -> EventAnswer:
    """A line of the case's chain."""
    return EventAnswer(
        seq=event.seq,
        kind=event.kind,
        name=event.name,
        on=event.on,
        at=event.at,
        by=event.by,
        payload=dict(event.payload),
        hash=event.hash,
    )


def changed(change: Change) -> Changed:
    """What a command did."""
    return Changed(
        case=change.case.id,
        changed=bool(change.events),
        events=[event_answer(event) for event in change.events],
        moved=[MovedDate(obligation=name, was=old, now=new) for name, old, new in change.moved],
    )
