"""The tables of the audit log."""

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


AUDIT = table("audit")
AUDIT_ORIGIN = table("audit_origin")
