"""The office's event chain: adoptions and changes of accounts and people, hashed like a case's events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, Select, literal, select, text
from sqlalchemy.exc import IntegrityError

from merzim.storage.chain import canonical, line, link
from merzim.storage.database import audit
from merzim.storage.database.dialect import insert_many
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.tables.organisation import ACT
from workflow.org.audit import Topic

OFFICE = "office"
"""Name of the chain, in place of a case's id."""
_ADVISORY = 0x4D65726F  # "Mero": one writer of the office's chain at a time on PostgreSQL
_PARTS = frozenset({"baseline_rows"})
"""Kinds of events that only continue the previous one."""
_TOPICS: Mapping[str, Topic] = {
    "session_given": "login",
    "entries_ended": "login",
    "password_set": "account",
    "entry_taken": "account",
    "calendar_changed": "settings",
    "edition_adopted": "settings",
}
_PREFIXES: Mapping[str, Topic] = {
    "account": "account",
    "second": "account",
    "recovery": "account",
    "link": "account",
    "setting": "settings",
    "text": "settings",
    "baseline": "settings",
}
IN_ORDER = select(literal(OFFICE).label("case"), *ACT.c).order_by(ACT.c.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """Who makes a change, and when. `now`: aware UTC; `today`: the local date."""

    by: str
    now: datetime
    today: date


def lines(engine: Engine, *kinds: str) -> tuple[Row_, ...]:
    """Return the events of these kinds, in order."""
    with reading(engine) as connection:
        return tuple(connection.execute(IN_ORDER.where(ACT.c.kind.in_(kinds))))


def head(engine: Engine, kinds: tuple[str, ...]) -> str:
    """Return the hash of the last event of these kinds, "" for none: what has changed."""
    with reading(engine) as connection:
        return connection.execute(last(kinds)).scalar() or ""


def follow(
    engine: Engine,
    before: str,
    kinds: tuple[str, ...],
    *,
    kind: str,
    name: str,
    text: str,
    on: date,
    by: str,
    now: datetime,
) -> bool:
    """Append a text after the events the writer has read; return False when somebody else was faster.

    Nothing is written then, and the writer must read again.

    Args:
        before: hash of the last event of `kinds` the writer has read, "" for none.
        on: the local date of the event; `now`: aware UTC.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    try:
        with writing(engine) as connection:
            hold(connection)
            if (connection.execute(last(kinds)).scalar() or "") != before:
                return False
            append(connection, kind=kind, name=name, on=on, by=by, now=now, payload={"text": text})
    except IntegrityError:
        return False
    return True


def text_of(payload: str) -> str:
    """Return the text in an event's payload; an unreadable payload itself, so that parsing it reports the
    damage.
    """
    try:
        return str(json.loads(payload)["text"])
    except (ValueError, TypeError, KeyError):
        return payload


def last(kinds: tuple[str, ...]) -> Select[str]:
    """Return the query for the hash of the last event of these kinds."""
    return _last(ACT.c.kind.in_(kinds))


def _last(condition: ColumnElement[bool]) -> Select[str]:
    return select(ACT.c.hash).where(condition).order_by(ACT.c.seq.desc()).limit(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeEvent:
    """An event before it is appended to the chain.

    Attributes:
        on: the local date of the event; `now`: aware UTC.
    """

    kind: str
    name: str
    on: date | None
    by: str
    now: datetime
    payload: Mapping[str, object]


def append(
    connection: Connection,
    *,
    kind: str,
    name: str,
    on: date | None,
    by: str,
    now: datetime,
    payload: Mapping[str, object],
) -> None:
    """Append one event in the caller's transaction.

    Args:
        on: the local date of the event; `now`: aware UTC.
    """
    hold(connection)
    append_events(connection, [OfficeEvent(kind=kind, name=name, on=on, by=by, now=now, payload=payload)])


def hold(connection: Connection) -> None:
    """Lock the chain against other writers until the end of the transaction.

    Only on PostgreSQL, as SQLite has one writer at a time. Taken after the rows were written, never before.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})


def append_events(connection: Connection, events: Iterable[OfficeEvent]) -> None:
    """Append several events by one statement, in the caller's transaction, which holds the chain."""
    events = list(events)
    audit.note(connection, (_audit_event(event) for event in events if event.kind not in _PARTS))
    last = connection.execute(select(ACT.c.seq, ACT.c.hash).order_by(ACT.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq, last.hash) if last else (0, "")
    lines = []
    for event in events:
        seq += 1
        payload = canonical(event.payload)
        line_text = line(
            case=OFFICE,
            seq=seq,
            kind=event.kind,
            name=event.name,
            on=event.on,
            at=event.now,
            by=event.by,
            payload=payload,
        )
        values = {
            "seq": seq,
            "kind": event.kind,
            "name": event.name,
            "on": event.on,
            "at": event.now,
            "by": event.by,
            "payload": payload,
            "previous": previous,
            "hash": link(previous, line_text),
        }
        lines.append(values)
        previous = values["hash"]
    insert_many(connection, ACT, lines)


def _audit_event(event: OfficeEvent) -> audit.AuditEvent:
    """Return the audit log entry of an event. The kind of event decides whether it is about accounts, sessions
    or rules.
    """
    by_default: Topic = "account" if event.kind.endswith("_given") else "people"
    topic = _TOPICS.get(event.kind) or _PREFIXES.get(event.kind.partition("_")[0], by_default)
    return audit.AuditEvent(topic=topic, kind=event.kind, name=event.name, by=event.by, now=event.now)
