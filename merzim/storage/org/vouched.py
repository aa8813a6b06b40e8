"""Defines the tables covered by the office's chain: accounts, sessions, units, people, addresses and choices.

A change of such a row appends an event in the same transaction. The event names only the columns it set, so
that a change made outside the application remains a difference even when the row is saved afterwards. Personal
values and secrets are salted hashes. The salt is stored in a table of its own and deleted with the row: the
chain still verifies, and nobody can guess from it what the value was. The comparison is in
`merzim.storage.maintenance.vouching`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import islice
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from merzim.storage.chain import canonical, moment
from merzim.storage.database.dialect import execute_for_names, in_names, insert_many
from merzim.storage.org.chain import OfficeEvent, append_events, hold
from merzim.storage.tables.accounts import ACCOUNT, ENTRY, IDENTITY, RECOVERY_CODE
from merzim.storage.tables.notices import LINK, LINK_CODE
from merzim.storage.tables.organisation import MATCH, PERSON, PREFERENCE, SALT, UNIT
from merzim.storage.tables.registers import CAMPAIGN

Operation = Literal["add", "set", "remove"]
Key = tuple[str, ...]
Values = Mapping[str, Any]
Row = tuple[Operation, str, list[str], dict[str, object]]
"""A change of a row as stored in an event: operation, table, key, columns; `#name` is a salted hash."""
ROWS = "rows"
"""Key of an event's payload with the rows it changed."""
HASHED = "#"
LINK_KEY = "link_key"
"""The preference that is a secret of the office: it is not recorded in the chain."""
SETTING_SECRET = "setting_secret"
"""The name of passwords given in the browser, encrypted: of those the chain says that they were changed."""
_DIGITS = 32
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class VouchedTable:
    """A table each row of which is covered by the chain.

    Attributes:
        key: the columns of the key.
        open: columns whose values are in the events.
        personal: columns whose values are there as salted hashes.
        secret: the same, and `verify` never prints them.
        rows: condition for the rows covered; None for all.
        expires: the column with the moment at which a row expires.
        may_vanish: whether rows are deleted without an event, since a missing row grants nothing.
    """

    table: Table
    key: tuple[str, ...]
    open: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    rows: ColumnElement[bool] | None = None
    expires: str = ""
    may_vanish: bool = False

    @property
    def name(self) -> str:
        """The table's name in events."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns covered by the chain."""
        return (*self.open, *self.personal, *self.secret)

    @property
    def hashed(self) -> tuple[str, ...]:
        """The columns that are in events as salted hashes."""
        return (*self.personal, *self.secret)

    def select(self) -> Select[Any]:
        """Return the query for every covered row, in key order."""
        keys = [self.table.c[name] for name in self.key]
        query = select(*keys, *(self.table.c[name] for name in self.columns)).order_by(*keys)
        return query if self.rows is None else query.where(self.rows)

    def key_of(self, row: Values) -> Key:
        """Return the key of a row."""
        return tuple(str(row[name]) for name in self.key)

    def added(self, row: Values) -> RowChange:
        """Return the change that adds a row."""
        return RowChange(self, "add", self.key_of(row), {name: row[name] for name in self.columns})

    def changed(self, before: Values | None, after: Values) -> RowChange | None:
        """Return the change between two states of a row; None if no covered column differs."""
        if before is None:
            return self.added(after)
        values = {name: after[name] for name in self.columns if before[name] != after[name]}
        return RowChange(self, "set", self.key_of(after), values) if values else None

    def removed(self, *key: str) -> RowChange:
        """Return the change that removes a row."""
        return RowChange(self, "remove", key)


@dataclass(frozen=True, slots=True)
class RowChange:
    """The change of one row: `values` are those of the columns that were set."""

    of: VouchedTable
    operation: Operation
    key: Key
    values: Values = field(default_factory=dict)


ACCOUNTS = VouchedTable(
    table=ACCOUNT,
    key=("login",),
    open=("access", "person", "unit", "disabled"),
    personal=("name",),
    secret=("password", "totp"),
)
ENTRIES = VouchedTable(
    table=ENTRY,
    key=("hash",),
    open=("kind", "login", "scope", "expires_at"),
    # One that was ended is worth nothing; who takes the end away puts a way in there.
    rows=ENTRY.c.ended_at.is_(None),
    expires="expires_at",
)
IDENTITIES = VouchedTable(table=IDENTITY, key=("login", "provider"), open=("by_group",), personal=("subject",))
RECOVERY_CODES = VouchedTable(
    table=RECOVERY_CODE,
    key=("login", "hash"),
    open=("made_at",),
    # One that was used is worth nothing; who takes that away puts a way in there.
    rows=RECOVERY_CODE.c.used_at.is_(None),
)
UNITS = VouchedTable(table=UNIT, key=("id",), open=("name", "parent", "kind"))
PEOPLE = VouchedTable(
    table=PERSON,
    key=("key",),
    open=("unit", "post", "duties", "language", "deputy"),
    personal=("name", "name_kk", "name_ru", "email", "away"),
)
MATCHES = VouchedTable(table=MATCH, key=("text",), open=("target",))
PREFERENCES = VouchedTable(
    table=PREFERENCE,
    key=("owner", "name"),
    open=("value",),
    rows=PREFERENCE.c.name.not_in((LINK_KEY, SETTING_SECRET)),
)
LINKS = VouchedTable(table=LINK, key=("person",), personal=("chat",))
LINK_CODES = VouchedTable(
    table=LINK_CODE, key=("hash",), open=("person", "until"), expires="until", may_vanish=True
)
CAMPAIGNS = VouchedTable(
    table=CAMPAIGN,
    key=("id",),
    open=(
        *("register_id", "version", "kind", "title", "units", "until", "document", "given"),
        *("started_on", "started_by", "closed_on", "wave"),
    ),
)
VOUCHED: tuple[VouchedTable, ...] = (
    ACCOUNTS,
    ENTRIES,
    IDENTITIES,
    RECOVERY_CODES,
    UNITS,
    PEOPLE,
    MATCHES,
    PREFERENCES,
    LINKS,
    LINK_CODES,
    CAMPAIGNS,
)
"""Every table covered by the office's chain. A table added here gets its baseline at the next start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowEvent:
    """An event of the office's chain with the rows it changed.

    Attributes:
        on: the local date of the event; `now`: aware UTC; `by`: the account.
        more: further data; nothing personal.
    """

    kind: str
    name: str
    by: str
    now: datetime
    on: date | None = None
    rows: Sequence[RowChange | None] = ()
    more: Mapping[str, object] = field(default_factory=dict)


def record(connection: Connection, *events: RowEvent) -> None:
    """Append events with the rows they changed, in the caller's transaction, after the rows were written."""
    if not events:
        return
    hold(connection)
    changes = [change for event in events for change in event.rows if change is not None]
    salts = _salts(connection, changes)
    append_events(connection, (_written(event, salts) for event in events))
    _forget_salts(connection, changes)


def encode(change: RowChange, salt: str) -> Row:
    """Return a change in the format of events."""
    values = {
        (HASHED + name if name in change.of.hashed else name): (
            hidden(salt, change.of.name, change.key, name, value) if name in change.of.hashed else plain(value)
        )
        for name, value in change.values.items()
    }
    return change.operation, change.of.name, [*change.key], values


def plain(value: object) -> object:
    """Return a column's value in JSON form."""
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value


def hidden(salt: str, table: str, key: Key, column: str, value: object) -> str:
    """Return the salted hash of a value; equal values elsewhere have other hashes."""
    text = canonical([salt, table, [*key], column, plain(value)])
    return sha256(text.encode()).hexdigest()[:_DIGITS]


def salts_of(connection: Connection, of: VouchedTable) -> dict[Key, str]:
    """Return the salts of a table's rows."""
    query = select(SALT.c.key, SALT.c.salt).where(SALT.c.what == of.name)
    return {_key(key): salt for key, salt in connection.execute(query)}


def make_salts(connection: Connection, of: VouchedTable, keys: Collection[Key]) -> dict[Key, str]:
    """Return the salts of these rows, creating missing ones."""
    names = {_text(key): key for key in keys}
    query = select(SALT.c.key, SALT.c.salt).where(SALT.c.what == of.name, in_names(SALT.c.key))
    salts = {names[key]: salt for key, salt in execute_for_names(connection, query, names)}
    new = [
        {"what": of.name, "key": text, "salt": token_hex(16)} for text, key in names.items() if key not in salts
    ]
    insert_many(connection, SALT, new)
    return salts | {names[row["key"]]: row["salt"] for row in new}


def _salts(connection: Connection, changes: Iterable[RowChange]) -> dict[tuple[str, Key], str]:
    """Return the salts of the rows with changed hashed columns."""
    keys_by_table: dict[str, tuple[VouchedTable, list[Key]]] = {}
    for change in changes:
        if any(name in change.of.hashed for name in change.values):
            keys_by_table.setdefault(change.of.name, (change.of, []))[1].append(change.key)
    return {
        (name, key): salt
        for name, (of, keys) in keys_by_table.items()
        for key, salt in make_salts(connection, of, keys).items()
    }


def _forget_salts(connection: Connection, changes: Iterable[RowChange]) -> None:
    """Delete the salts of removed rows, so that their values cannot be guessed from events."""
    removed_keys: dict[str, list[str]] = {}
    for change in changes:
        if change.operation == "remove" and change.of.hashed:
            removed_keys.setdefault(change.of.name, []).append(_text(change.key))
    for name, keys in removed_keys.items():
        remaining_keys = iter(keys)
        while chunk := list(islice(remaining_keys, _AT_ONCE)):
            connection.execute(SALT.delete().where(SALT.c.what == name, SALT.c.key.in_(chunk)))


def _written(event: RowEvent, salts: Mapping[tuple[str, Key], str]) -> OfficeEvent:
    rows = [
        encode(change, salts.get((change.of.name, change.key), ""))
        for change in event.rows
        if change is not None
    ]
    return OfficeEvent(
        kind=event.kind,
        name=event.name,
        on=event.on,
        by=event.by,
        now=event.now,
        payload={**event.more, ROWS: rows},
    )


def _text(key: Key) -> str:
    return canonical([*key])


def _key(text: str) -> Key:
    return tuple(json.loads(text))
