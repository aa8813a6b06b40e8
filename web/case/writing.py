"""The two forms of a case everybody at work uses: recording a fact, setting a plan date. Through the desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange
from web.case import commands
from web.case.page import CaseId, answers_of, case_page, onward, the_whole_case
from web.case.proving import evidence
from web.door.entrance import Recording
from web.house import House, hand
from web.page.answers import BadForm, Tried, numbers, the_date
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
    answers = answers_of(form)
    fact = answers.get("fact", "")
    _, today = home.clock()
    try:
        if not fact:
            raise BadForm("web.refusal.no_fact")
        on = the_date(answers.get("on", ""))
        values = numbers(answers)
        proof = evidence(form, home.evidence_store, today=today)
        commands.record(
            home,
            case,
            fact,
            on=on,
            evidence=proof,
            values=values,
            signed_by=answers.get("signed_by", ""),
        )
    except (Refusal, OutOfRange) as refusal:
        return case_page(
            request,
            home,
            case,
            tried=Tried(form="record", refusal=refusal, answers=answers),
            had_files=any(isinstance(value, UploadFile) and value.filename for value in form.values()),
        )
    return onward(request, f"/cases/{case}", recorded=fact)


def _replan(request: Request, home: House, case: str, form: FormData) -> Response:
    the_whole_case(home, case)
    answers = answers_of(form)
    fact = answers.get("fact", "")
    try:
        if not fact:
            raise BadForm("web.refusal.no_fact")
        home.desk.replan(case, fact, on=the_date(answers.get("on", "")), **hand(home))
    except (Refusal, OutOfRange) as refusal:
        return case_page(request, home, case, tried=Tried(form="plan", refusal=refusal, answers=answers))
    return onward(request, f"/cases/{case}", replanned=fact)
