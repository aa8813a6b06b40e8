"""Pages behind the personal links of letters, without an account and without scripts.

A GET changes nothing, since mail programs open links by themselves; only a form's POST does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from merzim.services import letters
from merzim.services.campaigns import verbs as campaigns
from merzim.services.campaigns.verbs import CampaignForm, CampaignLinkRefused
from merzim.services.inputs import build
from merzim.services.letters import AnswerLetter
from merzim.services.people.feeds import DigestChoice, choose_by_link, person_of_link, set_digest
from merzim.services.verbs import LinkRefused
from merzim.web.auth.attempts import count_request
from merzim.web.auth.dependencies import Anybody, Own
from merzim.web.downloads import stored_file_response
from merzim.web.http import WebContext, preferences
from merzim.web.pages.registers.rows import form_fields, new_values
from merzim.web.ui.form_values import Fields, RejectedForm, typed_answers
from merzim.web.ui.render import page
from notifications.event_notices import cited_act, given_days
from notifications.letter_links import CHOICES, DAILY
from workflow.refusal import Refusal
from workflow.reminders import LETTER_ANSWERS

router = APIRouter(include_in_schema=False)
Choice = Literal["daily", "weekly"]
T = TypeVar("T")


@router.get("/digest/{secret}")
@router.get("/digest/{secret}/{choice}")
def ask_choice(ctx: Anybody, secret: str, choice: Choice | None = None) -> Response:
    """Show at a recipient's personal address how often they are told; a letter's link alone changes nothing."""
    return _choice_page(ctx, secret, is_saved=False)


@router.post("/digest/{secret}/{choice}")
def choose(ctx: Anybody, secret: str, choice: Choice) -> Response:
    """Save how often a recipient is told, from their personal address. Repeating it changes nothing."""
    choose_by_link(ctx, secret, choice)
    return _choice_page(ctx, secret, is_saved=True)


@router.post("/account/digest")
def choose_own(ctx: Own, fields: Fields) -> Response:
    """Save how often the reader is told, and in which language letters come, from their account page."""
    set_digest(ctx, build(DigestChoice, {name: fields.get(name, "") for name in ("digest", "language")}))
    return RedirectResponse("/account?said=digest", status_code=303)


def _choice_page(ctx: WebContext, secret: str, *, is_saved: bool) -> Response:
    chosen = person_of_link(ctx, secret).digest or DAILY
    return page(
        ctx, "digest_choice.html", secret=secret, chosen=chosen, choices=tuple(CHOICES), is_saved=is_saved
    )


@router.get("/answer/{token}")
def ask(ctx: Anybody, token: str, say: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show the possible answers to a letter, changing nothing; status 410 once it is old or its date moved."""
    question = _opened(ctx, token, letters.open_letter)
    ctx.request.state.language = question.person.language
    status, quiet = 410 if question.expired else 200, letters.QUIET_WORKING_DAYS
    response = page(
        ctx, "letter_answer.html", status=status, token=token, question=question, chosen=say, quiet=quiet
    )
    response.headers["x-robots-tag"] = "noindex"
    return response


@router.post("/answer/{token}")
def answer(ctx: Anybody, token: str, fields: Fields) -> Response:
    """Record a recipient's answer to a letter in its case; repeated, it changes nothing."""
    question, reply = _opened(ctx, token, letters.open_letter), fields.get("say", "")
    if reply not in LETTER_ANSWERS:
        raise HTTPException(422)
    if reply not in question.possible_answers:
        return RedirectResponse(f"/answer/{token}", status_code=303)
    sent = {"case": question.notice.case, "key": question.notice.key, "answer": reply}
    letters.answer_letter(letters.as_person(ctx, question.person), build(AnswerLetter, sent))
    return RedirectResponse(f"/answer/{token}?say=noted", status_code=303)


def _opened(ctx: WebContext, token: str, open_link: Callable[[WebContext, str], T]) -> T:
    """Return what a link is about; of a refused one set the language of the page (its person's, else the
    browser's, else the office's), and count one that was not issued here.

    Raises LinkRefused, the same for every reason; HTTPException 429 for too many.
    """
    try:
        return open_link(ctx, token)
    except LinkRefused as refused:
        if refused.language or "accept-language" not in ctx.request.headers:
            ctx.request.state.language = refused.language or ctx.app.settings.office.language
        if not refused.is_ours:
            count_request(ctx, "link")
        raise


@router.get("/confirm/{token}")
def ask_to_confirm(ctx: Anybody, token: str) -> Response:
    """Show the question to the person of a link; nothing is changed."""
    return _confirm_page(ctx, token, _opened(ctx, token, campaigns.open_link))


@router.get("/confirm/{token}/document")
def document(ctx: Anybody, token: str) -> Response:
    """Return the document a campaign asks to read, always as a download. Raises HTTPException 404 for none."""
    campaign = _opened(ctx, token, campaigns.open_link).campaign
    stored = campaign.document
    if "sha256" not in stored:
        raise HTTPException(404, "web.problem.no_link")
    return stored_file_response(ctx, str(stored["sha256"]), str(stored.get("name", "")), of=campaign.id)


@router.post("/confirm/{token}")
def confirm(ctx: Anybody, token: str, answers: Fields) -> Response:
    """Add the row of the person's answer; the link becomes invalid."""
    invitation = _opened(ctx, token, campaigns.open_link)
    try:
        row = campaigns.answer(ctx, invitation, new_values(ctx, invitation.fields, answers))
    except CampaignLinkRefused:
        raise
    except Refusal as refusal:
        tried = RejectedForm(form="confirm", refusal=refusal, answers=typed_answers(answers))
        return _confirm_page(ctx, token, invitation, tried=tried)
    return _confirm_page(ctx, token, invitation, row=row)


def _confirm_page(
    ctx: WebContext, token: str, invitation: CampaignForm, *, tried: RejectedForm | None = None, row: str = ""
) -> Response:
    """Return the page in the person's language, unless they chose another."""
    ctx.request.state.language = invitation.person.language
    kind, register = invitation.definition, invitation.register
    response = page(
        ctx,
        "confirm.html",
        place=f"/confirm/{token}",
        token=token,
        invitation=invitation,
        kind=kind,
        ground=cited_act(register, kind, preferences(ctx.request).language),
        document=invitation.campaign.document,
        days=given_days(register, invitation.campaign.given),
        inputs=form_fields(ctx, invitation.fields, None, tried),
        tried=tried,
        row=row,
        now=ctx.now,
    )
    # The address is a secret: no search engine keeps it, and our referrer policy tells no other site. With
    # "no-referrer" browsers would not say where the form comes from either, and the answer would be refused.
    response.headers["x-robots-tag"] = "noindex"
    return response
