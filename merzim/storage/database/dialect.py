"""SQL that differs between SQLite and PostgreSQL: INSERT ... ON CONFLICT, joins with values, bulk inserts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    FromClause,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from merzim.storage.database.prepared import Prepared
from merzim.storage.types import Moment

if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert

T = TypeVar("T")
MAX_PREPARED_INSERTS = 30
"""Up to this many rows are sent by a prepared statement; more by COPY, or as one JSON text."""
_MAX_LITERAL_ROWS = {"sqlite": MAX_PREPARED_INSERTS, "postgresql": 4}
_LINES = "k_lines"


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Split items into lists of at most so many."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def insert(connection: Connection, table: Table) -> Insert:
    """Return an INSERT of the dialect, with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """Return an INSERT of the dialect of that name, for a statement that outlives its connection."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def fixed(word: str) -> ColumnElement[str]:
    """Return a word of the program's own as part of a statement's text, not as a parameter of it.

    SQLite prepares a statement anew at each run when a partial index depends on one of its parameters, which
    costs ten times as much as the look-up itself.
    """
    if not word.isidentifier():
        raise ValueError(f"not a word of the program: {word!r}")
    return literal_column(f"'{word}'", Text)


def text_within(engine: Engine, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Return the condition that a text contains this part, case-sensitively; on PostgreSQL at half the cost of
    LIKE.
    """
    find = func.instr if engine.dialect.name == "sqlite" else func.strpos
    return find(text, part) > 0


def are_few(connection: Connection, lines: Sequence[object]) -> bool:
    """Tell whether so few lines are changed faster by a prepared statement each than by one over all, for which
    the triggers of PostgreSQL run once.
    """
    return len(lines) <= _MAX_LITERAL_ROWS[connection.dialect.name]


def plan_for_values(connection: Connection) -> None:
    """Make PostgreSQL plan each statement of this transaction for its actual values, without parallel workers.

    After some runs of a prepared statement it keeps one generic plan, made as if each value were rare; for a
    value that a quarter of the rows have, that plan takes five times as long. Starting parallel workers would
    delay an answer of some milliseconds on a busy server.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
        connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")


def count_anew(connection: Connection, *tables: Table) -> None:
    """Make PostgreSQL update its planner statistics of these tables now (ANALYZE).

    Runs in the caller's transaction. An account without the right only causes a warning in the server's log.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE " + ", ".join(table.name for table in tables))


def values_table(dialect: str, columns: Mapping[str, Column[Any]]) -> FromClause:
    """Return a table of values to join with, typed like `columns`; `values_parameters` supplies the rows.

    The rows are sent as one JSON text: a driver in Python writes arrays slowly.
    """
    lines = bindparam(_LINES, type_=Text)
    if dialect == "sqlite":
        each_line = func.json_each(lines).table_valued("value")
        extracted = (
            func.json_extract(each_line.c.value, f"$[{place}]", type_=kind.type).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
        return select(*extracted).subquery("given")
    typed_columns = (column(name, kind.type) for name, kind in columns.items())
    records = func.json_to_recordset(cast(lines, postgresql.JSON)).table_valued(*typed_columns, name="given")
    return records.render_derived(with_types=True)


def values_parameters(
    connection: Connection, columns: Mapping[str, Column[Any]], lines: Iterable[Sequence[object]]
) -> dict[str, object]:
    """Return the parameters of a statement over `values_table`; each line is in the order of `columns`."""
    bound = _bind_values(connection, columns.values(), lines)
    rows: Sequence[object] = bound
    if connection.dialect.name != "sqlite":
        rows = [dict(zip(columns, line, strict=True)) for line in bound]
    return {_LINES: json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=_encode_date)}


def _encode_date(value: object) -> str:
    """Return a date or moment in ISO format, for JSON."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not a value of a column: {value!r}")


def as_json(dialect: str, query: Select[Any]) -> ColumnElement[str]:
    """Return the rows of a query as one JSON text of arrays: values of a row cost the driver more than reading
    them from a text does. Days and moments are texts in it.
    """
    columns = query.selected_columns
    if dialect == "sqlite":
        rows: ColumnElement[str] = func.json_group_array(func.json_array(*columns))
    else:
        rows = func.coalesce(cast(func.json_agg(func.json_build_array(*columns)), Text), literal_column("'[]'"))
    return query.with_only_columns(rows).scalar_subquery()


def insert_many(connection: Connection, table: Table, lines: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns, as `insert_rows` does.

    Raises:
        IntegrityError: a constraint is broken.
    """
    if lines:
        insert_rows(connection, table, [*lines[0]], [(*line.values(),) for line in lines])


def insert_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows of values in the order of the columns' names.

    Many rows bypass SQLAlchemy's processing; on PostgreSQL they are sent by COPY, at a quarter of the cost of
    INSERTs.

    Raises:
        IntegrityError: a constraint is broken.
    """
    if len(rows) <= MAX_PREPARED_INSERTS:
        if rows:
            lines = [dict(zip(names, row, strict=True)) for row in rows]
            _insert_into(table, *names).execute(connection, lines)
        return
    quoted = ", ".join(f'"{name}"' for name in names)
    bound = _bind_values(connection, [table.c[name] for name in names], rows)
    if connection.dialect.name == "sqlite":
        _insert_by_table(connection, f'"{table.name}"', quoted, bound)
        return
    # Through the driver, whose errors SQLAlchemy does not see.
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for row in bound:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.IntegrityError as trouble:
        raise IntegrityError(None, None, trouble) from trouble


def _insert_by_table(
    connection: Connection, table: str, columns: str, rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows into a table of SQLite by a temporary one, which has neither indexes nor triggers.

    A statement on a table with triggers copies each page it changes first: one for all rows takes two thirds of
    the time of one for each.
    """
    places = ", ".join("?" * len(rows[0]))
    connection.exec_driver_sql(f"CREATE TEMP TABLE bulk AS SELECT {columns} FROM {table} WHERE 0")
    connection.exec_driver_sql(f"INSERT INTO temp.bulk VALUES ({places})", rows)
    connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) SELECT * FROM temp.bulk")
    connection.exec_driver_sql("DROP TABLE temp.bulk")


@cache
def _insert_into(table: Table, *names: str) -> Prepared:
    """Return the INSERT of these columns of a table."""
    return Prepared(table.insert(), *names)


def _bind_values(
    connection: Connection, columns: Iterable[Column[Any]], lines: Iterable[Sequence[object]]
) -> Sequence[Sequence[object]]:
    """Convert the values to the types the driver expects, column by column."""
    dialect, columns = connection.dialect, [*columns]
    processors = [target.type.dialect_impl(dialect).bind_processor(dialect) for target in columns]
    rows = [*lines]
    if not rows or not any(processors):
        return rows
    bound = list[Iterable[object]]()
    for values, target, processor in zip(zip(*rows, strict=True), columns, processors, strict=True):
        if processor is not None and isinstance(target.type, Date | Moment):
            # Many rows share few days, and their moment.
            processor = cache(processor)
        bound.append(values if processor is None else map(processor, values))
    return [*zip(*bound, strict=True)]


def text_before(connection: Connection, column: ColumnElement[str], sign: str) -> ColumnElement[str]:
    """Return the text before the first `sign`; the whole text when there is none."""
    if connection.dialect.name == "sqlite":
        return func.substr(column, 1, func.instr(column + sign, sign) - 1)
    return func.split_part(column, sign, 1)
