"""Triggers that refuse UPDATE and DELETE on the events; installed after every migration.

The private values of an event may be emptied, as long as nothing else of it changes.
"""

from __future__ import annotations

from sqlalchemy import Connection

from merzim.storage.tables.events import EVENT

APPEND_ONLY = (EVENT.name,)
_SAYS = "the ledger is append-only: {what} of event is refused"
_OTHERS = [column.name for column in EVENT.columns if column.name != "private"]
_CHANGED = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in _OTHERS)
# INSERT OR REPLACE deletes without firing DELETE triggers unless the connection asks for recursive ones.
_SQLITE = {
    "update": f"BEFORE UPDATE ON event WHEN {_CHANGED} OR length(NEW.private) >= length(OLD.private)",
    "delete": "BEFORE DELETE ON event",
    "replace": "BEFORE INSERT ON event WHEN EXISTS "
    "(SELECT 1 FROM event WHERE id = NEW.id OR (stream = NEW.stream AND seq = NEW.seq))",
}
# Doubled, for psycopg reads a single one as a place for a value.
_FUNCTION = """
CREATE OR REPLACE FUNCTION merzim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'private' = to_jsonb(OLD) - 'private'
        AND length(to_jsonb(NEW) ->> 'private') < length(to_jsonb(OLD) ->> 'private') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only: %% of event is refused', TG_OP;
END $$
"""
_POSTGRESQL = {
    "row": "BEFORE UPDATE OR DELETE ON event FOR EACH ROW",
    "all": "BEFORE TRUNCATE ON event FOR EACH STATEMENT",
}


def install(connection: Connection) -> None:
    """Create the triggers that keep events as they are (their private values may be emptied), replacing older
    ones.
    """
    remove(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.exec_driver_sql(_FUNCTION)
    for kind, when in (_SQLITE if is_sqlite else _POSTGRESQL).items():
        says = _SAYS.format(what=kind.upper())
        does = (
            f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            if is_sqlite
            else "EXECUTE FUNCTION merzim_append_only()"
        )
        connection.exec_driver_sql(f"CREATE TRIGGER merzim_event_{kind} {when} {does}")


def remove(connection: Connection) -> None:
    """Drop the triggers, in a transaction that installs them again."""
    on = "" if connection.dialect.name == "sqlite" else " ON event"
    for name in sorted(names(connection.dialect.name)):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")


def names(dialect: str) -> frozenset[str]:
    """Return the names of the triggers of a database of this kind."""
    return frozenset(f"merzim_event_{kind}" for kind in (_SQLITE if dialect == "sqlite" else _POSTGRESQL))


def missing(connection: Connection) -> frozenset[str]:
    """Return the names of the triggers that should be there and are not, or are switched off."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    return names(connection.dialect.name) - {row[0] for row in connection.exec_driver_sql(query)}
