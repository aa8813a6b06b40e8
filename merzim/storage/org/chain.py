"""The office's stream of events: adoptions, and changes of accounts, people and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.exc import IntegrityError

from merzim.storage import events
from merzim.storage.database.engine import Row_, read, read_value, writing
from merzim.storage.events import OFFICE
from merzim.storage.rows import read_as
from merzim.storage.tables.events import EVENT, OF_OFFICE
from workflow.org.audit import Stamp, Topic

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
}
IN_ORDER = EVENT.select().where(OF_OFFICE).order_by(EVENT.c.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeEvent:
    """An event before it is appended.

    Attributes:
        on: the local date of the event; `now`: aware UTC; `by`: the account.
        more: its content; nothing personal.
        private: what is personal, and may be erased.
    """

    kind: str
    name: str
    by: str
    now: datetime
    on: date | None = None
    more: Mapping[str, object] = field(default_factory=dict)
    private: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(
        cls, at: Stamp, kind: str, name: str, more: Mapping[str, object] = MappingProxyType({})
    ) -> OfficeEvent:
        """Return the event of a change made at this moment."""
        return cls(kind=kind, name=name, by=at.by, now=at.now, on=at.today, more=more)


def record(connection: Connection, *office_events: OfficeEvent) -> None:
    """Append events in the caller's transaction, after its rows were written."""
    events.append(connection, OFFICE, [_draft(event) for event in office_events])


def lines(engine: Engine, *kinds: str) -> tuple[Row_, ...]:
    return tuple(read(engine, IN_ORDER.where(EVENT.c.kind.in_(kinds))))


def head(engine: Engine, kinds: tuple[str, ...]) -> str:
    """Return the hash of the last event of these kinds, "" for none: what has changed."""
    return read_value(engine, last(kinds)) or ""


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
    """
    try:
        with writing(engine) as connection:
            events.hold(connection, OFFICE)
            if (connection.execute(last(kinds)).scalar() or "") != before:
                return False
            event = OfficeEvent(kind=kind, name=name, on=on, by=by, now=now, more={"text": text})
            record(connection, event)
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
    # Not by ORDER BY: SQLite would walk the stream backwards until it meets one of these kinds.
    newest = select(func.max(EVENT.c.seq)).where(OF_OFFICE, EVENT.c.kind.in_(kinds))
    return select(EVENT.c.hash).where(OF_OFFICE, EVENT.c.seq == newest.scalar_subquery())


def _draft(event: OfficeEvent) -> events.Draft:
    """Return the event with its topic: about accounts, log-ins, people or rules, as its kind says."""
    by_default: Topic = "account" if event.kind.endswith("_given") else "people"
    topic = _TOPICS.get(event.kind) or _PREFIXES.get(event.kind.partition("_")[0], by_default)
    return read_as(events.Draft, event, topic=topic, at=event.now, payload=event.more)
