"""The page behind the links in a reminder: read, done, not mine, without an account and without scripts.

A GET changes nothing, since mail programs open links by themselves; only the form's POST answers.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from merzim.services.cases.letter_answers import (
    ANSWERS,
    QUIET_WORKING_DAYS,
    AnswerLetter,
    LetterQuestion,
    LinkRefused,
    answer_letter,
    as_recipient,
    is_genuine,
    open_letter,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.web.auth.dependencies import Anybody
from merzim.web.auth.limits import count_guess
from merzim.web.pages.campaigns.confirm import refuse_in_language
from merzim.web.ui.form_values import Fields
from merzim.web.ui.render import page

router = APIRouter(include_in_schema=False)


@router.get("/answer/{token}")
def ask(request: Request, ctx: Anybody, token: str, say: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show the possible answers; nothing is changed."""
    question = _open(request, ctx, token)
    request.state.language = question.person.language
    response = page(
        request,
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


@router.post("/answer/{token}")
def answer(request: Request, ctx: Anybody, token: str, fields: Fields) -> Response:
    """Record the answer in the case; repeated, it changes nothing."""
    question, reply = _open(request, ctx, token), fields.get("say", "")
    if reply not in ANSWERS:
        raise HTTPException(422)
    if reply not in question.open:
        return RedirectResponse(f"/answer/{token}", status_code=303)
    sent = {"case": question.notice.case, "key": question.notice.key, "answer": reply}
    answer_letter(as_recipient(ctx, question), build(AnswerLetter, sent))
    return RedirectResponse(f"/answer/{token}", status_code=303)


def _open(request: Request, ctx: RequestContext, token: str) -> LetterQuestion:
    """Return the question of a link. Raises LinkRefused, or HTTPException 429 after many guesses from a
    network.
    """
    try:
        return open_letter(ctx, token)
    except LinkRefused:
        refuse_in_language(request, ctx, "")
        if not is_genuine(ctx, token):
            count_guess(request, ctx)
        raise
