"""The schema, created or brought up to date by Alembic. Up to date costs one query and no import of Alembic."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import triggers
from storage.engine import reading, where, writing
from storage.refusals import StorageUnavailable

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
        StorageUnavailable: the database cannot be used, was written by a newer version (`newer`), or holds
            somebody else's tables (`foreign`).
    """
    head = to or known()[-1]
    with reading(engine) as connection:
        at = revision(connection)
    if at == head:
        return False
    _refuse(engine, at)
    with writing(engine) as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
        at = revision(connection)
        if at == head:
            return False
        _refuse(engine, at)
        if at is None and (set(inspect(connection).get_table_names()) - {"alembic_version"}):
            raise StorageUnavailable("foreign", where=where(engine))
        _upgrade(connection, head)
        if head == known()[-1]:
            triggers.install(connection)
    return True


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
