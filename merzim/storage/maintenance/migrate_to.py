"""Copies an office from SQLite to PostgreSQL: every row exactly, or nothing.

One transaction on each side. Nobody writes to the source while it is read; the target becomes
visible only after every table was read back and found equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, func, inspect, select

from merzim.storage.database.engine import Row_, driver, writing
from merzim.storage.maintenance.schema import create
from merzim.storage.refusals import Migration
from merzim.storage.tables.base import TableBase
from merzim.storage.tables.notices import TALLY
from merzim.storage.tables.service import MARK

_STEP = 5000


def migrate(source: Engine, target: Engine, *, prepare: Callable[[Any], None]) -> dict[str, int]:
    """Copy an office into an empty PostgreSQL database; the source is unchanged. Return the rows of each table.

    Args:
        source: of this version (`merzim.storage.maintenance.schema.create_or_migrate`).
        prepare: creates other objects the new database needs, on the driver's own connection.

    Raises:
        Migration: `migrate_same_kind`, `migrate_not_empty`, `migrate_differs {table}`; nothing is written.
        StorageUnavailable: one of the two cannot be used; nothing is written.
    """
    if source.dialect.name != "sqlite" or target.dialect.name != "postgresql":
        raise Migration("migrate_same_kind")
    with writing(target) as target_connection:
        if inspect(target_connection).get_table_names():
            raise Migration("migrate_not_empty")
        create(target_connection)
        prepare(driver(target_connection))
        with writing(source) as source_connection:
            # Counts of notices and marks of what changed are the new place's own.
            uncopied_tables = (TALLY, MARK)
            copied = [table for table in TableBase.metadata.sorted_tables if table not in uncopied_tables]
            row_counts = dict[str, int]()
            for table in copied:
                copy = _copied(source_connection, target_connection, table)
                if copy != _sum(_rows(target_connection, table)):
                    raise Migration("migrate_differs", table=table.name)
                row_counts[table.name] = copy[0]
        _count_on(target_connection)
    return row_counts


def _copied(source: Connection, target: Connection, table: Table) -> tuple[int, int]:
    """Copy the rows of a table; return their checksum."""
    copied = (0, 0)
    rows = _rows(source, table)
    while chunk := list(islice(rows, _STEP)):
        target.execute(table.insert(), [row._asdict() for row in chunk])
        count, total = _sum(chunk)
        copied = (copied[0] + count, copied[1] ^ total)
    return copied


def _rows(connection: Connection, table: Table) -> Iterator[Row_]:
    """Yield the rows of a table, in blocks."""
    yield from connection.execute(select(table).execution_options(yield_per=_STEP))


def _sum(rows: Iterator[Row_] | Sequence[Row_]) -> tuple[int, int]:
    """Return the number of rows and a checksum independent of their order, since databases sort texts
    differently.
    """
    count, total = 0, 0
    for row in rows:
        count += 1
        total ^= int.from_bytes(sha256(repr(tuple(row)).encode()).digest())
    return count, total


def _count_on(connection: Connection) -> None:
    """Set the server's sequences to continue after the highest number used."""
    for table in TableBase.metadata.sorted_tables:
        for column in table.primary_key:
            if column is table.autoincrement_column and isinstance(column.type, Integer):
                connection.execute(
                    select(
                        func.setval(
                            func.pg_get_serial_sequence(f'"{table.name}"', column.name),
                            select(func.coalesce(func.max(column), 0) + 1).scalar_subquery(),
                            False,
                        )
                    )
                )
