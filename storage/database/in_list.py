"""Many names in one question: they travel as one value, however many they are.

A statement that spells thousands of them out costs more to write and to read than to answer; and the driver
writes arrays slowly, hence a text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, Self

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Text,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from storage.database.engine import Row_

HASHED_LIST_LIMIT = 1000
"""Of more names than these rows are looked at one by one."""
LITERAL_LIST_LIMIT = 20
"""Names a statement spells out one by one."""
_AT_ONCE = 5000
_APART = "\x1f"
_NAMES = "k_names"


class _InList(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "named"

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Return the element as it is: it is compiled to a comparison in parentheses.

        A function of type Boolean gets `= 1` appended in WHERE on SQLite, and `(x IN ...) = 1` uses no index.
        """
        return self


@compiles(_InList, "sqlite")
def _sqlite(element: _InList, compiler: Any, **more: Any) -> str:
    tested, names = (compiler.process(one, **more) for one in element.clauses)
    return f"({tested} IN (SELECT value FROM json_each({names})))"


@compiles(_InList, "postgresql")
def _postgresql(element: _InList, compiler: Any, **more: Any) -> str:
    tested, names = (compiler.process(one, **more) for one in element.clauses)
    return f"({tested} = ANY (string_to_array({names}, chr({ord(_APART)}))))"


def in_names(tested: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a column holds one of the names the statement is asked with by `execute_for_names`."""
    return _InList(tested, bindparam(_NAMES, type_=Text))


def execute_for_names(connection: Connection, asked: Executable, names: Iterable[str]) -> Iterator[Row_]:
    """What a statement with `in_names` finds for the names: one query for up to 5,000 of them."""
    left = iter(names)
    while chunk := list(islice(left, _AT_ONCE)):
        yield from connection.execute(asked, {_NAMES: _text(connection.dialect, chunk)})


def in_collection(
    engine: Engine, tested: ColumnElement[str], names: Collection[str], *, walked: bool = False
) -> ColumnElement[bool]:
    """Whether a column holds one of these.

    Args:
        walked: rows are met in another order and looked at one by one; else they may be found by these names.
    """
    if len(names) <= LITERAL_LIST_LIMIT:
        return tested.in_([*names])
    text = _text(engine.dialect, names)
    if engine.dialect.name == "sqlite":
        return tested.in_(select(func.json_each(text).table_valued("value").c.value))
    found = tested.in_(select(func.unnest(func.string_to_array(text, _APART))))
    # Inside IS TRUE PostgreSQL keeps the names in a table of hashes; else it may go through them for each row.
    return found.is_(true()) if walked or len(names) > HASHED_LIST_LIMIT else found


def _text(dialect: Dialect, names: Iterable[str]) -> str:
    return json.dumps([*names]) if dialect.name == "sqlite" else _APART.join(names)
