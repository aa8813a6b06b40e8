"""Creates or migrates the schema with Alembic; when it is current, this costs two queries and no Alembic."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from merzim.storage.database.dialect import is_sqlite
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance import triggers
from merzim.storage.refusals import StorageUnavailable, display_address
from merzim.storage.tables.service import INSTALLATION
from workflow.refusal import Refusal

MIGRATIONS = Path(__file__).parents[1] / "migrations"
_FILE = re.compile(r"^(\d{4})_\w+\.py$")
_ADVISORY = 0x4D65727A  # "Merz": one process at a time migrates a PostgreSQL database


@cache
def shipped_revisions() -> tuple[str, ...]:
    """Return the revisions of this version, oldest first: the numbers at the beginning of its migration
    files.
    """
    matches = (_FILE.match(file.name) for file in (MIGRATIONS / "versions").iterdir())
    return tuple(sorted(match[1] for match in matches if match))


def refuse_missing(engine: Engine) -> None:
    """Raise StorageUnavailable (`no_database`) for a database without tables; nothing is created."""
    with reading(engine) as session:
        if revision(session) is None and not inspect(session.connection()).get_table_names():
            raise StorageUnavailable("no_database", where=display_address(engine))


def create_or_migrate(engine: Engine) -> bool:
    """Create the tables or migrate them, in one transaction. Return whether anything was done.

    Raises:
        StorageUnavailable: the database cannot be used, was written by a newer version (`newer`) or by one
            before the first release (`older`), or contains tables of another application (`foreign`); nothing
            was changed.
    """
    with reading(engine) as session:
        if usable(session):
            return False
        _refuse_other_version(engine, revision(session))
    return _migrate(engine)


def _migrate(engine: Engine) -> bool:
    """Create or migrate in one transaction; return whether anything was done. Raises StorageUnavailable."""
    try:
        with writing(engine) as session:
            if not is_sqlite(session):
                session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
            if usable(session):
                return False
            _refuse_other_version(engine, revision(session))
            is_new = revision(session) is None
            if is_new and set(inspect(session.connection()).get_table_names()) - {"alembic_version"}:
                raise StorageUnavailable("foreign", where=display_address(engine))
            create(session)
            if is_new:
                session.execute(INSTALLATION.insert(), {"n": 1, "name": ""})
    except IntegrityError as trouble:
        raise StorageUnavailable(
            "failed", where=display_address(engine), problem=str(trouble.orig)
        ) from trouble
    return True


def create(session: Session) -> None:
    """Create the tables or migrate them, inside a running transaction."""
    from alembic import command  # a tenth of a second that only a new or older database needs
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = session.connection()
    command.upgrade(config, "head")
    triggers.install(session.connection())


def usable(session: Session) -> bool:
    """Return whether the tables are of this version's revision."""
    return revision(session) == shipped_revisions()[-1]


def _refuse_other_version(engine: Engine, at: str | None) -> None:
    """Raise StorageUnavailable for a database of a newer version or of one before the first release."""
    if at is not None and at not in shipped_revisions():
        code = "newer" if at > shipped_revisions()[-1] else "older"
        raise StorageUnavailable(code, where=display_address(engine), problem=at)


def refuse_backup_of_other_version(file: Path, at: str) -> None:
    """Raise Refusal for a backup of a revision that no migration of this version goes on from."""
    if at not in shipped_revisions():
        code = "backup_newer" if at > shipped_revisions()[-1] else "backup_older"
        raise Refusal(code, file=str(file), version=at)


def revision(session: Session) -> str | None:
    """Return the revision of a database; None when it is not one of this application."""
    query = text("SELECT version_num FROM alembic_version")
    try:
        with session.begin_nested():
            return session.execute(query).scalar()
    except DBAPIError as trouble:
        if "no such table" in str(trouble.orig) or getattr(trouble.orig, "sqlstate", "") == "42P01":
            return None
        raise
