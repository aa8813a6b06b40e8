"""Answer models of the API: the values the pages show, dates in ISO format, texts in the requested language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field

from notifications.notice import Notice
from services.results import ActMovesResult, CaseHead
from web.ui.board_lines import ObligationLine
from web.ui.org_names import person_name
from web.ui.preferences import preferences
from web.ui.render import Translator
from workflow.deadlines.deadline import Deadline
from workflow.findings.finding import Finding
from workflow.law.procedure import Procedure
from workflow.org.office import Office

Language = Annotated[Literal["kk", "ru", "en"] | None, Query(description="The language of texts.")]


def _translator(request: Request, lang: Language = None) -> Translator:
    return Translator(lang or preferences(request).language)


RequestTranslator = Annotated[Translator, Depends(_translator)]
"""The translator of the answer: in the requested language, else the reader's."""
MAX_PER_PAGE = 200
SearchText = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="How many on a page.")]
CaseId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class Fault(BaseModel):
    """One error: `row` of a file as the spreadsheet numbers it, or `where` in the request."""

    row: int | None = None
    where: str | None = None
    detail: str


class OtherChangeAnswer(BaseModel):
    """An event somebody else wrote into the case: `on` its day, `at` when it was written (UTC)."""

    kind: str
    name: str
    on: date | None
    by: str
    at: datetime | None


class Problem(BaseModel):
    """A problem (RFC 9457), as a text for people and a code for programs.

    `errors` is set when there are several errors: every bad row of a file, every bad field.
    `changes` is set with status 409 when events of others contradict the request, the newest first.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] | None = None
    changes: list[OtherChangeAnswer] | None = None


class CaseList(BaseModel):
    cases: list[CaseHead]
    total: int


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 405, 409, 413, 415, 422, 503)
}
"""Error answers any request may get."""
DAMAGED: dict[int | str, dict[str, Any]] = {
    500: {
        "model": Problem,
        "content": {"application/problem+json": {}},
        "description": "The stored file is missing, or its bytes are not those that were recorded.",
    }
}
"""The answer when a stored file is missing or altered."""


class BoardLine(BaseModel):
    case: str
    object: str
    unit: str
    obligation: str
    title: str
    stage: str
    due: date | None
    planned_on: date | None
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
    slipped_count: int
    overdue: list[BoardLine]
    due: list[BoardLine]
    missed: list[BoardLine]
    slipped: list[BoardLine]
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
    answers: list[str]
    answer: str | None
    due: date | None
    due_at: Annotated[datetime | None, Field(description="Of a term in hours: the moment it ends at (UTC).")]
    earliest: date | None
    latest: date | None
    safe_by: date | None
    closes: date | None
    planned_on: date | None
    waiting_for: str | None
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
    object_kk: str
    object_ru: str
    unit: str
    group: list[str]
    period: list[date]
    responsible: dict[str, str]
    standing: str
    stage: str
    obligations: list[ObligationAnswer]
    findings: list[FindingAnswer]
    calendar_acts: list[ActMovesResult]
    act_not_adopted: Annotated[
        str | None,
        Field(description="The act of one organisation it rests on, where its unit has not adopted it."),
    ]


def line_answer(line: ObligationLine, language: str) -> BoardLine:
    """Return a line of the board as an answer."""
    return BoardLine(
        case=line.case,
        object=line.about[language],
        unit=line.unit.id,
        obligation=line.obligation,
        title=line.title[language],
        stage=line.stage_id,
        due=line.due,
        planned_on=line.planned_on,
        working_days=line.working_days,
        force=line.force,
        responsible=list(line.who.names) or [line.who.written] * bool(line.who.written),
        duty=line.who.duty,
        stake=line.stake,
    )


def obligation_answer(deadline: Deadline, procedure: Procedure, translator: Translator) -> ObligationAnswer:
    """Return a deadline with its explanation as an answer."""
    obligation = deadline.obligation
    return ObligationAnswer(
        id=deadline.id,
        title=obligation.title[translator.language],
        stage=obligation.stage,
        state=deadline.state,
        answers=[option.id for option in obligation.options],
        answer=deadline.answer.id if deadline.answer else None,
        due=deadline.due,
        due_at=deadline.due_at,
        earliest=deadline.earliest,
        latest=deadline.latest,
        safe_by=deadline.safe_by,
        closes=deadline.closes,
        planned_on=deadline.planned_on,
        waiting_for=deadline.waiting_for,
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
            for element, text in zip(
                deadline.explanation, translator.sentences(deadline.explanation), strict=True
            )
        ],
    )


def finding_answer(finding: Finding, translator: Translator) -> FindingAnswer:
    """Return a finding with its sentence as an answer."""
    return FindingAnswer(
        kind=finding.kind,
        obligation=finding.obligation,
        code=finding.code,
        message=translator.tell(finding.code, finding.arguments),
        late_by_working_days=finding.late_by,
        basis=finding.basis,
        force=finding.force,
    )


class NoticeAnswer(BaseModel):
    """A letter with its delivery record. Moments are UTC."""

    key: str
    case: str
    obligation: str
    due: date
    rung: str
    kind: str
    person: str
    name: str
    channel: str
    state: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None
    answer: str
    text_hash: str


def notice_answer(notice: Notice, office: Office) -> NoticeAnswer:
    """Return a notice with its delivery record as an answer."""
    return NoticeAnswer(
        key=notice.key,
        case=notice.case,
        obligation=notice.obligation,
        due=notice.due,
        rung=notice.rung,
        kind=notice.kind,
        person=notice.person,
        name=person_name(office, notice.person),
        channel=notice.channel,
        state=notice.state,
        attempts=notice.attempts,
        queued_at=notice.queued_at,
        sent_at=notice.sent_at,
        acknowledged_at=notice.acknowledged_at,
        answer=notice.answer,
        text_hash=notice.text_hash,
    )
