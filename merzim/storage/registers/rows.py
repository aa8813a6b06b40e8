"""Writes register rows: their events, and the head that lists are read from.

Each row has a stream of its own, whose seq detects concurrent changes, so that many people can write rows at
once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.database.dialect import execute_for_names, in_names, insert_many, is_sqlite, read_for_names
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.events import CLIENT, HASHES, ROW
from merzim.storage.rows import columns_of, read_as
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.registers import CAMPAIGN_PERSON, REGISTER_ROW
from workflow.moments import Moment
from workflow.ports import Contradiction
from workflow.registers.rows import Projection, RegisterRow, RowEvent, RowEventKind, fold

_ADVISORY = 0x4D6572  # "Mer": with the register's own number, one who adds to it at a time on PostgreSQL
_YEAR = 10**7
"""Maximum rows of a register in a year: a row's number is made of its year and a running number."""
_EVENTS_OF = EVENT.select().where(in_names(EVENT.c.stream)).order_by(EVENT.c.stream, EVENT.c.seq)
_ROWS_OF = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))


UniqueKeys = Mapping[tuple[str, ...], tuple[str, ...]]
"""Unique combinations of fields -> the keys of a row's values."""


class NotUnique(Exception):
    """Another row visible to the writer has the same values of unique fields; nothing was written.

    `position`: index of the row among those written.
    """

    def __init__(self, position: int, fields: tuple[str, ...]) -> None:
        super().__init__(position, fields)
        self.position, self.fields = position, fields


@dataclass(frozen=True, kw_only=True, slots=True)
class RowWrite:
    """A change of a row: its event, and the row after it.

    Attributes:
        before: the row as read; None for a new one.
        payload: data of the event other than values.
        values: the changed ones; None for an emptied field.
        private: fields whose values may be erased, and stand beside the event.
        erased: fields whose values and salts are erased.
        unique: keys that no other visible row may have.
    """

    kind: RowEventKind
    after: RegisterRow
    projection: Projection
    before: RegisterRow | None = None
    payload: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    erased: tuple[str, ...] = ()
    unique: UniqueKeys = field(default_factory=dict)


class SqlRegisterRows:
    """Repository of register rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, ids: Collection[str]) -> Mapping[str, RegisterRow]:
        """Return these rows by id, folded from their events; unknown ids are left out."""
        with reading(self._engine) as session:
            return rows(session, ids)

    def events(self, row: str) -> Sequence[RowEvent]:
        """Return the events of a row in order; none for an unknown one."""
        return [event(record) for record in read_for_names(self._engine, _EVENTS_OF, [f"{ROW}{row}"])]

    def same(
        self, register: str, unique: Sequence[UniqueKeys], seen_units: Collection[str] | None
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return position and fields of every unique key that another of these rows, or a visible one, has."""
        with reading(self._engine) as session:
            clashes = _clashes(session, register, unique, seen_units)
            return sorted((clash.position, clash.fields) for clash in clashes)

    def add(
        self,
        register: str,
        writes: Sequence[RowWrite],
        *,
        seen_units: Collection[str] | None = None,
        at: Moment,
    ) -> Sequence[str]:
        """Write new rows in one transaction, all or none; return their ids.

        Args:
            seen_units: units whose rows are visible to the writer; None for all.

        Raises:
            NotUnique: another visible row has one of their unique keys.
            StorageUnavailable: the database cannot be written.
        """
        year = at.today.year
        with writing(self._engine) as session:
            _hold(session, register)
            _refuse_same(session, register, [write.unique for write in writes], seen_units)
            last = session.execute(
                select(func.max(REGISTER_ROW.c.number)).where(
                    REGISTER_ROW.c.register_id == register, REGISTER_ROW.c.number < (year + 1) * _YEAR
                )
            ).scalar()
            first = max(int(last or 0), year * _YEAR) + 1
            numbers = range(first, first + len(writes))
            ids = [f"{register}-{year}-{number - year * _YEAR:04d}" for number in numbers]
            _insert(session, register, list(zip(ids, numbers, writes, strict=True)), at)
        return ids

    def change(self, write: RowWrite, *, seen_units: Collection[str] | None = None, at: Moment) -> None:
        """Append the event of a change to its row, and change what lists and campaigns have of the row.

        The values of `write.erased` are erased from all its events.

        Raises:
            Contradiction: another user wrote it since it was read.
            NotUnique: another visible row has one of its unique keys.
            StorageUnavailable: the database cannot be written.
        """
        before, after = write.before, write.after
        if before is None:
            raise ValueError("a row that is changed is there")
        is_edit = write.kind != "opened"
        try:
            with writing(self._engine) as session:
                if write.unique:
                    _hold(session, before.register)
                    _refuse_same(session, before.register, [write.unique], seen_units, but=before.id)
                as_read = (REGISTER_ROW.c.id == before.id, REGISTER_ROW.c.seq == before.seq)
                head = session.execute(select(REGISTER_ROW.c.head).where(*as_read)).one_or_none()
                if head is None:
                    raise Contradiction("register.row_changed", row=before.id)
                stream = f"{ROW}{before.id}"
                drafts = [_draft(before.id, write, at)]
                [entry] = events.chained(stream, drafts, after=before.seq, previous=head.head)
                events.insert(session, [entry])
                values = {
                    "version": after.version,
                    "opened_case": after.opened_case,
                    "seq": before.seq + 1,
                    "head": entry["hash"],
                    "withdrawn": after.withdrawn,
                    **({"edited_at": at.now, "edited_by": at.by} if is_edit else {}),
                    **columns_of(REGISTER_ROW, write.projection),
                }
                step = REGISTER_ROW.update().where(*as_read).values(**values)
                if session.exec(step, execution_options={"preserve_rowcount": True}).rowcount != 1:
                    raise Contradiction("register.row_changed", row=before.id)
                if write.erased:
                    events.erase(session, EVENT.c.stream == stream, write.erased)
                _follow_in_campaign(session, write)
        except IntegrityError:
            raise Contradiction("register.row_changed", row=before.id) from None


def _follow_in_campaign(session: Session, write: RowWrite) -> None:
    """Update the campaign a changed row answers: await the answer again if the row was withdrawn, and anonymise
    the person if the row's naming of them was erased.
    """
    answers = CAMPAIGN_PERSON.c.answer
    mine = (answers != "") & (answers == write.after.id)
    if write.kind == "withdrawn":
        session.execute(CAMPAIGN_PERSON.update().where(mine).values(answer="", answered_at=None, refused=False))
    erased = {str(write.before.values.get(name)) for name in write.erased} if write.before else set()
    for record in session.execute(CAMPAIGN_PERSON.select().where(mine)).all() if erased else ():
        if record.person in erased:
            step = CAMPAIGN_PERSON.update().where(
                CAMPAIGN_PERSON.c.campaign == record.campaign, CAMPAIGN_PERSON.c.person == record.person
            )
            session.execute(step.values(person=f"erased-{record.number}", name="", post=""))


def rows(session: Session, ids: Collection[str]) -> Mapping[str, RegisterRow]:
    """Return these rows as their events make them, by id; unknown ids are left out."""
    records = execute_for_names(session, _EVENTS_OF, [f"{ROW}{name}" for name in sorted(ids)])
    chains = groupby(map(event, records), key=attrgetter("row"))
    return {name: fold(chain) for name, chain in chains}


def event(record: Row_) -> RowEvent:
    """Return an event of a row, the private values among its values."""
    payload = json.loads(record.payload)
    hashes = {name: digest for name, digest in payload.pop(HASHES, {}).items() if name != CLIENT}
    if hashes:
        stored = events.private_values(record)
        payload["values"] = {**payload.get("values", {}), **{name: stored.get(name) for name in hashes}}
        payload[HASHES] = hashes
    return read_as(RowEvent, record, row=record.stream.removeprefix(ROW), payload=payload)


def _insert(
    session: Session,
    register: str,
    writes: Sequence[tuple[str, int, RowWrite]],
    at: Moment,
) -> None:
    """Write the first events of new rows and their heads, each table by one statement."""
    entries, new_heads = [], []
    for row, number, write in writes:
        [entry] = events.chained(f"{ROW}{row}", [_draft(row, write, at)], after=0, previous="")
        entries.append(entry)
        listed = columns_of(REGISTER_ROW, write.projection, search=f"{row} {write.projection.search}".strip())
        keys = {"id": row, "register_id": register, "number": number, "head": entry["hash"]}
        new_heads.append(columns_of(REGISTER_ROW, write.after, **keys, **listed))
    events.insert(session, entries)
    insert_many(session, REGISTER_ROW, new_heads)


def _draft(row: str, write: RowWrite, at: Moment) -> events.Draft:
    """Return the event of a write, its private values apart from the payload."""
    payload = dict(write.payload)
    if values := {name: value for name, value in write.values.items() if name not in write.private}:
        payload["values"] = values
    if write.erased:
        payload["erased"] = sorted(write.erased)
    return events.Draft(
        topic="register",
        kind=write.kind,
        name=row,
        at=at.now,
        by=at.by,
        payload=payload,
        private={name: value for name, value in write.values.items() if name in write.private},
    )


def _hold(session: Session, register: str) -> None:
    """Allow one writer at a time to assign numbers in a register; SQLite has one writer anyway."""
    if not is_sqlite(session):
        number = int.from_bytes(sha256(register.encode()).digest()[:4], signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": _ADVISORY, "b": number})


def _refuse_same(
    session: Session,
    register: str,
    unique: Sequence[UniqueKeys],
    seen_units: Collection[str] | None,
    *,
    but: str = "",
) -> None:
    """Raise NotUnique for a key that another row has, among these rows or the visible stored ones."""
    for clash in _clashes(session, register, unique, seen_units, but=but):
        raise clash


def _clashes(
    session: Session,
    register: str,
    unique: Sequence[UniqueKeys],
    seen_units: Collection[str] | None,
    *,
    but: str = "",
) -> Iterator[NotUnique]:
    """Yield an error for each key that another of these rows, or a visible stored one, has."""
    places: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    for position, keys in enumerate(unique):
        for names, key in keys.items():
            earlier = places.setdefault(names, {}).setdefault(key, position)
            if earlier != position:
                yield NotUnique(position, names)
    for names, positions in places.items():
        cells = [REGISTER_ROW.c.cells[name].as_string() for name in names]
        query = select(REGISTER_ROW.c.id, REGISTER_ROW.c.unit, *cells).where(
            REGISTER_ROW.c.register_id == register, in_names(cells[0])
        )
        first_keys = sorted({position[0] for position in positions})
        for row, unit, *cell_keys in execute_for_names(session, query, first_keys):
            at = positions.get(tuple(cell_keys))
            if at is not None and row != but and (seen_units is None or unit in seen_units):
                yield NotUnique(at, names)


def heads(session: Session, ids: Iterable[str]) -> Iterator[Row_]:
    yield from execute_for_names(session, _ROWS_OF, sorted(ids))
