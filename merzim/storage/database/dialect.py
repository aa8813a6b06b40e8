"""Queries over long lists of names, and the little SQL that differs between SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ColumnElement, Engine, Executable, Table, bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from merzim.storage.database.engine import Row_, reading

if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert

T = TypeVar("T")
_NAMES = "k_names"
_CHUNK_SIZE = 10_000
"""Names in one statement, which takes 32,766 values on SQLite and 65,535 on PostgreSQL."""


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Split items into lists of at most so many."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def in_names(tested: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the names given to `execute_for_names`."""
    return tested.in_(bindparam(_NAMES, expanding=True))


def execute_for_names(session: Session, statement: Executable, names: Iterable[str]) -> Iterator[Row_]:
    """Run a statement with `in_names` and yield its rows: one query for up to 10,000, none without any.

    The rows of a statement that orders them are in order for each 10,000 names.
    """
    for chunk in chunks(names, _CHUNK_SIZE):
        yield from session.execute(statement, {_NAMES: chunk}).all()


def read_for_names(engine: Engine, statement: Executable, names: Iterable[str]) -> list[Row_]:
    """Return the rows of a statement with `in_names`, as `execute_for_names` yields them, in one `reading`."""
    with reading(engine) as session:
        return [*execute_for_names(session, statement, names)]


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def insert(session: Session, table: Table) -> Insert:
    """Return an INSERT of the dialect, with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return sqlite.insert(table) if is_sqlite(session) else postgresql.insert(table)


def insert_many(session: Session, table: Table, lines: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns; none is allowed."""
    if lines:
        session.execute(table.insert(), lines)


def text_within(engine: Engine, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Return the condition that a text contains this part, case-sensitively."""
    find = func.instr if engine.dialect.name == "sqlite" else func.strpos
    return find(text, part) > 0


def text_before(session: Session, column: ColumnElement[str], sign: str) -> ColumnElement[str]:
    """Return the text before the first `sign`; the whole text when there is none."""
    if is_sqlite(session):
        return func.substr(column, 1, func.instr(column + sign, sign) - 1)
    return func.split_part(column, sign, 1)
