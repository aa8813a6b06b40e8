"""The state of delivery: notices by channel and state, what failed or was ever sent, when tasks last ran."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlmodel import Session

from calendars.hours import local_date
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import read, read_first, reading, writing
from merzim.storage.notices import faults
from merzim.storage.rows import to_notice
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.notices import LOST, NOTICE, present_state
from merzim.storage.tables.service import PULSE
from notifications.notice import Notice
from notifications.rules import BACK_OFF, tried_for

FAILED_FOR = timedelta(days=7)
"""How long letters that failed for good are counted."""
_WAITING = (NOTICE.c.state == "queued", NOTICE.c.bundle == "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """State of the outbox at a moment.

    Attributes:
        counts: letters by channel and state.
        oldest: UTC moment since which the oldest letter due for sending has waited; None if none waits.
        pulses: last run of each task of the metronome (UTC), and the seconds it took.
        faults: faults of channels.
        lost: number of letters of the last seven days that failed, or whose arrival is unknown.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest: datetime | None = None
    pulses: Mapping[str, tuple[datetime, float]] = field(default_factory=dict)
    faults: Sequence[faults.ChannelFault] = ()
    lost: int = 0


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """Return channel and state -> the number of letters, whatever each carries."""
    key = NOTICE.c.channel, NOTICE.c.state
    query = select(*key, func.count()).where(NOTICE.c.bundle == "").group_by(*key)
    return {(channel, state): number for channel, state, number in session.execute(query)}


def figures(engine: Engine, *, now: datetime) -> Figures:
    """Return the state of delivery at a moment; `lost` counts what failed in the last FAILED_FOR."""
    lost = select(func.count()).where(LOST, NOTICE.c.bundle == "", NOTICE.c.attempted_at > now - FAILED_FOR)
    with reading(engine) as session:
        return Figures(
            counts=counts(session),
            oldest=_oldest(session, now),
            pulses={pulse.name: (pulse.at, pulse.seconds) for pulse in session.execute(PULSE.select())},
            faults=faults.channel_faults(session),
            lost=session.execute(lost).scalar_one(),
        )


def _oldest(session: Session, now: datetime) -> datetime | None:
    """Return the moment since which the oldest letter due for sending has waited; None if none waits.

    Every attempt moves `not_before`: for letters that were tried it is the first attempt, for those of a
    channel with a fault its beginning.
    """
    due = select(func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type)).where(
        *_WAITING, NOTICE.c.attempts == 0, NOTICE.c.not_before <= now
    )
    tried = (
        select(NOTICE.c.attempts, func.min(NOTICE.c.attempted_at, type_=NOTICE.c.attempted_at.type))
        .where(*_WAITING, NOTICE.c.attempts > 0, NOTICE.c.not_before <= now + BACK_OFF[-1])
        .group_by(NOTICE.c.attempts)
    )
    moments = [session.execute(due).scalar(), faults.waiting_since(session)]
    moments += [at - tried_for(attempts) for attempts, at in session.execute(tried) if at is not None]
    return min((moment for moment in moments if moment is not None), default=None)


def undelivered_letters(engine: Engine, *, limit: int) -> Sequence[Notice]:
    """Return the newest letters of cases that failed or whose fate is unknown."""
    query = select(NOTICE).where(LOST, NOTICE.c.case.is_not(None))
    query = query.order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key).limit(limit)
    return [to_notice(record) for record in read(engine, query)]


def record_run(engine: Engine, name: str, *, now: datetime, seconds: float) -> None:
    """Store that a task ran now and for how long; `/metrics` reports it, so that a stop is noticed."""
    with writing(engine) as session:
        step = insert(session, PULSE)
        step = step.on_conflict_do_update(
            index_elements=[PULSE.c.name],
            set_={"at": step.excluded["at"], "seconds": step.excluded["seconds"]},
        )
        session.execute(step, {"name": name, "at": now, "seconds": seconds})


def first_letter_day(engine: Engine, *, today: date) -> date | None:
    """Return the day on which the first reminder leaves: one that is queued, else the next step of an open row;
    None without either.
    """
    queued = (
        select(NOTICE.c.not_before).where(NOTICE.c.kind == "reminder", NOTICE.c.state == "queued").distinct()
    )
    awaited = select(NOTICE.c.key).where(NOTICE.c.kind == "reminder", present_state() == "queued").limit(1)
    with reading(engine) as session:
        # Moments are few, what waits for them is much.
        moments = session.execute(queued.order_by(NOTICE.c.not_before)).scalars().all()
        letters = (at for at in moments if session.execute(awaited.where(NOTICE.c.not_before == at)).first())
        at = next(letters, None)
        on = local_date(at) if at else session.execute(select(func.min(DEADLINE.c.next_step_on))).scalar()
    return max(on, today) if on else None


def has_sent(engine: Engine, but: Collection[str], *, kind: str = "") -> bool:
    """Return whether any notice (of a kind; "" for any) was sent through a channel that is not in `but`."""
    query = select(NOTICE.c.key).where(NOTICE.c.state == "sent", NOTICE.c.channel.not_in([*but])).limit(1)
    if kind:
        query = query.where(NOTICE.c.kind == kind)
    return read_first(engine, query) is not None
