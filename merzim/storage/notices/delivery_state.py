"""The state of delivery: counts of notices, faults of channels, what failed or was sent, last runs of tasks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Engine, and_, bindparam, func, literal_column, or_, select
from sqlmodel import Session

from calendars.hours import local_date
from merzim.storage import events
from merzim.storage.database import Row_, insert, read, read_first, reading, writing
from merzim.storage.events import NOTICES, Draft
from merzim.storage.rows import read_as, to_notice
from merzim.storage.tables.base import canonical
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.notices import CHANNEL_FAULT, LOST, NOTICE, SETTLED, present_state
from merzim.storage.tables.organisation import PULSE
from notifications.notice import UNREACHABLE, Notice
from notifications.rules import BACK_OFF, tried_for

FAILED_FOR = timedelta(days=7)
"""How long letters that failed for good are counted."""
_ALONE = NOTICE.c.bundle == ""
_QUEUED = NOTICE.c.state == literal_column("'queued'")
_FAILED = NOTICE.c.state == literal_column("'failed'")


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
    faults: Sequence[ChannelFault] = ()
    lost: int = 0


def figures(engine: Engine, *, now: datetime) -> Figures:
    """Return the state of delivery at a moment; `lost` counts what failed in the last FAILED_FOR."""
    key = NOTICE.c.channel, NOTICE.c.state
    counts = select(*key, func.count()).where(_ALONE).group_by(*key)
    lost = select(func.count()).where(LOST, _ALONE, NOTICE.c.attempted_at > now - FAILED_FOR)
    with reading(engine) as session:
        return Figures(
            counts={(channel, state): number for channel, state, number in session.execute(counts)},
            oldest=_oldest(session, now),
            pulses={pulse.name: (pulse.at, pulse.seconds) for pulse in session.execute(PULSE.select())},
            faults=channel_faults(session),
            lost=session.execute(lost).scalar_one(),
        )


def _oldest(session: Session, now: datetime) -> datetime | None:
    """Return the moment since which the oldest letter due for sending has waited; None if none waits. Every
    attempt moves `not_before`: for letters that were tried it is the first attempt, for those of a channel with
    a fault its beginning.
    """
    waiting = (_QUEUED, _ALONE)
    due = select(_first(NOTICE.c.not_before)).where(
        *waiting, NOTICE.c.attempts == 0, NOTICE.c.not_before <= now
    )
    tried = (
        select(NOTICE.c.attempts, _first(NOTICE.c.attempted_at))
        .where(*waiting, NOTICE.c.attempts > 0, NOTICE.c.not_before <= now + BACK_OFF[-1])
        .group_by(NOTICE.c.attempts)
    )
    moments = [session.execute(due).scalar()]
    moments += [at - tried_for(attempts) for attempts, at in session.execute(tried)]
    for fault in session.execute(CHANNEL_FAULT.select()).all():
        kept = select(_first(NOTICE.c.queued_at)).where(_delayed(fault), _QUEUED)
        if (queued_at := session.execute(kept).scalar()) is not None:
            moments.append(max(queued_at, fault.since))
    return min((moment for moment in moments if moment is not None), default=None)


def _first(moments: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return func.min(moments, type_=moments.type)


def _delayed(fault: Row_) -> ColumnElement[bool]:
    """Return the condition for the letters a recorded fault of a channel has delayed."""
    is_since = NOTICE.c.attempted_at >= fault.since
    return and_(NOTICE.c.channel == fault.channel, is_since, or_(_FAILED, _QUEUED))


def channel_faults(session: Session) -> Sequence[ChannelFault]:
    """Return the fault of each channel, with the number of letters it delays, whatever each carries. A server
    that could not be reached is asked again with the next letter; while none waits there is no fault.
    """
    faults = []
    for record in session.execute(CHANNEL_FAULT.select().order_by(CHANNEL_FAULT.c.channel)).all():
        letters = session.execute(select(func.count()).where(_delayed(record), _ALONE)).scalar_one()
        if letters or record.code != UNREACHABLE:
            faults.append(read_as(ChannelFault, record, letters=letters))
    return faults


def record_fault(engine: Engine, channel: str, code: str, answer: str, *, now: datetime) -> None:
    """Record a channel's fault; an empty code ends it. An unchanged fault writes nothing."""
    mine = CHANNEL_FAULT.c.channel == channel
    stored = read_first(engine, CHANNEL_FAULT.select().where(mine))
    if not code if stored is None else (stored.code, stored.answer) == (code, answer):
        return
    with writing(engine) as session:
        stored = session.execute(CHANNEL_FAULT.select().where(mine).with_for_update()).first()
        session.execute(CHANNEL_FAULT.delete().where(mine))
        if code:
            since = stored.since if stored is not None and stored.code == code else now
            line = {"channel": channel, "code": code, "answer": answer, "since": since}
            session.execute(CHANNEL_FAULT.insert(), line)


def resend(engine: Engine, key: str, *, now: datetime, opens: Callable[[str], datetime]) -> bool:
    """Queue a notice again; False when no notice of that key failed or is of unknown fate. One that shared a
    letter with others goes in a letter of its own: that one is over, and withdrawn once nothing of it is left.
    """
    mine = NOTICE.c.key == key
    with writing(engine) as session:
        resent = _queue_again(session, and_(mine, LOST), now=now, opens=opens)
        if resent and resent[0].carrier:
            session.execute(NOTICE.update().where(mine).values(bundle=""))
            carrier = resent[0].carrier
            left = select(NOTICE.c.key).where(NOTICE.c.carrier == carrier, LOST, NOTICE.c.bundle != "")
            if session.execute(left.limit(1)).first() is None:
                over = NOTICE.update().where(NOTICE.c.key == carrier, LOST)
                session.execute(over.values(state="withdrawn"))
    return bool(resent)


def resend_all(engine: Engine, channel: str, *, now: datetime, opens: Callable[[str], datetime]) -> int:
    """Queue again the letters a channel's fault has delayed; return how many."""
    with writing(engine) as session:
        fault = CHANNEL_FAULT.select().where(CHANNEL_FAULT.c.channel == channel).with_for_update()
        if (stored := session.execute(fault).first()) is None:
            return 0
        resent = _queue_again(session, _delayed(stored), now=now, opens=opens)
        return sum(not record.bundle for record in resent)


def _queue_again(
    session: Session, which: ColumnElement[bool], *, now: datetime, opens: Callable[[str], datetime]
) -> Sequence[Row_]:
    """Queue notices again, with their key and Message-ID; return them as they were. `opens`: returns the moment
    a letter may be sent to a person (by key).
    """
    names = (NOTICE.c[name] for name in ("key", "person", "state", "bundle", "carrier"))
    records = session.execute(select(*names).where(which).order_by(NOTICE.c.key).with_for_update()).all()
    again = NOTICE.update().where(NOTICE.c.key == bindparam("k_key"))
    again = again.values(state="queued", attempts=0, queued_at=now, not_before=bindparam("k_at"))
    if records:
        session.execute(again, [{"k_key": record.key, "k_at": opens(record.person)} for record in records])
    lost = [(record.key, "resent", "") for record in records if record.state != "queued"]
    append_to_journal(session, lost, now=now)
    return records


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


_PROVED = (
    *("key", "kind", "case", "obligation", "due", "step", "person", "channel", "address", "language"),
    *("state", "carrier", "text_hash", "message_id", "answer", "sent_at"),
)
"""What the journal proves of a notice; its acknowledgement comes later."""


def append_outcomes(session: Session, notices: Iterable[Notice], *, now: datetime) -> None:
    """Append the outcomes of these notices as stored, as far as they are final."""
    lines = []
    for notice in sorted(notices, key=lambda notice: notice.key):
        if notice.state in SETTLED:
            record = canonical([getattr(notice, name) for name in _PROVED])
            lines.append((notice.key, notice.state, sha256(record.encode()).hexdigest()))
    append_to_journal(session, lines, now=now)


def append_to_journal(session: Session, lines: Sequence[tuple[str, str, str]], *, now: datetime) -> None:
    """Append one batch of lines (key, state, hash); an empty batch is not written."""
    if lines:
        payload = {"lines": [list(line) for line in lines]}
        events.append(session, NOTICES, [Draft(kind="settled", at=now, by="", payload=payload)])
