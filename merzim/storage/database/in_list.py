"""Conditions on long lists of names, which are sent as one parameter.

A statement with thousands of literals costs more to build and parse than to run; and the driver writes arrays
slowly, hence one text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Self

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from merzim.storage.database.engine import Row_
from merzim.storage.database.prepared import Prepared

HASHED_LIST_LIMIT = 1000
"""The most names for which PostgreSQL may use an index; with more it hashes the list and scans the rows."""
LITERAL_LIST_LIMIT = 20
"""The most names a statement has as literals."""
_CHUNK_SIZE = 5000
_CHUNK_OF_WHOLE_RESULTS = 500
_ROWS_AT_ONCE = 1000
_SEPARATOR = "\x1f"
_NAMES = "k_names"


class _InList(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "named"

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Return the element itself, so that it is compiled to a comparison in parentheses.

        A function of type Boolean gets `= 1` appended in WHERE on SQLite, and `(x IN ...) = 1` uses no index.
        """
        return self


@compiles(_InList, "sqlite")
def _sqlite(element: _InList, compiler: Any, **options: Any) -> str:
    tested, names = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({tested} IN (SELECT value FROM json_each({names})))"


@compiles(_InList, "postgresql")
def _postgresql(element: _InList, compiler: Any, **options: Any) -> str:
    tested, names = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({tested} = ANY (string_to_array({names}, chr({ord(_SEPARATOR)}))))"


class _Names(FunctionElement[str]):
    type = Text()
    inherit_cache = True
    name = "value"


@compiles(_Names, "sqlite")
def _sqlite_names(element: _Names, compiler: Any, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(_Names, "postgresql")
def _postgresql_names(element: _Names, compiler: Any, **more: Any) -> str:
    return f"unnest(string_to_array({compiler.process(element.clauses, **more)}, chr({ord(_SEPARATOR)})))"


def names_table() -> TableValuedAlias:
    """Return the names given to `execute_for_names` as a table with the column `value`."""
    # PostgreSQL names the column of a function like its table.
    return _Names(bindparam(_NAMES, type_=Text)).table_valued("value", name="value")


def in_names(tested: ColumnElement[str], parameter: str = _NAMES) -> ColumnElement[bool]:
    """Return the condition that a column has one of the names given to `execute_for_names`, or in another
    parameter by `encode_names`.
    """
    return _InList(tested, bindparam(parameter, type_=Text))


def execute_for_names(
    connection: Connection,
    statement: Executable,
    names: Iterable[str],
    parameters: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Row_]:
    """Run a statement with `in_names` and yield its rows: one query for up to 5,000 names.

    Args:
        parameters: its other parameters.
    """
    remaining = iter(names)
    while chunk := list(islice(remaining, _CHUNK_SIZE)):
        result = connection.execute(statement, {**parameters, _NAMES: encode_names(connection.dialect, chunk)})
        # Row by row SQLAlchemy asks its cursor anew, which costs more than the row.
        for rows in result.partitions(_ROWS_AT_ONCE):
            yield from rows


def fetch_for_names(
    connection: Connection,
    statement: Prepared,
    names: Iterable[str],
    parameters: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[tuple[Any, ...]]:
    """Run a prepared statement with `in_names` and yield its rows as plain tuples."""
    remaining = iter(names)
    while chunk := list(islice(remaining, _CHUNK_OF_WHOLE_RESULTS)):
        encoded = encode_names(connection.dialect, chunk)
        yield from statement.fetch(connection, {**parameters, _NAMES: encoded})


def in_collection(
    engine: Engine, tested: ColumnElement[str], names: Collection[str], *, walked: bool = False
) -> ColumnElement[bool]:
    """Return the condition that a column has one of these names.

    Args:
        walked: whether the rows are scanned in another order and tested one by one, not looked up by name.
    """
    if len(names) <= LITERAL_LIST_LIMIT:
        return tested.in_([*names])
    text = encode_names(engine.dialect, names)
    if engine.dialect.name == "sqlite":
        return tested.in_(select(func.json_each(text).table_valued("value").c.value))
    condition = tested.in_(select(func.unnest(func.string_to_array(text, _SEPARATOR))))
    # Inside IS TRUE PostgreSQL keeps the names in a table of hashes; else it may go through them for each row.
    return condition.is_(true()) if walked or len(names) > HASHED_LIST_LIMIT else condition


def encode_names(dialect: Dialect, names: Iterable[str]) -> str:
    """Return names as one parameter."""
    return json.dumps([*names]) if dialect.name == "sqlite" else _SEPARATOR.join(names)
