"""Copies of a database: backups of one in use (SQLite's file itself, PostgreSQL by pg_dump), restoring them,
their encrypted secrets, and copying an office from SQLite to PostgreSQL.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Integer, MetaData, Table, func, inspect, select
from sqlmodel import Session

from merzim.storage import database as engines
from merzim.storage.accounts.encryption import secrets_in
from merzim.storage.cases.evidence import sync_path
from merzim.storage.database import conninfo, create_private, driver, reading, writing
from merzim.storage.maintenance.schema import (
    create,
    create_or_migrate,
    other_version,
    revision,
    shipped_revisions,
)
from merzim.storage.maintenance.verify import verify
from merzim.storage.refusals import StorageUnavailable, display_address
from merzim.storage.tables.base import TableBase
from workflow.refusal import Refusal

_COPIED_AT_ONCE = 5000
_WITH_SECRETS = ("account", "setting")
"""The tables with encrypted secrets."""
_MAGIC = b"PGDMP"
_OURS = ("event", "case")
_TABLE = re.compile(r" TABLE DATA \S+ (\S+) ")
_VERSION = re.compile(r"^(\d{4})$", re.MULTILINE)
_OLD = re.compile(r"server version: (\S+).*; \w+ version: (\S+)|unsupported version \((\S+)\) in file header")


def backup(engine: Engine, file: Path) -> None:
    """Copy a consistent snapshot of the database into a new file, while others read and write.

    Raises:
        Refusal: the file exists (`backup_exists`) or cannot be written (`backup_unwritable`), there is no
            database (`backup_nothing`); of PostgreSQL, the tool is not found (`backup_no_tool`), older than the
            server (`backup_old_tool`) or fails (`backup_tool_failed`).
        StorageUnavailable: the database cannot be read.
    """
    if engine.dialect.name == "sqlite":
        copy_file(engine, file)
        return
    with reading(engine) as session:
        if revision(session) is None:
            raise Refusal("backup_nothing", file=display_address(engine))
    with _new_file(file) as part:
        _run(engine, "pg_dump", "--format=custom", f"--file={part}")


def restore(engine: Engine, file: Path) -> Path | None:
    """Replace the database by a backup, which is verified; on PostgreSQL only an empty one, so that existing
    data is never removed.

    Returns:
        The file with the former content, saved beside the database; None when there was none.

    Raises:
        Refusal: `backup_missing`, `backup_not_ours`, `backup_newer`, `backup_older`, of SQLite
            `backup_damaged`, `backup_in_use`, `backup_unwritable`, of PostgreSQL `restore_not_empty`,
            `backup_no_tool`, `backup_old_tool`, `backup_tool_failed`; the database is unchanged.
            `restore_damaged`: it was restored into PostgreSQL, but verification failed.
        StorageUnavailable: the database cannot be used.
    """
    if not file.is_file():
        raise Refusal("backup_missing", file=str(file))
    if engine.dialect.name == "sqlite":
        return _restore_file(engine, file)
    _restore_dump(engine, file)
    return None


def check(engine: Engine, file: Path) -> None:
    """Raise Refusal for a file that is no backup of such a database of this application, cannot be migrated to
    this version, or (of SQLite) is damaged.
    """
    if engine.dialect.name == "sqlite":
        _check_file(file)
    else:
        _check_dump(file)


def stored_secrets(engine: Engine) -> list[str]:
    """Return the encrypted secrets of a database of any version: second factors, the password given in the
    browser; none where there are no tables yet.
    """
    with reading(engine) as session:
        names = [name for name in inspect(session.connection()).get_table_names() if name in _WITH_SECRETS]
        tables = [Table(name, MetaData(), autoload_with=session.connection()) for name in names]
        rows = [row for table in tables for row in session.execute(select(table))]
    return [secret for row in rows for secret in secrets_in(" ".join(map(str, row)))]


def secrets_of_backup(file: Path) -> list[str]:
    """Return the encrypted secrets in a backup, without restoring it. Raises Refusal where the file is none."""
    if not file.is_file():
        raise Refusal("backup_missing", file=str(file))
    if _is_dump(file):
        return secrets_in(_rows_as_sql(file, _WITH_SECRETS))
    with _opened_for_reading(file) as engine:
        return stored_secrets(engine)


# ------------------------------------------------------------------------------------------ the file of SQLite


def copy_file(engine: Engine, file: Path) -> None:
    """Copy a consistent snapshot of an SQLite database into a new file, while others read and write. Raises
    Refusal: PostgreSQL (`backup_postgresql`), the file exists (`backup_exists`), cannot be written
    (`backup_unwritable`), there is no database (`backup_nothing`).
    """
    source = _file(engine)
    if not source.exists():
        raise Refusal("backup_nothing", file=str(source))
    with _new_file(file) as part, _opened(source) as live, _opened(part) as copy:
        live.backup(copy)
        # One file, complete in itself: no journal lies beside it.
        copy.execute("PRAGMA journal_mode=DELETE").close()


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """Yield a private file to write a backup into; it gets the name of the backup once it is whole. Raises
    Refusal: the backup exists (`backup_exists`) or cannot be written (`backup_unwritable`).
    """
    if file.exists():
        raise Refusal("backup_exists", file=str(file))
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        create_private(part)
        yield part
        sync_path(part)
        os.link(part, file)
        sync_path(file.parent)
    except FileExistsError:
        raise Refusal("backup_exists", file=str(file)) from None
    except (OSError, sqlite3.Error) as trouble:
        raise Refusal("backup_unwritable", file=str(file), problem=str(trouble)) from trouble
    finally:
        part.unlink(missing_ok=True)


def _restore_file(engine: Engine, file: Path) -> Path | None:
    """Replace an SQLite database by a verified backup, in one transaction; return as `restore`."""
    place, before = _file(engine), None
    _check_file(file)
    require_unused(engine)
    if place.exists():
        copies = (place.with_name(f"{place.name}.before-restore-{number}") for number in count(1))
        before = next(copy for copy in copies if not copy.exists())
        copy_file(engine, before)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _opened(file) as saved, _opened(place) as live:
            saved.backup(live)
    except (OSError, sqlite3.Error) as trouble:
        raise Refusal("backup_unwritable", file=str(place), problem=str(trouble)) from trouble
    create_or_migrate(engine)
    return before


def require_unused(engine: Engine) -> None:
    """Raise Refusal `backup_in_use` where a service or another command has the SQLite database open, even if it
    does nothing with it. A file SQLite cannot read is not in use.
    """
    place = _file(engine)
    engine.dispose()
    if not place.exists():
        return
    try:
        with _opened(place) as database:
            # SQLite leaves its write-ahead journal only for the last connection to a database.
            in_use = database.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",)
    except sqlite3.DatabaseError as trouble:
        in_use = trouble.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if in_use:
        raise Refusal("backup_in_use", file=str(place))


@contextmanager
def _opened_for_reading(file: Path) -> Iterator[Engine]:
    """Open a backup for as long as the block lasts; to look at it does not change it. Raises Refusal: it is no
    database (`backup_not_ours`).
    """
    engine = engines.open(f"sqlite:///file:{file.resolve().as_posix()}?mode=ro&uri=true&immutable=1")
    try:
        yield engine
    except StorageUnavailable as trouble:
        if trouble.what == "not_a_database":
            raise Refusal("backup_not_ours", file=str(file)) from trouble
        raise
    finally:
        engine.dispose()


def _check_file(file: Path) -> None:
    """Raise Refusal for a file that is no backup of this application, cannot be migrated to this version, or is
    damaged.
    """
    with _opened_for_reading(file) as engine:
        with reading(engine) as session:
            at = revision(session)
            check_result = session.connection().exec_driver_sql("PRAGMA quick_check").scalar()
        if at is None:
            raise Refusal("backup_not_ours", file=str(file))
        _refuse_other_version(file, at)
        # The board is not compared: a row changed by hand must not make the only backup unusable.
        problems = verify(engine) if at == shipped_revisions()[-1] else ()
        if check_result != "ok" or problems:
            raise Refusal("backup_damaged", file=str(file), count=len(problems))


def _refuse_other_version(file: Path, at: str) -> None:
    """Raise Refusal for a backup of a revision that no migration of this version goes on from."""
    if code := other_version(at):
        raise Refusal(f"backup_{code}", file=str(file), version=at)


def _file(engine: Engine) -> Path:
    """Return the file of an SQLite database. Raises Refusal for any other."""
    if engine.dialect.name != "sqlite":
        raise Refusal("backup_postgresql")
    return Path(str(engine.url.database))


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite file for as long as the block lasts; create it for its owner alone."""
    create_private(file)
    with closing(sqlite3.connect(file, timeout=engines.LOCK_TIMEOUT)) as connection:
        yield connection


# -------------------------------------------------------------------------------------- a dump of PostgreSQL


def _restore_dump(engine: Engine, file: Path) -> None:
    """Restore a dump into an empty database in one transaction, then migrate and verify it."""
    with reading(engine) as session:
        if inspect(session.connection()).get_table_names():
            raise Refusal("restore_not_empty", where=display_address(engine))
    _check_dump(file)
    _run(
        engine,
        *("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
        str(file),
    )
    engine.dispose()
    create_or_migrate(engine)
    if problems := verify(engine):
        raise Refusal("restore_damaged", file=str(file), where=display_address(engine), count=len(problems))


def _check_dump(file: Path) -> None:
    """Raise Refusal for a file that is no backup of this application, or cannot be migrated to this version."""
    if not _is_dump(file):
        raise Refusal("backup_not_ours", file=str(file))
    tables = {name.strip('"') for name in _TABLE.findall(_tool_output("pg_restore", "--list", str(file)))}
    if not tables.issuperset(_OURS):
        raise Refusal("backup_not_ours", file=str(file))
    version = _VERSION.search(_rows_as_sql(file, ("alembic_version",)))
    if version is None:
        raise Refusal("backup_not_ours", file=str(file))
    _refuse_other_version(file, version[1])


def _is_dump(file: Path) -> bool:
    """Return whether a file begins as those of pg_dump do."""
    with file.open("rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


def _rows_as_sql(file: Path, tables: Sequence[str]) -> str:
    """Return the rows of these tables in a backup, as the SQL that would restore them. Raises Refusal."""
    chosen = [f"--table={name}" for name in tables]
    return _tool_output("pg_restore", "--data-only", *chosen, "--file=-", str(file))


def _run(engine: Engine, tool: str, *arguments: str) -> None:
    """Run the tool on that database; the password is passed in the environment, as command lines are public."""
    secret = {"PGPASSWORD": engine.url.password} if engine.url.password else {}
    _tool_output(tool, f"--dbname={conninfo(engine, password=False)}", *arguments, secret=secret)


def _tool_output(tool: str, *arguments: str, secret: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it prints. `secret`: environment variables for it. Raises Refusal: it is not
    found (`backup_no_tool`), older than the server or the file (`backup_old_tool`), or fails
    (`backup_tool_failed`).
    """
    program = shutil.which(tool)
    if program is None:
        raise Refusal("backup_no_tool", tool=tool)
    environment = {**os.environ, "LC_ALL": "C", **(secret or {})}
    done = subprocess.run([program, *arguments], capture_output=True, env=environment, check=False)
    error_text = done.stderr.decode("utf-8", "replace")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    if old := _OLD.search(error_text):
        raise Refusal("backup_old_tool", tool=tool, problem=old[0])
    problem = "; ".join(
        line.strip().removeprefix(f"{tool}: ") for line in error_text.splitlines()[:3] if line.strip()
    )
    raise Refusal("backup_tool_failed", tool=tool, problem=problem)


# -------------------------------------------------------------------------------- from SQLite to PostgreSQL


def migrate(source: Engine, target: Engine, *, prepare: Callable[[Any], None]) -> dict[str, int]:
    """Copy an office into an empty PostgreSQL database; the source is unchanged. Return the rows of each table.
    `source`: of this version (`merzim.storage.maintenance.schema.create_or_migrate`). `prepare`: creates other
    objects the new database needs, on the driver's own connection.

    Raises:
        Refusal: `migrate_same_kind`, `migrate_not_empty`, `backup_in_use`; nothing is written.
        StorageUnavailable: one of the two cannot be used; nothing is written.
    """
    if source.dialect.name != "sqlite" or target.dialect.name != "postgresql":
        raise Refusal("migrate_same_kind")
    # What a service would write from now on would stay behind.
    require_unused(source)
    with writing(target) as target_session:
        if inspect(target_session.connection()).get_table_names():
            raise Refusal("migrate_not_empty")
        create(target_session)
        prepare(driver(target_session))
        with writing(source) as source_session:
            tables = TableBase.metadata.sorted_tables
            row_counts = {table.name: _copy(source_session, target_session, table) for table in tables}
        _advance_sequences(target_session)
    return row_counts


def _copy(source: Session, target: Session, table: Table) -> int:
    """Copy the rows of a table; return how many."""
    count = 0
    rows = source.execute(select(table).execution_options(yield_per=_COPIED_AT_ONCE))
    for chunk in rows.partitions(_COPIED_AT_ONCE):
        target.execute(table.insert(), [row._asdict() for row in chunk])
        count += len(chunk)
    return count


def _advance_sequences(session: Session) -> None:
    """Set the server's sequences to continue after the highest number used."""
    for table in TableBase.metadata.sorted_tables:
        for column in table.primary_key:
            if column is table.autoincrement_column and isinstance(column.type, Integer):
                sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
                following = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                session.execute(select(func.setval(sequence, following, False)))
