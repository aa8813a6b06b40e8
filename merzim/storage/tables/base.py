"""The base of every table, with names for every constraint; column types alike on both databases.

Moments in UTC, JSON as canonical text.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData, Table, Text, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

CLUSTERED = {"sqlite_with_rowid": False}
"""Keyword arguments of a table whose rows SQLite stores in the tree of their primary key: one tree less to
write, and a case's rows are stored together.
"""


def only(condition: TextClause | str, in_postgresql: str = "") -> dict[str, Any]:
    """Return the keyword arguments of an index of the rows that meet a condition."""
    clause = text(condition) if isinstance(condition, str) else condition
    return {"sqlite_where": clause, "postgresql_where": text(in_postgresql) if in_postgresql else clause}


class TableBase(SQLModel):
    """The base class of every table, with shared metadata that names constraints, as migrations require. Rows
    are never validated as pydantic models, so that no validators are built for them.
    """

    model_config = {"defer_build": True}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table(name: str) -> Table:
    return TableBase.metadata.tables[name]


def canonical(value: object) -> str:
    """Return the canonical JSON text of a value: sorted keys, no spaces, non-ASCII letters unescaped, dates in
    ISO format. Raises TypeError, ValueError: the value has no JSON form (a set, a NaN).
    """
    return "{}" if value == {} else _ENCODER.encode(value)


# What is written at once bears one moment.
@lru_cache(maxsize=64)
def moment(at: datetime) -> str:
    """Return a moment in the ledger's format: UTC, whole seconds, "2026-04-06T07:00:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: object) -> object:
    """Return a moment or a day as JSON has it. Raises TypeError for anything else."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON: {type(value).__name__}")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)


class UtcMoment(TypeDecorator[datetime]):
    """An aware UTC datetime in whole seconds. SQLite returns a `DateTime(timezone=True)` naive, PostgreSQL
    aware in the session's zone; this type returns UTC from both and refuses naive values.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value.isoformat()}")
        at = value.astimezone(UTC).replace(microsecond=0)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Canonical(TypeDecorator[object]):
    """A JSON value as canonical text: comparing texts compares values."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        return canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return None if value is None else json.loads(value)


Cells = JSON().with_variant(JSONB(), "postgresql")
"""A JSON object whose values conditions name."""
