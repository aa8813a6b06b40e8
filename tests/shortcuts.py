"""What the tests do without, because nothing they check depends on it: a disk, slow hashes, repeated work.

Each shortcut says what it replaces. What runs in a process of its own (`merzim serve`, a worker) does without
none of it but the disk.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from services import credentials
from storage.maintenance import schema

RAM = Path("/dev/shm")
"""Where Linux keeps files in memory."""
MIN_RAM_BYTES = 4 << 30
"""Free memory below which the tests' files stay on disk."""
REAL_HASHER = credentials._argon2
"""What hashes passwords outside the tests."""


def use_memory_for_files() -> Path | None:
    """Let temporary files of this process and its children lie in memory, where fsync costs nothing.

    Returns:
        The folder, removed when the process exits; None where TMPDIR names another place, memory is short, or
        nothing may be executed there.
    """
    if "TMPDIR" in os.environ or not os.access(RAM, os.W_OK):
        return None
    mount = os.statvfs(RAM)
    if mount.f_bavail * mount.f_frsize < MIN_RAM_BYTES or mount.f_flag & os.ST_NOEXEC:
        return None
    for left in RAM.glob("merzim-tests-*-*"):  # of a run that was killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"merzim-tests-{os.getpid()}-", dir=RAM))
    folder.chmod(0o755)  # a PostgreSQL server that is not started by root works below it
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    # At the very end: multiprocessing removes folders of its own below it when the process exits.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def use_cheap_passwords() -> None:
    """Let argon2 take a fraction of a millisecond: a stored hash carries its own parameters."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    credentials._argon2 = cache(lambda: hasher)  # type: ignore[assignment]


def collect_seldom() -> None:
    """Leave what collecting the tests has built out of each later collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def share_compiled_statements(patched: pytest.MonkeyPatch) -> None:
    """Compile each statement once for all engines of a sort instead of once for each engine.

    Each test opens a database of its own, and an engine begins without compiled statements. They are kept by
    dialect, so dialects of one class count as equal; all databases of a test run are of one version.
    """
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        patched.setattr(dialect, "__eq__", lambda self, other: type(self) is type(other))
        patched.setattr(dialect, "__hash__", lambda self: hash(type(self)))
    compiled: LRUCache[Any, Any] = LRUCache(4_000)
    cache_of = property(lambda engine: compiled, lambda engine, value: None)
    patched.setattr(Engine, "_compiled_cache", cache_of, raising=False)


def migrate_once(patched: pytest.MonkeyPatch) -> None:
    """Give a new file of SQLite what the migrations made of the first one."""
    real, pages = schema._upgrade, dict[str, list[str]]()

    def upgrade(connection: Connection, to: str) -> None:
        if connection.dialect.name != "sqlite":
            return real(connection, to)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        if driver.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            return real(connection, to)
        if to not in pages:
            real(connection, to)
            pages[to] = list(driver.iterdump())[1:-1]
            return None
        for statement in pages[to]:
            driver.execute(statement)
        return None

    patched.setattr(schema, "_upgrade", upgrade)
