"""Repository of webhooks: addresses notified of changes, how far each was notified, and its last messages.

Progress is a position in the change feed, whose numbers come from the writing transactions, so that no queue of
messages is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, delete, func, select, update

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.org import chain
from merzim.storage.tables.audit import WEBHOOK, WEBHOOK_DELIVERY
from workflow.org.audit import Topic

DELIVERIES_KEPT = 100
"""Number of last messages stored for a webhook."""

RESUMED: Mapping[str, Any] = {"failures": 0, "failing_since": None, "next_at": None, "suspended_at": None}
"""Column values of a webhook whose failures are cleared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """A webhook: an address that is notified of changes.

    Attributes:
        topics: topics it is notified of.
        unit: only cases of this unit and all units below; "" for everything.
        secret, old_secret: encrypted; messages are also signed with the old one until `old_until`.
        cursor: the number of the last change that was delivered or skipped.
        failures: failed attempts since the last success; `failing_since`: the moment of the first.
        next_at: moment of the next attempt after a failure.
        suspended_at: moment at which delivery was given up.
    """

    id: str
    address: str
    topics: tuple[Topic, ...]
    unit: str
    active: bool = True
    secret: str
    old_secret: str = ""
    old_until: datetime | None = None
    cursor: int
    failures: int = 0
    failing_since: datetime | None = None
    next_at: datetime | None = None
    tried_at: datetime | None = None
    suspended_at: datetime | None = None
    created_at: datetime
    created_by: str

    def is_due(self, now: datetime) -> bool:
        """Return whether a message may be sent to it now."""
        return self.active and self.suspended_at is None and (self.next_at is None or self.next_at <= now)

    def resumed(self) -> Webhook:
        """Return the webhook with its failures cleared."""
        return replace(self, **RESUMED)

    def audit_data(self) -> Mapping[str, object]:
        """Return its data for an event of the office's chain: the address without its path, which may be a
        secret.
        """
        return {
            "active": self.active,
            "host": urlsplit(self.address).hostname or "",
            "topics": list(self.topics),
            "unit": self.unit,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A message sent to a webhook. `problem`: "" on success; `status`: HTTP status of the answer."""

    webhook: str
    seq: int
    kind: str
    attempts: int = 1
    at: datetime
    status: int | None
    problem: str
    delivered_at: datetime | None = None


class SqlWebhooks:
    """The webhooks of an office. Changes by administrators are events of the office's chain."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks in the order of their creation."""
        query = select(WEBHOOK).order_by(WEBHOOK.c.created_at, WEBHOOK.c.id)
        with reading(self._engine) as connection:
            return [_webhook(row) for row in connection.execute(query)]

    def add(self, hook: Webhook, *, today: date) -> None:
        """Store a new webhook."""
        with writing(self._engine) as connection:
            connection.execute(WEBHOOK.insert().values({**asdict(hook), "topics": " ".join(hook.topics)}))
            _note(connection, hook, "webhook_added", by=hook.created_by, now=hook.created_at, today=today)

    def change(
        self, id: str, kind: str, values: Mapping[str, object], *, by: str, now: datetime, today: date
    ) -> None:
        """Change some fields of a webhook; do nothing if it was removed. `kind`: kind of the event."""
        with writing(self._engine) as connection:
            same_webhook = WEBHOOK.c.id == id
            if connection.execute(update(WEBHOOK).where(same_webhook).values(values)).rowcount:
                hook = _webhook(connection.execute(select(WEBHOOK).where(same_webhook)).one())
                _note(connection, hook, kind, by=by, now=now, today=today)

    def remove(self, hook: Webhook, *, by: str, now: datetime, today: date) -> None:
        """Delete a webhook and its messages."""
        with writing(self._engine) as connection:
            connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == hook.id))
            connection.execute(delete(WEBHOOK_DELIVERY).where(WEBHOOK_DELIVERY.c.webhook == hook.id))
            _note(connection, hook, "webhook_removed", by=by, now=now, today=today)

    def renew_secrets(self, secrets: Mapping[str, tuple[str, str]]) -> None:
        """Store newly encrypted secrets: by webhook, the text that was read and its replacement."""
        with writing(self._engine) as connection:
            for id, (before, after) in secrets.items():
                same_secret = (WEBHOOK.c.id == id) & (WEBHOOK.c.secret == before)
                connection.execute(
                    update(WEBHOOK).where(same_secret).values(secret=after, old_secret="", old_until=None)
                )

    def advance(self, id: str, cursor: int) -> None:
        """Move a webhook's position forward, never back."""
        with writing(self._engine) as connection:
            same_webhook = (WEBHOOK.c.id == id) & (WEBHOOK.c.cursor < cursor)
            connection.execute(update(WEBHOOK).where(same_webhook).values(cursor=cursor))

    def record(self, delivery: Delivery, *, moves: bool, retry: datetime | None = None) -> None:
        """Record an attempt; a success in sequence advances the position. Do nothing if the webhook was
        removed.

        Args:
            moves: whether it was the next message in sequence, not a repetition or a test.
            retry: moment of the next attempt after a failure in sequence.
        """
        with writing(self._engine) as connection:
            same_webhook = WEBHOOK.c.id == delivery.webhook
            place = _place(delivery, retry) if moves else {"tried_at": delivery.at}
            if not connection.execute(update(WEBHOOK).where(same_webhook).values(place)).rowcount:
                return
            values = asdict(delivery)
            step = insert(connection, WEBHOOK_DELIVERY).values(values)
            changed_values = {name: values[name] for name in ("at", "status", "problem")}
            changed_values["attempts"] = WEBHOOK_DELIVERY.c.attempts + 1
            if delivery.delivered_at is not None:
                changed_values["delivered_at"] = delivery.delivered_at
            keys = [WEBHOOK_DELIVERY.c.webhook, WEBHOOK_DELIVERY.c.seq]
            connection.execute(step.on_conflict_do_update(index_elements=keys, set_=changed_values))
            _prune(connection, delivery.webhook)

    def deliveries(self, id: str) -> Sequence[Delivery]:
        """Return the last messages to a webhook, the newest first."""
        query = (
            select(WEBHOOK_DELIVERY)
            .where(WEBHOOK_DELIVERY.c.webhook == id)
            .order_by(WEBHOOK_DELIVERY.c.seq.desc())
        )
        with reading(self._engine) as connection:
            return [Delivery(**row._mapping) for row in connection.execute(query)]


def _note(connection: Connection, hook: Webhook, kind: str, *, by: str, now: datetime, today: date) -> None:
    chain.append(connection, kind=kind, name=hook.id, on=today, by=by, now=now, payload=hook.audit_data())


def _place(delivery: Delivery, retry: datetime | None) -> dict[str, object]:
    """Return the columns that an attempt in sequence changes in its webhook."""
    if not delivery.problem:
        return {"cursor": delivery.seq, "tried_at": delivery.at, **RESUMED}
    return {
        "failures": WEBHOOK.c.failures + 1,
        "failing_since": func.coalesce(WEBHOOK.c.failing_since, delivery.at),
        "next_at": retry,
        "tried_at": delivery.at,
    }


def _prune(connection: Connection, id: str) -> None:
    """Delete the oldest messages to a webhook."""
    of_hook = WEBHOOK_DELIVERY.c.webhook == id
    last = (
        select(WEBHOOK_DELIVERY.c.seq)
        .where(of_hook)
        .order_by(WEBHOOK_DELIVERY.c.seq.desc())
        .offset(DELIVERIES_KEPT)
        .limit(1)
    ).scalar_subquery()
    connection.execute(delete(WEBHOOK_DELIVERY).where(of_hook, WEBHOOK_DELIVERY.c.seq <= last))


def _webhook(row: Row_) -> Webhook:
    return Webhook(**{**row._mapping, "topics": tuple(row.topics.split())})
