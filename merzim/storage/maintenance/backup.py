"""Backup of an SQLite database in use, and restore of one that is not. For PostgreSQL: `dump.py`, beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from merzim.storage.cases.evidence import sync_path
from merzim.storage.database import engine as engines
from merzim.storage.database.engine import create_private
from merzim.storage.maintenance.schema import (
    create_or_migrate,
    refuse_backup_of_other_version,
    revision,
    shipped_revisions,
)
from merzim.storage.maintenance.verify import verify
from merzim.storage.refusals import StorageUnavailable
from workflow.refusal import Refusal


def backup(engine: Engine, file: Path) -> None:
    """Copy a consistent snapshot of the database into a new file, while others read and write.

    Raises:
        Refusal: PostgreSQL (`backup_postgresql`), the file exists (`backup_exists`), cannot be written
            (`backup_unwritable`), there is no database (`backup_nothing`).
    """
    source = _file(engine)
    if not source.exists():
        raise Refusal("backup_nothing", file=str(source))
    with new_file(file) as part, _opened(source) as live, _opened(part) as copy:
        live.backup(copy)
        # One file, complete in itself: no journal lies beside it.
        copy.execute("PRAGMA journal_mode=DELETE").close()


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """Yield a private file to write a backup into; it gets the name of the backup once it is whole.

    Raises:
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


def restore(engine: Engine, file: Path) -> Path | None:
    """Replace the database by a backup, in one transaction; the former content is saved beside it.

    The file is verified first: complete, of this application, no newer than this version, chains and seals
    intact.

    Returns:
        The file with the former content; None when there was none.

    Raises:
        Refusal: `backup_postgresql`, `backup_missing`, `backup_not_ours`, `backup_newer`,
            `backup_older`, `backup_damaged`, `backup_in_use`, `backup_unwritable`; the database is unchanged.
    """
    place = _file(engine)
    if not file.is_file():
        raise Refusal("backup_missing", file=str(file))
    check(file)
    require_unused(engine)
    before = _set_aside(engine, place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _opened(file) as saved, _opened(place) as live:
            saved.backup(live)
    except (OSError, sqlite3.Error) as trouble:
        raise Refusal("backup_unwritable", file=str(place), problem=str(trouble)) from trouble
    create_or_migrate(engine)
    return before


def require_unused(engine: Engine) -> None:
    """Raise Refusal `backup_in_use` where a service or another command has the SQLite database open."""
    place = _file(engine)
    engine.dispose()
    if place.exists() and _in_use(place):
        raise Refusal("backup_in_use", file=str(place))


def _in_use(place: Path) -> bool:
    """Return whether a service or another command has the database open, even if it does nothing with it.

    SQLite leaves its write-ahead journal only for the last connection to a database. A file it cannot read is
    not in use.
    """
    try:
        with _opened(place) as database:
            return bool(database.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",))
    except sqlite3.DatabaseError as trouble:
        return trouble.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _set_aside(engine: Engine, place: Path) -> Path | None:
    """Save the current database beside itself; None when there is none."""
    if not place.exists():
        return None
    number = 1
    while (before := place.with_name(f"{place.name}.before-restore-{number}")).exists():
        number += 1
    backup(engine, before)
    return before


@contextmanager
def opened_for_reading(file: Path) -> Iterator[Engine]:
    """Open a backup for as long as the block lasts; to look at it does not change it.

    Raises:
        Refusal: it is no database (`backup_not_ours`).
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


def check(file: Path) -> None:
    """Raise Refusal for a file that is no backup of this application, cannot be migrated to this version, or is
    damaged.
    """
    with opened_for_reading(file) as engine:
        with engines.reading(engine) as session:
            at = revision(session)
            check_result = session.connection().exec_driver_sql("PRAGMA quick_check").scalar()
        if at is None:
            raise Refusal("backup_not_ours", file=str(file))
        refuse_backup_of_other_version(file, at)
        # The board is not compared: a row changed by hand must not make the only backup unusable.
        problems = verify(engine) if at == shipped_revisions()[-1] else ()
        if check_result != "ok" or problems:
            raise Refusal("backup_damaged", file=str(file), count=len(problems))


def _file(engine: Engine) -> Path:
    """Return the file of an SQLite database. Raises Refusal for any other."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise Refusal("backup_postgresql")
    return Path(engine.url.database)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite file for as long as the block lasts; create it for its owner alone."""
    create_private(file)
    with closing(sqlite3.connect(file, timeout=engines.LOCK_TIMEOUT)) as connection:
        yield connection
