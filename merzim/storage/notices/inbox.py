"""The inbox of people: events of cases that concern them, read or not, and whether a letter told them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, and_, select

from merzim.storage.database import Row_, execute, read
from merzim.storage.rows import EVENT_COLUMNS, event
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT, OF_CASES
from notifications.dispatch import InboxLine

_ABOUT = {name: INBOX.c[name].label(f"inbox_{name}") for name in ("person", "kind", "read_at")}
LINES = (
    select(*EVENT_COLUMNS, *_ABOUT.values(), CASE.c.confidential)
    .join(INBOX, and_(OF_CASES, EVENT.c.case == INBOX.c.case, EVENT.c.seq == INBOX.c.seq))
    .join(CASE, CASE.c.id == INBOX.c.case)
)
_UNREAD = INBOX.c.read_at.is_(None)


def mark_read(engine: Engine, person: str, *, case: str = "", seq: int = 0, now: datetime) -> int:
    """Mark a person's inbox entries as read: all, those of a case, or one; return how many were unread."""
    step = INBOX.update().where(INBOX.c.person == person, _UNREAD).values(read_at=now)
    if case:
        step = step.where(INBOX.c.case == case)
    if seq:
        step = step.where(INBOX.c.seq == seq)
    return execute(engine, step)


def untold(engine: Engine, *, limit: int) -> list[InboxLine]:
    """Return the inbox entries no letter was queued for, the oldest first."""
    query = LINES.where(INBOX.c.untold).order_by(INBOX.c.at, INBOX.c.person, INBOX.c.case, INBOX.c.seq)
    return [to_line(record) for record in read(engine, query.limit(limit))]


def to_line(record: Row_) -> InboxLine:
    return InboxLine(
        person=record.inbox_person,
        kind=record.inbox_kind,
        event=event(record[: len(EVENT_COLUMNS)]),
        confidential=record.confidential,
        read_at=record.inbox_read_at,
    )
