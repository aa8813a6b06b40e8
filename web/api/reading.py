"""What the API answers to questions: the board, cases, their chains, procedures, working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from web.api.answers import (
    PROBLEMS,
    BoardAnswer,
    CaseAnswer,
    CaseId,
    CaseList,
    EventAnswer,
    Language,
    case_head,
    event_answer,
    finding_answer,
    line_answer,
    obligation_answer,
)
from web.api.given import Day
from web.board import SHOWN, board
from web.case_page import the_whole_case
from web.entrance import Reading
from web.preferences import preferences
from web.render import Scribe
from workflow.board import Wanted

router = APIRouter()
MOST = 200
Cursor = Annotated[
    str,
    Query(pattern=r"^([0-9]{1,7})?$", description="`next` of the page before; empty for the first page."),
]
Words = Annotated[str, Query(max_length=200)]


class ProcedureAnswer(BaseModel):
    id: str
    edition: str
    in_force: date
    in_force_assumed: bool
    title: str
    opened: str
    confidential: bool
    obligations: list[str]


class DayAnswer(BaseModel):
    date: date
    working: bool
    kind: str
    name: str | None
    calendar_version: str


@router.get("/api/v1/board", tags=["board"], responses=PROBLEMS)
def the_board(
    request: Request,
    home: Reading,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Lines of each list.")] = SHOWN,
    cursor: Cursor = "",
    lang: Language = None,
) -> BoardAnswer:
    """What is overdue, due within seven working days, and missed: the figures of all, a page of each list."""
    _, today = home.clock()
    view = board(
        home.reads,
        home.library,
        home.calendar,
        today=today,
        unit=unit or None,
        limit=limit,
        first=int(cursor or 0),
    )
    language = lang or preferences(request).language
    return BoardAnswer(
        today=today,
        due_until=view.soon,
        calendar_version=home.calendar.version,
        points_at_stake=f"{view.stake:f}",
        overdue_count=view.overdue_count,
        due_count=view.due_count,
        missed_count=view.missed_count,
        overdue=[line_answer(line, language) for line in view.overdue],
        due=[line_answer(line, language) for line in view.due],
        missed=[line_answer(line, language) for line in view.missed],
        next=None if view.next is None else str(view.next),
    )


@router.get("/api/v1/cases", tags=["cases"], responses=PROBLEMS)
def the_cases(
    home: Reading,
    unit: Words = "",
    procedure: Words = "",
    search: Words = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> CaseList:
    """Cases the reader may see, the newest first, `limit` on a page; `total` is how many there are."""
    wanted = Wanted(unit=unit or None, procedure=procedure or None, search=search)
    found = home.reads.page(wanted, first=(page - 1) * limit, count=limit)
    return CaseList(cases=[case_head(case) for case in found], total=home.reads.how_many(wanted))


@router.get("/api/v1/cases/{case}", tags=["cases"], responses=PROBLEMS)
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
        obligations=[obligation_answer(deadline, procedure, scribe) for deadline in judgement.deadlines],
        findings=[finding_answer(finding, scribe) for finding in judgement.findings],
    )


@router.get("/api/v1/cases/{case}/events", tags=["cases"], responses=PROBLEMS)
def the_events(home: Reading, case: CaseId) -> list[EventAnswer]:
    """The chain of a case as it was written, with the hashes that bind it."""
    the_whole_case(home, case)
    return [event_answer(event) for event in home.reads.events(case)]


@router.get("/api/v1/procedures", tags=["law"], responses=PROBLEMS)
def the_procedures(request: Request, home: Reading, lang: Language = None) -> list[ProcedureAnswer]:
    """Every edition of every procedure, with the names of its facts."""
    language = lang or preferences(request).language
    return [
        ProcedureAnswer(
            id=one.id,
            edition=one.edition,
            in_force=one.in_force,
            in_force_assumed=one.in_force_assumed,
            title=one.title[language],
            opened=one.opened,
            confidential=one.confidential,
            obligations=[obligation.id for obligation in one.obligations],
        )
        for one in home.library.all()
    ]


@router.get("/api/v1/days/{day}", tags=["calendar"], responses=PROBLEMS)
def the_day(home: Reading, day: Day) -> DayAnswer:
    """Whether a day is worked in the office's calendar, and what it is."""
    found = home.calendar.day(day)
    return DayAnswer(
        date=day,
        working=home.calendar.is_working(day),
        kind=found.kind,
        name=found.name,
        calendar_version=home.calendar.version,
    )
