"""How a form of a case is answered: the page after it, its refusal, or the confirmation to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange
from merzim.services.cases import assignments
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext, whole_case
from merzim.services.inputs import build
from merzim.web.auth.dependencies import Recording
from merzim.web.http import CaseId
from merzim.web.pages.cases.evidence import Unconfirmed, evidence_inputs, run_confirmed
from merzim.web.pages.cases.page import Tab, case_page, redirect_to_case
from merzim.web.ui.command_forms import command_values
from merzim.web.ui.form_values import (
    MAX_FIELD_BYTES,
    MAX_FIELDS,
    Fields,
    InvalidForm,
    RejectedForm,
    parse_date,
    parse_numbers,
    text_fields,
)
from merzim.web.ui.preferences import redirect
from workflow.refusal import Refusal


def answer_form(
    request: Request,
    ctx: RequestContext,
    case: str,
    name: str,
    answers: Mapping[str, str],
    act: Callable[[], Response],
    *,
    tab: Tab = "deadlines",
    had_files: bool = False,
) -> Response:
    """Carry out a form; if it is refused or to be confirmed, return its page with what was typed.

    Args:
        name: the form's name on the page.
        had_files: whether files were sent, which have to be chosen again.
    """
    whole_case(ctx, case)
    try:
        return act()
    except Unconfirmed as question:
        confirmation = question.confirmation
        rejected_form = RejectedForm(form=name, refusal=None, answers=answers, confirmation=confirmation)
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form=name, refusal=refusal, answers=answers)
    return case_page(request, ctx, case, tab=tab, rejected_form=rejected_form, had_files=had_files)


router = APIRouter(include_in_schema=False)

MAX_FILES = 10


@router.post("/cases/{case}")
async def record(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Record a fact with its evidence, then show the case."""
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
        return await run_in_threadpool(_record, request, ctx, case, form)


@router.post("/cases/{case}/assignments/answer")
async def answer_assignment(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Report an assignment done, with its evidence, then show the case."""
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
        return await run_in_threadpool(_answer_assignment, request, ctx, case, form)


@router.post("/cases/{case}/plan")
def replan(request: Request, ctx: Recording, case: CaseId, answers: Fields) -> Response:
    """Set a plan date, then show the case; `back`: the query of the timeline to show instead."""

    def act() -> Response:
        fact = answers.get("fact", "")
        if not fact:
            raise InvalidForm("web.refusal.no_fact")
        planned = {fact: parse_date(answers.get("on", ""))}
        run_confirmed(ctx, answers, cases.replan, {"case": case, "planned": planned})
        if "back" in answers:
            back = dict(parse_qsl(answers["back"][:1000]))
            return redirect(request, "/portfolio", **{**back, "replanned": case})
        return redirect(request, f"/cases/{case}", replanned=fact)

    return answer_form(request, ctx, case, "plan", answers, act)


def record_answers(ctx: RequestContext, case: str, form: FormData, answers: Mapping[str, str]) -> str:
    """Record the fact, or the answer to a decision, in a form; return the name of the fact.

    Raises:
        Unconfirmed: it changes deadlines, and the user has not confirmed that yet.
        Refusal: as raised by the verb.
    """
    fact = answers.get("fact", "")
    if not fact:
        raise InvalidForm("web.refusal.no_fact")
    decisions = whole_case(ctx, case)[1].decisions
    if fact in decisions and not answers.get("option"):
        raise InvalidForm("web.refusal.no_answer", title=decisions[fact].title)
    fields = {
        "case": case,
        "on": parse_date(answers.get("on", "")),
        "evidence": evidence_inputs(form),
        "remark": answers.get("remark", ""),
    }
    if fact in decisions:
        answer = {"decision": fact, "option": answers["option"], "decided_by": answers.get("signed_by", "")}
        result = run_confirmed(ctx, answers, cases.decide, {**fields, **answer})
        return result.events[0].name if result.events else fact
    fields |= {"values": parse_numbers(answers), "signed_by": answers.get("signed_by", "")}
    cases.record(ctx, build(cases.RecordFact, {**fields, "fact": fact}))
    return fact


def _answer_assignment(request: Request, ctx: RequestContext, case: str, form: FormData) -> Response:
    answers = text_fields(form)

    def act() -> Response:
        command = assignments.AnswerAssignment
        fields = {**command_values(ctx, command, answers), "case": case, "evidence": evidence_inputs(form)}
        assignments.answer_assignment(ctx, build(command, fields))
        return redirect_to_case(request, ctx, case, said="assignment_answered")

    return answer_form(request, ctx, case, "assignment", answers, act)


def _record(request: Request, ctx: RequestContext, case: str, form: FormData) -> Response:
    answers = text_fields(form)
    had_files = any(isinstance(value, UploadFile) and value.filename for value in form.values())

    def act() -> Response:
        return redirect(request, f"/cases/{case}", recorded=record_answers(ctx, case, form, answers))

    return answer_form(request, ctx, case, "record", answers, act, had_files=had_files)
