"""Administration page for accounts of many people: who gets one, who cannot and why, and who has accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from merzim.services.accounts import invitations
from merzim.services.accounts.invitations import AskInvitations, InvitedPeople, InvitePeople, ResendInvitations
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.people.staff import recorded_office
from merzim.web.auth.dependencies import Setting
from merzim.web.downloads.administration import invitation_state
from merzim.web.pages.administration.common import placed, show
from merzim.web.ui.form_values import Fields
from merzim.web.ui.name_fields import build_unit_field, resolve_unit
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
PLACE = "/administration/accounts/invitations"
ACCESSES = ("officer", "responsible", "head_of_unit", "first_head", "auditor")
SHOWN = 150
"""Number of people a preview lists with checkboxes; more are invited all together."""
Word = Annotated[str, Query(max_length=500)]


@router.get("/administration/accounts/invitations")
def invitations_page(
    request: Request,
    ctx: Setting,
    unit: Word = "",
    access: Word = "",
    login_rule: Word = "",
    preview: bool = False,
) -> Response:
    """Show the form, its preview, and the invitations that were sent."""
    typed_texts = {"unit": unit, "access": access, "login_rule": login_rule or "email"}
    if not preview:
        return _page(request, ctx, typed_texts)
    try:
        invited_preview = invitations.invite_people(ctx, _command(ctx, typed_texts, preview=True))
    except Refusal as refusal:
        return _page(request, ctx, typed_texts, refusal=refusal)
    return _page(request, ctx, typed_texts, preview=invited_preview)


@router.post("/administration/accounts/invitations")
def invite(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Create the accounts and send the invitations; or send invitations again."""
    try:
        match typed.get("do", ""):
            case "invite":
                command = _command(ctx, typed, people=typed.getlist("person"))
                invited = invitations.invite_people(ctx, command)
            case "resend":
                resend_command = build(ResendInvitations, {"logins": typed.getlist("login")})
                invited = invitations.resend_invitations(ctx, resend_command)
            case _:
                raise HTTPException(422)
    except Refusal as refusal:
        return _page(request, ctx, typed, refusal=refusal)
    return _page(request, ctx, typed, invited=invited)


def _command(
    ctx: RequestContext,
    typed_texts: Mapping[str, str],
    *,
    people: list[str] | None = None,
    preview: bool = False,
) -> InvitePeople:
    """Return the command of a form. Raises Refusal if the unit is not unique."""
    fields = {
        "unit": resolve_unit(recorded_office(ctx), typed_texts.get("unit", "")),
        "people": people or [],
        "access": typed_texts.get("access", ""),
        "login_rule": typed_texts.get("login_rule", "email"),
    }
    return build(InvitePeople, {**fields, "preview": preview})


def _page(
    request: Request,
    ctx: RequestContext,
    typed_texts: Mapping[str, str],
    *,
    preview: InvitedPeople | None = None,
    invited: InvitedPeople | None = None,
    refusal: Refusal | None = None,
) -> Response:
    office = recorded_office(ctx)
    sent = invitations.list_invitations(ctx, AskInvitations()).invitations
    return show(
        request,
        ctx,
        "invitations.html",
        status=200 if refusal is None else 422,
        place=placed(PLACE, unit=typed_texts.get("unit", "")),
        office=office,
        form=typed_texts,
        accesses=ACCESSES,
        unit=build_unit_field(office, typed_texts.get("unit", "")),
        preview=preview,
        rows=preview.people[:SHOWN] if preview else [],
        chooses=preview is not None and len(preview.people) <= SHOWN,
        done=invited,
        sent=sent,
        invitation_state=invitation_state,
        waiting=sum(invitation.state not in ("accepted", "closed") for invitation in sent),
        refusal=refusal,
    )
