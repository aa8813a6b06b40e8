"""Sends changes to webhooks, in the order of writing, each at least once and under one id."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from merzim.services.context import RequestContext, operator_context
from merzim.services.outgoing.changes import AskChanges, ChangeEvent, list_changes
from merzim.storage.accounts.webhooks import Delivery, Webhook
from workflow.org.access import Reader

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from notifications.wire.webhook import PostResult

PAGE = 100
"""Changes read together."""
SECONDS_FOR_ONE, SECONDS_FOR_ALL = 20.0, 60.0
"""Seconds after which no further message is begun in a run, for one webhook and for all; the next run
continues.
"""
LEASE = timedelta(minutes=3)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 180, 360))
"""Time until the next attempt after each failure; the last value is used for all further ones."""
GONE = 410
"""The HTTP status by which a receiver ends delivery: it is suspended at once."""
log = logging.getLogger("merzim.webhooks")


def deliver_webhooks(app: AppContext, *, now: datetime, today: date) -> None:
    """Send each webhook the changes it has not received, until a message fails.

    Its position is stored after each message; if the process dies in between, one message is repeated under the
    same id.
    """
    machine = app.system_clock().now
    last = app.reads.last_audit_entry()
    if not any(hook.is_due(machine) and hook.cursor < last for hook in app.webhooks.all()):
        return
    holder = uuid4().hex
    if not app.leases.take("webhooks", holder, now=machine, lasts=LEASE):
        return
    started = perf_counter()
    try:
        # Read again, because another process may just have sent them. The one that waited longest is first.
        due = [hook for hook in app.webhooks.all() if hook.is_due(machine) and hook.cursor < last]
        for hook in sorted(due, key=lambda webhook: (webhook.tried_at is not None, webhook.tried_at)):
            if perf_counter() - started > SECONDS_FOR_ALL or app.stopping.is_set():
                break
            _deliver(app, hook, now=now, today=today)
    finally:
        app.leases.give_back("webhooks", holder)


def reads_for(ctx: RequestContext, hook: Webhook) -> RequestContext:
    """Return the context in which changes are read for a webhook: for everything, or for one unit's cases."""
    if not hook.unit:
        return replace(ctx, operator=True)
    return replace(ctx, operator=False, reader=Reader(login=hook.id, access="officer", unit=hook.unit))


def concerns(hook: Webhook, event: ChangeEvent) -> bool:
    """Return whether a webhook is notified of a change."""
    return event.type.partition(".")[0] in hook.topics


def message(type: str, at: datetime, data: Mapping[str, object]) -> bytes:
    """Return the body of a message."""
    body = {"type": type, "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def send_event(app: AppContext, hook: Webhook, event: ChangeEvent) -> PostResult:
    """Send a change to a webhook, always under the same id."""
    data = event.model_dump(mode="json", exclude={"type"})
    return send(app, hook, f"{hook.id}-{event.seq}", message(event.type, event.at, data))


def send(app: AppContext, hook: Webhook, id: str, body: bytes) -> PostResult:
    """Send a message to a webhook, signed with its secret, and for a day after a change also with the previous
    one.
    """
    from standardwebhooks import Webhook as Signer

    from merzim.services.configuration.settings import BadSetting
    from merzim.storage.accounts.encryption import UnreadableSecret
    from notifications.wire.webhook import PostResult, post

    now, settings = app.system_clock().now, app.settings.webhooks
    stored = [hook.secret]
    if hook.old_secret and hook.old_until is not None and now < hook.old_until:
        stored.append(hook.old_secret)
    try:
        secrets = [app.cipher.decrypt(secret, owner(hook.id)) for secret in stored]
    except (UnreadableSecret, BadSetting) as trouble:
        log.error("the secret of webhook %s cannot be read: %s", hook.id, trouble)
        return PostResult(problem="secret")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Merzim",
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(id, now, body.decode()) for secret in secrets),
    }
    return post(
        hook.address,
        body,
        headers,
        timeout=settings.timeout,
        private=settings.private,
        ca_file=settings.ca_file,
    )


def owner(id: str) -> str:
    """Return the string a webhook's secret is bound to when encrypted, so that another webhook cannot use
    it.
    """
    return f"webhook:{id}"


def _deliver(app: AppContext, hook: Webhook, *, now: datetime, today: date) -> None:
    ctx = reads_for(operator_context(app, by="merzim", now=now, today=today), hook)
    started, cursor = perf_counter(), hook.cursor
    while True:
        page = list_changes(ctx, AskChanges(after=cursor, limit=PAGE))
        for event in page.events:
            if not concerns(hook, event):
                continue
            if perf_counter() - started > SECONDS_FOR_ONE or app.stopping.is_set():
                return
            result = send_event(app, hook, event)
            _record(app, hook, event, result, now=now, today=today)
            if result.problem:
                return
            hook = hook.resumed()
        if page.cursor > cursor:
            app.webhooks.advance(hook.id, page.cursor)
        if not page.more:
            return
        cursor = page.cursor


def _record(
    app: AppContext, hook: Webhook, event: ChangeEvent, result: PostResult, *, now: datetime, today: date
) -> None:
    """Record an attempt; after a failure schedule the next one, or suspend the webhook."""
    machine = app.system_clock().now
    retry = machine + BACKOFF[min(hook.failures, len(BACKOFF) - 1)] if result.problem else None
    app.webhooks.record(delivery(hook, event, result, at=machine), moves=True, retry=retry)
    if not result.problem:
        return
    log.warning("webhook %s: message %s failed: %s %s", hook.id, event.seq, result.problem, result.status or "")
    lasting = machine - (hook.failing_since or machine)
    if result.status == GONE or lasting >= timedelta(days=app.settings.webhooks.give_up_days):
        log.error("webhook %s is given up", hook.id)
        given_up = {"suspended_at": machine, "next_at": None}
        app.webhooks.change(hook.id, "webhook_suspended", given_up, by="merzim", now=now, today=today)


def delivery(hook: Webhook, event: ChangeEvent, result: PostResult, *, at: datetime) -> Delivery:
    """Return an attempt as a Delivery to be recorded."""
    return Delivery(
        webhook=hook.id,
        seq=event.seq,
        kind=event.type,
        at=at,
        status=result.status,
        problem=result.problem,
        delivered_at=None if result.problem else at,
    )
