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
from merzim.web.ui.command_forms import FormField
from merzim.web.ui.form_values import Fields, RejectedForm, typed_answers
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page
from notifications.event_notices import cited_act, given_days
from workflow.law.procedure import Text
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
    """Add the row of the person's answer, or of their refusal; the link becomes invalid."""
    open_invitation = _open(ctx, token)
    invitation = open_invitation.of_refusal() if answers.get("refuse") else open_invitation
    try:
        row = answer(ctx, invitation, new_values(ctx, invitation.fields, answers))
    except CampaignLinkRefused:
        raise
    except Refusal as refusal:
        typed = typed_answers(answers)
        rejected_form = RejectedForm(form=_form_name(invitation), refusal=refusal, answers=typed)
        return _page(ctx, token, open_invitation, rejected_form=rejected_form)
    return _page(ctx, token, invitation, row=row)


def _form_name(invitation: CampaignForm) -> str:
    return "refuse" if invitation.refused else "confirm"


def _form(
    ctx: WebContext, invitation: CampaignForm, rejected_form: RejectedForm | None
) -> tuple[str, Text, list[FormField]]:
    """Return a form by its name, what it declares, and its fields as filled in after its refusal."""
    name = _form_name(invitation)
    own = rejected_form if rejected_form and rejected_form.form == name else None
    return name, invitation.definition.declares, form_fields(ctx, invitation.fields, None, own)


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
    forms = [] if row else [invitation, *([invitation.of_refusal()] if kind.refusal else [])]
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
        forms=[_form(ctx, form, rejected_form) for form in forms],
        tried=rejected_form,
        row=row,
        now=ctx.now,
    )
    # The address is a secret: no search engine keeps it, and our referrer policy tells no other site. With
    # "no-referrer" browsers would not say where the form comes from either, and the answer would be refused.
    response.headers["x-robots-tag"] = "noindex"
    return response
