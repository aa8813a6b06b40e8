"""Rebuilds from the events what was computed of them: the board, the heads and readers of cases, the lists of
register rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, select
from sqlmodel import Session

from merzim.storage.cases.ledger import CHUNK, SqlLedger
from merzim.storage.database.dialect import chunks, execute_for_names, in_names
from merzim.storage.database.engine import writing
from merzim.storage.maintenance.verify import Recompute
from merzim.storage.refusals import CaseBroken
from merzim.storage.registers.rows import rows
from merzim.storage.rows import columns_of
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.ports import Conflict
from workflow.refusal import Refusal
from workflow.registers.rows import Projection, RegisterRow

ProjectRow = Callable[[RegisterRow], Projection]
"""Function that computes the index entries of a register row."""
ROWS_AT_ONCE = 500
_HEADS = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))


def rebuild(
    engine: Engine,
    recompute: Recompute,
    *,
    now: datetime,
    project: ProjectRow | None = None,
) -> int:
    """Write anew what is computed from events, of cases and register rows; return the number of cases rebuilt.

    A case changed meanwhile is read and computed again.

    Args:
        project: computes the index entries of a register row; None leaves all rows as they are.

    Raises:
        Refusal: naming the cases whose events do not end where their head says; all others are rebuilt.
    """
    ledger = SqlLedger(engine)
    rebuilt_count, broken = 0, list[str]()
    for names in chunks(ledger.ids(), CHUNK):
        left_names = _rebuild(ledger, names, recompute, now)
        broken += left_names
        rebuilt_count += len(names) - len(left_names)
    if project is not None:
        with writing(engine) as session:
            ids = session.execute(select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id)).scalars().all()
            for rows_at_once in chunks(ids, ROWS_AT_ONCE):
                rebuild_rows(session, rows_at_once, project)
    if broken:
        raise Refusal("rebuild_broken", cases=tuple(broken), count=rebuilt_count)
    return rebuilt_count


def _rebuild(ledger: SqlLedger, names: Sequence[str], recompute: Recompute, now: datetime) -> list[str]:
    """Write these cases anew; return the ids of the broken ones, which stay as they are."""
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


def rebuild_rows(session: Session, names: list[str], project: ProjectRow) -> None:
    """Write anew what is computed of these register rows, locked against edits meanwhile."""
    stored = {head.id: head for head in execute_for_names(session, _HEADS.with_for_update(), names)}
    folded = rows(session, names)
    for name, row in folded.items():
        expected = {**_columns(row), **columns_of(REGISTER_ROW, project(row))}
        if any(getattr(stored[name], column) != value for column, value in expected.items()):
            step = REGISTER_ROW.update().where(REGISTER_ROW.c.id == name).values(**expected)
            session.execute(step)


def _columns(row: RegisterRow) -> Mapping[str, object]:
    """Return the columns of a row's head, but for those of lists, that can be computed from its events."""
    names = ("version", "unit", "opened_case", "withdrawn")
    return {"register_id": row.register, **{name: getattr(row, name) for name in names}}
