"""The accounts of many people on the page of accounts: who gets one, who cannot and why, who has accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from merzim.services.accounts import invitations
from merzim.services.accounts.invitations import AskInvitations, InvitedPeople, InvitePeople
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.people.staff import recorded_office
from merzim.web.downloads.administration import invitation_state
from merzim.web.ui.name_fields import build_unit_field, resolve_unit

ACCESSES = ("officer", "responsible", "head_of_unit", "first_head", "auditor")
SHOWN = 150
"""Number of people a preview lists with checkboxes; more are invited all together."""


def invitation_command(
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


def invitation_values(
    ctx: RequestContext,
    typed_texts: Mapping[str, str],
    *,
    preview: InvitedPeople | None = None,
    invited: InvitedPeople | None = None,
) -> dict[str, Any]:
    """Return what the page says of invitations: the form, its preview, what was sent."""
    office = recorded_office(ctx)
    sent = invitations.list_invitations(ctx, AskInvitations()).invitations
    return {
        "invite_form": {"login_rule": "email", **typed_texts},
        "invite_accesses": ACCESSES,
        "invite_unit": build_unit_field(office, typed_texts.get("unit", "")),
        "preview": preview,
        "rows": preview.people[:SHOWN] if preview else [],
        "chooses": preview is not None and len(preview.people) <= SHOWN,
        "done": invited,
        "sent": sent,
        "invitation_state": invitation_state,
        "waiting": sum(invitation.state not in ("accepted", "closed") for invitation in sent),
    }
