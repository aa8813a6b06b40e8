"""The schema, created or brought up to date by Alembic. Up to date costs one query and no import of Alembic."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from storage import triggers
from storage.engine import reading, where, writing
from storage.refusals import StorageUnavailable
from storage.tables import FLOOR as FLOOR_TABLE

FLOOR = "0014"
"""The oldest revision whose code may use the newest schema: while an office is brought up to date node by node,
those of the version before go on working. A migration above it only adds (tables, columns that may be left out,
indexes that forbid nothing); one that takes away or tightens raises it to the revision before itself, and comes
a version later than the code that no longer needs what it takes."""
MIGRATIONS = Path(__file__).with_name("migrations")
_FILE = re.compile(r"^(\d{4})_\w+\.py$")
_ADVISORY = 0x4D65727A  # "Merz": one process at a time migrates a PostgreSQL database


def known() -> tuple[str, ...]:
    """The revisions this version knows, oldest first: the numbers its migration files begin with."""
    found = (_FILE.match(file.name) for file in (MIGRATIONS / "versions").iterdir())
    return tuple(sorted(match[1] for match in found if match))


def create_or_migrate(engine: Engine, *, to: str | None = None) -> bool:
    """Make the tables, or bring them up to date. Returns whether anything was done.

    Args:
        to: a revision this version knows; None for the newest.

    Raises:
        StorageUnavailable: the database cannot be used, was written by a newer version that does not allow for
            this one (`newer`), or holds somebody else's tables (`foreign`).
    """
    head = to or known()[-1]
    with reading(engine) as connection:
        at = revision(connection)
        if at == head or _allowed(connection, at):
            return False
    _refuse(engine, at)
    with writing(engine) as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
        at = revision(connection)
        if at == head or _allowed(connection, at):
            return False
        _refuse(engine, at)
        if at is None and (set(inspect(connection).get_table_names()) - {"alembic_version"}):
            raise StorageUnavailable("foreign", where=where(engine))
        create(connection, to=head)
    return True


def create(connection: Connection, *, to: str | None = None) -> None:
    """Make the tables or bring them up to date, inside a transaction that is under way."""
    head = to or known()[-1]
    _upgrade(connection, head)
    if head == known()[-1]:
        triggers.install(connection)
        connection.execute(FLOOR_TABLE.delete())
        connection.execute(FLOOR_TABLE.insert(), {"revision": FLOOR})


def _allowed(connection: Connection, at: str | None) -> bool:
    """Whether a newer version wrote this database and allows for ours."""
    if at is None or at <= known()[-1]:
        return False
    floor = connection.execute(select(func.max(FLOOR_TABLE.c.revision))).scalar()
    return floor is not None and floor <= known()[-1]


def _refuse(engine: Engine, at: str | None) -> None:
    if at is not None and at not in known():
        raise StorageUnavailable("newer", where=where(engine), problem=at)


def revision(connection: Connection) -> str | None:
    """The revision a database is at; None when it has never been one of ours."""
    asked = text("SELECT version_num FROM alembic_version")
    try:
        with connection.begin_nested():
            return connection.execute(asked).scalar()
    except DBAPIError as trouble:
        if "no such table" in str(trouble.orig) or getattr(trouble.orig, "sqlstate", "") == "42P01":
            return None
        raise


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
