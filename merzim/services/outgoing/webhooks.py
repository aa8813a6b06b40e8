"""Verbs on webhooks, addresses of other programs that are notified of changes: add, change, test and remove."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from secrets import token_bytes, token_hex
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.context import RequestContext, stamp
from merzim.services.inputs import Line
from merzim.services.jobs.webhooks import delivery, message, owner, reads_for, send, send_event
from merzim.services.names import unit_named
from merzim.services.outgoing.changes import TOPICS, AskChanges, list_changes
from merzim.services.results import Result
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.accounts.webhooks import RESUMED, Webhook
from workflow.refusal import Refusal

OLD_SECRET_LASTS = timedelta(hours=24)
"""Time for which messages are also signed with the previous secret."""
Address = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[\x21-\x7e]+$")]
WebhookId = Annotated[str, StringConstraints(pattern=r"^wh[0-9a-f]{12}$")]
WebhookState = Literal["active", "failing", "suspended", "off"]
ChangeTopic = Literal["account", "case", "people", "register", "settings"]


class UnknownWebhook(NotFound):
    """There is no webhook with that id, or no message with that number was sent to it."""

    not_found = "web.problem.no_webhook"


class BadWebhook(Refusal, ValueError):
    """The address cannot be used for a webhook."""


class AskWebhooks(Command):
    """Request the webhooks."""


class AddWebhook(Command):
    """Add an address to notify of changes. `topics`: of these, all if empty; `unit`: only of its cases."""

    address: Address
    topics: list[ChangeTopic] = Field(default_factory=list, max_length=len(TOPICS))
    unit: Line = ""


class WebhookCommand(Command):
    """A command to one webhook."""

    webhook: WebhookId


class ChangeWebhook(WebhookCommand):
    """Change address, topics or unit; `active`: whether it is notified; `true` resumes a suspended one."""

    address: Address | None = None
    topics: list[ChangeTopic] | None = Field(default=None, max_length=len(TOPICS))
    unit: Line | None = None
    active: bool | None = None


class ResendDelivery(WebhookCommand):
    """Send one of the last messages again under its id."""

    seq: Annotated[int, Field(ge=1, le=2**53)]


class DeliveryView(Result):
    """A message. `problem`: "" if it arrived, else the reason; `status`: HTTP status of the answer, if any."""

    seq: int
    type: str
    at: datetime
    attempts: int
    status: int | None
    problem: str
    delivered_at: datetime | None


class WebhookView(Result):
    """An address that is notified of changes. `cursor`: number of the last change delivered; `failing_since`:
    moment of the first failure since the last success.
    """

    id: str
    address: str
    topics: list[str]
    unit: str
    state: WebhookState
    cursor: int
    failing_since: datetime | None
    next_at: datetime | None
    created_at: datetime
    created_by: str


class WebhookList(BaseModel):
    """The webhooks of the office."""

    webhooks: list[WebhookView]


class WebhookDetails(WebhookView):
    """A webhook with the last messages to it, the newest first."""

    deliveries: list[DeliveryView]


class WebhookSecret(WebhookView):
    """A webhook with the secret its messages are signed with, returned only once."""

    secret: str


@verb("settings", writes=False)
def list_webhooks(ctx: RequestContext, command: AskWebhooks) -> WebhookList:
    """List the addresses that are notified of changes."""
    return WebhookList(webhooks=[_view(hook) for hook in ctx.app.webhooks.all()])


@verb("settings", writes=False)
def get_webhook(ctx: RequestContext, command: WebhookCommand) -> WebhookDetails:
    """Return a webhook with the last messages to it.

    Raises:
        UnknownWebhook: there is no webhook with that id.
    """
    hook = _hook(ctx, command.webhook)
    sent = [DeliveryView.of(delivery, type=delivery.kind) for delivery in ctx.app.webhooks.deliveries(hook.id)]
    return WebhookDetails(**_view(hook).model_dump(), deliveries=sent)


@verb("settings", secret="secret")
def add_webhook(ctx: RequestContext, command: AddWebhook) -> WebhookSecret:
    """Notify an address of changes from now on; the secret of its signatures is returned only once.

    Raises:
        BadWebhook: the address cannot be used.
        UnknownUnit: there is no such unit.
    """
    _check(ctx, command.address)
    id, secret = f"wh{token_hex(6)}", _new_secret()
    hook = Webhook(
        id=id,
        address=command.address,
        topics=tuple(command.topics) or TOPICS,
        unit=unit_named(ctx.app, command.unit),
        secret=ctx.app.cipher.encrypt(secret, owner(id)),
        cursor=ctx.app.reads.last_audit_entry(),
        created_at=ctx.now,
        created_by=ctx.reader.login,
    )
    ctx.app.webhooks.add(hook, today=ctx.today)
    return WebhookSecret(**_view(hook).model_dump(), secret=secret)


@verb("settings")
def change_webhook(ctx: RequestContext, command: ChangeWebhook) -> WebhookView:
    """Change, stop or resume a webhook; a resumed one is notified of everything it has missed.

    Raises:
        UnknownWebhook: there is no webhook with that id.
        BadWebhook: the address cannot be used.
        UnknownUnit: there is no such unit.
    """
    hook = _hook(ctx, command.webhook)
    changes: dict[str, object] = {}
    if command.active is not None:
        changes = {"active": command.active, **(RESUMED if command.active else {})}
    if command.address is not None:
        _check(ctx, command.address)
        changes["address"] = command.address
    if command.topics is not None:
        changes["topics"] = " ".join(command.topics or TOPICS)
    if command.unit is not None:
        changes["unit"] = unit_named(ctx.app, command.unit)
    if changes:
        ctx.app.webhooks.change(hook.id, "webhook_changed", changes, **stamp(ctx))
    return _view(_hook(ctx, hook.id))


@verb("settings")
def remove_webhook(ctx: RequestContext, command: WebhookCommand) -> WebhookView:
    """Remove a webhook: its address is no longer notified.

    Raises:
        UnknownWebhook: there is no webhook with that id.
    """
    hook = _hook(ctx, command.webhook)
    ctx.app.webhooks.remove(hook, **stamp(ctx))
    return _view(hook)


@verb("settings", secret="secret")
def rotate_webhook_secret(ctx: RequestContext, command: WebhookCommand) -> WebhookSecret:
    """Give a webhook a new secret, returned only once; for a day messages are also signed with the old one.

    Raises:
        UnknownWebhook: there is no webhook with that id.
    """
    hook, secret = _hook(ctx, command.webhook), _new_secret()
    changes = {
        "secret": ctx.app.cipher.encrypt(secret, owner(hook.id)),
        "old_secret": hook.secret,
        "old_until": ctx.app.system_clock().now + OLD_SECRET_LASTS,
    }
    ctx.app.webhooks.change(hook.id, "webhook_secret_rotated", changes, **stamp(ctx))
    return WebhookSecret(**_view(hook).model_dump(), secret=secret)


@verb("settings")
def test_webhook(ctx: RequestContext, command: WebhookCommand) -> DeliveryView:
    """Send a message of type `test` at once and return the answer. It is not stored among the deliveries.

    Raises:
        UnknownWebhook: there is no webhook with that id.
    """
    hook, at = _hook(ctx, command.webhook), ctx.app.system_clock().now
    result = send(ctx.app, hook, f"{hook.id}-test-{token_hex(6)}", message("test", at, {"webhook": hook.id}))
    return DeliveryView(
        seq=0,
        type="test",
        at=at,
        attempts=1,
        status=result.status,
        problem=result.problem,
        delivered_at=None if result.problem else at,
    )


@verb("settings")
def resend_delivery(ctx: RequestContext, command: ResendDelivery) -> DeliveryView:
    """Send one of the last messages again at once, under the same id.

    Raises:
        UnknownWebhook: there is no such webhook, or no such message among its last ones.
    """
    hook = _hook(ctx, command.webhook)
    if command.seq not in {delivery.seq for delivery in ctx.app.webhooks.deliveries(hook.id)}:
        raise UnknownWebhook("web.problem.no_webhook")
    page = list_changes(reads_for(ctx, hook), AskChanges(after=command.seq - 1, limit=1))
    event = next((event for event in page.events if event.seq == command.seq), None)
    if event is None:
        raise UnknownWebhook("web.problem.no_webhook")
    result = send_event(ctx.app, hook, event)
    sent = delivery(hook, event, result, at=ctx.app.system_clock().now)
    ctx.app.webhooks.record(sent, moves=False)
    return next(delivery for delivery in get_webhook(ctx, command).deliveries if delivery.seq == command.seq)


def suspended(ctx: RequestContext) -> list[WebhookView]:
    """Return the suspended webhooks."""
    return [_view(hook) for hook in ctx.app.webhooks.all() if hook.suspended_at is not None]


def encrypt_secrets(ctx: RequestContext) -> int:
    """Encrypt the secrets of all webhooks with the present key; return how many were encrypted with an older
    one.
    """
    from merzim.storage.accounts.encryption import key_of

    cipher = ctx.app.cipher
    old = {
        hook.id: (hook.secret, cipher.encrypt(cipher.decrypt(hook.secret, owner(hook.id)), owner(hook.id)))
        for hook in ctx.app.webhooks.all()
        if key_of(hook.secret) != cipher.key and cipher.knows(key_of(hook.secret))
    }
    if old:
        ctx.app.webhooks.renew_secrets(old)
    return len(old)


def _hook(ctx: RequestContext, id: str) -> Webhook:
    for hook in ctx.app.webhooks.all():
        if hook.id == id:
            return hook
    raise UnknownWebhook("web.problem.no_webhook")


def _view(hook: Webhook) -> WebhookView:
    state: WebhookState = "failing" if hook.failures else "active"
    if hook.suspended_at:
        state = "suspended"
    return WebhookView.of(hook, topics=list(hook.topics), state=state if hook.active else "off")


def _check(ctx: RequestContext, address: str) -> None:
    """Raise BadWebhook for an unusable address; the IP address it resolves to is checked when connecting."""
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("http", "https")
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.fragment:
        raise BadWebhook("web.webhooks.bad_address", address=address)
    if parts.scheme == "http" and not ctx.app.settings.webhooks.private:
        raise BadWebhook("web.webhooks.plain_address", address=address)


def _new_secret() -> str:
    """Return a secret in the format of Standard Webhooks: 32 random bytes in base64, with their prefix."""
    return f"whsec_{b64encode(token_bytes(32)).decode()}"
