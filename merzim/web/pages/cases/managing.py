"""Forms that manage a case: correct, cancel, exempt, reopen, name readers; acknowledge a notice.

Each requires a ground, and can be reversed with another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from i18n import say
from merzim.services.cases import assignments, comments
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.sending import NoSuchLetter, acknowledge_letter
from merzim.services.verbs import Verb
from merzim.web.auth.dependencies import Recording, needs
from merzim.web.http import CaseId
from merzim.web.pages.cases import recording as passport
from merzim.web.pages.cases.evidence import run_confirmed
from merzim.web.pages.cases.page import Tab, redirect_to_case
from merzim.web.pages.cases.writing import answer_form
from merzim.web.ui.command_forms import command_values
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    parse_event_number,
)
from merzim.web.ui.preferences import preferences
from workflow.org.access import Need

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

    def run() -> Response:
        message, of = act(ctx, case, answers)
        parameters = {"said": message, "of": of} if of else {"said": message}
        return redirect_to_case(request, ctx, case, tab=tab, **parameters)

    return answer_form(request, ctx, case, name, answers, run, tab=tab)


def _act(verb: Verb[Any, Any], message: str, *, of: str = "", one: str = "") -> Act:
    """Return the act of a verb, whose command a form fills.

    Args:
        of: the field that says what the message is about; one: another message where that is filled in.
    """

    def act(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
        fields = {"case": case, **command_values(ctx, verb.command, answers)}
        if issubclass(verb.command, cases.Previewed):
            run_confirmed(ctx, answers, verb, fields)
        else:
            verb(ctx, build(verb.command, fields))
        about = str(fields.get(of, ""))
        return (one if one and about else message), about

    return act


def _acknowledge(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    try:
        return _act(acknowledge_letter, "acknowledged")(ctx, case, answers)
    except NoSuchLetter:
        raise InvalidForm("web.refusal.not_your_notice") from None


def _comment(ctx: RequestContext, case: str, answers: Answers) -> tuple[str, str]:
    message, of = _act(comments.add_comment, "commented")(ctx, case, answers)
    return ("asked" if answers.get("asks") and answers.get("until") else message), of


FORMS: tuple[tuple[str, Need, str, Act, Tab], ...] = (
    ("correct", "manage", "correct", _act(cases.correct, "corrected", of="fact"), "deadlines"),
    ("withdraw", "manage", "withdraw", _act(cases.withdraw, "withdrawn"), "deadlines"),
    ("passport", "manage", "describe", passport.describe, "deadlines"),
    ("cancel", "manage", "cancel", _act(cases.cancel, "cancelled"), "deadlines"),
    (
        "exempt",
        "manage",
        "exempt",
        _act(cases.exempt, "exempted", of="obligation", one="exempted_one"),
        "deadlines",
    ),
    (
        "reopen",
        "manage",
        "reopen",
        _act(cases.reopen, "reopened", of="obligation", one="reopened_one"),
        "deadlines",
    ),
    ("migrate", "manage", "migrate", _act(cases.migrate, "migrated"), "deadlines"),
    ("readers", "manage", "reader", _act(cases.add_reader, "reader_named"), "history"),
    ("readers/remove", "manage", "reader-remove", _act(cases.remove_reader, "reader_removed"), "history"),
    ("comments", "record", "comment", _comment, "deadlines"),
    (
        "comments/withdraw",
        "record",
        "comment",
        _act(comments.withdraw_comment, "comment_withdrawn"),
        "deadlines",
    ),
    ("ask", "assign", "comment", _act(comments.escalate, "asked"), "deadlines"),
    ("assignments", "assign", "assignment", _act(assignments.give_assignment, "assigned"), "deadlines"),
    (
        "assignments/refuse",
        "record",
        "assignment",
        _act(assignments.refuse_assignment, "assignment_refused"),
        "deadlines",
    ),
    (
        "assignments/extend",
        "record",
        "assignment",
        _act(assignments.extend_assignment, "assignment_extended"),
        "deadlines",
    ),
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
