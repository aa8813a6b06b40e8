"""Finds texts that are not dates in date columns, which SQLite accepts and this application never writes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Date, DateTime, Engine, Table, inspect, text

from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import Problem
from merzim.storage.tables.base import TableBase
from merzim.storage.types import Moment

MAX_NAMED = 100
"""Number of rows of one column that are reported."""


def unreadable_values(engine: Engine) -> tuple[Problem, ...]:
    """Return the rows with an invalid date; none on PostgreSQL, whose columns refuse them."""
    if engine.dialect.name != "sqlite":
        return ()
    with reading(engine) as connection:
        table_names = set(inspect(connection).get_table_names())
        return tuple(
            Problem(code="value_unreadable", arguments={"table": table, "key": key, "field": column})
            for table, column, statement in _statements()
            if table in table_names
            for (key,) in connection.execute(text(statement))
        )


def _statements() -> Iterator[tuple[str, str, str]]:
    for table in TableBase.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Date | DateTime | Moment):
                function = "date" if isinstance(column.type, Date) else "datetime"
                where = f'"{column.name}" IS NOT NULL AND {function}("{column.name}") IS NULL'
                statement = f'SELECT {_key(table)} FROM "{table.name}" WHERE {where} LIMIT {MAX_NAMED}'
                yield table.name, column.name, statement


def _key(table: Table) -> str:
    return " || ' ' || ".join(f'"{column.name}"' for column in table.primary_key.columns) or "rowid"
