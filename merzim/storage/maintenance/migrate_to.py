"""Copies an office from SQLite to PostgreSQL, table by table: all of it, or nothing.

One transaction on each side: nobody writes to the source while it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Integer, Table, func, inspect, select
from sqlmodel import Session

from merzim.storage.database.engine import driver, writing
from merzim.storage.maintenance.backup import require_unused
from merzim.storage.maintenance.schema import create
from merzim.storage.tables.base import TableBase
from workflow.refusal import Refusal

_STEP = 5000


def migrate(source: Engine, target: Engine, *, prepare: Callable[[Any], None]) -> dict[str, int]:
    """Copy an office into an empty PostgreSQL database; the source is unchanged. Return the rows of each table.

    Args:
        source: of this version (`merzim.storage.maintenance.schema.create_or_migrate`).
        prepare: creates other objects the new database needs, on the driver's own connection.

    Raises:
        Refusal: `migrate_same_kind`, `migrate_not_empty`, `backup_in_use`; nothing is written.
        StorageUnavailable: one of the two cannot be used; nothing is written.
    """
    if source.dialect.name != "sqlite" or target.dialect.name != "postgresql":
        raise Refusal("migrate_same_kind")
    # What a service would write from now on would stay behind.
    require_unused(source)
    with writing(target) as target_session:
        if inspect(target_session.connection()).get_table_names():
            raise Refusal("migrate_not_empty")
        create(target_session)
        prepare(driver(target_session))
        with writing(source) as source_session:
            tables = TableBase.metadata.sorted_tables
            row_counts = {table.name: _copy(source_session, target_session, table) for table in tables}
        _advance_sequences(target_session)
    return row_counts


def _copy(source: Session, target: Session, table: Table) -> int:
    """Copy the rows of a table; return how many."""
    count = 0
    rows = source.execute(select(table).execution_options(yield_per=_STEP))
    for chunk in rows.partitions(_STEP):
        target.execute(table.insert(), [row._asdict() for row in chunk])
        count += len(chunk)
    return count


def _advance_sequences(session: Session) -> None:
    """Set the server's sequences to continue after the highest number used."""
    for table in TableBase.metadata.sorted_tables:
        for column in table.primary_key:
            if column is table.autoincrement_column and isinstance(column.type, Integer):
                session.execute(
                    select(
                        func.setval(
                            func.pg_get_serial_sequence(f'"{table.name}"', column.name),
                            select(func.coalesce(func.max(column), 0) + 1).scalar_subquery(),
                            False,
                        )
                    )
                )
