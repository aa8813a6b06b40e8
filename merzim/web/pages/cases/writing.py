"""What the forms of a case do: record, plan, correct, withdraw, cancel, exempt, comment, give assignments.

Each is answered by the page after it, its refusal, or the confirmation to give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, get_origin
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from merzim.services.cases import verbs as cases
from merzim.services.cases.faces import FACES
from merzim.services.context import RequestContext, whole_case
from merzim.services.inputs import build
from merzim.services.results import CommandResult
from merzim.services.sending import LetterOfCase, NoSuchLetter, acknowledge_letter, resend_letter
from merzim.services.verbs import Verb
from merzim.web.auth.dependencies import Recording, needs
from merzim.web.http import CaseId
from merzim.web.pages.cases.evidence import evidence_inputs, run_or_ask
from merzim.web.pages.cases.page import OF_ONE, Tab, case_page, redirect_to_case
from merzim.web.pages.cases.recording import passport_fields
from merzim.web.ui.command_forms import read_command
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    parse_date,
    shown_again,
    submitted_form,
    text_fields,
)
from merzim.web.ui.preferences import redirect
from workflow.org.access import Need

router = APIRouter(include_in_schema=False)

SubmittedForm = Annotated[FormData, submitted_form(files=10)]
"""A form with evidence."""


@router.post("/cases/{case}/plan")
@shown_again(case_page, "plan")
def replan(ctx: Recording, case: CaseId, answers: Fields) -> Response:
    """Set a plan date, asking first if it moves deadlines; then show the case.

    `back`: the query of the timeline to show instead.
    """
    fact = answers.get("fact", "")
    if not fact:
        raise InvalidForm("web.refusal.no_fact")
    planned = {fact: parse_date(answers.get("on", ""))}
    run_or_ask(ctx, answers, cases.replan, build(cases.Replan, {"case": case, "planned": planned}))
    if "back" in answers:
        back = dict(parse_qsl(answers["back"][:1000]))
        return redirect(ctx, "/portfolio", **{**back, "replanned": case})
    return redirect(ctx, f"/cases/{case}", replanned=fact)


def record_answers(ctx: RequestContext, case: str, form: FormData, answers: Mapping[str, str]) -> str:
    """Record the fact, or the answer to a decision, in a form; return the name of the fact.

    Raises:
        Unconfirmed: a decision changes deadlines, and the user has not confirmed that yet.
        InvalidForm: no fact, or a decision without its answer.
        Refusal: as raised by the verb.
    """
    fact = answers.get("fact", "")
    if not fact:
        raise InvalidForm("web.refusal.no_fact")
    decisions = whole_case(ctx, case)[1].decisions
    if fact in decisions and not answers.get("option"):
        raise InvalidForm("web.refusal.no_answer", title=decisions[fact].title)
    given: dict[str, Any] = {"case": case, "evidence": evidence_inputs(form)}
    if fact in decisions:
        given |= {"decision": fact, "decided_by": answers.get("signed_by", "")}
        result = run_or_ask(ctx, answers, cases.decide, read_command(ctx, cases.Decide, answers, **given))
        return result.events[0].name if result.events else fact
    cases.record(ctx, read_command(ctx, cases.RecordFact, answers, **given))
    return fact


@router.post("/cases/{case}")
@shown_again(case_page, "record")
def record(ctx: Recording, case: CaseId, form: SubmittedForm) -> Response:
    """Record a fact with its evidence, then show the case."""
    return redirect(ctx, f"/cases/{case}", recorded=record_answers(ctx, case, form, text_fields(form)))


def parameters_of(ctx: RequestContext, result: CommandResult) -> dict[str, str]:
    """Return the parameters of an address that say what a verb wrote: the code of the sentence, and the
    obligation it names.
    """
    if not result.events:
        return {"said": "nothing_new"}
    event = result.events[-1]
    if event.name and event.kind in OF_ONE:
        return {"said": OF_ONE[event.kind], "of": event.name}
    if event.kind == "commented" and event.on and event.payload.get("asks"):
        return {"said": "asked"}
    if event.kind == "assignment_given" and event.on and not ctx.calendar.is_working_day(event.on):
        return {"said": "assigned_day_off"}
    if event.kind == "withdrawn" and event.payload.get("what") == "commented":
        return {"said": "comment_withdrawn"}
    return {"said": event.kind}


Act = Callable[[RequestContext, str, FormData], dict[str, str]]
"""Function that carries out a form; returns the parameters that say what was done."""


def _run(verb: Verb[Any, Any], ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Carry out a verb whose command the form fills; return the parameters that say what was done.

    Raises:
        Unconfirmed: it changes deadlines, and the user has not confirmed that yet.
    """
    answers, given = text_fields(form), dict[str, Any](case=case)
    evidence = verb.command.model_fields.get("evidence")
    if evidence is not None and get_origin(evidence.annotation) is list:
        given["evidence"] = evidence_inputs(form)
    command = read_command(ctx, verb.command, answers, **given)
    asks = isinstance(command, cases.Previewable)
    return parameters_of(ctx, run_or_ask(ctx, answers, verb, command) if asks else verb(ctx, command))


def _describe(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Change the passport of the case."""
    answers = text_fields(form)
    command = build(cases.Passport, {"case": case, **passport_fields(ctx, answers)})
    return parameters_of(ctx, run_or_ask(ctx, answers, cases.describe_case, command))


def _undo(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Withdraw what the reader recorded in the last ten minutes, if nobody was notified of it yet."""
    command = read_command(ctx, cases.Undo, text_fields(form), case=case)
    cases.undo_entry(ctx, command)
    return {"said": "undone", "of": cases.event_name(ctx, case, command.line)}


def _acknowledge(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Acknowledge a letter. Raises InvalidForm for one that is not the reader's."""
    try:
        acknowledge_letter(ctx, read_command(ctx, LetterOfCase, text_fields(form), case=case))
    except NoSuchLetter:
        raise InvalidForm("web.refusal.not_your_notice") from None
    return {"said": "notice_acknowledged"}


def _serve(path: str, need: Need, act: Act, *, name: str = "", tab: Tab = "deadlines") -> None:
    """Add a form that is sent to a case's address and this path.

    Args:
        name: of the form on the page, by default the path.
        tab: the page of the case shown after it, also with a refusal.
    """
    context = Depends(needs(need))

    def form_name(answers: Mapping[str, str]) -> str:
        number = answers.get("number", "")
        return f"{name or path}-{number}" if number else name or path

    @shown_again(partial(case_page, tab=tab), form_name)
    def answer(*, ctx: Any = context, case: CaseId, form: SubmittedForm) -> Response:
        return redirect_to_case(ctx, case, tab=tab, **act(ctx, case, form))

    router.add_api_route(f"/cases/{{case}}/{path}", answer, methods=["POST"])


for _face in FACES:
    if _face.page:
        _serve(_face.page, _face.verb.needs, partial(_run, _face.verb), name=_face.form, tab=_face.tab)
_serve("passport", "manage", _describe, name="describe")
_serve("undo", "record", _undo)
_serve("acknowledge", "record", _acknowledge, tab="history")


@router.post("/cases/{case}/notices/resend")
def resend(ctx: Recording, case: CaseId, key: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Queue a failed letter of the case again, then show the case. The key of any other changes nothing."""
    whole_case(ctx, case)
    if key:
        resend_letter(ctx, build(LetterOfCase, {"case": case, "key": key}))
    return RedirectResponse(f"/cases/{case}#notices", status_code=303)
