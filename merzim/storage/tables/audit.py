"""The tables of the audit log and of webhooks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, TableBase, table
from merzim.storage.types import Moment


class AuditRow(TableBase, table=True):
    """An entry of the audit log, linked to the previous one by a hash. Append only, like events.

    `payload` is canonical JSON and contains the salted hash of the client's address, which is stored in
    `AuditOriginRow`; `case` is "" if it concerns none.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "seq"),
        Index("ix_audit_by", "by", "seq"),
        Index("ix_audit_topic", "topic", "seq"),
        Index("ix_audit_case", "case", "seq"),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Moment)
    by: str
    topic: str
    kind: str
    name: str
    case: str
    way: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class AuditOriginRow(TableBase, table=True):
    """The client's address of an audit log entry, and the salt of its hash there; both may be erased."""

    __tablename__ = "audit_origin"
    __table_args__ = CLUSTERED

    seq: int = Field(primary_key=True)
    address: str | None = None
    salt: str | None = None


class WebhookRow(TableBase, table=True):
    """A webhook, and how far it was notified. `secret`: encrypted."""

    __tablename__ = "webhook"

    id: str = Field(primary_key=True)
    address: str = Field(sa_type=Text)
    topics: str
    unit: str = ""
    active: bool = True
    secret: str = Field(sa_type=Text)
    old_secret: str = Field(default="", sa_type=Text)
    old_until: datetime | None = Field(default=None, sa_type=Moment)
    cursor: int
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=Moment)
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    tried_at: datetime | None = Field(default=None, sa_type=Moment)
    suspended_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    created_by: str


class WebhookDeliveryRow(TableBase, table=True):
    """One of the last messages to a webhook. `status`: HTTP status of the answer, if any."""

    __tablename__ = "webhook_delivery"
    __table_args__ = CLUSTERED

    webhook: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    attempts: int
    at: datetime = Field(sa_type=Moment)
    status: int | None = None
    problem: str = ""
    delivered_at: datetime | None = Field(default=None, sa_type=Moment)


AUDIT = table("audit")
AUDIT_ORIGIN = table("audit_origin")
WEBHOOK = table("webhook")
WEBHOOK_DELIVERY = table("webhook_delivery")
