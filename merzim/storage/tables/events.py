"""The one table of events: what happened to cases, rows of registers and the office, as it was written."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, Text, UniqueConstraint, bindparam, text
from sqlmodel import Field

from merzim.storage.tables.base import TableBase, UtcMoment, only, table

FIRST_ENTRY = text("kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')")
"""Condition: the event begins a register of a case. Queries must use the same expression, or the index is not
used.
"""
OF_OFFICE = text("stream = 'office'")
"""Condition: the event is the office's own. Queries must use the same expression."""
ASSIGNMENT_GIVEN = text("kind = 'assignment_given'")
"""Condition: the event gives an assignment. Queries must use the same expression."""


class EventRow(TableBase, table=True):
    """One event of a stream (`case/2026-0001`, `row/gifts-2026-0003`, `office`, `access`, `notices`, `seals`).

    The unique (stream, seq) refuses the second of two concurrent writers. `hash` covers every other column but
    `id`, the order in which everything was written, and `private`: values that may be erased, each with the
    salt of its digest in the payload, as canonical JSON like `payload`. UPDATE and DELETE are refused, except
    that `private` may be emptied.

    `topic`: of its entry in the audit log, "" for none; `case`: the one it is about, "" for none; `way`: the
    interface it came by.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("ix_event_case", "case", "seq"),
        Index("ix_event_office", "stream", "kind", "seq", **only(OF_OFFICE)),
        Index("ix_event_at", "at", "id"),
        Index("ix_event_by", "by", "id"),
        Index("ix_event_topic", "topic", "id"),
        Index("ix_event_first_entry", "case", **only(FIRST_ENTRY)),
        Index("ix_event_assignment", "by", "case", "name", **only(ASSIGNMENT_GIVEN)),
    )

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    stream: str
    seq: int
    topic: str
    kind: str
    name: str
    on: date | None = None
    case: str
    at: datetime = Field(sa_type=UtcMoment)
    by: str
    way: str
    payload: str = Field(sa_type=Text)
    private: str = Field(sa_type=Text)
    hash: str


EVENT = table("event")
OF_CASES = EVENT.c.stream.like(bindparam(None, "case/%", literal_execute=True))
"""Condition: the event is of a case's own stream. Not by topic: most events have that one, and SQLite would
walk its index for the events of a few cases. Not a parameter: it would plan the statement anew each time.
"""
