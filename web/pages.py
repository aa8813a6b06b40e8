"""The pages one reads: the board, a case, the calendar of a year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from calendars import OutOfRange
from notifications.notice import Notice
from web.board import board
from web.dossier import Dossier, dossier
from web.entrance import Reading
from web.house import House
from web.office import person_name
from web.recording import evidence_file, file_name, plan_form, record_form
from web.render import page
from web.year import year
from workflow.case import Case
from workflow.procedure import Procedure
from workflow.refusal import Refusal

FAILED = 50
"""So many letters that did not arrive stand on the board."""
router = APIRouter(include_in_schema=False)

CaseId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Name = Annotated[str | None, Query(max_length=200)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/")
def the_board(request: Request, home: Reading, unit: Name = None, stage: Name = None) -> Response:
    _, today = home.clock()
    view = board(home.reads, home.library, home.calendar, today=today, unit=unit or None, stage=stage or None)
    failed = _failed(home)
    names = {one.person: person_name(home.reads.office(), one.person) for one in failed}
    return page(request, home, "board.html", today=today, board=view, failed=failed, failed_names=names)


def _failed(home: House) -> list[Notice]:
    """Letters that did not arrive, of cases the reader may see."""
    found = home.post.failed(limit=FAILED) if home.post else ()
    seen = home.reads.heads({one.case for one in found}) if found else {}
    return [one for one in found if one.case in seen]


@router.get("/cases/{case}")
def the_case(
    request: Request,
    home: Reading,
    case: CaseId,
    fact: Name = None,
    recorded: Name = None,
    replanned: Name = None,
) -> Response:
    said = ("recorded", recorded) if recorded else ("replanned", replanned) if replanned else None
    return case_page(request, home, case, fact=fact or "", said=said)


def case_page(
    request: Request,
    home: House,
    case: str,
    *,
    fact: str = "",
    said: tuple[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    refusal: Refusal | OutOfRange | None = None,
    refused_form: str = "",
    had_files: bool = False,
) -> Response:
    """The page of a case; with a refusal it is the same page, the form as it was filled in, status 422."""
    _, today = home.clock()
    found, procedure = the_whole_case(home, case)
    view = the_dossier(home, found, procedure, today=today)
    deadlines = [entry.deadline for part in view.parts for entry in part.entries]
    recording = refused_form != "plan"
    return page(
        request,
        home,
        "case.html",
        today=today,
        status=200 if refusal is None else 422,
        dossier=view,
        said=said if said and said[1] in view.titles else None,
        record=record_form(
            deadlines,
            fact=fact if recording else "",
            answers=answers if recording else None,
            refusal=refusal if recording else None,
            had_files=had_files,
            kind=view.case.kind,
        ),
        plan=plan_form(
            deadlines,
            fact="" if recording else fact,
            answers=None if recording else answers,
            refusal=None if recording else refusal,
        ),
        plan_open=refused_form == "plan",
    )


def the_whole_case(home: House, case: str) -> tuple[Case, Procedure]:
    """A case and its edition; 404 when there is none."""
    found = home.reads.case(case)
    if found is None:
        raise HTTPException(404, "web.problem.no_case")
    return found, home.library.of(found)


def the_dossier(home: House, case: Case, procedure: Procedure, *, today: date) -> Dossier:
    return dossier(
        case,
        procedure,
        home.judge(case, procedure, today=today),
        events=home.reads.events(case.id),
        notices=home.reads.notices(case.id),
        office=home.reads.office(),
        calendar=home.calendar,
        today=today,
    )


@router.get("/cases/{case}/evidence/{digest}")
def the_evidence(home: Reading, case: CaseId, digest: Digest) -> Response:
    """A stored file, always as a download: what somebody uploaded is never shown as a page of ours."""
    found, _ = the_whole_case(home, case)
    item = evidence_file(found, digest)
    content = home.evidence_store.open(digest) if item else None
    if item is None or content is None:
        raise HTTPException(404, "web.problem.no_file")
    name = file_name(item.name or "")
    return StreamingResponse(
        iter(lambda: content.read(65536), b""),
        media_type="application/octet-stream",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
        background=BackgroundTask(content.close),
    )


@router.get("/calendar")
def this_year(request: Request, home: Reading) -> Response:
    _, today = home.clock()
    return the_year(request, home, min(max(today.year, home.calendar.first.year), home.calendar.last.year))


@router.get("/calendar/{number}")
def the_year(request: Request, home: Reading, number: Annotated[int, Path(ge=1, le=9999)]) -> Response:
    _, today = home.clock()
    first, last = home.calendar.first.year, home.calendar.last.year
    if not first <= number <= last:
        raise HTTPException(404, "web.problem.no_year")
    view = year(number, home.calendar)
    return page(request, home, "calendar.html", today=today, year=view)
