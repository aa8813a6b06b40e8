"""Rewrites the index entries of register rows from their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, select

from merzim.storage.database.dialect import chunks, execute_for_names, in_names
from merzim.storage.registers.chains import rows, write_cells
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.registers.rows import Projection, RegisterRow

ProjectRow = Callable[[RegisterRow], Projection]
"""Function that returns the index entries of a row, computed anew."""
SEALED = "register:"
"""Prefix of a row's id in a seal."""
CHUNK = 500
_HEADS = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))


def mend(connection: Connection, project: ProjectRow) -> None:
    """Rewrite the index entries of all rows."""
    ids = connection.execute(select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id)).scalars().all()
    for names in chunks(ids, CHUNK):
        mend_rows(connection, names, project)


def mend_rows(connection: Connection, names: list[str], project: ProjectRow) -> None:
    """Rewrite the index entries of these rows, locked against edits meanwhile."""
    stored = {head.id: head for head in execute_for_names(connection, _HEADS.with_for_update(), names)}
    folded = rows(connection, names)
    projections = {name: project(row) for name, row in folded.items()}
    for name, row in folded.items():
        expected = {
            **_expected(row),
            "shown": dict(projections[name].values),
            "search": projections[name].search,
        }
        if any(getattr(stored[name], column) != value for column, value in expected.items()):
            step = REGISTER_ROW.update().where(REGISTER_ROW.c.id == name).values(**expected)
            connection.execute(step)
    write_cells(
        connection, {name: (folded[name].register, projection) for name, projection in projections.items()}
    )


def _expected(row: RegisterRow) -> Mapping[str, object]:
    return {
        "register_id": row.register,
        "version": row.version,
        "unit": row.unit,
        "case": row.case,
        "opened_case": row.opened_case,
        "withdrawn": row.withdrawn,
    }
