"""The forms of a case: record, plan, correct, withdraw, cancel, exempt, comment, give assignments.

Each is answered by the page after it, its refusal, or the confirmation to give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from merzim.services.cases import assignments, comments
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext, whole_case
from merzim.services.inputs import build
from merzim.services.sending import LetterOfCase, NoSuchLetter, acknowledge_letter, resend_letter
from merzim.services.verbs import Verb
from merzim.web.auth.dependencies import Recording, needs
from merzim.web.http import CaseId, WebContext
from merzim.web.pages.cases.evidence import Unconfirmed, evidence_inputs, run_or_ask
from merzim.web.pages.cases.page import Tab, case_page, redirect_to_case
from merzim.web.pages.cases.recording import describe
from merzim.web.ui.command_forms import command_values
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    RejectedForm,
    has_files,
    parse_date,
    parse_event_number,
    parse_numbers,
    sent,
    text_fields,
)
from merzim.web.ui.preferences import redirect
from workflow.org.access import Need
from workflow.refusal import Refusal


def answer_form(
    ctx: WebContext,
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
    except Refusal as refusal:
        rejected_form = RejectedForm(form=name, refusal=refusal, answers=answers)
    return case_page(ctx, case, tab=tab, rejected_form=rejected_form, had_files=had_files)


router = APIRouter(include_in_schema=False)

Sent = Annotated[FormData, sent(files=10)]
"""A form with evidence."""


@router.post("/cases/{case}/plan")
def replan(ctx: Recording, case: CaseId, answers: Fields) -> Response:
    """Set a plan date, asking first if it moves deadlines; then show the case.

    `back`: the query of the timeline to show instead.
    """

    def act() -> Response:
        fact = answers.get("fact", "")
        if not fact:
            raise InvalidForm("web.refusal.no_fact")
        planned = {fact: parse_date(answers.get("on", ""))}
        run_or_ask(ctx, answers, cases.replan, {"case": case, "planned": planned})
        if "back" in answers:
            back = dict(parse_qsl(answers["back"][:1000]))
            return redirect(ctx, "/portfolio", **{**back, "replanned": case})
        return redirect(ctx, f"/cases/{case}", replanned=fact)

    return answer_form(ctx, case, "plan", answers, act)


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
    fields = {
        "case": case,
        "on": parse_date(answers.get("on", "")),
        "evidence": evidence_inputs(form),
        "remark": answers.get("remark", ""),
    }
    if fact in decisions:
        answer = {"decision": fact, "option": answers["option"], "decided_by": answers.get("signed_by", "")}
        result = run_or_ask(ctx, answers, cases.decide, {**fields, **answer})
        return result.events[0].name if result.events else fact
    fields |= {"values": parse_numbers(answers), "signed_by": answers.get("signed_by", "")}
    cases.record(ctx, build(cases.RecordFact, {**fields, "fact": fact}))
    return fact


@router.post("/cases/{case}/assignments/answer")
def answer_assignment(ctx: Recording, case: CaseId, form: Sent) -> Response:
    """Report an assignment done, with its evidence, then show the case."""
    answers = text_fields(form)

    def act() -> Response:
        command = assignments.AnswerAssignment
        fields = {**command_values(ctx, command, answers), "case": case, "evidence": evidence_inputs(form)}
        assignments.answer_assignment(ctx, build(command, fields))
        return redirect_to_case(ctx, case, said="assignment_answered")

    return answer_form(ctx, case, "assignment", answers, act)


@router.post("/cases/{case}")
def record(ctx: Recording, case: CaseId, form: Sent) -> Response:
    """Record a fact with its evidence, then show the case."""
    answers = text_fields(form)

    def act() -> Response:
        return redirect(ctx, f"/cases/{case}", recorded=record_answers(ctx, case, form, answers))

    return answer_form(ctx, case, "record", answers, act, had_files=has_files(form))


Answers = Mapping[str, str]
Act = Callable[[RequestContext, str, Answers], tuple[str, str]]
"""Function that carries out a form; returns the code of the message, and the obligation it is about ("" for
none).
"""


def done(ctx: WebContext, case: str, name: str, answers: Answers, act: Act, *, tab: Tab) -> Response:
    """Carry out a form; return the page with the result, the refusal, or the confirmation to give."""

    def run() -> Response:
        message, of = act(ctx, case, answers)
        parameters = {"said": message, "of": of} if of else {"said": message}
        return redirect_to_case(ctx, case, tab=tab, **parameters)

    return answer_form(ctx, case, name, answers, run, tab=tab)


def _act(verb: Verb[Any, Any], message: str, *, of: str = "", one: str = "") -> Act:
    """Return the act of a verb, whose command a form fills.

    Args:
        of: the field that says what the message is about; one: another message where that is filled in.
    """

    def act(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
        fields = {"case": case, **command_values(ctx, verb.command, answers)}
        if issubclass(verb.command, cases.Previewed):
            run_or_ask(ctx, answers, verb, fields)
        else:
            verb(ctx, build(verb.command, fields))
        about = str(fields.get(of, ""))
        return (one if one and about else message), about

    return act


def _acknowledge(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    """Acknowledge a letter. Raises InvalidForm for one that is not the reader's."""
    try:
        return _act(acknowledge_letter, "notice_acknowledged")(ctx, case, answers)
    except NoSuchLetter:
        raise InvalidForm("web.refusal.not_your_notice") from None


def _undo(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    """Withdraw what the reader has just recorded, if nobody was notified of it yet."""
    line = parse_event_number(answers.get("line", ""))
    cases.undo(ctx, build(cases.Undo, {"case": case, "line": line}))
    return "undone", cases.event_name(ctx, case, line)


def _comment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    """Add a comment; it is a question if it asks a person until a day."""
    message, of = _act(comments.add_comment, "commented")(ctx, case, answers)
    return ("asked" if answers.get("asks") and answers.get("until") else message), of


def said_of_assignment(ctx: RequestContext, answers: Answers) -> str:
    """Return the code of what is said of an assignment just given: also that it is due on a day off."""
    return (
        "assignment_given" if ctx.calendar.is_working_day(parse_date(answers["until"])) else "assigned_day_off"
    )


def _assign(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    _, of = _act(assignments.give_assignment, "")(ctx, case, answers)
    return said_of_assignment(ctx, answers), of


def _serve(path: str, need: Need, act: Act, *, name: str = "", tab: Tab = "deadlines") -> None:
    """Add a form that is sent to a case's address and this path.

    Args:
        name: of the form on the page, by default the path.
        tab: the page of the case shown after it, also with a refusal.
    """
    context = Depends(needs(need))

    def answer(*, ctx: Any = context, case: CaseId, answers: Fields) -> Response:
        return done(ctx, case, name or path, answers, act, tab=tab)

    router.add_api_route(f"/cases/{{case}}/{path}", answer, methods=["POST"])


_serve("correct", "manage", _act(cases.correct, "corrected", of="fact"))
_serve("withdraw", "manage", _act(cases.withdraw, "withdrawn"))
_serve("passport", "manage", describe, name="describe")
_serve("cancel", "manage", _act(cases.cancel, "cancelled"))
_serve("exempt", "manage", _act(cases.exempt, "exempted", of="obligation", one="exempted_one"))
_serve("reopen", "manage", _act(cases.reopen, "reopened", of="obligation", one="reopened_one"))
_serve("migrate", "manage", _act(cases.migrate, "migrated"))
_serve("readers", "manage", _act(cases.add_reader, "reader_named"), name="reader", tab="history")
_serve(
    "readers/remove", "manage", _act(cases.remove_reader, "reader_removed"), name="reader-remove", tab="history"
)
_serve("comments", "record", _comment, name="comment")
_serve("comments/withdraw", "record", _act(comments.withdraw_comment, "comment_withdrawn"), name="comment")
_serve("ask", "assign", _act(comments.escalate, "asked"), name="comment")
GIVEN = "assignment"
_serve("assignments", "assign", _assign, name=GIVEN)
_serve("assignments/refuse", "record", _act(assignments.refuse_assignment, "assignment_refused"), name=GIVEN)
_serve("assignments/extend", "record", _act(assignments.extend_assignment, "assignment_extended"), name=GIVEN)
_serve("undo", "record", _undo)
_serve("acknowledge", "record", _acknowledge, tab="history")


@router.post("/cases/{case}/notices/resend")
def resend(ctx: Recording, case: CaseId, key: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Queue a failed letter of the case again, then show the case's page. Any other key changes nothing."""
    whole_case(ctx, case)
    if key:
        resend_letter(ctx, build(LetterOfCase, {"case": case, "key": key}))
    return RedirectResponse(f"/cases/{case}#notices", status_code=303)
