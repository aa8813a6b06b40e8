"""What the two databases spell in two ways: INSERT ... ON CONFLICT, values to join with, many rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert

FEW = 12
"""So many rows or fewer go one by one: their statement is prepared already."""
_LINES = "k_lines"


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def given(connection: Connection, columns: Mapping[str, Column[Any]]) -> FromClause:
    """Lines of values to join a table with: by name, each of the type of a column. Filled in by `filled`.

    They travel as one text of JSON: a driver in Python writes arrays slowly.
    """
    lines = bindparam(_LINES, type_=Text)
    if connection.dialect.name == "sqlite":
        each = func.json_each(lines).table_valued("value")
        found = (
            func.json_extract(each.c.value, f"$[{place}]", type_=kind.type).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
        return select(*found).subquery("given")
    named = (column(name, kind.type) for name, kind in columns.items())
    records = func.json_to_recordset(cast(lines, postgresql.JSON)).table_valued(*named, name="given")
    return records.render_derived(with_types=True)


def filled(
    connection: Connection, columns: Mapping[str, Column[Any]], lines: Iterable[Sequence[object]]
) -> dict[str, object]:
    """What a statement over `given` is executed with; values in the order of `columns`."""
    bound = _bound(connection, columns.values(), lines)
    written: list[object] = [*bound]
    if connection.dialect.name != "sqlite":
        written = [dict(zip(columns, line, strict=True)) for line in bound]
    return {_LINES: json.dumps(written, ensure_ascii=False, separators=(",", ":"), default=_day)}


def _day(value: object) -> str:
    """A date or moment as the database reads it."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not a value of a column: {value!r}")


def insert_many(connection: Connection, table: Table, lines: Sequence[Mapping[str, object]]) -> None:
    """New rows, all with the same columns: on PostgreSQL through COPY, at a quarter of what INSERTs cost.

    Raises IntegrityError as an INSERT does.
    """
    if len(lines) <= FEW or connection.dialect.name == "sqlite":
        if lines:
            connection.execute(table.insert(), [*lines])
        return
    names = [*lines[0]]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = _bound(connection, [table.c[name] for name in names], ([*line.values()] for line in lines))
    # Through the driver, whose errors SQLAlchemy does not see.
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for line in values:
                copy.write_row(line)
    except connection.dialect.loaded_dbapi.IntegrityError as trouble:
        raise IntegrityError(None, None, trouble) from trouble


def _bound(
    connection: Connection, columns: Iterable[Column[Any]], lines: Iterable[Sequence[object]]
) -> list[list[object]]:
    """The values as the driver takes them."""
    dialect = connection.dialect
    bound = [[*line] for line in lines]
    for place, one in enumerate(columns):
        processor = one.type.dialect_impl(dialect).bind_processor(dialect)
        if processor is not None:
            for line in bound:
                line[place] = processor(line[place])
    return bound


def before(connection: Connection, column: ColumnElement[str], sign: str) -> ColumnElement[str]:
    """What stands before the first such sign; all of it where there is none."""
    if connection.dialect.name == "sqlite":
        return func.substr(column, 1, func.instr(column + sign, sign) - 1)
    return func.split_part(column, sign, 1)
