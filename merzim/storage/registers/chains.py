"""Writes register rows: their events, the head, and the index entries for lists.

Each row has a stream of its own, whose seq detects concurrent changes, so that many people can write rows at
once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import groupby, takewhile
from operator import attrgetter

from sqlalchemy import Connection, Engine, Select, and_, func, select, text
from sqlalchemy.exc import IntegrityError

from merzim.storage import events
from merzim.storage.database.dialect import execute_for_names, in_names, insert_many
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.events import CLIENT, HASHES, ROW
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.registers import (
    CAMPAIGN_PERSON,
    REGISTER_CELL,
    REGISTER_ROW,
)
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.rows import EventKind, Projection, RegisterRow, RowEvent, fold

_ADVISORY = 0x4D6572  # "Mer": with the register's own number, one who adds to it at a time on PostgreSQL
_YEAR = 10**7
"""Maximum rows of a register in a year: a row's number is made of its year and a running number."""
_EVENTS_OF = EVENT.select().where(in_names(EVENT.c.stream)).order_by(EVENT.c.stream, EVENT.c.seq)
_CELL_COLUMNS = ("row", "field", "key", "register_id")
_ROWS_OF = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))


UniqueKeys = Mapping[tuple[str, ...], tuple[str, ...]]
"""Unique combinations of fields -> the keys of a row's values."""


class RowChanged(Contradiction):
    """Another user wrote the row since it was read; nothing was written."""


class NotUnique(Refusal, ValueError):
    """Another row visible to the writer has the same values of unique fields; nothing was written.

    `position`: index of the row among those written.
    """

    def __init__(self, position: int, fields: tuple[str, ...], row: str) -> None:
        code = "register.not_unique" if len(fields) == 1 else "register.not_unique_together"
        super().__init__(code, field=fields[0], fields=fields, row=row)
        self.position, self.fields, self.row = position, fields, row


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDraft:
    """An event before it is written.

    Attributes:
        payload: data of the event other than values.
        values: None for an emptied field.
        private: values that may be erased; None for an emptied field.
        erased: fields whose values and salts are erased.
    """

    kind: EventKind
    payload: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    private: Mapping[str, object] = field(default_factory=dict)
    erased: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowWrite:
    """A change of a row. `before`: the row as read, None for a new one; `after`: its new state."""

    draft: RowDraft
    before: RegisterRow | None
    after: RegisterRow
    projection: Projection


class SqlRegisterRows:
    """Repository of register rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, ids: Collection[str]) -> Mapping[str, RegisterRow]:
        """Return these rows by id, computed from their events."""
        with reading(self._engine) as connection:
            return rows(connection, ids)

    def events(self, row: str) -> Sequence[RowEvent]:
        """Return the events of a row in order."""
        with reading(self._engine) as connection:
            return [event(record) for record in execute_for_names(connection, _EVENTS_OF, [f"{ROW}{row}"])]

    def first_events(self, ids: Collection[str]) -> Mapping[str, RowEvent]:
        """Return the first event of each of these rows, by id."""
        with reading(self._engine) as connection:
            first: Select[tuple[object, ...]] = _EVENTS_OF.where(EVENT.c.seq == 1)
            events = map(event, execute_for_names(connection, first, _streams(ids)))
            return {event.row: event for event in events}

    def added_beside(self, answers: Collection[str], limit: int) -> Mapping[str, Sequence[str]]:
        """Return by the row of an answer to a campaign the rows it added beside its own (a spouse's), which
        follow it by number. `limit`: how many an answer can add.
        """
        following = {answer: _next_ids(answer, limit) for answer in answers} if limit else {}
        first = self.first_events([row_id for answer, ids in following.items() for row_id in (answer, *ids)])

        def is_beside(id: str, campaign: object) -> bool:
            return id in first and first[id].payload.get("beside_campaign") == campaign

        return {
            answer: list(takewhile(partial(is_beside, campaign=first[answer].payload["campaign"]), ids))
            for answer, ids in following.items()
            if answer in first and "campaign" in first[answer].payload
        }

    def same(
        self,
        register: str,
        unique: Sequence[UniqueKeys],
        seen_units: Collection[str] | None,
        *,
        but: str = "",
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return position and fields of every unique key that another of these rows or a stored row has, except
        row `but`.
        """
        with reading(self._engine) as connection:
            clashes = _same(connection, register, unique, seen_units, but=but)
            return sorted((clash.position, clash.fields) for clash in clashes)

    def add(
        self,
        register: str,
        writes: Sequence[RowWrite],
        *,
        unique: Sequence[UniqueKeys] = (),
        seen_units: Collection[str] | None = None,
        by: str,
        now: datetime,
        year: int,
        also: Callable[[Connection, Sequence[str]], None] = lambda _connection, _ids: None,
    ) -> Sequence[str]:
        """Write new rows in one transaction, all or none; return their ids.

        Args:
            unique: for each row, the keys of its unique fields.
            seen_units: units whose rows are visible to the writer; None for all.
            also: function called with the ids inside the transaction; an exception rolls the rows back.

        Raises:
            NotUnique: another visible row has one of these keys.
            StorageUnavailable: the database cannot be written.
        """
        with writing(self._engine) as connection:
            _hold(connection, register)
            _refuse_same(connection, register, unique, seen_units)
            last = connection.execute(
                select(func.max(REGISTER_ROW.c.number)).where(
                    REGISTER_ROW.c.register_id == register, REGISTER_ROW.c.number < (year + 1) * _YEAR
                )
            ).scalar()
            first = max(int(last or 0), year * _YEAR) + 1
            numbers = range(first, first + len(writes))
            ids = [f"{register}-{year}-{number - year * _YEAR:04d}" for number in numbers]
            _insert(connection, register, list(zip(ids, numbers, writes, strict=True)), by, now)
            also(connection, ids)
        return ids

    def change(
        self,
        write: RowWrite,
        *,
        unique: UniqueKeys | None = None,
        seen_units: Collection[str] | None = None,
        by: str,
        now: datetime,
    ) -> None:
        """Append an event to a row.

        Raises:
            RowChanged: another user wrote it since it was read.
            NotUnique: another visible row has one of these keys.
            StorageUnavailable: the database cannot be written.
        """
        before, after = write.before, write.after
        if before is None:
            raise ValueError("a row that is changed is there")
        try:
            with writing(self._engine) as connection:
                if unique:
                    _hold(connection, before.register)
                    _refuse_same(connection, before.register, [unique], seen_units, but=before.id)
                seq = before.seq + 1
                head = connection.execute(
                    select(REGISTER_ROW.c.head).where(
                        REGISTER_ROW.c.id == before.id, REGISTER_ROW.c.seq == before.seq
                    )
                ).one_or_none()
                if head is None:
                    raise RowChanged("register.row_changed", row=before.id)
                draft = _draft(before.register, before.id, write, by, now)
                stream = f"{ROW}{before.id}"
                [entry] = events.chained(stream, [draft], after=before.seq, previous=head.head)
                events.insert(connection, [entry])
                update_result = connection.execute(
                    REGISTER_ROW.update()
                    .where(REGISTER_ROW.c.id == before.id, REGISTER_ROW.c.seq == before.seq)
                    .values(
                        version=after.version,
                        opened_case=after.opened_case,
                        seq=seq,
                        head=entry["hash"],
                        withdrawn=after.withdrawn,
                        edited_at=now if write.draft.kind != "opened" else before.edited_at,
                        edited_by=by if write.draft.kind != "opened" else before.edited_by,
                        shown=dict(write.projection.values),
                        search=write.projection.search,
                    ),
                    execution_options={"preserve_rowcount": True},
                )
                if update_result.rowcount != 1:
                    raise RowChanged("register.row_changed", row=before.id)
                if write.draft.erased:
                    events.erase(connection, EVENT.c.stream == stream, write.draft.erased)
                write_cells(connection, {before.id: (before.register, write.projection)})
                _follow_in_campaign(connection, write)
        except IntegrityError:
            raise RowChanged("register.row_changed", row=before.id) from None


def _follow_in_campaign(connection: Connection, write: RowWrite) -> None:
    """Update the campaign of a changed row: await the answer again if the row was withdrawn, and remove the
    person if erased.
    """
    answers = CAMPAIGN_PERSON.c.answer
    mine = (answers != "") & (answers == write.after.id)
    if write.draft.kind == "withdrawn":
        connection.execute(
            CAMPAIGN_PERSON.update().where(mine).values(answer="", answered_at=None, refused=False)
        )
    erased = {str(write.before.values.get(name)) for name in write.draft.erased} if write.before else set()
    for record in connection.execute(CAMPAIGN_PERSON.select().where(mine)).all() if erased else ():
        if record.person in erased:
            step = CAMPAIGN_PERSON.update().where(
                CAMPAIGN_PERSON.c.campaign == record.campaign, CAMPAIGN_PERSON.c.person == record.person
            )
            connection.execute(step.values(person=f"erased-{record.number}", name="", post=""))


def rows(connection: Connection, ids: Collection[str]) -> Mapping[str, RegisterRow]:
    """Return these rows by id, computed from their events."""
    records = execute_for_names(connection, _EVENTS_OF, _streams(ids))
    chains = groupby(map(event, records), key=attrgetter("row"))
    return {name: fold(chain) for name, chain in chains}


def _streams(ids: Iterable[str]) -> list[str]:
    return [f"{ROW}{name}" for name in sorted(ids)]


def event(record: Row_) -> RowEvent:
    """Return an event of a row, the private values among its values."""
    payload = json.loads(record.payload)
    hashes = {name: digest for name, digest in payload.pop(HASHES, {}).items() if name != CLIENT}
    if hashes:
        stored = events.private_values(record)
        payload["values"] = {**payload.get("values", {}), **{name: stored.get(name) for name in hashes}}
        payload[HASHES] = hashes
    return RowEvent(
        row=record.stream.removeprefix(ROW),
        seq=record.seq,
        kind=record.kind,
        at=record.at,
        by=record.by,
        payload=payload,
    )


def write_cells(connection: Connection, projections: Mapping[str, tuple[str, Projection]]) -> None:
    """Rewrite the cells of rows; unchanged cells are left alone."""
    cells = {
        (row, name, key, register)
        for row, (register, projection) in projections.items()
        for name, key in projection.cells
    }
    query = REGISTER_CELL.select().where(in_names(REGISTER_CELL.c.row))
    stored_cells = {
        (cell.row, cell.field, cell.key, cell.register_id)
        for cell in execute_for_names(connection, query, sorted(projections))
    }
    for row, name, key, _ in sorted(stored_cells - cells):
        connection.execute(
            REGISTER_CELL.delete().where(
                REGISTER_CELL.c.row == row, REGISTER_CELL.c.field == name, REGISTER_CELL.c.key == key
            )
        )
    _insert_cells(connection, sorted(cells - stored_cells))


def _insert_cells(connection: Connection, cells: Iterable[Sequence[str]]) -> None:
    lines = [dict(zip(_CELL_COLUMNS, cell, strict=True)) for cell in cells]
    insert_many(connection, REGISTER_CELL, lines)


def _insert(
    connection: Connection,
    register: str,
    writes: Sequence[tuple[str, int, RowWrite]],
    by: str,
    now: datetime,
) -> None:
    """Write the first events of new rows, their values, heads and cells, each table by one statement."""
    entries, heads, cells = [], [], []
    for row, number, write in writes:
        draft = _draft(register, row, write, by, now)
        [entry] = events.chained(f"{ROW}{row}", [draft], after=0, previous="")
        after, projection = write.after, write.projection
        entries.append(entry)
        heads.append(
            {
                "id": row,
                "register_id": register,
                "number": number,
                "version": after.version,
                "unit": after.unit,
                "case": after.case,
                "opened_case": after.opened_case,
                "seq": 1,
                "head": entry["hash"],
                "withdrawn": False,
                "created_at": now,
                "created_by": by,
                "edited_at": now,
                "edited_by": by,
                "shown": dict(projection.values),
                "search": f"{row} {projection.search}".strip(),
            }
        )
        cells += [(row, name, key, register) for name, key in projection.cells]
    events.insert(connection, entries)
    insert_many(connection, REGISTER_ROW, heads)
    _insert_cells(connection, [*dict.fromkeys(cells)])


def _draft(register: str, row: str, write: RowWrite, by: str, now: datetime) -> events.Draft:
    """Return the event of a change of a row."""
    draft = write.draft
    payload = dict(draft.payload)
    if draft.values:
        payload["values"] = dict(draft.values)
    if draft.erased:
        payload["erased"] = sorted(draft.erased)
    return events.Draft(
        topic="register",
        kind=draft.kind,
        name=row,
        case=write.after.case,
        at=now,
        by=by,
        payload=payload,
        private=draft.private,
    )


def _hold(connection: Connection, register: str) -> None:
    """Allow one writer at a time to assign numbers in a register; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(sha256(register.encode()).digest()[:4], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": _ADVISORY, "b": number})


def _next_ids(row: str, count: int) -> Sequence[str]:
    """Return the ids that follow a row's."""
    beginning, _, number = row.rpartition("-")
    return [f"{beginning}-{int(number) + step:04d}" for step in range(1, count + 1)]


def _refuse_same(
    connection: Connection,
    register: str,
    unique: Sequence[UniqueKeys],
    seen_units: Collection[str] | None,
    *,
    but: str = "",
) -> None:
    """Raise NotUnique for a key that another row has, among these rows or the visible stored ones."""
    for clash in _same(connection, register, unique, seen_units, but=but):
        raise clash


def _same(
    connection: Connection,
    register: str,
    unique: Sequence[UniqueKeys],
    seen_units: Collection[str] | None,
    *,
    but: str = "",
) -> Iterator[NotUnique]:
    """Yield an error for each key that another row has."""
    places: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    for position, keys in enumerate(unique):
        for names, key in keys.items():
            earlier = places.setdefault(names, {}).setdefault(key, position)
            if earlier != position:
                yield NotUnique(position, names, "")
    for names, positions in places.items():
        first, *other_cells = cells = [REGISTER_CELL.alias() for _ in names]
        query = (
            select(first.c.row, REGISTER_ROW.c.unit, *(cell.c.key for cell in cells))
            .join(REGISTER_ROW, REGISTER_ROW.c.id == first.c.row)
            .where(first.c.register_id == register, first.c.field == names[0], in_names(first.c.key))
        )
        for name, cell in zip(names[1:], other_cells, strict=True):
            query = query.join(cell, and_(cell.c.row == first.c.row, cell.c.field == name))
        for row, unit, *cell_keys in execute_for_names(
            connection, query, sorted({position[0] for position in positions})
        ):
            at = positions.get(tuple(cell_keys))
            if at is not None and row != but and (seen_units is None or unit in seen_units):
                yield NotUnique(at, names, row)


def heads(connection: Connection, ids: Collection[str]) -> Iterator[Row_]:
    """Yield the stored heads of these rows."""
    yield from execute_for_names(connection, _ROWS_OF, sorted(ids))


def private_of(engine: Engine, ids: Collection[str]) -> Mapping[str, Mapping[str, object]]:
    """Return the private values of these rows, by row."""
    with reading(engine) as connection:
        return {
            name: {field: row.values[field] for field in row.hashes if field in row.values}
            for name, row in rows(connection, ids).items()
        }
