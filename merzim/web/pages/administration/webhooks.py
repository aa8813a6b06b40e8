"""Administration pages for webhooks: addresses notified of changes. Secrets are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.outgoing import webhooks
from merzim.services.outgoing.changes import TOPICS
from merzim.services.outgoing.webhooks import (
    AddWebhook,
    AskWebhooks,
    ChangeWebhook,
    ResendDelivery,
    WebhookCommand,
)
from merzim.services.people.staff import recorded_office
from merzim.services.verbs import NotFound
from merzim.web.auth.dependencies import Setting
from merzim.web.pages.administration.common import onward, show
from merzim.web.ui.form_values import Fields
from merzim.web.ui.name_fields import build_unit_field, resolve_unit
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False, prefix="/administration/webhooks")
WebhookPath = Annotated[str, Path(pattern=r"^wh[0-9a-f]{12}$")]


@router.get("")
def webhook_list(request: Request, ctx: Setting) -> Response:
    """Show the webhooks, and the form for a new one."""
    return _list_page(request, ctx)


@router.post("")
def add_webhook(request: Request, ctx: Setting, typed: Fields) -> Response:
    """Add an address; the secret of its signatures is shown once."""
    try:
        webhook_secret = webhooks.add_webhook(ctx, build(AddWebhook, _fields(ctx, typed)))
    except Refusal as refusal:
        return _list_page(request, ctx, typed_texts=typed, topics=typed.getlist("topic"), refusal=refusal)
    return _page(request, ctx, webhook_secret.id, secret=webhook_secret.secret)


@router.get("/{webhook}")
def webhook_page(request: Request, ctx: Setting, webhook: WebhookPath) -> Response:
    """Show one webhook with the last messages to it."""
    return _page(request, ctx, webhook)


@router.post("/{webhook}")
def save_webhook(request: Request, ctx: Setting, webhook: WebhookPath, typed: Fields) -> Response:
    """Change a webhook, stop or start it, test it, send a message again, renew its secret, or remove it."""
    place, about = f"/administration/webhooks/{webhook}", {"webhook": webhook}
    try:
        match typed.get("do", ""):
            case "change":
                webhooks.change_webhook(ctx, build(ChangeWebhook, {**about, **_fields(ctx, typed)}))
            case "stop" | "start" as do:
                webhooks.change_webhook(ctx, build(ChangeWebhook, {**about, "active": do == "start"}))
            case "remove":
                webhooks.remove_webhook(ctx, build(WebhookCommand, about))
                return onward(request, "/administration/webhooks", said="removed")
            case "rotate":
                webhook_secret = webhooks.rotate_webhook_secret(ctx, build(WebhookCommand, about))
                return _page(request, ctx, webhook, secret=webhook_secret.secret)
            case "test":
                sent = webhooks.test_webhook(ctx, build(WebhookCommand, about))
                return _page(request, ctx, webhook, sent=sent)
            case "resend":
                number = build(ResendDelivery, {**about, "seq": typed.get("seq", "")})
                return _page(request, ctx, webhook, sent=webhooks.resend_delivery(ctx, number))
            case _:
                raise HTTPException(422)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, ctx, webhook, typed_texts=typed, topics=typed.getlist("topic"), refusal=refusal)
    return onward(request, place, said="saved")


def _fields(ctx: RequestContext, typed_texts: Fields) -> dict[str, object]:
    """Return the fields of a submitted form. Raises Refusal if the unit is not unique."""
    return {
        "address": typed_texts.get("address", "").strip(),
        "topics": typed_texts.getlist("topic"),
        "unit": resolve_unit(recorded_office(ctx), typed_texts.get("unit", "")),
    }


def _list_page(
    request: Request,
    ctx: RequestContext,
    *,
    typed_texts: Mapping[str, str] | None = None,
    topics: list[str] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    form, office = typed_texts or {}, recorded_office(ctx)
    return show(
        request,
        ctx,
        "webhooks.html",
        status=200 if refusal is None else 422,
        place="/administration/webhooks",
        hooks=webhooks.list_webhooks(ctx, AskWebhooks()).webhooks,
        office=office,
        form=form,
        topics=TOPICS,
        chosen=TOPICS if topics is None else topics,
        unit=build_unit_field(office, form.get("unit", "")),
        refusal=refusal,
    )


def _page(
    request: Request,
    ctx: RequestContext,
    id: str,
    *,
    typed_texts: Mapping[str, str] | None = None,
    topics: list[str] | None = None,
    refusal: Refusal | None = None,
    secret: str = "",
    sent: webhooks.DeliveryView | None = None,
) -> Response:
    hook, office = webhooks.get_webhook(ctx, WebhookCommand(webhook=id)), recorded_office(ctx)
    form = (
        typed_texts
        if typed_texts and typed_texts.get("do") == "change"
        else {"address": hook.address, "unit": hook.unit}
    )
    return show(
        request,
        ctx,
        "webhook.html",
        status=200 if refusal is None else 422,
        place=f"/administration/webhooks/{id}",
        hook=hook,
        form=form,
        topics=TOPICS,
        chosen=topics or hook.topics,
        unit=build_unit_field(office, form.get("unit", "")),
        refusal=refusal,
        secret=secret,
        sent=sent,
    )
