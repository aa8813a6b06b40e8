"""Compares rows with what the office's chain recorded for them, starting from a baseline.

An upgrade writes a baseline: every row at that time. After that each event names the rows it changed, so the
chain determines the expected rows; a row changed, added or removed outside the application differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from merzim.storage.chain import moment
from merzim.storage.database.audit import read_payload
from merzim.storage.database.dialect import chunks
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.org.chain import OfficeEvent, append_events, hold
from merzim.storage.org.vouched import (
    HASHED,
    ROWS,
    VOUCHED,
    Key,
    Row,
    VouchedTable,
    encode,
    hidden,
    make_salts,
    plain,
    salts_of,
)
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.organisation import ACT

BASELINE = "baseline"
"""An event after which the chain's content about some tables consists only of later events."""
BASELINE_ROWS = "baseline_rows"
_AT_ONCE = 500
"""Rows in one event of a baseline."""
_NOT_WRITABLE = frozenset({"read_only", "no_rights"})
_EMPTY: tuple[object, ...] = ("", None, [])
_NOTHING = "–"
_UNNAMED: Mapping[str, tuple[str, ...]] = {
    "account_opened": ("account",),
    "account_changed": ("account", "entry"),
    "password_set": ("account", "entry"),
    "second_factor_set": ("account", "entry"),
    "second_factor_removed": ("account", "entry"),
    "invitation_given": ("entry",),
    "token_given": ("entry",),
    "feed_given": ("entry",),
    "entries_ended": ("entry",),
    "unit_saved": ("unit", "preference"),
    "unit_removed": ("unit", "preference", "match"),
    "person_saved": ("person", "preference"),
    "person_removed": ("person", "preference", "match"),
    "match_saved": ("match",),
    "digest_chosen": ("preference",),
    "language_chosen": ("preference",),
    "uploads_through_chosen": ("preference",),
    "office_time_chosen": ("preference",),
}
"""Events of the previous version that did not name the changed rows -> the tables concerned."""
_OWNER = {"entry": "login", "preference": "owner", "match": "target"}
"""The column by which such an event may identify rows of a table, besides the key."""

Fields = dict[str, Any]
Difference = tuple[str, dict[str, object]]
"""A code of the catalogue with its arguments."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """A baseline: when, by whom, and on what ground; "" when written by an upgrade."""

    at: datetime
    by: str
    ground: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouching:
    """The period and extent for which the chain covers the rows.

    Attributes:
        baseline: since when; None: from the beginning.
        unvouched: later changes by nodes of an older version that did not record what they wrote.
    """

    baseline: Baseline | None
    unvouched: int


@dataclass(slots=True)
class ExpectedRows:
    """The rows expected by the chain.

    Attributes:
        rows: table -> key -> columns, those that are hashed as `#name`.
        unnamed: (table, name): rows an older version changed without recording which.
        since: table -> the moment of its baseline; nothing where there is none.
    """

    rows: dict[str, dict[Key, Fields]] = field(default_factory=lambda: {table.name: {} for table in VOUCHED})
    unnamed: set[tuple[str, str]] = field(default_factory=set)
    since: dict[str, datetime] = field(default_factory=dict)


def ensure_baseline(engine: Engine, *, now: datetime) -> bool:
    """Write a baseline of the tables that have none. Return whether one was written.

    A database this user cannot write gets none until a service with rights starts.

    Raises:
        StorageUnavailable: the database cannot be used.
    """
    with reading(engine) as connection:
        if not _uncovered(connection):
            return False
    try:
        with writing(engine) as connection:
            hold(connection)
            tables = _uncovered(connection)
            if tables:
                _write_baseline(connection, tables, by="", ground="", differences=(), now=now)
    except StorageUnavailable as trouble:
        if trouble.what in _NOT_WRITABLE:
            return False
        raise
    return bool(tables)


def renew_baseline(engine: Engine, *, ground: str, by: str, now: datetime) -> int:
    """Write a new baseline of every row; return the number of differences it accepts.

    The event names what differed, without values.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        hold(connection)
        differences = tuple(find_differences(connection, now=now))
        _write_baseline(connection, VOUCHED, by=by, ground=ground, differences=differences, now=now)
    return len(differences)


def vouching(engine: Engine) -> Vouching:
    """Return since when the chain covers accounts, rights, people and their addresses."""
    with reading(engine) as connection:
        last, baseline = 0, None
        for event in connection.execute(select(ACT).where(ACT.c.kind == BASELINE).order_by(ACT.c.seq)):
            payload = read_payload(event.payload)
            if VOUCHED[0].name in payload.get("tables", ()):
                last = event.seq
                baseline = Baseline(at=event.at, by=event.by, ground=str(payload.get("ground", "")))
        older = select(func.count()).where(
            ACT.c.kind.in_(_UNNAMED), ACT.c.seq > last, ~ACT.c.payload.contains(f'"{ROWS}":')
        )
        return Vouching(baseline=baseline, unvouched=int(connection.execute(older).scalar_one()))


def find_differences(connection: Connection, *, now: datetime | None = None) -> Iterator[Difference]:
    """Yield every row and column that differs from the chain.

    Args:
        now: rows expired by that moment may be missing; None: by the last baseline.
    """
    expected = _expected(connection, now)
    for of in VOUCHED:
        moments = [moment for moment in (now, expected.since.get(of.name)) if moment is not None]
        yield from _compare(connection, of, expected, moment(max(moments)) if moments else "")


def _expected(connection: Connection, now: datetime | None) -> ExpectedRows:
    """Fold the office's chain into expected rows, without expired sessions, which may be millions."""
    expected = ExpectedRows()
    over = moment(now) if now else ""
    query = select(ACT.c.kind, ACT.c.name, ACT.c.at, ACT.c.payload).order_by(ACT.c.seq)
    for event in connection.execute(query.execution_options(yield_per=5000)):
        _apply(expected, event, over)
    return expected


def _apply(expected: ExpectedRows, event: Row_, over: str) -> None:
    """Apply one event. Unreadable payloads are reported elsewhere."""
    payload = read_payload(event.payload)
    if event.kind == BASELINE:
        for name in expected.rows.keys() & set(payload.get("tables", ())):
            expected.rows[name] = {}
            expected.since[name] = event.at
            expected.unnamed = {place for place in expected.unnamed if place[0] != name}
    elif ROWS in payload:
        for operation, table, key, values in payload[ROWS]:
            is_session = table == "entry" and values.get("kind") == "session"
            if table in expected.rows and not (is_session and values["expires_at"] <= over):
                _set(expected.rows[table], operation, tuple(key), values)
    else:
        expected.unnamed.update((table, event.name) for table in _UNNAMED.get(event.kind, ()))


def _set(rows: dict[Key, Fields], operation: str, key: Key, values: Fields) -> None:
    """Apply one row of an event. Setting columns of a row that does not exist does not create it."""
    if operation == "remove":
        rows.pop(key, None)
    elif operation == "add":
        rows[key] = dict(values)
    elif key in rows:
        rows[key].update(values)


def _compare(
    connection: Connection, of: VouchedTable, expected: ExpectedRows, horizon: str
) -> Iterator[Difference]:
    """Yield the differences of one table."""
    rows = expected.rows[of.name]
    salts = salts_of(connection, of) if of.hashed else {}
    seen_keys: set[Key] = set()
    for record in connection.execute(of.select().execution_options(yield_per=5000)):
        row = dict(record._mapping)
        key = of.key_of(row)
        seen_keys.add(key)
        if _is_unnamed(expected, of, key, row):
            continue
        fields = rows.get(key)
        if fields is not None:
            yield from _differing(of, key, row, fields, salts.get(key, ""))
        elif not (of.expires and str(plain(row[of.expires])) <= horizon):
            yield "office_row_added", {**_place(of, key), "stands": _shown(of, row)}
    if of.may_vanish:
        return
    for key in sorted(rows.keys() - seen_keys):
        over = of.expires and str(rows[key].get(of.expires, "")) <= horizon
        if not over and not _is_unnamed(expected, of, key, rows[key]):
            yield "office_row_removed", {**_place(of, key), "chain": _listed(rows[key])}


def _differing(
    of: VouchedTable, key: Key, row: Mapping[str, Any], fields: Fields, salt: str
) -> Iterator[Difference]:
    """Yield the columns of a row that differ from the chain; columns it does not mention are skipped."""
    for name in of.columns:
        place, stands = {**_place(of, key), "field": name}, plain(row[name])
        if name not in of.hashed:
            if name in fields and fields[name] != stands:
                chain = _value(fields[name])
                yield "office_row_altered", {**place, "chain": chain, "stands": _value(stands)}
            continue
        digest = fields.get(HASHED + name)
        if digest is None:
            # A column younger than the row's last event was empty then.
            if name in of.personal and stands not in _EMPTY:
                yield "office_row_altered", {**place, "chain": _NOTHING, "stands": _value(stands)}
            continue
        if digest == hidden(salt, of.name, key, name, stands):
            continue
        was_empty = any(digest == hidden(salt, of.name, key, name, empty) for empty in _EMPTY)
        if name in of.secret:
            yield f"office_secret_{'added' if was_empty else 'replaced' if stands else 'removed'}", place
        else:
            chain = _NOTHING if was_empty else f"#{digest}"
            yield "office_row_altered", {**place, "chain": chain, "stands": _value(stands)}


def _uncovered(connection: Connection) -> tuple[VouchedTable, ...]:
    """Return the tables without a baseline."""
    baselines = connection.execute(select(ACT.c.payload).where(ACT.c.kind == BASELINE)).scalars()
    covered = {name for text in baselines for name in read_payload(text).get("tables", ())}
    return tuple(table for table in VOUCHED if table.name not in covered)


def _write_baseline(
    connection: Connection,
    tables: Sequence[VouchedTable],
    *,
    by: str,
    ground: str,
    differences: Sequence[Difference],
    now: datetime,
) -> None:
    """Append a baseline of these tables, in the caller's own transaction, which holds the chain."""

    def event(kind: str, payload: Mapping[str, object]) -> OfficeEvent:
        return OfficeEvent(kind=kind, name="", on=None, by=by, now=now, payload=payload)

    places = ("table", "key", "field")
    accepted = [
        [code, *(arguments[name] for name in places if name in arguments)] for code, arguments in differences
    ]
    first_event = event(
        BASELINE, {"tables": [table.name for table in tables], "ground": ground, "accepted": accepted}
    )
    rows = (row for of in tables for row in _current_rows(connection, of, now))
    parts = [event(BASELINE_ROWS, {ROWS: chunk}) for chunk in chunks(rows, _AT_ONCE)]
    append_events(connection, [first_event, *parts])


def _current_rows(connection: Connection, of: VouchedTable, now: datetime) -> Iterator[Row]:
    """Yield the current rows of a table in the format of events, without expired ones."""
    rows = [dict(record._mapping) for record in connection.execute(of.select())]
    changes = [of.added(row) for row in rows if not of.expires or row[of.expires] > now]
    salts = make_salts(connection, of, [change.key for change in changes]) if of.hashed else {}
    return (encode(change, salts.get(change.key, "")) for change in changes)


def _is_unnamed(expected: ExpectedRows, of: VouchedTable, key: Key, row: Mapping[str, Any]) -> bool:
    """Return whether an older version wrote the row, or may have, without naming it in its event."""
    if not expected.unnamed:
        return False
    names = {key[0], str(row.get(_OWNER.get(of.name, ""), key[0]))}
    return any((of.name, name) in expected.unnamed for name in names)


def _place(of: VouchedTable, key: Key) -> dict[str, object]:
    return {"table": of.name, "key": " / ".join(key)}


def _shown(of: VouchedTable, row: Mapping[str, Any]) -> str:
    """Return the non-secret columns of a row, for people to read."""
    return _listed({name: plain(row[name]) for name in (*of.open, *of.personal)})


def _listed(fields: Mapping[str, object]) -> str:
    shown_fields = {name: value for name, value in fields.items() if not name.startswith(HASHED)}
    return ", ".join(f"{name} = {_value(value)}" for name, value in shown_fields.items())


def _value(value: object) -> str:
    if value in _EMPTY:
        return _NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
