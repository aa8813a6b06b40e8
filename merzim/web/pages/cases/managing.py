"""Forms that manage a case: correct, cancel, exempt, reopen, name readers; acknowledge a notice.

Each requires a ground, and can be reversed with another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from calendars import OutOfRange
from i18n import say
from merzim.services.cases import assignments, comments
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext, whole_case
from merzim.services.inputs import build
from merzim.services.outgoing.sending import Letter, NoSuchLetter, acknowledge_letter
from merzim.web.auth.dependencies import Recording, needs
from merzim.web.http import CaseId
from merzim.web.pages.cases import passport
from merzim.web.pages.cases.evidence import Unconfirmed, run_confirmed
from merzim.web.pages.cases.page import Tab, case_page, redirect_to_case
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    RejectedForm,
    parse_date,
    parse_event_number,
    parse_numbers,
    parse_text,
    parse_whole_number,
)
from merzim.web.ui.name_fields import resolve_person
from merzim.web.ui.preferences import preferences
from workflow.org.access import Need
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
Answers = Mapping[str, str]
Act = Callable[[RequestContext, str, Answers], tuple[str, str]]
"""Function that carries out a form; returns the code of the message, and the obligation it is about ("" for
none).
"""


@router.post("/cases/{case}/undo")
def undo(request: Request, ctx: Recording, case: CaseId, answers: Fields) -> Response:
    """Withdraw what the reader has just recorded, if nobody was notified of it yet."""
    ground = say("withdraw.by_mistake", {}, preferences(request).language)

    def act(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
        line = parse_event_number(answers.get("line", ""))
        cases.undo(ctx, build(cases.Undo, {"case": case, "line": line, "ground": ground}))
        return "undone", cases.event_name(ctx, case, line)

    return done(request, ctx, case, "undo", answers, act, tab="deadlines")


def done(
    request: Request, ctx: RequestContext, case: str, name: str, answers: Answers, act: Act, *, tab: Tab
) -> Response:
    """Carry out a form; return the page with the result, the refusal, or the confirmation to give."""
    whole_case(ctx, case)
    try:
        message, of = act(ctx, case, answers)
    except Unconfirmed as question:
        rejected_form = RejectedForm(
            form=name, refusal=None, answers=answers, confirmation=question.confirmation
        )
        return case_page(request, ctx, case, tab=tab, rejected_form=rejected_form)
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form=name, refusal=refusal, answers=answers)
        return case_page(request, ctx, case, tab=tab, rejected_form=rejected_form)
    parameters = {"said": message, "of": of} if of else {"said": message}
    return redirect_to_case(request, ctx, case, tab=tab, **parameters)


def _correct(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fact = answers.get("fact", "")
    if not fact:
        raise InvalidForm("web.refusal.no_fact")
    fields = {
        "case": case,
        "fact": fact,
        "on": parse_date(answers.get("on", "")),
        "ground": _ground(answers),
        "values": parse_numbers(answers),
        "signed_by": answers.get("signed_by", ""),
    }
    run_confirmed(ctx, answers, cases.correct, fields)
    return "corrected", fact


def _withdraw(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    name = answers.get("name", "")
    if not name:
        raise InvalidForm("web.refusal.no_record")
    fields = {"case": case, "name": name, "ground": _ground(answers), "evidence": answers.get("evidence", "")}
    run_confirmed(ctx, answers, cases.withdraw, fields)
    return "withdrawn", ""


def _cancel(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    run_confirmed(ctx, answers, cases.cancel, {"case": case, "ground": _ground(answers)})
    return "cancelled", ""


def _exempt(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    obligation = answers.get("obligation", "")
    fields = {"case": case, "obligation": obligation, "ground": _ground(answers)}
    run_confirmed(ctx, answers, cases.exempt, fields)
    return ("exempted_one", obligation) if obligation else ("exempted", "")


def _reopen(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    obligation = answers.get("obligation", "")
    fields = {"case": case, "obligation": obligation, "ground": _ground(answers)}
    run_confirmed(ctx, answers, cases.reopen, fields)
    return ("reopened_one", obligation) if obligation else ("reopened", "")


def _migrate(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    run_confirmed(ctx, answers, cases.migrate, {"case": case, "edition": answers.get("edition", "")})
    return "migrated", ""


def _optional_day(answers: Answers, name: str) -> date | None:
    return parse_date(answers[name]) if answers.get(name, "").strip() else None


def _name_reader(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    person = resolve_person(ctx.reads.office(), answers.get("person", ""))
    cases.add_reader(ctx, build(cases.AddReader, {"case": case, "person": person}))
    return "reader_named", ""


def _remove_reader(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {"case": case, "person": answers.get("person", ""), "ground": _ground(answers)}
    cases.remove_reader(ctx, build(cases.RemoveReader, fields))
    return "reader_removed", ""


def _acknowledge(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    try:
        acknowledge_letter(ctx, build(Letter, {"case": case, "key": answers.get("key", "")}))
    except NoSuchLetter:
        raise InvalidForm("web.refusal.not_your_notice") from None
    return "acknowledged", ""


def _comment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    asks, line = answers.get("asks", ""), answers.get("answers", "")
    fields = {
        "case": case,
        "text": parse_text(answers.get("text", "")),
        "obligation": answers.get("obligation", ""),
        "asks": resolve_person(ctx.reads.office(), asks) if asks else "",
        "until": _optional_day(answers, "until"),
        "answers": parse_event_number(line) if line else None,
    }
    comments.add_comment(ctx, build(comments.AddComment, fields))
    return "commented", ""


def _assign(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {
        "case": case,
        "person": resolve_person(ctx.reads.office(), answers.get("person", "")),
        "text": parse_text(answers.get("text", "")),
        "until": parse_date(answers.get("until", "")),
    }
    assignments.give_assignment(ctx, build(assignments.GiveAssignment, fields))
    return "assigned", ""


def _refuse_assignment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {"case": case, "number": _number(answers), "ground": _ground(answers)}
    assignments.refuse_assignment(ctx, build(assignments.RefuseAssignment, fields))
    return "assignment_refused", ""


def _extend_assignment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {"case": case, "number": _number(answers), "until": parse_date(answers.get("until", ""))}
    assignments.extend_assignment(
        ctx, build(assignments.ExtendAssignment, {**fields, "ground": _ground(answers)})
    )
    return "assignment_extended", ""


def _number(answers: Answers) -> int:
    return parse_whole_number(answers.get("number", ""))


def _ask(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {"case": case, "obligation": answers.get("obligation", "")}
    if answers.get("above"):
        comments.escalate(ctx, build(comments.Escalate, fields))
    else:
        comments.ask_why(ctx, build(comments.AskWhy, fields))
    return "asked", ""


def _withdraw_comment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    fields = {"case": case, "line": parse_event_number(answers.get("line", "")), "ground": _ground(answers)}
    comments.withdraw_comment(ctx, build(comments.WithdrawComment, fields))
    return "comment_withdrawn", ""


def _ground(answers: Answers) -> str:
    return parse_text(answers.get("ground", ""))


FORMS: tuple[tuple[str, Need, str, Act, Tab], ...] = (
    ("correct", "manage", "correct", _correct, "deadlines"),
    ("withdraw", "manage", "withdraw", _withdraw, "deadlines"),
    ("passport", "manage", "describe", passport.describe, "deadlines"),
    ("cancel", "manage", "cancel", _cancel, "deadlines"),
    ("exempt", "manage", "exempt", _exempt, "deadlines"),
    ("reopen", "manage", "reopen", _reopen, "deadlines"),
    ("migrate", "manage", "migrate", _migrate, "deadlines"),
    ("readers", "manage", "reader", _name_reader, "history"),
    ("readers/remove", "manage", "reader-remove", _remove_reader, "history"),
    ("comments", "record", "comment", _comment, "deadlines"),
    ("comments/withdraw", "record", "comment", _withdraw_comment, "deadlines"),
    ("ask", "assign", "comment", _ask, "deadlines"),
    ("assignments", "assign", "assignment", _assign, "deadlines"),
    ("assignments/refuse", "record", "assignment", _refuse_assignment, "deadlines"),
    ("assignments/extend", "record", "assignment", _extend_assignment, "deadlines"),
    ("acknowledge", "record", "acknowledge", _acknowledge, "history"),
)
"""The forms of a case: last part of the address, right, name of the form on the page, act, and the tab."""


def _serve(path: str, need: Need, name: str, act: Act, tab: Tab) -> None:
    context = Depends(needs(need))

    def answer(request: Request, *, ctx: Any = context, case: CaseId, answers: Fields) -> Response:
        return done(request, ctx, case, name, answers, act, tab=tab)

    router.add_api_route(f"/cases/{{case}}/{path}", answer, methods=["POST"])


for form in FORMS:
    _serve(*form)
