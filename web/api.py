"""The same answers for machines: `/api/v1/...`, dates ISO, text in the language asked for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from web.board import Line, board
from web.entrance import Reading
from web.pages import CaseId, the_whole_case
from web.preferences import preferences
from web.render import Scribe
from workflow.deadline import Deadline
from workflow.finding import Finding
from workflow.procedure import Procedure

router = APIRouter()
Language = Annotated[Literal["kk", "ru", "en"] | None, Query(description="The language of texts.")]


class Health(BaseModel):
    status: Literal["ok"] = "ok"


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


class ProblemAnswer(BaseModel):
    status: int
    code: str
    detail: str


@router.get("/healthz", tags=["service"])
def healthz() -> Health:
    """Whether the service answers."""
    return Health()


@router.get("/api/v1/board", tags=["board"], responses={422: {"model": ProblemAnswer}})
def the_board(
    request: Request,
    home: Reading,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    lang: Language = None,
) -> BoardAnswer:
    """What is overdue, due within seven working days, and missed; at most 100 lines of each."""
    _, today = home.clock()
    view = board(home.reads, home.library, home.calendar, today=today, unit=unit or None)
    language = lang or preferences(request).language
    return BoardAnswer(
        today=today,
        due_until=view.soon,
        calendar_version=home.calendar.version,
        points_at_stake=f"{view.stake:f}",
        overdue_count=view.overdue_count,
        due_count=view.due_count,
        missed_count=view.missed_count,
        overdue=[_line(line, language) for line in view.overdue],
        due=[_line(line, language) for line in view.due],
        missed=[_line(line, language) for line in view.missed],
    )


@router.get(
    "/api/v1/cases/{case}",
    tags=["cases"],
    responses={404: {"model": ProblemAnswer}, 422: {"model": ProblemAnswer}},
)
def the_case(request: Request, home: Reading, case: CaseId, lang: Language = None) -> CaseAnswer:
    """One case: its deadlines with their explanations, and its findings."""
    _, today = home.clock()
    found, procedure = the_whole_case(home, case)
    judgement = home.judge(found, procedure, today=today)
    scribe = Scribe(lang or preferences(request).language)
    return CaseAnswer(
        case=found.id,
        procedure=found.procedure,
        edition=found.edition,
        calendar_version=home.calendar.version,
        object=found.object,
        unit=found.unit,
        standing=found.standing,
        stage=judgement.stage,
        obligations=[_obligation(deadline, procedure, scribe) for deadline in judgement.deadlines],
        findings=[_finding(finding, scribe) for finding in judgement.findings],
    )


def _line(line: Line, language: str) -> BoardLine:
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


def _obligation(deadline: Deadline, procedure: Procedure, scribe: Scribe) -> ObligationAnswer:
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


def _finding(finding: Finding, scribe: Scribe) -> FindingAnswer:
    return FindingAnswer(
        kind=finding.kind,
        obligation=finding.obligation,
        code=finding.code,
        message=scribe.tell(finding.code, finding.arguments),
        late_by_working_days=finding.late_by,
        basis=finding.basis,
        force=finding.force,
    )
