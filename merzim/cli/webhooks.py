"""The commands `merzim webhook list|show|add|remove|test|resend|rotate|stop|start`: addresses notified of
changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.mount import mount

if TYPE_CHECKING:
    from merzim.services.outgoing.webhooks import (
        DeliveryView,
        WebhookDetails,
        WebhookList,
        WebhookSecret,
        WebhookView,
    )

Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(
        app,
        "webhook",
        list=mount("merzim.services.outgoing.webhooks:list_webhooks", _list, arguments=()),
        show=mount("merzim.services.outgoing.webhooks:get_webhook", _show, arguments=("webhook",)),
        add=mount(
            "merzim.services.outgoing.webhooks:add_webhook",
            _secret,
            arguments=("address",),
            options={"topics": "topic"},
        ),
        remove=mount("merzim.services.outgoing.webhooks:remove_webhook", _removed, arguments=("webhook",)),
        test=mount("merzim.services.outgoing.webhooks:test_webhook", _tried, arguments=("webhook",)),
        resend=mount(
            "merzim.services.outgoing.webhooks:resend_delivery", _tried, arguments=("webhook", "seq:N")
        ),
        rotate=mount(
            "merzim.services.outgoing.webhooks:rotate_webhook_secret", _secret, arguments=("webhook",)
        ),
        stop=stop,
        start=start,
    )


def stop(ctx: typer.Context, webhook: Webhook) -> int:
    return _switch(ctx, webhook, active=False)


def start(ctx: typer.Context, webhook: Webhook) -> int:
    return _switch(ctx, webhook, active=True)


def _switch(ctx: typer.Context, webhook: str, *, active: bool) -> int:
    from merzim.services.inputs import build
    from merzim.services.outgoing.webhooks import ChangeWebhook, change_webhook

    call = CommandContext.of(ctx)
    webhook_view = change_webhook(call.ctx, build(ChangeWebhook, {"webhook": webhook, "active": active}))
    if call.json:
        call.answer(webhook_view.model_dump(mode="json"))
        return DONE
    return _print_webhook(call, None, webhook_view)


def _list(call: CommandContext, _: object, result: WebhookList) -> int:
    if result.webhooks:
        _table(call, result.webhooks)
    else:
        call.print(call.say("web.webhooks.none"))
    return DONE


def _show(call: CommandContext, _: object, hook: WebhookDetails) -> int:
    _table(call, [hook])
    rows = [
        (delivery.seq, delivery.type, delivery.at, delivery.attempts, _outcome(call, delivery))
        for delivery in hook.deliveries
    ]
    if rows:
        call.table(("audit_number", "webhook_type", "at", "webhook_attempts", "webhook_outcome"), rows)
    return DONE


def _print_webhook(call: CommandContext, _: object, hook: WebhookView) -> int:
    _table(call, [hook])
    return DONE


def _removed(call: CommandContext, _: object, hook: WebhookView) -> None:
    call.print(call.say("cli.webhook.removed", address=hook.address))


def _secret(call: CommandContext, _: object, hook: WebhookSecret) -> int:
    _table(call, [hook])
    call.print(call.say("cli.webhook.secret", secret=hook.secret))
    return DONE


def _tried(call: CommandContext, _: object, sent: DeliveryView) -> int:
    call.print(_outcome(call, sent))
    return NOT_SO if sent.problem else DONE


def _outcome(call: CommandContext, sent: DeliveryView) -> str:
    return call.say(f"web.webhooks.outcome_{sent.problem or 'delivered'}", status=sent.status or "")


def _table(call: CommandContext, hooks: list[WebhookView] | list[WebhookDetails] | list[WebhookSecret]) -> None:
    rows = [
        (hook.id, hook.address, ", ".join(hook.topics), hook.unit, call.say(f"web.webhooks.state_{hook.state}"))
        for hook in hooks
    ]
    call.table(("webhook", "webhook_address", "webhook_topics", "unit", "webhook_state"), rows)
