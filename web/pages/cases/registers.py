"""The addresses of the forms of a case's registers; what they do stands in `risk_acts` and `register_acts`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange
from services.context import RequestContext
from web.auth.dependencies import Recording
from web.auth.reading import run_in_reading_thread
from web.pages.cases import register_forms, risk_forms
from web.pages.cases.page import CaseId, case_page, get_case_or_404, redirect
from web.pages.cases.risk_forms import RegisterForm, Said
from web.pages.cases.risk_view import OF_FORM
from web.ui.form_values import MAX_FIELD_BYTES, RejectedForm
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)


@router.post("/cases/{case}/risks")
async def find(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Enter a risk of the analytic note."""
    return await _answered(request, ctx, case, "find", risk_forms.find)


@router.post("/cases/{case}/risks/rank")
async def rank(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Rank a risk by the scale in force."""
    return await _answered(request, ctx, case, "rank", risk_forms.rank)


@router.post("/cases/{case}/risks/measure")
async def measure(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Set a measure that removes a risk."""
    return await _answered(request, ctx, case, "measure", risk_forms.measure)


@router.post("/cases/{case}/risks/review")
async def review(request: Request, ctx: Recording, case: CaseId) -> Response:
    """What had become of a measure."""
    return await _answered(request, ctx, case, "review", risk_forms.review)


@router.post("/cases/{case}/risks/remove")
async def remove(request: Request, ctx: Recording, case: CaseId) -> Response:
    """A risk is removed."""
    return await _answered(request, ctx, case, "remove", risk_forms.remove)


@router.post("/cases/{case}/risks/ask")
async def ask(request: Request, ctx: Recording, case: CaseId) -> Response:
    """A request went up to the higher body whose act is the cause."""
    return await _answered(request, ctx, case, "ask", risk_forms.ask)


@router.post("/cases/{case}/risks/answer")
async def answer(request: Request, ctx: Recording, case: CaseId) -> Response:
    """The higher body answered."""
    return await _answered(request, ctx, case, "answer", risk_forms.answer)


@router.post("/cases/{case}/risks/plan")
async def take_plan(request: Request, ctx: Recording, case: CaseId) -> Response:
    """A plan of measures becomes risks and measures; all of the file or none of it."""
    return await _answered(request, ctx, case, "plan-file", risk_forms.take_plan, reads_file=True)


@router.post("/cases/{case}/rows/edit")
async def edit(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Change a risk, a measure, a position or a remark."""
    return await _answered(request, ctx, case, "edit", risk_forms.edit)


@router.post("/cases/{case}/positions")
async def expose(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Enter a position exposed to corruption risks."""
    return await _answered(request, ctx, case, "position", register_forms.expose)


@router.post("/cases/{case}/positions/talk")
async def talk(request: Request, ctx: Recording, case: CaseId) -> Response:
    """A preventive talk was held."""
    return await _answered(request, ctx, case, "talk", register_forms.talk)


@router.post("/cases/{case}/positions/clear")
async def clear(request: Request, ctx: Recording, case: CaseId) -> Response:
    """A position is taken off the list."""
    return await _answered(request, ctx, case, "clear", register_forms.clear)


@router.post("/cases/{case}/cartogram")
async def record_cartogram(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Record the cartogram as it was published; all of the file or none of it."""
    act = register_forms.record_cartogram
    return await _answered(request, ctx, case, "cartogram", act, reads_file=True)


@router.post("/cases/{case}/remarks")
async def remark(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Enter a remark of the public."""
    return await _answered(request, ctx, case, "remark", register_forms.remark)


@router.post("/cases/{case}/remarks/answer")
async def answer_remark(request: Request, ctx: Recording, case: CaseId) -> Response:
    """Say what became of a remark."""
    return await _answered(request, ctx, case, "reply", register_forms.answer_remark)


Act = Callable[[RegisterForm], Said]
WITHOUT_NUMBER = {
    "find": "",
    "plan-file": "",
    "position": "positions",
    "cartogram": "cartogram",
    "remark": "remarks",
}
"""Forms that enter something new, and where the page then stands."""


async def _answered(
    request: Request, ctx: RequestContext, case: str, name: str, act: Act, *, reads_file: bool = False
) -> Response:
    async with request.form(max_files=3, max_fields=60, max_part_size=MAX_FIELD_BYTES) as form:
        if reads_file:
            return await run_in_reading_thread(request, _done, request, ctx, case, name, form, act)
        return await run_in_threadpool(_done, request, ctx, case, name, form, act)


def _done(request: Request, ctx: RequestContext, case: str, name: str, form: FormData, act: Act) -> Response:
    get_case_or_404(ctx, case)
    asked = RegisterForm(ctx, case, form)
    number = asked.answers.get("number", "")
    if name == "edit":
        name = f"edit_{asked.answers.get('kind', '')}"
    try:
        said, change = act(asked)
    except (Refusal, OutOfRange) as refusal:
        where = name if name in WITHOUT_NUMBER else f"{name}-{number}"
        tried = RejectedForm(form=where, refusal=refusal, answers=asked.answers)
        had_files = any(isinstance(value, UploadFile) and value.filename for value in form.values())
        return case_page(request, ctx, case, tab="risks", tried=tried, had_files=had_files)
    if change is not None and not change.events:
        said = "nothing_new"
    place = f"{OF_FORM.get(name, 'risk')}-{number}" if number.isdigit() else WITHOUT_NUMBER.get(name, "")
    more = {"left_out": str(asked.left_out)} if asked.left_out else {}
    return redirect(request, f"/cases/{case}/risks", place=place, said=said, **more)
