"""The tables of notices, their delivery, and Telegram links."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Index,
    Text,
    and_,
    case,
    exists,
    literal_column,
    not_,
    or_,
    text,
    type_coerce,
)
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, Canonical, TableBase, UtcMoment, only, table
from merzim.storage.tables.board import DEADLINE
from workflow.cases.case import AWAITED

UNREAD = text("state = 'sent' AND acknowledged_at IS NULL")
"""Condition: the letter was sent and not acknowledged. Queries must use the same expression."""
LOST = text("state IN ('failed', 'unknown')")
"""Condition: the letter failed, or its fate is unknown. Queries must use the same expression."""


class NoticeRow(TableBase, table=True):
    """A notice with its delivery record (`notifications.notice.Notice`), unique by its key."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "ix_notice_queued",
            "channel",
            "not_before",
            "queued_at",
            "key",
            **only("state = 'queued' AND bundle = ''"),
        ),
        Index("ix_notice_bundled", "person", "channel", "bundle", **only("state = 'queued' AND bundle <> ''")),
        Index("ix_notice_person", "person", "queued_at"),
        Index("ix_notice_unread", "person", text("queued_at DESC"), "key", **only(UNREAD)),
        Index("ix_notice_case_person", "case", "person"),
        Index("ix_notice_channel", "channel", text("queued_at DESC"), "key"),
        Index("ix_notice_unsent", "state", text("queued_at DESC"), "key", **only("state <> 'sent'")),
        # As the register is read: a round of a country queues very many at one moment.
        Index("ix_notice_newest", text("queued_at DESC"), "key"),
        # In the order of the page, or SQLite would rather walk all notices by date.
        Index("ix_notice_lost", text("queued_at DESC"), "key", **only(LOST)),
        Index("ix_notice_sending", "channel", "attempted_at", **only("state = 'sending'")),
    )

    key: str = Field(primary_key=True)
    case: str | None = Field(default=None, foreign_key="case.id")
    obligation: str
    due: date
    step: str
    person: str
    channel: str
    address: str
    language: str
    state: str
    attempts: int
    queued_at: datetime = Field(sa_type=UtcMoment)
    not_before: datetime = Field(sa_type=UtcMoment)
    attempted_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    sent_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    answer: str = Field(default="", sa_type=Text)
    text_hash: str = ""
    message_id: str = ""
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    kind: str = "reminder"
    bundle: str = ""
    carrier: str = ""
    about: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)


class FaultRow(TableBase, table=True):
    """A fault of a channel itself; deleted when the channel works again."""

    __tablename__ = "channel_fault"
    __table_args__ = CLUSTERED

    channel: str = Field(primary_key=True)
    code: str
    answer: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=UtcMoment)


class LinkRow(TableBase, table=True):
    """A person's Telegram account (`notifications.channels.telegram.TelegramLink`)."""

    __tablename__ = "link"

    person: str = Field(primary_key=True)
    chat: str = Field(unique=True)
    linked_at: datetime = Field(sa_type=UtcMoment)
    blocked_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class LinkCodeRow(TableBase, table=True):
    """A one-time code for linking an account: its hash, the person, and its expiry."""

    __tablename__ = "link_code"

    hash: str = Field(primary_key=True)
    person: str = Field(index=True)
    until: datetime = Field(sa_type=UtcMoment, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcMoment)


NOTICE = table("notice")
CHANNEL_FAULT = table("channel_fault")
SETTLED = ("sent", "failed", "unknown")
"""States of a letter that was tried and is over; the journal of notices records these alone."""
ABOUT_ASSIGNMENT = or_(
    NOTICE.c.obligation.like("assignment.%"),
    # The letter in which it was given, extended, refused or answered names its place on the page of the case.
    type_coerce(NOTICE.c.about, Text).like('%"place":"given-%'),
)
"""Condition: the letter is about an assignment."""
_IS_OPEN = exists().where(
    DEADLINE.c.case == NOTICE.c.case, DEADLINE.c.obligation == NOTICE.c.obligation, DEADLINE.c.state == "open"
)
# Spelt out, for prepared statements expand no list.
OPENS_CASE = and_(or_(*(NOTICE.c.state == state for state in SETTLED)), or_(not_(ABOUT_ASSIGNMENT), _IS_OPEN))
"""Condition: the letter left or failed, and shows its recipient the case: of an assignment while it is open."""
LINK = table("link")
LINK_CODE = table("link_code")


def present_state(notice: FromClause = NOTICE) -> ColumnElement[str]:
    """Return the state of a notice as of now: a queued one whose deadline is recorded, gone or of another day
    is withdrawn, for the letter it waits for will not say it. Reminders of points are about no day of it.
    """
    deadline_days = (DEADLINE.c.due, DEADLINE.c.planned_on, DEADLINE.c.reminds_from)
    is_awaited = exists().where(
        DEADLINE.c.case == notice.c.case,
        DEADLINE.c.obligation == notice.c.obligation,
        DEADLINE.c.state.in_(AWAITED),
        or_(notice.c.due.in_(deadline_days), notice.c.step.like("points-%")),
    )
    # That nobody is asked for something any more stays true.
    is_of_deadline = and_(notice.c.kind.in_(("reminder", "moved")), notice.c.step != "withdrawn")
    is_outdated = and_(notice.c.state == "queued", is_of_deadline, not_(is_awaited))
    return case((is_outdated, literal_column("'withdrawn'")), else_=notice.c.state).label("state")


def present_columns(notice: FromClause = NOTICE) -> list[ColumnElement[Any]]:
    """Return the columns of notices with their present state."""
    return [present_state(notice) if column.name == "state" else column for column in notice.columns]
