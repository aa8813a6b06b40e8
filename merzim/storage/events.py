"""The events: appended to streams, each a chain of hashes, read in order, erased where private, and verified.

Each says where its request comes from: the interface, and the client's address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Select, and_, func, select, text
from sqlmodel import Session

from merzim.storage.database import Row_, insert_many, is_sqlite, read, read_value, writing
from merzim.storage.tables.base import canonical, moment
from merzim.storage.tables.events import EVENT, OF_OFFICE
from workflow.moments import Moment
from workflow.org.access import Topic
from workflow.refusal import Refusal

Values = dict[str, Any]
CASE, ROW = "case/", "row/"
"""Beginnings of the streams of cases and of rows of registers; their ids follow."""
OFFICE, ACCESS, NOTICES, SEALS = "office", "access", "notices", "seals"
"""The single streams: acts of the office; log-ins refused, downloads, exports; outcomes of
letters; seals.
"""
ENDS = "ends"
"""Key of a seal's payload: stream -> seq and hash of its end, of the streams written since the last seal."""
UNTIL = "until"
"""Key of a seal's payload: the last id it covers."""
HASHES = "hashes"
"""Key of a payload with the digests of private values; "" for one that was emptied."""
CLIENT = "@client"
"""Name of the private value with the client's address; no field of a register can have it."""
_APPENDING = 0x4D657265  # "Mere": shared by all who append on PostgreSQL
_DIGITS = 32

Way = Literal["page", "api", "cli", "bot", "job"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The origin of a request. `address`: of the client behind trusted proxies; "" where there is none."""

    way: Way = "job"
    address: str = ""


_JOB = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=_JOB)
"""The origin of the work of this task or thread; background jobs keep the default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An event before it is appended.

    Attributes:
        at: aware UTC; `on`: the local date it speaks of; `by`: the account, "" where nobody had logged in.
        topic: of its entry in the audit log; "" for none.
        case: the case it is about; "" for none.
        private: values that may be erased, by name; None for an emptied one.
    """

    kind: str
    at: datetime
    by: str
    name: str = ""
    on: date | None = None
    topic: Topic | str = ""
    case: str = ""
    payload: Mapping[str, object] = field(default_factory=dict)
    private: Mapping[str, object] = field(default_factory=dict)


def chained(stream: str, drafts: Sequence[Draft], *, after: int, previous: str) -> list[Values]:
    """Return the table rows of events that follow the `after`-th of a stream, whose hash is `previous`."""
    origin, rows = ORIGIN.get(), []
    for seq, draft in enumerate(drafts, after + 1):
        values = {**draft.private, **({CLIENT: origin.address} if origin.address else {})}
        private = {name: [token_hex(16), value] for name, value in values.items() if value is not None}
        hashes = {name: digest(stream, name, private[name]) if name in private else "" for name in values}
        row = {
            "stream": stream,
            "seq": seq,
            "topic": draft.topic,
            "kind": draft.kind,
            "name": draft.name,
            "on": draft.on,
            "case": draft.case,
            "at": draft.at,
            "by": draft.by,
            "way": origin.way,
            "payload": canonical({**draft.payload, HASHES: hashes} if hashes else draft.payload),
            "private": canonical(private),
        }
        previous = row["hash"] = link(previous, row)
        rows.append(row)
    return rows


def insert(session: Session, rows: Sequence[Values]) -> None:
    """Insert events, in the caller's transaction. Raises IntegrityError: somebody else wrote one of their
    streams first.
    """
    if rows and not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:n)"), {"n": _APPENDING})
    insert_many(session, EVENT, rows)


def private_values(event: Any) -> dict[str, object]:
    """Return the private values of an event (stored with salts; an erased one is gone), without the client's
    address.
    """
    pairs = decoded(event.private)
    return {name: value for name, (_, value) in pairs.items() if name != CLIENT}


def erase(session: Session, condition: ColumnElement[bool], names: Collection[str]) -> None:
    """Erase the private values of these names from the events that meet the condition."""
    held = select(EVENT.c.id, EVENT.c.private).where(condition, EVENT.c.private != "{}")
    for id, pairs in session.execute(held).all():
        kept = canonical({name: pair for name, pair in decoded(pairs).items() if name not in names})
        if kept != pairs:
            session.execute(EVENT.update().where(EVENT.c.id == id).values(private=kept))


def append(session: Session, stream: str, drafts: Sequence[Draft]) -> int:
    """Append events to a single stream; return the seq of the last. In the caller's transaction, after its rows
    were written: others who append to the stream wait for its end.
    """
    hold(session, stream)
    end = select(EVENT.c.seq, EVENT.c.hash).where(EVENT.c.stream == stream).order_by(EVENT.c.seq.desc())
    seq, previous = session.execute(end.limit(1)).first() or (0, "")
    insert(session, chained(stream, drafts, after=seq, previous=previous))
    return int(seq) + len(drafts)


def hold(session: Session, stream: str) -> None:
    """Lock a single stream until the end of the transaction; SQLite has one writer anyway."""
    if not is_sqlite(session):
        locked = {"n": _APPENDING, "stream": stream}
        session.execute(text("SELECT pg_advisory_xact_lock(:n, hashtext(:stream))"), locked)


def settled(session: Session) -> int:
    """Return the id up to which every event is there: no lower one can appear later. 0 for none. On PostgreSQL
    ids are given when events are written and seen when they are committed: who asks waits until those who are
    writing have ended.
    """
    newest = select(func.max(EVENT.c.id))
    if is_sqlite(session):
        return session.execute(newest).scalar() or 0
    session.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _APPENDING})
    try:
        return session.execute(newest).scalar() or 0
    finally:
        session.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _APPENDING})


def seal(session: Session, *, now: datetime) -> None:
    """Append a seal over the ends of all streams written since the last; nothing when there are none."""
    until = settled(session)
    hold(session, SEALS)
    last = select(EVENT.c.payload).where(EVENT.c.stream == SEALS).order_by(EVENT.c.seq.desc()).limit(1)
    since = decoded(session.execute(last).scalar() or "").get(UNTIL, 0)
    new = (EVENT.c.id > since, EVENT.c.id <= until, EVENT.c.stream != SEALS)
    written = select(EVENT.c.stream).where(*new).distinct()
    if sealed := {
        stream: list(end)
        for stream, end in ends(session, EVENT.c.stream.in_(written), EVENT.c.id <= until).items()
    }:
        content = {ENDS: sealed, UNTIL: until}
        append(session, SEALS, [Draft(kind="sealed", at=now, by="", payload=content)])


def newest_seal(session: Session) -> tuple[int, datetime, str] | None:
    """Return number, moment and hash of the last seal, to be recorded elsewhere; None before the first."""
    query = select(EVENT.c.seq, EVENT.c.at, EVENT.c.hash).where(EVENT.c.stream == SEALS)
    last = session.execute(query.order_by(EVENT.c.seq.desc()).limit(1)).first()
    return None if last is None else (last.seq, last.at, last.hash)


def link(previous: str, row: Mapping[Any, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of the hash before and of the content of an event."""
    names = ("stream", "seq", "topic", "kind", "name", "on", "case", "by", "way", "payload")
    line = canonical([*(row[name] for name in names), moment(row["at"])])
    return sha256(f"{previous}{line}".encode()).hexdigest()


def digest(stream: str, name: str, pair: Sequence[object]) -> str:
    """Return the salted digest of a private value: of its (salt, value)."""
    return sha256(canonical([stream, name, *pair]).encode()).hexdigest()[:_DIGITS]


def decoded(text: str) -> dict[str, Any]:
    """Return a payload or the private values of an event; empty when unreadable, which `verify` reports."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def problems(session: Session, rewritten: Mapping[int, str]) -> Iterator[Refusal]:
    """Yield every event that is missing, altered, in another place than written, or not the one that was
    sealed. `rewritten`: hashes of the events an order of the office has rewritten, by id.
    """
    sealed = _sealed(session)
    stream, seq, previous, last = "", 0, "", 0
    query = EVENT.select().order_by(EVENT.c.stream, EVENT.c.seq)
    for event in session.execute(query.execution_options(yield_per=5000)):
        if event.stream != stream:
            stream, seq, previous, last = event.stream, 0, "", 0
        seq += 1
        place = {"stream": stream, "seq": event.seq}
        if event.seq != seq:
            yield Refusal("event_missing", stream=stream, seq=seq)
            seq = event.seq
        # After a gap nobody knows the hash before.
        elif link(previous, event._mapping) not in (event.hash, rewritten.get(event.id)):
            yield Refusal("event_altered", **place)
        elif event.id < last:
            yield Refusal("event_misplaced", **place)
        n, digest_then = sealed.pop((stream, event.seq), (0, event.hash))
        if digest_then != event.hash:
            yield Refusal("sealed_differs", **place, n=n)
        yield from _altered_values(event)
        previous, last = event.hash, event.id
    for (stream, seq), (n, _) in sorted(sealed.items()):
        yield Refusal("sealed_missing", stream=stream, seq=seq, n=n)


def _altered_values(event: Any) -> Iterator[Refusal]:
    """Yield the private values of an event that are not those it was written with; erased ones are none."""
    hashes = decoded(event.payload).get(HASHES, {})
    for name, pair in decoded(event.private).items():
        if not isinstance(pair, list) or hashes.get(name) != digest(event.stream, name, pair):
            yield Refusal("private_altered", stream=event.stream, seq=event.seq, name=name)


def _sealed(session: Session) -> dict[tuple[str, int], tuple[int, str]]:
    """Return the number of the seal and the hash then of every sealed event, by stream and seq."""
    sealed = {}
    seals = select(EVENT.c.seq, EVENT.c.payload).where(EVENT.c.stream == SEALS).order_by(EVENT.c.seq)
    for n, payload in session.execute(seals):
        for stream, (seq, hash) in decoded(payload).get(ENDS, {}).items():
            sealed[stream, seq] = (n, hash)
    return sealed


def ends(session: Session, *conditions: ColumnElement[bool]) -> dict[str, tuple[int, str]]:
    """Return the seq and the hash of the last event of every stream that meets the conditions."""
    last = select(EVENT.c.stream, func.max(EVENT.c.seq).label("seq")).where(*conditions)
    newest = last.group_by(EVENT.c.stream).subquery()
    query = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.hash).join(
        newest, and_(newest.c.stream == EVENT.c.stream, newest.c.seq == EVENT.c.seq)
    )
    return {stream: (seq, digest) for stream, seq, digest in session.execute(query)}


def hash_now(session: Session, id: int) -> str:
    """Return the hash an event (by id) would have with its content of now, after the one before it."""
    event = session.execute(EVENT.select().where(EVENT.c.id == id)).one()
    before = select(EVENT.c.hash).where(EVENT.c.stream == event.stream, EVENT.c.seq == event.seq - 1)
    return link(session.execute(before).scalar() or "", event._mapping)


_TOPICS: Mapping[Topic, str] = {
    "login": "session_given|entries_ended",
    "settings": "setting_.*|calendar_changed|edition_adopted",
    "account": "(account|second|recovery|link)_.*|.*_given|password_set|entry_taken",
}
"""The kinds of the office's events by topic, as patterns; of all others it is `people`."""
OFFICE_IN_ORDER = EVENT.select().where(OF_OFFICE).order_by(EVENT.c.seq)


def office_event(
    at: Moment, kind: str, name: str, payload: Mapping[str, object] = MappingProxyType({})
) -> Draft:
    """Return the event of a change made at this moment."""
    return Draft(kind=kind, name=name, by=at.by, at=at.now, on=at.today, payload=payload)


@contextmanager
def changing_office(engine: Engine) -> Iterator[Session]:
    """Yield a session that writes what events of the office tell of, while nobody else does: what it has read
    stays so until its end.
    """
    with writing(engine) as session:
        hold(session, OFFICE)
        yield session


def record(session: Session, *drafts: Draft) -> None:
    """Append events of the office in the caller's transaction, after its rows; their topics follow from their
    kinds.
    """
    session.flush()
    append(session, OFFICE, [replace(draft, topic=_topic(draft.kind)) for draft in drafts])


def office_events(engine: Engine, *kinds: str) -> tuple[Row_, ...]:
    """Return the office's events of these kinds, in order."""
    return tuple(read(engine, OFFICE_IN_ORDER.where(EVENT.c.kind.in_(kinds))))


def office_head(engine: Engine, *kinds: str) -> str:
    """Return the hash of the office's last event of these kinds, "" for none: another one than before says that
    something changed.
    """
    return read_value(engine, last_of_office(kinds)) or ""


def last_of_office(kinds: tuple[str, ...]) -> Select[str]:
    """Return the query for the hash of the office's last event of these kinds."""
    # Not by ORDER BY: SQLite would walk the stream backwards until it meets one of these kinds.
    newest = select(func.max(EVENT.c.seq)).where(OF_OFFICE, EVENT.c.kind.in_(kinds))
    return select(EVENT.c.hash).where(OF_OFFICE, EVENT.c.seq == newest.scalar_subquery())


def record_access(engine: Engine, event: Draft) -> tuple[int, str]:
    """Record a refused log-in, a download or the like, which no other stream has; return its id and hash."""
    with writing(engine) as session:
        seq = append(session, ACCESS, [event])
        mine = select(EVENT.c.id, EVENT.c.hash).where(EVENT.c.stream == ACCESS, EVENT.c.seq == seq)
        id, hash = session.execute(mine).one()
    return id, hash


def _topic(kind: str) -> Topic:
    """Return the topic of an event of a kind: accounts, log-ins, people or rules."""
    return next((topic for topic, kinds in _TOPICS.items() if re.fullmatch(kinds, kind)), "people")
