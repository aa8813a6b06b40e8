"""Creates or migrates the schema with Alembic; when it is current, this costs two queries and no Alembic."""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from merzim.storage.board import change_counters, word_index
from merzim.storage.cases import recommendations
from merzim.storage.database.engine import reading, writing
from merzim.storage.database.errors import DEADLOCK, display_address, sqlstate_of
from merzim.storage.database.limits import long_work
from merzim.storage.maintenance import triggers
from merzim.storage.notices import tally
from merzim.storage.org import former
from merzim.storage.refusals import BackupRefused, StorageUnavailable
from merzim.storage.tables.base import TableBase
from merzim.storage.tables.service import FLOOR as FLOOR_TABLE
from merzim.storage.tables.service import INSTALLATION

FLOOR = "0022"
"""The oldest revision whose code may use the newest schema: while an office is upgraded node by node, those of
the previous version keep working. A migration above it only adds (tables, optional columns, non-unique
indexes); one that removes or tightens raises it to the revision before itself, and comes a version later than
the code that no longer needs what it removes.
"""
MIGRATIONS = Path(__file__).parents[1] / "migrations"
BOARD = "0063"
"""The newest revision after which the read models must be rebuilt from the events
(`storage.maintenance.after_migration`). A migration that adds a column or table to them puts its own revision
here; so does a change of the rules by which a state is computed, with the newest revision there is.
"""
MAX_DEADLOCKS = 5
"""How often a migration may be rolled back by a deadlock with a writer before it fails."""
_FILE = re.compile(r"^(\d{4})_\w+\.py$")
_ADVISORY = 0x4D65727A  # "Merz": one process at a time migrates a PostgreSQL database
_COLUMNS = {
    "sqlite": (
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    ),
    "postgresql": (
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND pg_table_is_visible(c.oid)"
    ),
}
# What a database says of a migration whose table, column or index is there already, or not there to be changed.
_HALF_STATES = frozenset({"42P07", "42701", "42710", "42P01", "42703", "42704"})
_HALF_WORDS = re.compile(r"already exists|duplicate column|no such (table|column|index)")


@cache
def shipped_revisions() -> tuple[str, ...]:
    """Return the revisions of this version, oldest first: the numbers at the beginning of its migration
    files.
    """
    matches = (_FILE.match(file.name) for file in (MIGRATIONS / "versions").iterdir())
    return tuple(sorted(match[1] for match in matches if match))


def refuse_missing(engine: Engine) -> None:
    """Raise StorageUnavailable for a database without tables; interrupted migrations are refused when opened.

    Raises:
        StorageUnavailable: `no_database`; nothing was written.
    """
    with reading(engine) as connection:
        if revision(connection) is None and not inspect(connection).get_table_names():
            raise StorageUnavailable("no_database", where=display_address(engine))


@long_work()
def create_or_migrate(engine: Engine, *, to: str | None = None) -> bool:
    """Create the tables or migrate them, in one transaction. Return whether anything was done.

    Args:
        to: a revision of this version; None for the newest.

    Raises:
        StorageUnavailable: the database cannot be used, was written by a newer version that does not allow for
            this one (`newer`) or by one before 0.1.0 (`older`) or never
            released (`unreleased`), contains tables of another application
            (`foreign`), or its tables do not match its revision (`half_migrated`); nothing was changed.
    """
    head = to or shipped_revisions()[-1]
    with reading(engine) as connection:
        at = revision(connection)
        if at == head or _allowed(connection, at):
            _refuse_half(engine, connection, at)
            return False
    _refuse_newer(engine, at)
    attempts = 0
    while True:
        try:
            return _migrate(engine, head)
        except StorageUnavailable as trouble:
            # Nodes of the version before go on writing, in another order of tables: nothing was changed.
            attempts += 1
            if attempts == MAX_DEADLOCKS or sqlstate_of(trouble) != DEADLOCK:
                raise


def _migrate(engine: Engine, head: str) -> bool:
    """Create or migrate in one transaction. Return whether anything was done."""
    try:
        with writing(engine) as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
            at = revision(connection)
            if at == head or _allowed(connection, at):
                return False
            _refuse_newer(engine, at)
            _refuse_foreign(engine, connection, at)
            try:
                create(connection, to=head)
            except DBAPIError as trouble:
                if not _half(trouble.orig):
                    raise
                problem = f"{at}: {str(trouble.orig).splitlines()[0]}"
                raise StorageUnavailable(
                    "half_migrated", where=display_address(engine), problem=problem
                ) from trouble
            if at is None and head == shipped_revisions()[-1]:
                connection.execute(INSTALLATION.insert(), {"n": 1, "name": "", "board": BOARD})
    except IntegrityError as trouble:
        raise StorageUnavailable(
            "failed", where=display_address(engine), problem=str(trouble.orig)
        ) from trouble
    return True


def create(connection: Connection, *, to: str | None = None) -> None:
    """Create the tables or migrate them, inside a running transaction."""
    head = to or shipped_revisions()[-1]
    change_counters.remove(connection)
    _upgrade(connection, head)
    if head == shipped_revisions()[-1]:
        triggers.install(connection)
        tally.install(connection)
        change_counters.install(connection)
        recommendations.install(connection)
        former.recover(connection)
        word_index.install(connection)
        connection.execute(FLOOR_TABLE.delete())
        connection.execute(FLOOR_TABLE.insert(), {"revision": FLOOR})


def missing(connection: Connection) -> list[str]:
    """Return the tables ("case") and columns ("case.head") of this version that a database lacks, in order.

    Additional ones are accepted: in a rolling upgrade newer nodes add them before older nodes stop.
    """
    # All rows at once: one at a time they take as long as all else at an application's start.
    present_columns = set(map(tuple, connection.exec_driver_sql(_COLUMNS[connection.dialect.name]).all()))
    tables = {table for table, _ in present_columns}
    return sorted(
        table.name if table.name not in tables else f"{table.name}.{column.name}"
        for table in TableBase.metadata.tables.values()
        for column in list(table.columns)[: 1 if table.name not in tables else None]
        if (table.name, column.name) not in present_columns
    )


def usable(connection: Connection) -> bool:
    """Return whether this version's code can use the tables."""
    at = revision(connection)
    return at == shipped_revisions()[-1] or _allowed(connection, at)


def _allowed(connection: Connection, at: str | None) -> bool:
    """Return whether a newer version wrote this database and permits this one."""
    if at is None or at <= shipped_revisions()[-1] or not at.isdigit():
        return False
    floor = connection.execute(select(func.max(FLOOR_TABLE.c.revision))).scalar()
    return floor is not None and floor <= shipped_revisions()[-1]


def _refuse_half(engine: Engine, connection: Connection, at: str | None) -> None:
    """Refuse a database whose tables do not match its revision."""
    if at is not None and at >= shipped_revisions()[-1] and (missing_columns := missing(connection)):
        raise StorageUnavailable(
            "half_migrated", where=display_address(engine), problem=f"{at}: {missing_columns[0]}"
        )


def _refuse_newer(engine: Engine, at: str | None) -> None:
    """Refuse a database of a newer version, of one before 0.1.0, or of one that was never released."""
    if at is not None and at not in shipped_revisions():
        code = (
            "newer"
            if at > shipped_revisions()[-1]
            else "older"
            if at < shipped_revisions()[0]
            else "unreleased"
        )
        raise StorageUnavailable(code, where=display_address(engine), problem=at)


def refuse_other_version(file: Path, at: str) -> None:
    """Raise BackupRefused for a backup of a revision that no migration of this version goes on from."""
    if at not in shipped_revisions():
        code = "backup_newer" if at > shipped_revisions()[-1] else "backup_between"
        raise BackupRefused(code, file=str(file), version=at)


def _refuse_foreign(engine: Engine, connection: Connection, at: str | None) -> None:
    """Refuse a database with tables of another application."""
    if at is not None:
        return
    table_names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if {"event", "case", "seal"} <= table_names:
        # The tables are ours, but their version is not recorded.
        raise StorageUnavailable("half_migrated", where=display_address(engine), problem="alembic_version")
    if table_names:
        raise StorageUnavailable("foreign", where=display_address(engine))


def revision(connection: Connection) -> str | None:
    """Return the revision of a database; None when it is not one of this application."""
    query = text("SELECT version_num FROM alembic_version")
    try:
        with connection.begin_nested():
            return connection.execute(query).scalar()
    except DBAPIError as trouble:
        if "no such table" in str(trouble.orig) or getattr(trouble.orig, "sqlstate", "") == "42P01":
            return None
        raise


def _upgrade(connection: Connection, to: str) -> None:
    """Run the migrations."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _half(trouble: BaseException | None) -> bool:
    """Return whether an error means that tables are missing."""
    if isinstance(trouble, sqlite3.Error):
        return _HALF_WORDS.search(str(trouble)) is not None
    return getattr(trouble, "sqlstate", None) in _HALF_STATES
