"""The page behind a personal link of a campaign: read, fill in, confirm, without an account and without
scripts.

A GET changes nothing, since mail programs open links by themselves; only the form's POST confirms. All invalid
links get the same answer.
"""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from merzim.services.campaigns.answers import (
    CampaignForm,
    CampaignLinkRefused,
    answer,
    is_genuine,
    language_of_link,
    open_link,
)
from merzim.web.auth.dependencies import Anybody
from merzim.web.auth.limits import count_guess
from merzim.web.downloads import stored_file_response
from merzim.web.http import WebContext
from merzim.web.pages.registers.forms import form_fields, new_values
from merzim.web.ui.form_values import Fields, RejectedForm, typed_answers
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page
from notifications.event_notices import cited_act, given_days
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)


@router.get("/confirm/{token}")
def ask(ctx: Anybody, token: str) -> Response:
    """Show the question to the person of a link; nothing is changed."""
    return _page(ctx, token, _open(ctx, token))


@router.get("/confirm/{token}/document")
def document(ctx: Anybody, token: str) -> Response:
    """Return the document a campaign asks to read, always as a download. Raises HTTPException 404 for none."""
    campaign = _open(ctx, token).campaign
    stored = campaign.document
    if "sha256" not in stored:
        raise HTTPException(404, "web.problem.no_link")
    return stored_file_response(ctx, str(stored["sha256"]), str(stored.get("name", "")), of=campaign.id)


@router.post("/confirm/{token}")
def confirm(ctx: Anybody, token: str, answers: Fields) -> Response:
    """Add the row of the person's answer; the link becomes invalid."""
    invitation = _open(ctx, token)
    try:
        row = answer(ctx, invitation, new_values(ctx, invitation.fields, answers))
    except CampaignLinkRefused:
        raise
    except Refusal as refusal:
        rejected_form = RejectedForm(form="confirm", refusal=refusal, answers=typed_answers(answers))
        return _page(ctx, token, invitation, rejected_form=rejected_form)
    return _page(ctx, token, invitation, row=row)


def _open(ctx: WebContext, token: str) -> CampaignForm:
    """Return the invitation of a link.

    Raises:
        CampaignLinkRefused: the link is invalid; the answer is the same for every reason.
        HTTPException: 429 if too many links not issued here were opened from this network.
    """
    try:
        return open_link(ctx, token)
    except CampaignLinkRefused:
        set_refusal_language(ctx, language_of_link(ctx, token))
        if not is_genuine(ctx, token):
            count_guess(ctx)
        raise


def set_refusal_language(ctx: WebContext, language: str) -> None:
    """Set the language of a refused link's page: its person's, else the browser's, else the office's."""
    if language or "accept-language" not in ctx.request.headers:
        ctx.request.state.language = language or ctx.app.settings.office.language


def _page(
    ctx: WebContext,
    token: str,
    invitation: CampaignForm,
    *,
    rejected_form: RejectedForm | None = None,
    row: str = "",
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
        days=given_days(register, invitation.campaign),
        inputs=form_fields(ctx, invitation.fields, None, rejected_form),
        tried=rejected_form,
        row=row,
        now=ctx.now,
    )
    # The address is a secret: no search engine keeps it, and our referrer policy tells no other site. With
    # "no-referrer" browsers would not say where the form comes from either, and the answer would be refused.
    response.headers["x-robots-tag"] = "noindex"
    return response
