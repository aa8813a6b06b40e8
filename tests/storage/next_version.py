"""Schema of a hypothetical next version: every kind of addition that old code must tolerate."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from merzim.storage.database.engine import writing
from merzim.storage.maintenance.schema import FLOOR, shipped_revisions
from merzim.storage.tables.base import TableBase

NEXT = f"{int(shipped_revisions()[-1]) + 1:04}"
"""The revision after the newest there is."""


def add_what_a_next_version_may(engine: Engine) -> None:
    """More columns in every table, another table, another index; the database says it is the next version's."""
    with writing(engine) as connection:
        for table in TableBase.metadata.sorted_tables:
            name = table.name
            connection.execute(text(f'ALTER TABLE "{name}" ADD COLUMN a_next TEXT'))
            connection.execute(text(f"ALTER TABLE \"{name}\" ADD COLUMN b_next TEXT NOT NULL DEFAULT ''"))
        connection.execute(text('CREATE TABLE next_thing (id INTEGER PRIMARY KEY, "case" VARCHAR)'))
        connection.execute(text('CREATE INDEX ix_next ON "case" (a_next)'))
        stand_at(connection, NEXT)


def stand_at(connection: Connection, revision: str, floor: str = FLOOR) -> None:
    """Have the database say which version it is of, and for which it allows."""
    connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    connection.execute(text("UPDATE floor SET revision = :f"), {"f": floor})
