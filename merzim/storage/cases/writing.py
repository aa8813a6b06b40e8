"""Writes changes of cases: their events, and what is kept of them in tables.

Each case is locked until the end before its state is compared: what changes were made from is what is there.
Cases and rows are locked in the order of their keys, as a round locks them, so that deadlocks cannot occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, tuple_
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.cases.batch import Batch, StoredCase
from merzim.storage.database.dialect import chunks, execute_for_names, in_names, insert_many
from merzim.storage.refusals import CaseBroken
from merzim.storage.rows import rows_by_case
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT
from workflow.ports import Change, Conflict

_HEADS_OF = CASE.select().where(in_names(CASE.c.id)).order_by(CASE.c.id).with_for_update(key_share=True)
ROWS_OF = DEADLINE.select().where(in_names(DEADLINE.c.case))
_CHANGE_HEAD = CASE.update().where(CASE.c.id == bindparam("k_case"))
_CHANGE_ROW = DEADLINE.update().where(
    DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation == bindparam("k_obligation")
)


def write(
    session: Session, changes: Sequence[Change], stored: Mapping[str, StoredCase], *, now: datetime
) -> int:
    """Write changes of cases in the caller's transaction; return the number of cases that changed. `stored`: as
    `locked` returned it there.

    Raises:
        Conflict: a change was made from another state of its case than the stored one.
        CaseBroken: the events of a case do not end where its head says.
        IntegrityError: another writer is creating one of the cases.
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
    for row in batch.rows:
        row["k_case"], row["k_obligation"] = row.pop("case"), row.pop("obligation")
    if batch.rows:
        session.execute(_CHANGE_ROW, batch.rows)
    for case, names in batch.gone.items():
        gone = DEADLINE.delete().where(DEADLINE.c.case == case, DEADLINE.c.obligation.in_(names))
        session.execute(gone)
    for table, cases in batch.replaced.items():
        for names in chunks(cases, 500):
            session.execute(table.delete().where(table.c.case.in_(names)))
    for table, rows in batch.new.items():
        if table not in (CASE, EVENT):
            insert_many(session, table, rows)
