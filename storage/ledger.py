"""The ledger: one chain of events per case, with the board rows its last event gives.

Everything is read and computed before the write lock; the lock is held for rows only. The primary key
(case, seq), and the seq the case must still have, are the compare and swap.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, or_, select
from sqlalchemy.exc import IntegrityError

from storage import office_store, totals
from storage.batch import Batch, Before, batch
from storage.dialect import insert
from storage.engine import each, reading, writing
from storage.refusals import CaseBroken
from storage.rows import EVENTS_IN_ORDER, by_id, event, folded, row, rows_by_case
from storage.tables import CASE, COUNTER, DEADLINE, EVENT, MOVED, NOTICE, READER
from workflow.board import Row
from workflow.case import Case, Event, fold
from workflow.office import Office
from workflow.ports import Conflict, Written

CHUNK = 250
"""Cases per transaction of a bulk write: about 0.2 s of lock."""
_PAUSE = 0.01

_EVENTS = EVENTS_IN_ORDER.where(EVENT.c.case == bindparam("k_case"))
_EVENTS_OF = EVENTS_IN_ORDER.where(EVENT.c.case.in_(bindparam("k_cases", expanding=True)))
_ROWS = DEADLINE.select().where(DEADLINE.c.case == bindparam("k_case"))
_ROWS_OF = DEADLINE.select().where(DEADLINE.c.case.in_(bindparam("k_cases", expanding=True)))
_HEADS: Select[Any] = select(CASE.c.id, CASE.c.seq, CASE.c.head, CASE.c.stage, CASE.c.edition)
# The head and the rows of one case together: one query less where it counts, when a fact is recorded.
_BEFORE = (
    select(CASE.c.seq, CASE.c.head, CASE.c.stage, CASE.c.edition, *DEADLINE.c)
    .join_from(CASE, DEADLINE, DEADLINE.c.case == CASE.c.id, isouter=True)
    .where(CASE.c.id == bindparam("k_case"))
)
_HEADS_OF = _HEADS.where(CASE.c.id.in_(bindparam("k_cases", expanding=True)))
_CHANGE_CASE = CASE.update().where(CASE.c.id == bindparam("k_id"), CASE.c.seq == bindparam("k_seq"))
_CHANGE_ROW = DEADLINE.update().where(
    DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation == bindparam("k_obligation")
)
_DROP_ROW = DEADLINE.delete().where(
    DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation == bindparam("k_obligation")
)
_QUEUED = select(NOTICE.c.key, NOTICE.c.case, NOTICE.c.obligation, NOTICE.c.due).where(
    NOTICE.c.state == "queued",
    # That nobody is asked for something any more stays true whatever else changes.
    NOTICE.c.rung != "withdrawn",
    NOTICE.c.case.in_(bindparam("k_cases", expanding=True)),
)
_WITHDRAW = (
    NOTICE.update()
    .where(NOTICE.c.key == bindparam("k_key"), NOTICE.c.state == "queued")
    .values(state="withdrawn")
)
_COUNT = {"preserve_rowcount": True}


class SqlLedger:
    """`workflow.ports.Ledger` on a database.

    Args:
        officer, language: whom config.toml names where nobody else can be told, and their language.
    """

    def __init__(self, engine: Engine, *, officer: str = "", language: str = "kk") -> None:
        self._engine = engine
        self._officer = officer
        self._language = language

    def case(self, case: str) -> Case | None:
        """The case folded from its events; None when there is none of that id."""
        events = self.events(case)
        return fold(events) if events else None

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order, with their hashes."""
        with reading(self._engine) as connection:
            return [event(record) for record in connection.execute(_EVENTS, {"k_case": case})]

    def rows(self, case: str) -> Mapping[str, Row]:
        """Its board rows by obligation id."""
        with reading(self._engine) as connection:
            found = [row(record) for record in connection.execute(_ROWS, {"k_case": case})]
        return {one.obligation: one for one in found}

    def rows_of(self, ids: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """Board rows of these cases by case id, in one query."""
        with reading(self._engine) as connection:
            return rows_by_case(each(connection, _ROWS_OF, ids))

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        """These cases folded from their events, in one query; an unknown id is left out."""
        with reading(self._engine) as connection:
            return cases(connection, ids)

    def ids(self) -> Sequence[str]:
        """All case ids, in order."""
        with reading(self._engine) as connection:
            return connection.execute(select(CASE.c.id).order_by(CASE.c.id)).scalars().all()

    def touched(self, first: date, last: date) -> Sequence[str]:
        """Ids of cases with a row that a moved day from `first` to `last` (both included) could move.

        A day between two rows of a case moves neither: of the cases whose span holds one of the days the rows
        are asked.
        """
        felt = select(DEADLINE.c.case).where(DEADLINE.c.case == CASE.c.id, _feels(first, last))
        asked = select(CASE.c.id).where(CASE.c.span_first <= last, CASE.c.span_last >= first, felt.exists())
        asked = asked.order_by(CASE.c.id)
        with reading(self._engine) as connection:
            return connection.execute(asked).scalars().all()

    def append(self, changes: Sequence[Written], *, now: datetime) -> None:
        """Write events and the rows that differ, and withdraw unsent notices whose due date no waiting row
        carries any more, all in one transaction.

        Raises:
            Conflict: somebody else wrote one of the cases first; nothing was written.
            CaseBroken: the events of a case do not end where its head says; nothing was written.
            StorageUnavailable: the database cannot be written; nothing was written.
        """
        self._append(changes, now)

    def rewrite(self, changes: Sequence[Written], *, now: datetime) -> int:
        """The same of cases counted anew without an event; how many of them came out otherwise.

        Raises: as `append`.
        """
        return self._append(changes, now)

    def append_many(self, changes: Iterable[Written], *, now: datetime) -> None:
        """The same for thousands of cases, CHUNK of them in a transaction, letting other writers in between.

        What is refused is refused before the first write. A chunk that fails leaves nothing of itself; the
        chunks before it stay, whole cases each, and the same import run again finds them.
        """
        waiting = iter(changes)
        while chunk := list(islice(waiting, CHUNK)):
            self.append(chunk, now=now)
            time.sleep(_PAUSE)

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        """Case ids not yet used, in order: "2026-0001". Reserved for good: no other process gets them."""
        if count < 1:
            return []
        with writing(self._engine) as connection:
            found: list[str] = []
            while len(found) < count:
                wanted = count - len(found)
                last = _counted(connection, year, wanted)
                names = [f"{year}-{n:04d}" for n in range(last - wanted + 1, last + 1)]
                taken = {record.id for record in each(connection, _HEADS_OF, names)}
                found += [name for name in names if name not in taken]
        return found

    def open_case(self, procedure: str, unit: str, object: str) -> str | None:
        """The first active case of that procedure, unit and object; None where there is none."""
        asked = select(CASE.c.id).where(
            CASE.c.procedure == procedure,
            CASE.c.unit == unit,
            CASE.c.object == object,
            CASE.c.standing == "active",
        )
        with reading(self._engine) as connection:
            return connection.execute(asked.order_by(CASE.c.id).limit(1)).scalar()

    def office(self) -> Office:
        """Units, people and matches, with the officer config.toml names."""
        return office_store.office(self._engine, officer=self._officer, language=self._language)

    def _append(self, changes: Sequence[Written], now: datetime) -> int:
        if not changes:
            return 0
        try:
            made = self._prepare(changes)
        except Conflict as conflict:
            raise self._broken(conflict) from None
        if not made.anything:
            return 0
        try:
            with writing(self._engine) as connection:
                _write(connection, made, now)
        except (IntegrityError, _Moved) as trouble:
            raise self._conflict(made, trouble) from None
        return len(made.opened) + len(made.changed)

    def _prepare(self, changes: Sequence[Written]) -> Batch:
        known = [change.case.id for change in changes if change.case.seq > len(change.events)]
        if not known:
            return batch(changes, {})
        with reading(self._engine) as connection:
            if len(known) == 1:
                return batch(changes, {known[0]: _before(connection, known[0])})
            heads = [*each(connection, _HEADS_OF, known)]
            stored = [*each(connection, _ROWS_OF, known)]
        rows: dict[str, dict[str, tuple[object, ...]]] = {}
        for record in stored:
            rows.setdefault(record[0], {})[record[1]] = tuple(record)
        return batch(
            changes,
            {
                name: Before(seq, head, stage, edition, rows.get(name, {}))
                for name, seq, head, stage, edition in heads
            },
        )

    def _broken(self, conflict: Conflict) -> Conflict | CaseBroken:
        """The conflict itself; or, where reading again can never help, that the case is broken."""
        name = conflict.case
        with reading(self._engine) as connection:
            events = [event(record) for record in connection.execute(_EVENTS, {"k_case": name})]
            stands = _before(connection, name).seq
        return conflict if stands == (events[-1].seq if events else 0) else CaseBroken(name)

    def _conflict(self, made: Batch, trouble: Exception) -> Exception:
        """The conflict on the first case that is not where the batch expects it."""
        with reading(self._engine) as connection:
            stands = {record.id: record.seq for record in each(connection, _HEADS_OF, made.expected)}
        for name, seq in made.expected.items():
            if stands.get(name, 0) != seq:
                return Conflict(name)
        return trouble


class _Moved(Exception):
    """The compare and swap found a case at another seq."""


def _feels(first: date, last: date) -> ColumnElement[bool]:
    """Whether one of these days lies between the earliest and the latest day in a row."""
    days = (
        *(DEADLINE.c.span_first, DEADLINE.c.span_last, DEADLINE.c.due),
        *(DEADLINE.c.next_rung_on, DEADLINE.c.done_on),
    )
    return and_(or_(*(day <= last for day in days)), or_(*(day >= first for day in days)))


def cases(connection: Connection, ids: Collection[str]) -> Mapping[str, Case]:
    """These cases folded from their events."""
    return by_id(folded(each(connection, _EVENTS_OF, ids)))


def _before(connection: Connection, case: str) -> Before:
    found = connection.execute(_BEFORE, {"k_case": case}).all()
    if not found:
        return Before()
    seq, head, stage, edition = found[0][:4]
    # A case without rows joins one row of nothing.
    rows = {record[5]: tuple(record[4:]) for record in found if record[4] is not None}
    return Before(seq, head, stage, edition, rows)


def _write(connection: Connection, made: Batch, now: datetime) -> None:
    if made.opened:
        connection.execute(CASE.insert(), made.opened)
    if made.changed:
        done = connection.execute(_CHANGE_CASE, made.changed, execution_options=_COUNT)
        if done.rowcount != len(made.changed):
            raise _Moved
    if made.events:
        connection.execute(EVENT.insert(), made.events)
    if made.rows_new:
        connection.execute(DEADLINE.insert(), made.rows_new)
    if made.rows_changed:
        connection.execute(_CHANGE_ROW, made.rows_changed)
    if made.rows_gone:
        connection.execute(_DROP_ROW, made.rows_gone)
    if made.readers:
        connection.execute(READER.delete().where(READER.c.case.in_(sorted(made.readers))))
        named = [{"case": case, "person": one} for case, who in made.readers.items() for one in sorted(who)]
        if named:
            connection.execute(READER.insert(), named)
    if made.waiting:
        _withdraw(connection, made)
    # Late, and in the order of their keys: what many cases share is held shortly, and nobody waits crosswise.
    totals.add(connection, made.totals)
    if made.moved:
        connection.execute(MOVED.insert(), [{**one, "at": now} for one in made.moved])


def _withdraw(connection: Connection, made: Batch) -> None:
    # After the rows: a round that queued a notice of the old due date holds its row until it commits, so what
    # is read here is all there is.
    stale = [
        {"k_key": record.key}
        for record in each(connection, _QUEUED, made.waiting)
        if (record.obligation, record.due) not in made.waiting[record.case]
    ]
    if stale:
        connection.execute(_WITHDRAW, stale)


def _counted(connection: Connection, year: int, count: int) -> int:
    step = insert(connection, COUNTER).values(year=year, last=count)
    step = step.on_conflict_do_update(index_elements=[COUNTER.c.year], set_={"last": COUNTER.c.last + count})
    return int(connection.execute(step.returning(COUNTER.c.last)).scalar_one())
