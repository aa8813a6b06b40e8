"""The one table of events: what happened to cases, rows of registers and the office, as it was written; and the
triggers that refuse UPDATE and DELETE on it, installed after every migration.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Connection, Index, Integer, Text, UniqueConstraint, bindparam, text
from sqlmodel import Field

from merzim.storage.tables.base import TableBase, UtcMoment, only, table

FIRST_ENTRY = text("kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')")
"""Condition: the event begins a register of a case. Queries must use the same expression, or the index is not
used.
"""
OF_OFFICE = text("stream = 'office'")
"""Condition: the event is the office's own. Queries must use the same expression."""
ASSIGNMENT_GIVEN = text("kind = 'assignment_given'")
"""Condition: the event gives an assignment. Queries must use the same expression."""


class EventRow(TableBase, table=True):
    """One event of a stream (`case/2026-0001`, `row/gifts-2026-0003`, `office`, `access`, `notices`, `seals`).

    The unique (stream, seq) refuses the second of two concurrent writers. `hash` covers every other column but
    `id`, the order in which everything was written, and `private`: values that may be erased, each with the
    salt of its digest in the payload, as canonical JSON like `payload`. UPDATE and DELETE are refused, except
    that `private` may be emptied.

    `topic`: of its entry in the audit log, "" for none; `case`: the one it is about, "" for none; `way`: the
    interface it came by.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("ix_event_case", "case", "seq"),
        Index("ix_event_office", "stream", "kind", "seq", **only(OF_OFFICE)),
        Index("ix_event_at", "at", "id"),
        Index("ix_event_by", "by", "id"),
        Index("ix_event_topic", "topic", "id"),
        Index("ix_event_first_entry", "case", **only(FIRST_ENTRY)),
        Index("ix_event_assignment", "by", "case", "name", **only(ASSIGNMENT_GIVEN)),
    )

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    stream: str
    seq: int
    topic: str
    kind: str
    name: str
    on: date | None = None
    case: str
    at: datetime = Field(sa_type=UtcMoment)
    by: str
    way: str
    payload: str = Field(sa_type=Text)
    private: str = Field(sa_type=Text)
    hash: str


EVENT = table("event")
OF_CASES = EVENT.c.stream.like(bindparam(None, "case/%", literal_execute=True))
"""Condition: the event is of a case's own stream. Not by topic: most events have that one, and SQLite would
walk its index for the events of a few cases. Not a parameter: it would plan the statement anew each time.
"""


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


def install_triggers(connection: Connection) -> None:
    """Create the triggers that keep events as they are (their private values may be emptied), replacing older
    ones.
    """
    remove_triggers(connection)
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


def remove_triggers(connection: Connection) -> None:
    """Drop the triggers, in a transaction that installs them again."""
    on = "" if connection.dialect.name == "sqlite" else " ON event"
    for name in sorted(trigger_names(connection.dialect.name)):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")


def trigger_names(dialect: str) -> frozenset[str]:
    """Return the names of the triggers of a database of this kind."""
    return frozenset(f"merzim_event_{kind}" for kind in (_SQLITE if dialect == "sqlite" else _POSTGRESQL))


def missing_triggers(connection: Connection) -> frozenset[str]:
    """Return the names of the triggers that should be there and are not, or are switched off."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    return trigger_names(connection.dialect.name) - {row[0] for row in connection.exec_driver_sql(query)}
