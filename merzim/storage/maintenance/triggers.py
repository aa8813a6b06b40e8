"""Triggers that refuse UPDATE and DELETE on append-only tables; installed after every migration.

The private values of an event may be emptied, as long as nothing else of it changes.
"""

from __future__ import annotations

from sqlalchemy import Connection

from merzim.storage.tables.base import TableBase

APPEND_ONLY = ("event", "seal", "act", "proof", "audit")
_SAYS = "the ledger is append-only: {what} of {table} is refused"
# Doubled, for psycopg reads a single one as a place for a value.
_FUNCTION = """
CREATE OR REPLACE FUNCTION merzim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'private' = to_jsonb(OLD) - 'private'
        AND length(to_jsonb(NEW) ->> 'private') < length(to_jsonb(OLD) ->> 'private') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only: %% of %% is refused', TG_OP, TG_TABLE_NAME;
END $$
"""
# A table that SQLite rebuilds for a migration loses its triggers, hence "anew". INSERT OR REPLACE deletes
# without firing DELETE triggers unless the connection asks for recursive ones, hence the third trigger.
_KEYS = {
    "event": "id = NEW.id OR (stream = NEW.stream AND seq = NEW.seq)",
    "seal": "n = NEW.n",
    "act": "seq = NEW.seq",
    "proof": "n = NEW.n",
    "audit": "seq = NEW.seq",
}


def install(connection: Connection) -> None:
    """Create the triggers, replacing existing ones."""
    if connection.dialect.name == "sqlite":
        for statement in _sqlite():
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql(_FUNCTION)
    for table in APPEND_ONLY:
        for name, when, level in (
            (f"merzim_{table}_row", "UPDATE OR DELETE", "ROW"),
            (f"merzim_{table}_all", "TRUNCATE", "STATEMENT"),
        ):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} "
                f"FOR EACH {level} EXECUTE FUNCTION merzim_append_only()"
            )


def names(dialect: str) -> frozenset[str]:
    """Return the names of the required triggers."""
    kinds = ("update", "delete", "replace") if dialect == "sqlite" else ("row", "all")
    return frozenset(f"merzim_{table}_{kind}" for table in APPEND_ONLY for kind in kinds)


def missing(connection: Connection) -> frozenset[str]:
    """Return the required triggers that do not exist."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    return names(connection.dialect.name) - {row[0] for row in connection.exec_driver_sql(query)}


def _unless_emptied(table: str) -> str:
    """Return the condition that more than the private values changes, or that they do not become less."""
    columns = [column.name for column in TableBase.metadata.tables[table].columns]
    if "private" not in columns:
        return ""
    others = (f'NEW."{name}" IS NOT OLD."{name}"' for name in columns if name != "private")
    return f"WHEN {' OR '.join(others)} OR length(NEW.private) >= length(OLD.private) "


def _sqlite() -> list[str]:
    statements = []
    for table in APPEND_ONLY:
        for operation, when in (("update", _unless_emptied(table)), ("delete", "")):
            says = _SAYS.format(what=operation.upper(), table=table)
            statements += [
                f"DROP TRIGGER IF EXISTS merzim_{table}_{operation}",
                f"CREATE TRIGGER merzim_{table}_{operation} BEFORE {operation.upper()} ON {table} "
                f"{when}BEGIN SELECT RAISE(ABORT, '{says}'); END",
            ]
        says = _SAYS.format(what="REPLACE", table=table)
        statements += [
            f"DROP TRIGGER IF EXISTS merzim_{table}_replace",
            f"CREATE TRIGGER merzim_{table}_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {_KEYS[table]}) "
            f"BEGIN SELECT RAISE(ABORT, '{says}'); END",
        ]
    return statements
