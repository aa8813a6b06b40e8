"""Rebuilds from the events what was computed of them: the board, the heads and readers of cases, the lists of
register rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine, select
from sqlmodel import Session

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.dialect import chunks, execute_for_names, in_names
from merzim.storage.database.engine import writing
from merzim.storage.maintenance.verify import Recompute
from merzim.storage.registers.rows import rows
from merzim.storage.rows import columns_of
from merzim.storage.tables.registers import REGISTER_ROW
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

    Args:
        project: computes the index entries of a register row; None leaves all rows as they are.

    Raises:
        Refusal: naming the cases whose events do not end where their head says; all others are rebuilt.
    """
    ledger = SqlLedger(engine)
    ids = ledger.ids()
    rebuilt = {case.id for cases, _ in ledger.rewrite(ids, recompute, now=now) for case in cases}
    if project is not None:
        with writing(engine) as session:
            names = session.execute(select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id)).scalars().all()
            for rows_at_once in chunks(names, ROWS_AT_ONCE):
                rebuild_rows(session, rows_at_once, project)
    if broken := tuple(name for name in ids if name not in rebuilt):
        raise Refusal("rebuild_broken", cases=broken, count=len(rebuilt))
    return len(rebuilt)


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
