"""The audit log's writer: entries are collected in a transaction and appended to one chain when it commits.

The chain is locked from the append to the commit only, after every other row was written: transactions that
write audit entries never wait for each other with other locks still to take.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, select, text

from merzim.storage.chain import canonical, link, moment
from merzim.storage.database.dialect import insert_many
from merzim.storage.origin import ORIGIN, Origin
from merzim.storage.tables.audit import AUDIT, AUDIT_ORIGIN
from workflow.org.audit import Topic

CHAIN = "audit"
"""Name of this chain in seals."""
ADDRESS = "address"
"""The key of an entry's payload that holds the salted hash of the client's address."""
_PENDING = "merzim_audit"
_ADVISORY = 0x4D657261  # "Mera": one writer of the audit chain at a time on PostgreSQL
_SUMMED: frozenset[Topic] = frozenset({"case", "register"})
_DIGITS = 32
LAST = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
_LOCK = text(f"SELECT pg_advisory_xact_lock({_ADVISORY})")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEvent:
    """An action or attempt to be recorded in the audit log.

    Attributes:
        name: the object of the action: a login, the key of a person, an obligation, a row of a register.
        by: the account; "" where nobody had logged in.
        now: aware UTC.
        more: further data, never personal.
    """

    topic: Topic
    kind: str
    by: str
    now: datetime
    name: str = ""
    case: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


def note(connection: Connection, events: Iterable[AuditEvent]) -> None:
    """Collect entries to be appended when the transaction commits (`append_collected`)."""
    connection.info.setdefault(_PENDING, []).extend(events)


def discard(connection: Connection) -> None:
    """Discard entries that an earlier transaction of this connection collected but did not commit."""
    connection.info.pop(_PENDING, None)


@contextmanager
def part(connection: Connection) -> Iterator[None]:
    """Discard the entries that a part of a transaction collected if it is rolled back."""
    collected = len(connection.info.get(_PENDING, ()))
    try:
        yield
    except BaseException:
        del connection.info.get(_PENDING, [])[collected:]
        raise


def append_collected(connection: Connection) -> None:
    """Append the collected entries; must be the last statement of a transaction.

    Entries of one kind about one case, or about the rows of one register, become one entry with a count: an
    import of a schedule is one action.
    """
    collected: list[AuditEvent] = connection.info.pop(_PENDING, [])
    if not collected:
        return
    groups: dict[object, list[AuditEvent]] = {}
    for number, event in enumerate(collected):
        about = (event.topic, event.kind, event.case, event.by, event.more.get("register"))
        groups.setdefault(about if event.topic in _SUMMED else number, []).append(event)
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    seq, previous = connection.execute(LAST).first() or (0, "")
    origin, rows, origins = ORIGIN.get(), [], []
    for group in groups.values():
        seq += 1
        row, outside = _row(seq, previous, group, origin)
        previous = str(row["hash"])
        rows.append(row)
        origins += outside
    insert_many(connection, AUDIT, rows)
    insert_many(connection, AUDIT_ORIGIN, origins)


def entry_line(values: Mapping[str, object]) -> str:
    """Return an entry as canonical text, over which its hash is computed. `values`: the columns of its row."""
    at = values["at"]
    assert isinstance(at, datetime)
    names = ("seq", "by", "topic", "kind", "name", "case", "way", "payload")
    return canonical({"at": moment(at), **{name: values[name] for name in names}})


def hidden_address(salt: str, seq: int, address: str) -> str:
    """Return the salted hash of a client address, as stored in the payload of its entry."""
    return sha256(canonical([salt, seq, address]).encode()).hexdigest()[:_DIGITS]


def read_payload(text: str) -> dict[str, Any]:
    """Return the payload of an entry; empty when it is unreadable, which `verify` reports."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _row(
    seq: int, previous: str, group: list[AuditEvent], origin: Origin
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return the row of an entry, and the row of the address stored outside the chain."""
    event = group[0]
    payload = dict(event.more)
    if len(group) > 1:
        payload["count"] = len(group)
    outside = []
    if origin.address:
        salt = token_hex(16)
        payload[ADDRESS] = hidden_address(salt, seq, origin.address)
        outside = [{"seq": seq, "address": origin.address, "salt": salt}]
    values: dict[str, object] = {
        "seq": seq,
        "at": event.now,
        "by": event.by,
        "topic": event.topic,
        "kind": event.kind,
        "name": event.name if len({audit_event.name for audit_event in group}) == 1 else "",
        "case": event.case,
        "way": origin.way,
        "payload": canonical(payload),
    }
    return {**values, "previous": previous, "hash": link(previous, entry_line(values))}, outside
