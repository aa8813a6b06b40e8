"""The two forms of a case that write: recording a fact, setting a plan date. Both go through the desk."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from calendars import OutOfRange
from web.entrance import Recording
from web.house import House
from web.pages import CaseId, case_page, the_whole_case
from web.preferences import preferences, remember
from web.recording import BadForm, evidence, numbers, the_date
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

MAX_FILES = 10
MAX_FIELDS = 60
LONGEST_FIELD = 64 * 1024


@router.post("/cases/{case}")
async def record(request: Request, home: Recording, case: CaseId) -> Response:
    """Record a fact with its evidence, then show the case."""
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_record, request, home, case, form)


@router.post("/cases/{case}/plan")
async def replan(request: Request, home: Recording, case: CaseId) -> Response:
    """Set a plan date, then show the case."""
    async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return await run_in_threadpool(_replan, request, home, case, form)


def _record(request: Request, home: House, case: str, form: FormData) -> Response:
    the_whole_case(home, case)
    answers = _answers(form)
    fact = answers.get("fact", "")
    now, today = home.clock()
    try:
        if not fact:
            raise BadForm("web.refusal.no_fact")
        on = the_date(answers.get("on", ""))
        values = numbers(answers)
        proof = evidence(form, home.evidence_store)
        home.desk.record(
            case,
            fact,
            on=on,
            by=home.reader.login,
            now=now,
            today=today,
            evidence=proof,
            values=values,
            signed_by=answers.get("signed_by", ""),
        )
    except (Refusal, OutOfRange) as refusal:
        return case_page(
            request,
            home,
            case,
            fact=fact,
            answers=answers,
            refusal=refusal,
            refused_form="record",
            had_files=any(isinstance(value, UploadFile) and value.filename for value in form.values()),
        )
    return _onward(request, case, recorded=fact)


def _replan(request: Request, home: House, case: str, form: FormData) -> Response:
    the_whole_case(home, case)
    answers = _answers(form)
    fact = answers.get("fact", "")
    now, today = home.clock()
    try:
        if not fact:
            raise BadForm("web.refusal.no_fact")
        home.desk.replan(
            case, fact, on=the_date(answers.get("on", "")), by=home.reader.login, now=now, today=today
        )
    except (Refusal, OutOfRange) as refusal:
        return case_page(
            request,
            home,
            case,
            fact=fact,
            answers=answers,
            refusal=refusal,
            refused_form="plan",
        )
    return _onward(request, case, replanned=fact)


def _answers(form: FormData) -> dict[str, str]:
    return {key: value for key, value in form.multi_items() if isinstance(value, str)}


def _onward(request: Request, case: str, **said: str) -> Response:
    """To the case again. htmx would follow a redirect inside its own request, so it is told by a header."""
    address = f"/cases/{case}?{urlencode(said)}"
    response: Response = RedirectResponse(address, status_code=303)
    if request.headers.get("hx-request") == "true":
        response = Response(status_code=204, headers={"hx-redirect": address})
    remember(response, preferences(request).asked)
    return response
