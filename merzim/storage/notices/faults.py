"""Faults of channels, and requeueing of their letters once a fault is corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Engine,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlmodel import Session

from merzim.storage.database.engine import read_first, writing
from merzim.storage.notices import journal
from merzim.storage.rows import read_as
from merzim.storage.tables.notices import CHANNEL_FAULT, NOTICE
from notifications.notice import UNREACHABLE

Opens = Callable[[str], datetime]
"""Function that returns the moment a letter may be sent to a person (by key)."""
_QUEUED = NOTICE.c.state == literal_column("'queued'")
_STUCK = or_(NOTICE.c.state == literal_column("'failed'"), _QUEUED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelFault:
    """A fault of a channel itself, to be corrected by an administrator unless its server is only out of reach.

    Attributes:
        channel: "" when config.toml allows none to be created.
        code: as `notifications.notice.Outcome.fault`; `settings` where config.toml is what is wrong;
            `nobody_reached` where letters go into a folder alone.
        answer: last answer of the server or system.
        since: UTC moment of the first letter it delays; None when there is none.
        letters: number of letters delayed since: failed, or to be tried again.
    """

    channel: str
    code: str
    answer: str
    since: datetime | None
    letters: int


def record_fault(engine: Engine, channel: str, code: str, answer: str, *, now: datetime) -> None:
    """Record a channel's fault; an empty code ends it. An unchanged fault writes nothing."""
    query = CHANNEL_FAULT.select().where(CHANNEL_FAULT.c.channel == channel)
    stored_fault = read_first(engine, query)
    if (stored_fault.code, stored_fault.answer) == (code, answer) if stored_fault is not None else not code:
        return
    with writing(engine) as session:
        stored_fault = session.execute(query.with_for_update()).first()
        session.execute(CHANNEL_FAULT.delete().where(CHANNEL_FAULT.c.channel == channel))
        if code:
            since = stored_fault.since if stored_fault is not None and stored_fault.code == code else now
            line = {"channel": channel, "code": code, "answer": answer, "since": since}
            session.execute(CHANNEL_FAULT.insert(), line)


def channel_faults(session: Session) -> Sequence[ChannelFault]:
    """Return the fault of each channel, with the number of letters it delays, whatever each carries.

    A server that could not be reached is asked again with the next letter; while none waits there is no fault.
    """
    recorded = [
        read_as(
            ChannelFault,
            record,
            letters=session.execute(
                select(func.count())
                .select_from(NOTICE)
                .where(_delayed(record.channel, record.since), NOTICE.c.bundle == "")
            ).scalar_one(),
        )
        for record in session.execute(CHANNEL_FAULT.select().order_by(CHANNEL_FAULT.c.channel)).all()
    ]
    return [fault for fault in recorded if fault.letters or fault.code != UNREACHABLE]


def waiting_since(session: Session) -> datetime | None:
    """Return the UTC moment since which faults of channels have kept queued letters; None if none does."""
    moments = []
    for record in session.execute(CHANNEL_FAULT.select()).all():
        kept = and_(NOTICE.c.channel == record.channel, NOTICE.c.attempted_at >= record.since, _QUEUED)
        oldest = select(func.min(NOTICE.c.queued_at, type_=NOTICE.c.queued_at.type)).where(kept)
        queued_at = session.execute(oldest).scalar()
        if queued_at is not None:
            moments.append(max(queued_at, record.since))
    return min(moments, default=None)


def resend_all(engine: Engine, channel: str, *, now: datetime, opens: Opens) -> int:
    """Queue again the letters a channel's fault has delayed; return how many."""
    with writing(engine) as session:
        stored_fault = session.execute(
            CHANNEL_FAULT.select().where(CHANNEL_FAULT.c.channel == channel).with_for_update()
        ).first()
        if stored_fault is None:
            return 0
        query = select(NOTICE.c.key, NOTICE.c.person, NOTICE.c.state, NOTICE.c.bundle).where(
            _delayed(channel, stored_fault.since)
        )
        records = session.execute(query.order_by(NOTICE.c.key).with_for_update()).all()
        if not records:
            return 0
        notices = [(record.key, opens(record.person)) for record in records]
        session.execute(
            update(NOTICE)
            .where(NOTICE.c.key == bindparam("k_key"))
            .values(state="queued", attempts=0, queued_at=now, not_before=bindparam("k_at")),
            [{"k_key": key, "k_at": at} for key, at in notices],
        )
        failed = [(record.key, journal.RESENT, "") for record in records if record.state == "failed"]
        journal.append(session, failed, now=now)
        return sum(not record.bundle for record in records)


def _delayed(channel: str, since: datetime) -> ColumnElement[bool]:
    """Return the condition for the letters a channel's fault has delayed."""
    return and_(NOTICE.c.channel == channel, NOTICE.c.attempted_at >= since, _STUCK)
