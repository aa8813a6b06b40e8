"""What the two databases spell in two ways: INSERT ... ON CONFLICT, values to join with, many rows or names."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Table,
    Text,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert

FEW = 12
"""So many rows or fewer go one by one: their statement is prepared already."""
_LINES = "k_lines"
LONG = 1000
"""Of more names than these rows are looked at one by one."""
_APART = "\x1f"
SPELT = 20
"""Names a statement spells out one by one."""


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def given(connection: Connection, columns: Mapping[str, Column[Any]]) -> FromClause:
    """Lines of values to join a table with: by name, each of the type of a column. Filled in by `filled`.

    PostgreSQL: arrays beside one another; SQLite: one text of JSON.
    """
    if connection.dialect.name == "sqlite":
        lines = func.json_each(bindparam(_LINES, type_=Text)).table_valued("value")
        found = (
            func.json_extract(lines.c.value, f"$[{place}]", type_=kind.type).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
        return select(*found).subquery("given")
    arrays = (
        bindparam(f"{_LINES}_{name}", type_=postgresql.ARRAY(kind.type)) for name, kind in columns.items()
    )
    named = (column(name, kind.type) for name, kind in columns.items())
    return func.unnest(*arrays).table_valued(*named, name="given").render_derived()


def filled(
    connection: Connection, columns: Mapping[str, Column[Any]], lines: Iterable[Sequence[object]]
) -> dict[str, object]:
    """What a statement over `given` is executed with; values in the order of `columns`."""
    if connection.dialect.name == "sqlite":
        bound = _bound(connection, columns.values(), lines)
        return {_LINES: json.dumps(bound, ensure_ascii=False, separators=(",", ":"))}
    arrays = zip(*lines, strict=True)
    return {f"{_LINES}_{name}": [*values] for name, values in zip(columns, arrays, strict=True)}


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


def among(
    engine: Engine, tested: ColumnElement[str], names: Collection[str], *, walked: bool = False
) -> ColumnElement[bool]:
    """Whether a column holds one of these: long lists go as one value, not as thousands of them.

    Args:
        walked: rows are met in another order and looked at one by one; else they may be found by these names.
    """
    if len(names) <= SPELT:
        return tested.in_([*names])
    if engine.dialect.name == "sqlite":
        return tested.in_(select(func.json_each(json.dumps([*names])).table_valued("value").c.value))
    # A text, for the driver writes long arrays slowly.
    found = tested.in_(select(func.unnest(func.string_to_array(_APART.join(names), _APART))))
    # Inside IS TRUE PostgreSQL keeps the names in a table of hashes; else it may go through them for each row.
    return found.is_(true()) if walked or len(names) > LONG else found
