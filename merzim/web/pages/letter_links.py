"""Pages reached by the links of letters, without a log-in: how often to be told, and answers in the case."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from merzim.services.cases.letter_answers import (
    ANSWERS,
    QUIET_WORKING_DAYS,
    AnswerLetter,
    LetterLinkRefused,
    LetterQuestion,
    answer_letter,
    as_recipient,
    is_genuine,
    open_letter,
)
from merzim.services.inputs import build
from merzim.services.people.feeds import DigestChoice, choose_by_link, person_of_link, set_digest
from merzim.web.auth.dependencies import Anybody, Own
from merzim.web.auth.limits import count_guess
from merzim.web.http import WebContext
from merzim.web.pages.confirm import set_refusal_language
from merzim.web.ui.form_values import Fields
from merzim.web.ui.render import page
from notifications.letter_links import CHOICES, choice_of

router = APIRouter(include_in_schema=False)
Choice = Literal["daily", "weekly"]


@router.get("/digest/{secret}")
@router.get("/digest/{secret}/{choice}")
def ask_choice(ctx: Anybody, secret: str, choice: Choice | None = None) -> Response:
    """Show at a recipient's personal address how often they are told; a letter's link alone changes nothing."""
    return _page(ctx, secret, is_saved=False)


@router.post("/digest/{secret}/{choice}")
def choose(ctx: Anybody, secret: str, choice: Choice) -> Response:
    """Save how often a recipient is told, from their personal address. Repeating it changes nothing."""
    choose_by_link(ctx, secret, choice)
    return _page(ctx, secret, is_saved=True)


@router.post("/account/digest")
def choose_own(ctx: Own, fields: Fields) -> Response:
    """Save how often the reader is told, and in which language letters come, from their account page."""
    set_digest(ctx, build(DigestChoice, {name: fields.get(name, "") for name in ("digest", "language")}))
    return RedirectResponse("/account?said=digest", status_code=303)


def _page(ctx: WebContext, secret: str, *, is_saved: bool) -> Response:
    chosen = choice_of(person_of_link(ctx, secret))
    return page(
        ctx, "digest_choice.html", secret=secret, chosen=chosen, choices=tuple(CHOICES), is_saved=is_saved
    )


answers_router = APIRouter(include_in_schema=False)


@answers_router.get("/answer/{token}")
def ask(ctx: Anybody, token: str, say: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show the possible answers to a letter, changing nothing; status 410 once it is old or its date moved."""
    question = _open(ctx, token)
    ctx.request.state.language = question.person.language
    response = page(
        ctx,
        "letter_answer.html",
        status=410 if question.expired else 200,
        token=token,
        question=question,
        chosen=say,
        quiet=QUIET_WORKING_DAYS,
    )
    response.headers["x-robots-tag"] = "noindex"
    return response


@answers_router.post("/answer/{token}")
def answer(ctx: Anybody, token: str, fields: Fields) -> Response:
    """Record a recipient's answer to a letter in its case; repeated, it changes nothing."""
    question, reply = _open(ctx, token), fields.get("say", "")
    if reply not in ANSWERS:
        raise HTTPException(422)
    if reply not in question.possible_answers:
        return RedirectResponse(f"/answer/{token}", status_code=303)
    sent = {"case": question.notice.case, "key": question.notice.key, "answer": reply}
    answer_letter(as_recipient(ctx, question), build(AnswerLetter, sent))
    return RedirectResponse(f"/answer/{token}?say=noted", status_code=303)


def _open(ctx: WebContext, token: str) -> LetterQuestion:
    """Return the question of a link. Raises LetterLinkRefused, or HTTPException 429 after many guesses from a
    network.
    """
    try:
        return open_letter(ctx, token)
    except LetterLinkRefused:
        set_refusal_language(ctx, "")
        if not is_genuine(ctx, token):
            count_guess(ctx)
        raise
