"""Column types with equal behaviour on both databases: moments in UTC, and JSON as canonical text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from merzim.storage.chain import canonical


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime in whole seconds.

    SQLite returns a `DateTime(timezone=True)` naive, PostgreSQL aware in the session's zone; this type returns
    UTC from both and refuses naive values.
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


Collated = Text().with_variant(Text(collation="C"), "postgresql")
"""Text sorted by its code points on both databases."""
