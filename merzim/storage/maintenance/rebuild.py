"""Rebuilds from the events what was computed of them: the board, the heads and readers of cases, the lists of
register rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, update

from merzim.storage.cases.ledger import CHUNK, SqlLedger
from merzim.storage.database.dialect import chunks, execute_for_names, in_names, insert_many
from merzim.storage.database.engine import writing
from merzim.storage.maintenance.verify import Recompute
from merzim.storage.refusals import CaseBroken
from merzim.storage.registers.rows import list_columns, rows
from merzim.storage.tables.cases import CASE, READER
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.cases.case import Case
from workflow.ports import Conflict
from workflow.refusal import Refusal
from workflow.registers.rows import Projection, RegisterRow

ProjectRow = Callable[[RegisterRow], Projection]
"""Function that returns the index entries of a row, computed anew."""
ROWS_AT_ONCE = 500
_CASES = CASE.select().where(in_names(CASE.c.id))
_READERS = READER.select().where(in_names(READER.c.case)).order_by(READER.c.case, READER.c.person)
_HEADS = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))


def rebuild(
    engine: Engine,
    recompute: Recompute,
    *,
    now: datetime,
    project: ProjectRow | None = None,
) -> int:
    """Rewrite every case's board rows from its events. Return the number of cases processed.

    A case changed meanwhile is read and computed again.

    Args:
        project: function that returns the index entries of a register row; None leaves them unchanged.

    Raises:
        Refusal: naming the cases whose events do not end where their head says; all others are rebuilt.
    """
    ledger = SqlLedger(engine)
    rebuilt_count, broken = 0, list[str]()
    for names in chunks(ledger.ids(), CHUNK):
        left_names = _rebuild(ledger, names, recompute, now)
        with writing(engine) as connection:
            _mend_cases(connection, ledger.cases([name for name in names if name not in left_names]))
        broken += left_names
        rebuilt_count += len(names) - len(left_names)
    with writing(engine) as connection:
        if project is not None:
            _mend_lists(connection, project)
    if broken:
        raise Refusal("rebuild_broken", cases=tuple(broken), count=rebuilt_count)
    return rebuilt_count


def _rebuild(ledger: SqlLedger, names: Sequence[str], recompute: Recompute, now: datetime) -> list[str]:
    """Rebuild these cases; return the ids of broken ones, which are left out."""
    remaining_names, broken = list(names), list[str]()
    while remaining_names:
        try:
            ledger.append([recompute(case) for case in ledger.cases(remaining_names).values()], now=now)
            break
        except CaseBroken as trouble:
            remaining_names.remove(trouble.case)
            broken.append(trouble.case)
        except Conflict:
            continue
    return broken


def _mend_cases(connection: Connection, cases: Mapping[str, Case]) -> None:
    """Rewrite the heads of cases, and the people named to know of them, where they differ from the events."""
    for row in execute_for_names(connection, _CASES, cases):
        values = _head_of(cases[row.id])
        if any(getattr(row, column) != value for column, value in values.items()):
            connection.execute(update(CASE).where(CASE.c.id == row.id).values(**values))
    readers = _readers(connection, cases)
    for name, case in cases.items():
        if readers.get(name, frozenset()) != _named(case):
            connection.execute(delete(READER).where(READER.c.case == name))
            insert_many(
                connection, READER, [{"case": name, "person": person} for person in sorted(_named(case))]
            )


def _readers(connection: Connection, cases: Mapping[str, Case]) -> dict[str, frozenset[str]]:
    """Return by case the people stored as named to know of it; a case without any is left out."""
    readers: dict[str, frozenset[str]] = {}
    for row in execute_for_names(connection, _READERS, cases):
        readers[row.case] = readers.get(row.case, frozenset()) | {row.person}
    return readers


def _head_of(case: Case) -> dict[str, object]:
    """Return the columns, computed from events, that decide access to a case and its obligations."""
    names = ("procedure", "edition", "digest", "unit", "object", "object_kk", "object_ru", "standing", "ground")
    return {name: getattr(case, name) for name in (*names, "opened_at", "confidential")}


def _named(case: Case) -> frozenset[str]:
    """Return the people named to know of a confidential case; nobody for another."""
    return case.readers if case.confidential else frozenset()


def _mend_lists(connection: Connection, project: ProjectRow) -> None:
    """Rewrite the index entries of all rows."""
    ids = connection.execute(select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id)).scalars().all()
    for names in chunks(ids, ROWS_AT_ONCE):
        mend_rows(connection, names, project)


def mend_rows(connection: Connection, names: list[str], project: ProjectRow) -> None:
    """Rewrite the index entries of these rows, locked against edits meanwhile."""
    stored = {head.id: head for head in execute_for_names(connection, _HEADS.with_for_update(), names)}
    folded = rows(connection, names)
    for name, row in folded.items():
        expected = {**_columns(row), **list_columns(project(row))}
        if any(getattr(stored[name], column) != value for column, value in expected.items()):
            step = REGISTER_ROW.update().where(REGISTER_ROW.c.id == name).values(**expected)
            connection.execute(step)


def _columns(row: RegisterRow) -> Mapping[str, object]:
    """Return the columns of a row's head, but for those of lists, that can be computed from its events."""
    names = ("version", "unit", "opened_case", "parent", "withdrawn")
    return {"register_id": row.register, **{name: getattr(row, name) for name in names}}
