"""Converts board rows, cases, events and notices to table rows and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Table, and_, select

from merzim.storage.database import Row_
from merzim.storage.events import HASHES
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT, OF_CASES
from notifications.dispatch import InboxLine
from notifications.notice import Notice
from workflow.cases.case import Case, Event, fold
from workflow.deadlines.deadline import Row

Values = dict[str, Any]
T = TypeVar("T")


def read_as(kind: type[T], record: object, /, **values: object) -> T:
    """Return a value with the attributes of a record as its fields of the same names; `values`: the others."""
    names = [field.name for field in fields(kind) if field.name not in values]  # type: ignore[arg-type]
    return kind(**{name: getattr(record, name) for name in names if hasattr(record, name)}, **values)


def columns_of(table: Table, value: object, /, **others: object) -> Values:
    """Return the row of a value: its attributes named like columns; `others`: those it says in another form."""
    names = [column.name for column in table.c if column.name not in others and hasattr(value, column.name)]
    return {**{name: getattr(value, name) for name in names}, **others}


ROW_COLUMNS: tuple[str, ...] = Row._fields
"""The columns of the board's table, in its order: a row is the tuple of their values."""
_HEAD = (
    *("id", "procedure", "edition", "digest", "unit", "object", "object_kk", "object_ru"),
    *("status", "ground", "opened_at", "confidential", "seq", "head"),
)
HEAD = [CASE.c[name] for name in _HEAD]
"""The columns of a case's head."""
EVENT_COLUMNS = [EVENT.c[name] for name in ("case", "seq", "kind", "name", "on", "at", "by", "payload", "hash")]
"""The columns of an event of a case."""
EVENTS_IN_ORDER = select(*EVENT_COLUMNS).where(OF_CASES).order_by(EVENT.c.case, EVENT.c.seq)


_OF_INBOX = {name: INBOX.c[name].label(f"inbox_{name}") for name in ("person", "kind", "read_at")}
INBOX_LINES = (
    select(*EVENT_COLUMNS, *_OF_INBOX.values(), CASE.c.confidential)
    .join(INBOX, and_(OF_CASES, EVENT.c.case == INBOX.c.case, EVENT.c.seq == INBOX.c.seq))
    .join(CASE, CASE.c.id == INBOX.c.case)
)
"""The events of cases that concern people, each with whom, and whether they read it."""


def row(record: Iterable[Any]) -> Row:
    return Row._make(record)


def rows_by_case(records: Iterable[Sequence[Any]]) -> dict[str, list[Row]]:
    case_rows: dict[str, list[Row]] = {}
    for record in records:
        case_rows.setdefault(record[0], []).append(row(record))
    return case_rows


def to_notice(record: Row_) -> Notice:
    """Return a notice with its delivery record; one that belongs to no case has the case ""."""
    return Notice(**{**record._mapping, "case": record.case or ""})


def event(record: Sequence[Any]) -> Event:
    """Return an event of a case, without digests of private values, from the columns EVENT_COLUMNS."""
    case, seq, kind, name, on, at, by, payload, hash_ = record
    content = json.loads(payload)
    content.pop(HASHES, None)
    return Event(
        case=case,
        seq=seq,
        kind=kind,
        name=name,
        on=on,
        at=at,
        by=by,
        payload=content,
        hash=hash_,
    )


def inbox_line(record: Row_) -> InboxLine:
    """Return an entry of somebody's inbox from a record of INBOX_LINES."""
    return InboxLine(
        person=record.inbox_person,
        kind=record.inbox_kind,
        event=event(record[: len(EVENT_COLUMNS)]),
        confidential=record.confidential,
        read_at=record.inbox_read_at,
    )


def head(record: Iterable[Any]) -> Case:
    """Return a case without its facts and plan dates, from a table row that begins with the columns HEAD."""
    return Case(**dict(zip(_HEAD, record, strict=False)))


def folded(records: Iterable[Sequence[Any]]) -> Iterator[Case]:
    """Yield cases computed from events that come in the order of case and seq."""
    for _, chain in groupby(records, key=itemgetter(0)):
        yield fold(event(record) for record in chain)


def by_id(cases: Iterable[Case]) -> Mapping[str, Case]:
    return {case.id: case for case in cases}
