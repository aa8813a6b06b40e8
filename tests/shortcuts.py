"""Speed-ups for tests: files in memory, cheap password hashes, one migration, statements compiled once, one
event loop; patience with a busy machine.

In separate processes (`merzim serve`, a worker) only the files in memory hold."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

import pytest
from anyio.from_thread import start_blocking_portal
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import clock
from merzim.documents import child
from merzim.services.accounts import credentials
from merzim.storage.maintenance import schema

RAM = Path("/dev/shm")
"""Where Linux keeps files in memory."""
MIN_RAM_BYTES = 4 << 30
"""Free memory below which the tests' files stay on disk."""


def use_memory_for_files() -> None:
    """Let temporary files of this process and its children lie in memory, where fsync costs nothing."""
    if "TMPDIR" in os.environ or not os.access(RAM, os.W_OK):
        return
    mount = os.statvfs(RAM)
    if mount.f_bavail * mount.f_frsize < MIN_RAM_BYTES or mount.f_flag & os.ST_NOEXEC:
        return
    folder = Path(tempfile.mkdtemp(prefix="merzim-tests-", dir=RAM))
    folder.chmod(0o755)  # a PostgreSQL server that is not started by root works below it
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    # After `multiprocessing` has taken its own folder away, which lies in this one and goes at -100.
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=-200)


def use_cheap_passwords() -> None:
    """Let argon2 take a fraction of a millisecond: a stored hash carries its own parameters."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    credentials._argon2 = cache(lambda: hasher)  # type: ignore[assignment]


def begin_in_2026(patched: pytest.MonkeyPatch) -> None:
    """Let an office made in this process know of its records since 1 January 2026, whatever day it is today."""
    assert build_app.__kwdefaults__ is not None
    patched.setitem(build_app.__kwdefaults__, "clock", clock("2026-01-01"))


SECONDS = child.SECONDS
"""The seconds a file may take, as the program has them."""


def wait_for_readers(patched: pytest.MonkeyPatch) -> None:
    """Let a file be refused for the seconds of processor it takes, which its process limits, and not because
    the machine is busy with other tests."""
    patched.setattr(child, "SECONDS", 10 * SECONDS)


def compile_once(patched: pytest.MonkeyPatch) -> None:
    """Let all databases of one kind use the statements SQLAlchemy has compiled for the first of them: a test
    opens a database of its own, and half the time of a command went into compiling the same ones again."""
    compiled = LRUCache[Any, Any](5_000)

    def create(*arguments: Any, **options: Any) -> Engine:
        engine = create_engine(*arguments, **options)
        engine.update_execution_options(compiled_cache=compiled)
        # Python 3.13 warns of connections a test leaves open with its database.
        opened = list[Any]()
        event.listen(engine, "connect", lambda connection, _: opened.append(connection))
        finalize(engine, _close, opened)
        return engine

    # Each engine keeps its own dialect, to which its events belong; as a key of the cache they are one.
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        patched.setattr(kind, "__hash__", lambda self: hash(type(self)))
        patched.setattr(kind, "__eq__", lambda self, other: type(self) is type(other))
    patched.setattr("merzim.storage.database.create_engine", create)


def _close(connections: Iterable[Any]) -> None:
    for connection in connections:
        connection.close()


@contextmanager
def share_event_loop(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Let test clients that are not entered share an event loop: each request began one, with a thread."""
    with start_blocking_portal("asyncio") as portal:
        patched.setattr(TestClient, "portal", portal)
        yield


@contextmanager
def migrate_once(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a new file of SQLite the pages the migrations made of the first one of its version."""
    real, patterns = schema._migrate, dict[tuple[object, ...], sqlite3.Connection]()
    one_at_a_time = Lock()  # as the database lets its writers; between processes the migrations do

    def migrate(engine: Engine) -> bool:
        if engine.dialect.name != "sqlite":
            return real(engine)
        with one_at_a_time, closing(engine.raw_connection()) as connection:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            if driver.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                return real(engine)
            version = (schema.shipped_revisions(), schema.create)
            if version in patterns:
                with suppress(sqlite3.Error):  # a full disk, say: the migrations meet it too
                    patterns[version].backup(driver)
                    return True
                return real(engine)
            real(engine)
            patterns[version] = sqlite3.connect(":memory:", check_same_thread=False)
            driver.backup(patterns[version])
        return True

    patched.setattr(schema, "_migrate", migrate)
    try:
        yield
    finally:
        for pattern in patterns.values():
            pattern.close()
