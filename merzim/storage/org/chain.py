"""The office's stream of events: adoptions, and changes of accounts, people and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from sqlalchemy import Engine, Select, func, select
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.database.engine import Row_, read, read_value
from merzim.storage.events import OFFICE, Draft
from merzim.storage.tables.events import EVENT, OF_OFFICE
from workflow.moments import Moment
from workflow.org.access import Topic

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
}
IN_ORDER = EVENT.select().where(OF_OFFICE).order_by(EVENT.c.seq)


def office_event(
    at: Moment, kind: str, name: str, payload: Mapping[str, object] = MappingProxyType({})
) -> Draft:
    """Return the event of a change made at this moment."""
    return Draft(kind=kind, name=name, by=at.by, at=at.now, on=at.today, payload=payload)


def record(session: Session, *office_events: Draft) -> None:
    """Append events in the caller's transaction, after its rows were written; their topics follow from their
    kinds.
    """
    events.append(session, OFFICE, [replace(event, topic=_topic(event.kind)) for event in office_events])


def lines(engine: Engine, *kinds: str) -> tuple[Row_, ...]:
    """Return the office's events of these kinds, in order."""
    return tuple(read(engine, IN_ORDER.where(EVENT.c.kind.in_(kinds))))


def head(engine: Engine, kinds: tuple[str, ...]) -> str:
    """Return the hash of the last event of these kinds, "" for none: what has changed."""
    return read_value(engine, last(kinds)) or ""


def text_of(payload: str) -> str:
    """Return the text in an event's payload; an unreadable payload itself, so that parsing it reports the
    damage.
    """
    try:
        return str(json.loads(payload)["text"])
    except (ValueError, TypeError, KeyError):
        return payload


@cache
def last(kinds: tuple[str, ...]) -> Select[str]:
    """Return the query for the hash of the office's last event of these kinds."""
    # Not by ORDER BY: SQLite would walk the stream backwards until it meets one of these kinds.
    newest = select(func.max(EVENT.c.seq)).where(OF_OFFICE, EVENT.c.kind.in_(kinds))
    return select(EVENT.c.hash).where(OF_OFFICE, EVENT.c.seq == newest.scalar_subquery())


def _topic(kind: str) -> Topic:
    """Return the topic of an event of a kind: accounts, log-ins, people or rules."""
    by_default: Topic = "account" if kind.endswith("_given") else "people"
    return _TOPICS.get(kind) or _PREFIXES.get(kind.partition("_")[0], by_default)
