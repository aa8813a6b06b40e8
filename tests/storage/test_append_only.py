"""Append-only tables: the database itself refuses changes and deletions."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from merzim.storage.maintenance import triggers
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.tables.base import TableBase
from tests.storage.sample_cases import NOW, opened, seal


@pytest.mark.parametrize("statement", ["UPDATE event SET name = 'x'", "DELETE FROM event"])
def test_update_and_delete_of_events_are_refused(engine: Engine, statement: str) -> None:
    """By the database, for every client, not only by the application."""
    opened(engine)
    seal(engine, now=NOW)

    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_replacing_an_event_is_refused_too(sqlite: Engine) -> None:
    """SQLite's INSERT OR REPLACE deletes without firing a DELETE trigger on most connections."""
    opened(sqlite)
    statement = (
        'INSERT OR REPLACE INTO event SELECT NULL, stream, seq, topic, kind, \'x\', "on", "case", at, "by", '
        "way, payload, private, hash FROM event WHERE seq = 1"
    )

    with sqlite.connect() as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))


@pytest.mark.postgresql
def test_truncate_is_refused_by_postgresql(server: Engine) -> None:
    """Row triggers do not see TRUNCATE; another one does."""
    with pytest.raises(DBAPIError, match="append-only"), server.begin() as connection:
        connection.execute(text("TRUNCATE event"))


def test_a_migration_puts_back_triggers_that_were_lost(engine: Engine) -> None:
    """A table rebuilt by a migration loses its triggers; they are installed anew after it."""
    with engine.connect() as connection, connection.begin():
        names = sorted(triggers.missing(connection) ^ triggers.names(engine.dialect.name))
        for name in names:
            on = " ON event" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        connection.execute(text("DROP TABLE alembic_version"))
        TableBase.metadata.drop_all(connection)

    assert create_or_migrate(engine)

    with engine.connect() as connection:
        assert triggers.missing(connection) == frozenset()
