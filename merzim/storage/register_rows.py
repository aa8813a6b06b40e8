"""Writes register rows: their events, and the heads that lists are read from.

Each row has a stream of its own, whose seq detects concurrent changes, so that many people can write rows at
once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import Engine, String, cast, func, literal, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.database import (
    Row_,
    execute_for_names,
    in_names,
    insert_many,
    is_sqlite,
    read_for_names,
    reading,
    writing,
)
from merzim.storage.events import CLIENT, HASHES, ROW
from merzim.storage.rows import columns_of, read_as
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.registers import CAMPAIGN_PERSON, REGISTER_ROW
from workflow.org.office import Office
from workflow.ports import Contradiction
from workflow.registers.definition import Register
from workflow.registers.rows import RegisterRow, RowEvent, next_row, project, sort_key
from workflow.registers.values import InvalidRow, ValueProblem, Values, is_filled

_ADVISORY = 0x4D6572  # "Mer": with the register's own number, one who adds to it at a time on PostgreSQL
_YEAR = 10**7
"""Maximum rows of a register in a year: a row's number is made of its year and a running number."""
_EVENTS_OF = EVENT.select().where(in_names(EVENT.c.stream)).order_by(EVENT.c.stream, EVENT.c.seq)

Change: TypeAlias = "tuple[RegisterRow | None, RowEvent]"
"""A row as it was read (None for a new one), and the event that changes it."""


def stored_rows(engine: Engine, ids: Collection[str]) -> dict[str, RegisterRow]:
    """Return these rows as their events make them, by id; unknown ids are left out."""
    found: dict[str, RegisterRow] = {}
    for record in read_for_names(engine, _EVENTS_OF, [f"{ROW}{name}" for name in sorted(ids)]):
        row_event = _event(record)
        found[row_event.row] = next_row(found.get(row_event.row), row_event)
    return found


def events_of(engine: Engine, row: str) -> Sequence[RowEvent]:
    """Return the events of a row in order; none for an unknown one."""
    return [_event(record) for record in read_for_names(engine, _EVENTS_OF, [f"{ROW}{row}"])]


def next_ids(engine: Engine, register: str, count: int, year: int) -> list[str]:
    """Return ids for new rows of a register, which stay free until the transaction around this ends."""
    with writing(engine) as session:
        _hold(session, register)
        of_year = REGISTER_ROW.c.number < (year + 1) * _YEAR
        newest = select(func.max(REGISTER_ROW.c.number)).where(REGISTER_ROW.c.register_id == register, of_year)
        last = max(int(session.execute(newest).scalar() or 0) - year * _YEAR, 0)
    return [f"{register}-{year}-{number:04d}" for number in range(last + 1, last + 1 + count)]


def repeated(
    engine: Engine, register: Register, rows: Sequence[Values], seen_units: Collection[str] | None
) -> list[tuple[int, ValueProblem]]:
    """Return the position of each new row with values that must be unique but are not, and the problem.
    `seen_units`: units whose rows are visible to the writer; None for all.
    """
    with reading(engine) as session:
        found = _repeated(session, register, [("", values, values) for values in rows], seen_units)
        return sorted(found, key=lambda place: place[0])


def write(
    engine: Engine,
    register: Register,
    office: Office,
    changes: Sequence[Change],
    *,
    seen_units: Collection[str] | None,
    unique: bool = True,
) -> list[RegisterRow]:
    """Write events of rows, and what lists and campaigns have of them, all or none; return the rows after them.

    Values an event erases are erased from all events of the row. `seen_units`: units whose rows are visible to
    the writer; None for all. `unique`: whether a row is refused whose unique fields have the same values as
    another visible one's. Raises InvalidRow: such a row; Contradiction: another user wrote a row since it was
    read; StorageUnavailable: the database cannot be written.
    """
    after = [next_row(*change) for change in changes]
    try:
        with writing(engine) as session:
            if unique and register.unique:
                _hold(session, register.id)
                changed = [
                    (row.id, row.values, row_event.payload.get("values", ()))
                    for row, (_, row_event) in zip(after, changes, strict=True)
                ]
                for _, problem in _repeated(session, register, changed, seen_units):
                    raise InvalidRow(register.fields, (problem,))
            entries = [_entry(session, register, *change) for change in changes]
            events.insert(session, entries)
            new = list[dict[str, Any]]()
            for (before, row_event), row, entry in zip(changes, after, entries, strict=True):
                head = columns_of(REGISTER_ROW, row, head=entry["hash"])
                head |= columns_of(REGISTER_ROW, project(register, row, office))
                if before is None:
                    new.append({**head, "register_id": register.id, "number": _number(row.id)})
                    continue
                session.execute(REGISTER_ROW.update().where(REGISTER_ROW.c.id == row.id).values(**head))
                if row_event.kind == "erased":
                    events.erase(session, EVENT.c.stream == f"{ROW}{row.id}", row_event.payload["erased"])
                _follow_in_campaign(session, before, row_event)
            insert_many(session, REGISTER_ROW, new)
    except IntegrityError:
        raise Contradiction("register.row_changed", row=after[0].id) from None
    return after


def _event(record: Row_) -> RowEvent:
    """Return an event of a row, the private values among its values."""
    payload = json.loads(record.payload)
    hashes = {name: digest for name, digest in payload.pop(HASHES, {}).items() if name != CLIENT}
    if hashes:
        stored = events.private_values(record)
        payload["values"] = {**payload.get("values", {}), **{name: stored.get(name) for name in hashes}}
        payload[HASHES] = hashes
    return read_as(RowEvent, record, row=record.stream.removeprefix(ROW), payload=payload)


def _entry(
    session: Session, register: Register, before: RegisterRow | None, row_event: RowEvent
) -> events.Values:
    """Return the table row of an event, private values apart from its payload. Raises Contradiction."""
    previous = ""
    if before is not None:
        as_read = (REGISTER_ROW.c.id == before.id, REGISTER_ROW.c.seq == before.seq)
        previous = session.execute(select(REGISTER_ROW.c.head).where(*as_read)).scalar() or ""
        if not previous:
            raise Contradiction("register.row_changed", row=before.id)
    values = row_event.payload.get("values", {})
    private = {name: value for name, value in values.items() if register.outside_events(name)}
    payload = {name: value for name, value in row_event.payload.items() if name != "values"}
    if public := {name: value for name, value in values.items() if name not in private}:
        payload["values"] = public
    draft = read_as(
        events.Draft, row_event, topic="register", name=row_event.row, payload=payload, private=private
    )
    [entry] = events.chained(f"{ROW}{row_event.row}", [draft], after=row_event.seq - 1, previous=previous)
    return entry


def _follow_in_campaign(session: Session, before: RegisterRow, row_event: RowEvent) -> None:
    """Update the campaign a changed row answers: await the answer again if the row was withdrawn, and anonymise
    the person if the row's naming of them was erased.
    """
    of_answer = CAMPAIGN_PERSON.c
    step = CAMPAIGN_PERSON.update().where(of_answer.answer != "", of_answer.answer == before.id)
    if row_event.kind == "withdrawn":
        session.execute(step.values(answer="", answered_at=None))
    elif row_event.kind == "erased":
        erased = {str(before.values.get(name)) for name in row_event.payload["erased"]}
        nobody = literal("erased-") + cast(of_answer.number, String)
        session.execute(step.where(of_answer.person.in_(erased)).values(person=nobody, name="", post=""))


def _number(row: str) -> int:
    """Return the number that orders a row by its id."""
    _, year, number = row.rsplit("-", 2)
    return int(year) * _YEAR + int(number)


def _hold(session: Session, register: str) -> None:
    """Allow one writer at a time to assign numbers in a register; SQLite has one writer anyway."""
    if not is_sqlite(session):
        number = int.from_bytes(sha256(register.encode()).digest()[:4], signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": _ADVISORY, "b": number})


def _repeated(
    session: Session,
    register: Register,
    rows: Sequence[tuple[str, Values, Collection[str]]],
    seen_units: Collection[str] | None,
) -> Iterator[tuple[int, ValueProblem]]:
    """Yield the position of each row that has the same values of unique fields as another of these, or as a
    visible stored one, and the problem. `rows`: id, values and changed fields of each; what did not change is
    not looked at.
    """
    for names in register.unique:
        titles = {"fields": tuple(register.fields[name].title for name in names)} if names[1:] else {}
        problem = ValueProblem(names[0], "not_unique_together" if titles else "not_unique", titles)
        places: dict[tuple[str, ...], int] = {}
        for position, (_, values, changed) in enumerate(rows):
            if all(is_filled(values.get(name)) for name in names) and not {*names}.isdisjoint(changed):
                key = tuple(sort_key(register.fields[name], values[name]) for name in names)
                if places.setdefault(key, position) != position:
                    yield position, problem
        cells = [REGISTER_ROW.c.cells[name].as_string() for name in names]
        query = select(REGISTER_ROW.c.id, REGISTER_ROW.c.unit, *cells)
        query = query.where(REGISTER_ROW.c.register_id == register.id, in_names(cells[0]))
        for id, unit, *cell_keys in execute_for_names(session, query, sorted({key[0] for key in places})):
            at = places.get(tuple(cell_keys))
            if at is not None and id != rows[at][0] and (seen_units is None or unit in seen_units):
                yield at, problem
