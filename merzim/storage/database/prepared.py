"""Statements of the ledger's hot path: compiled once for each kind of database, then handed to the driver as
text.

SQLAlchemy looks up, binds and wraps each execution anew, which costs more than the database does for a few
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Date, Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from merzim.storage.types import Moment

Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class StatementText:
    """A statement as a driver takes it.

    Attributes:
        binds: the names of its parameters, in order, each with what converts it for the driver.
        fixed: the values of parameters that are part of the statement.
        converted: the place of each result column whose values need converting, and what converts them.
    """

    text: str
    positional: bool
    binds: tuple[tuple[str, Processor | None], ...]
    fixed: Mapping[str, object]
    converted: tuple[tuple[int, Processor], ...]

    def bound(self, values: Mapping[str, object]) -> Any:
        """Return the parameters of one execution."""
        values = {**self.fixed, **values} if self.fixed else values
        if self.positional:
            return tuple([values[name] if bind is None else bind(values[name]) for name, bind in self.binds])
        return {name: values[name] if bind is None else bind(values[name]) for name, bind in self.binds}


class Prepared:
    """A Core statement without parameters of variable length.

    Args:
        columns: of an INSERT or UPDATE, the columns it sets, whose names are parameters.
    """

    def __init__(self, statement: ClauseElement, *columns: str) -> None:
        self._statement = statement
        self._columns = [*columns] or None
        self._texts: dict[str, StatementText] = {}

    def fetch(self, connection: Connection, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        """Return all rows of a query."""
        text = self.text(connection.dialect)
        driver: Any = connection.connection.dbapi_connection
        records: Sequence[tuple[Any, ...]] = driver.execute(text.text, text.bound(values)).fetchall()
        if not text.converted or not records:
            return records
        columns: list[Any] = [*zip(*records, strict=True)]
        for place, convert in text.converted:
            if columns[place].count(None) < len(records):
                columns[place] = map(convert, columns[place])
        return [*zip(*columns, strict=True)]

    def execute(self, connection: Connection, lines: Sequence[Mapping[str, object]]) -> int:
        """Execute the statement for each line of parameters; return how many rows were written.

        Raises:
            IntegrityError: a constraint is broken.
        """
        text = self.text(connection.dialect)
        driver: Any = connection.connection.dbapi_connection
        try:
            if len(lines) == 1:
                return int(driver.execute(text.text, text.bound(lines[0])).rowcount)
            cursor = driver.cursor()
            cursor.executemany(text.text, [text.bound(line) for line in lines])
            return int(cursor.rowcount)
        except connection.dialect.loaded_dbapi.IntegrityError as trouble:
            # Through the driver, whose errors SQLAlchemy does not see.
            raise IntegrityError(None, None, trouble) from trouble

    def text(self, dialect: Dialect) -> StatementText:
        """Return the statement as the driver of this kind of database takes it."""
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _compiled(self._statement, self._columns, dialect)
        return text


def _compiled(statement: ClauseElement, columns: list[str] | None, dialect: Dialect) -> StatementText:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)
    types = {name: bind.type for bind, name in compiled.bind_names.items()}
    names = compiled.positiontup if compiled.positional else [*types]
    assert names is not None
    results = (column.type.dialect_impl(dialect) for column in getattr(statement, "selected_columns", ()))
    processors = [kind.result_processor(dialect, None) for kind in results]
    return StatementText(
        text=str(compiled),
        positional=compiled.positional,
        binds=tuple((name, _bind_processor(types[name], dialect)) for name in names),
        fixed={name: bind.value for bind, name in compiled.bind_names.items() if not bind.required},
        converted=tuple(
            (place, processor) for place, processor in enumerate(processors) if processor is not None
        ),
    )


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """Return what converts the values of a type for the driver."""
    processor = kind.dialect_impl(dialect).bind_processor(dialect)
    # What is written names few days, and one moment.
    return lru_cache(processor) if processor and isinstance(kind, Date | Moment) else processor
