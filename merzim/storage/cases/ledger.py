"""The ledger: one event chain per case, with the board rows that follow from it; and cases that are there
already: made from an imported file, meant by one, or begun on the same day.

What a change writes is computed before it; the seq its case must still have is the compare and swap. Each
case is locked until the end before its state is compared; cases and rows in the order of their keys, as a
round locks them, so that deadlocks cannot occur.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from calendars.hours import almaty
from merzim.storage import events
from merzim.storage.cases.batch import QUESTIONS_AFTER, STEPS_BEFORE, Batch, StoredCase
from merzim.storage.database import (
    Row_,
    chunks,
    execute_for_names,
    in_names,
    insert,
    insert_many,
    read,
    read_column,
    read_for_names,
    read_value,
    writing,
)
from merzim.storage.office import PresentOffice
from merzim.storage.refusals import CaseBroken
from merzim.storage.rows import EVENTS_IN_ORDER, by_id, event, folded, rows_by_case
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, COUNTER, INBOX, PAPER
from merzim.storage.tables.events import EVENT
from workflow.cases.case import STATES, Case, Event, fold
from workflow.deadlines.deadline import Row
from workflow.org.office import Office
from workflow.ports import Change, Conflict

CHUNK = 250
"""Cases read at once by what goes through all of them."""
REWRITTEN = 50
"""Cases written again in one transaction, in which others wait: about 0.06 s."""

_EVENTS_OF = EVENTS_IN_ORDER.where(in_names(EVENT.c.case))
_IDS_OF = select(CASE.c.id).where(in_names(CASE.c.id))
_HEADS_OF = CASE.select().where(in_names(CASE.c.id)).order_by(CASE.c.id).with_for_update(key_share=True)
ROWS_OF = DEADLINE.select().where(in_names(DEADLINE.c.case))
_CHANGE_HEAD = CASE.update().where(CASE.c.id == bindparam("k_case"))
_TAKE_ROW_OFF = DEADLINE.delete().where(
    DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation == bindparam("k_obligation")
)


class SqlLedger:
    """Cases as chains of events on a database, with their board rows: a `workflow.ports.Ledger`. `office`: the
    present office, where others use it too.
    """

    def __init__(self, engine: Engine, *, office: PresentOffice | None = None) -> None:
        self._engine = engine
        self._office = office or PresentOffice(engine)

    def case(self, case: str) -> Case | None:
        chain = self.events(case)
        return fold(chain) if chain else None

    def events(self, case: str) -> Sequence[Event]:
        """Return the events of a case in order; none for an unknown id."""
        return [*map(event, read_for_names(self._engine, _EVENTS_OF, [case]))]

    def rows(self, case: str) -> Mapping[str, Row]:
        """Return the board rows of a case by obligation id with its period."""
        return {row.obligation: row for row in self.rows_of([case]).get(case, ())}

    def rows_of(self, ids: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """Return the board rows of these cases by case id, in one query."""
        return rows_by_case(read_for_names(self._engine, ROWS_OF, ids))

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        return cases(self._engine, ids)

    def ids(self) -> Sequence[str]:
        return read_column(self._engine, select(CASE.c.id).order_by(CASE.c.id))

    def touched(self, first: date, last: date) -> Sequence[str]:
        """Return ids of cases with a row that a changed calendar day from `first` to `last` could move. A day
        between two rows of a case moves neither: the rows are checked for cases whose span contains it.
        """
        movable = select(DEADLINE.c.case).where(DEADLINE.c.case == CASE.c.id, _can_move(first, last))
        query = select(CASE.c.id).where(CASE.c.span_first <= last, CASE.c.span_last >= first, movable.exists())
        query = query.order_by(CASE.c.id)
        return read_column(self._engine, query)

    def write(self, case: str, change: Callable[[Mapping[str, Row]], Change], *, now: datetime) -> Change:
        """Write what is made of a case and its board rows, which nobody else writes meanwhile; return it. What
        is read and written is one transaction; the case is locked until its end.
        """
        with writing(self._engine) as session:
            stored = locked(session, [case])
            made = change(stored[case].rows if case in stored else {})
            if made.events:
                write(session, [made], stored, now=now)
        return made

    def rewrite(
        self, ids: Iterable[str], recompute: Callable[[Case], Change], *, now: datetime
    ) -> Iterator[tuple[Sequence[Case], int]]:
        """Write anew what is computed of cases, REWRITTEN at a time, which nobody else writes meanwhile;
        yield those of each time, and the number that changed. One whose events do not end where its head says
        is left out.
        """
        for names in chunks(ids, REWRITTEN):
            with writing(self._engine) as session:
                stored = locked(session, names)
                whole = [
                    case for case in cases(self._engine, stored).values() if case.seq == stored[case.id].seq
                ]
                changed_count = write(session, [recompute(case) for case in whole], stored, now=now)
            yield whole, changed_count

    def append(self, changes: Sequence[Change], *, now: datetime) -> int:
        """Write changes of cases in one transaction, those without events as recomputed rows alone; return the
        number of cases that changed. Nothing was written where it raises Conflict (somebody else wrote one of
        the cases first), CaseBroken (the events of a case do not end where its head says) or
        StorageUnavailable.
        """
        if not changes:
            return 0
        try:
            with writing(self._engine) as session:
                stored = locked(session, [change.case.id for change in changes])
                return write(session, changes, stored, now=now)
        except IntegrityError:
            new = [change.case.id for change in changes if change.case.seq == len(change.events)]
            taken = sorted({*new} & {*self.cases(new)})
            if not taken:
                raise
            raise Conflict(taken[0]) from None

    def next_ids(self, year: int, count: int) -> Sequence[str]:
        """Reserve so many ids of new cases of a year ("2026-0001") and return them; no case has any of them."""
        if count < 1:
            return []
        with writing(self._engine) as session:
            ids: list[str] = []
            while len(ids) < count:
                missing = count - len(ids)
                step = insert(session, COUNTER).values(year=year, last=missing)
                step = step.on_conflict_do_update(
                    index_elements=[COUNTER.c.year], set_={"last": COUNTER.c.last + missing}
                )
                last = session.execute(step.returning(COUNTER.c.last)).scalar_one()
                names = [f"{year}-{n:04d}" for n in range(last - missing + 1, last + 1)]
                taken_ids = {record.id for record in execute_for_names(session, _IDS_OF, names)}
                ids += [name for name in names if name not in taken_ids]
        return ids

    def first_day(self) -> date | None:
        """Return the local date on which the first case was opened; None while there is no case."""
        opened_at = read_value(self._engine, select(func.min(CASE.c.opened_at)))
        return opened_at.astimezone(almaty()).date() if opened_at else None

    def active_case(self, procedure: str, unit: str, object: str) -> str | None:
        """Return the id of the first active case of a procedure about this object in this unit; None without
        any.
        """
        query = select(CASE.c.id).where(
            CASE.c.procedure == procedure,
            CASE.c.unit == unit,
            CASE.c.object == object,
            CASE.c.status == "active",
        )
        case_id: str | None = read_value(self._engine, query.order_by(CASE.c.id).limit(1))
        return case_id

    def office(self) -> Office:
        return self._office.read()


def _can_move(first: date, last: date) -> ColumnElement[bool]:
    """Return the condition that a change of the calendar on one of these days could move a row: the day lies
    between its earliest and latest day.
    """
    days = (
        *(DEADLINE.c.span_first, DEADLINE.c.span_last, DEADLINE.c.due),
        *(DEADLINE.c.next_step_on, DEADLINE.c.done_on),
    )
    # Steps before a due date, and questions after a plan date, lie that far from them (`storage.cases.batch`).
    awaited = DEADLINE.c.state == "open"
    begins = (
        *(day <= last for day in days),
        and_(awaited, DEADLINE.c.planned_on <= last + STEPS_BEFORE),
        and_(awaited, DEADLINE.c.counts_until.is_not(None), DEADLINE.c.due <= last + STEPS_BEFORE),
    )
    ends = (*(day >= first for day in days), and_(awaited, DEADLINE.c.planned_on >= first - QUESTIONS_AFTER))
    return and_(or_(*begins), or_(*ends))


def hold_openings(engine: Engine) -> None:
    """Let others who open cases wait until the end of the caller's transaction. Called before it reads which
    cases there are: who waited finds those this one opened.
    """
    with writing(engine) as session:
        events.hold(session, "openings")


def cases(engine: Engine, ids: Collection[str]) -> Mapping[str, Case]:
    """Return these cases folded from their events, in one query; unknown ids are left out."""
    return by_id(folded(read_for_names(engine, _EVENTS_OF, ids)))


def write(
    session: Session, changes: Sequence[Change], stored: Mapping[str, StoredCase], *, now: datetime
) -> int:
    """Write changes of cases in the caller's transaction; return the number of cases that changed. `stored`: as
    `locked` returned it there. Raises Conflict: a change was made from another state of its case than the
    stored one; CaseBroken: the events of a case do not end where its head says; IntegrityError: another writer
    is creating one of the cases.
    """
    batch = Batch()
    for change in sorted(changes, key=lambda change: change.case.id):
        before, read = stored.get(change.case.id, StoredCase({}, {})), change.case.seq - len(change.events)
        if before.seq != read:
            end = events.ends(session, EVENT.c.stream == f"{events.CASE}{change.case.id}")
            broken = [seq for seq, _ in end.values()] != [before.seq]
            raise CaseBroken(change.case.id) if broken else Conflict(change.case.id)
        batch.add(change, before, now=now)
    _write_tables(session, batch)
    if batch.withdrawn:
        session.execute(INBOX.delete().where(tuple_(INBOX.c.case, INBOX.c.seq).in_(batch.withdrawn)))
    return len(batch.changed)


def locked(session: Session, ids: Sequence[str]) -> Mapping[str, StoredCase]:
    """Return what is stored of these cases, locked until the end of the transaction; new ones are left out."""
    heads = {record.id: dict(record._mapping) for record in execute_for_names(session, _HEADS_OF, sorted(ids))}
    rows = rows_by_case(execute_for_names(session, ROWS_OF, heads))
    return {
        case: StoredCase(head, {row.obligation: row for row in rows.get(case, ())})
        for case, head in heads.items()
    }


def _write_tables(session: Session, batch: Batch) -> None:
    """Write what a batch says, table by table; cases come first, for all else refers to them."""
    insert_many(session, CASE, batch.new[CASE])
    for case, values in batch.heads.items():
        session.execute(_CHANGE_HEAD, {"k_case": case, **values})
    events.insert(session, batch.new[EVENT])
    if batch.gone:
        # One by one: a statement over many locks them as they lie on the disk.
        session.execute(_TAKE_ROW_OFF, batch.gone)
    for table, cases in batch.replaced.items():
        for names in chunks(cases, 500):
            session.execute(table.delete().where(table.c.case.in_(names)))
    for table, rows in batch.new.items():
        if table not in (CASE, EVENT):
            insert_many(session, table, rows)


def cases_of_file(engine: Engine, digest: str) -> Mapping[str, str]:
    """Return place in the file -> case id for a file imported before; empty for a new one."""
    query = select(PAPER.c.place, PAPER.c.case).where(PAPER.c.digest == digest)
    return {record.place: record.case for record in read(engine, query)}


def remember(engine: Engine, digest: str, places: Mapping[str, str], *, now: datetime) -> None:
    """Record which case each place of the file became; existing records are kept."""
    lines = [{"digest": digest, "place": place, "case": case, "at": now} for place, case in places.items()]
    if lines:
        with writing(engine) as session:
            session.execute(insert(session, PAPER).on_conflict_do_nothing(), lines)


def alike(engine: Engine, procedure: str, places: Iterable[tuple[str, str]]) -> list[str]:
    """Return the ids of the active cases of the procedure that a file may mean by its names, the newest first.
    If the unit of a case was changed, or files use several names for it, only the object is compared. `places`:
    unit and object of each analysis, as a file names them.
    """
    wanted_places = set(places)
    query = (
        select(CASE.c.id, CASE.c.unit, CASE.c.object, CASE.c.object_also)
        .where(CASE.c.procedure == procedure, CASE.c.status == "active")
        .order_by(CASE.c.opened_at.desc(), CASE.c.id.desc())
    )
    objects = {object_name for _, object_name in wanted_places}
    if len(wanted_places) <= 1000:
        query = query.where(or_(CASE.c.object.in_(objects), CASE.c.object_also.in_(objects - {""})))
    return [
        record.id
        for record in read(engine, query)
        if (record.unit, record.object) in wanted_places
        or (record.object_also and {record.object, record.object_also} & objects)
    ]


def cases_beginning_on(
    engine: Engine,
    procedures: Mapping[str, str],
    days: Iterable[date],
    *,
    active_only: bool,
    limit: int | None = None,
) -> Sequence[Row_]:
    """Return id, procedure, unit and opened_at of the cases planned to begin on one of these days, by id.
    `procedures`: procedure -> the fact it begins with. `active_only`: leave cancelled and exempted cases out.
    """
    if not procedures:
        return ()
    begins = or_(
        *(
            and_(CASE.c.procedure == procedure, DEADLINE.c.obligation == fact)
            for procedure, fact in procedures.items()
        )
    )
    query = (
        select(CASE.c.id, CASE.c.procedure, CASE.c.unit, CASE.c.opened_at)
        .join_from(CASE, DEADLINE, DEADLINE.c.case == CASE.c.id)
        .where(begins, DEADLINE.c.planned_on.in_(sorted(set(days))))
        .where(DEADLINE.c.state.in_(STATES))  # As the index over plan dates begins.
        .order_by(CASE.c.id)
    )
    if active_only:
        query = query.where(CASE.c.status == "active")
    return read(engine, query.limit(limit))
