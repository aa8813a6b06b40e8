"""Speed-ups for tests: no disk synchronisation, cheap password hashes, cached work.

Each shortcut documents what it replaces. In separate processes (`merzim serve`, a worker) only the one for the
disk is active.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote

import anyio.from_thread
import httpx2
import pytest
from anyio.from_thread import BlockingPortal
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from starlette.testclient import _TestClientTransport

from merzim.app import build_app
from merzim.clock import clock
from merzim.services.accounts import credentials
from merzim.storage.maintenance import schema
from tests.compiled_pages import RAM

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
    for old_folder in RAM.glob("merzim-tests-*-*"):  # of a run that was killed
        if not Path("/proc", old_folder.name.split("-")[2]).exists():
            shutil.rmtree(old_folder, ignore_errors=True)
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


def import_without_collections() -> None:
    """Let no collection of garbage look at the modules of the tests while they are imported: they all stay."""
    gc.set_threshold(1_000_000, 20, 20)


def collect_seldom() -> None:
    """Leave what collecting the tests has built out of each later collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


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


def begin_in_2026(patched: pytest.MonkeyPatch) -> None:
    """Let an office made in this process know of its records since 1 January 2026, whatever day it is today."""
    assert build_app.__kwdefaults__ is not None
    patched.setitem(build_app.__kwdefaults__, "clock", clock("2026-01-01"))


def migrate_once(patched: pytest.MonkeyPatch) -> None:
    """Give a new file of SQLite the pages the migrations made of the first one of its version."""
    real, patterns = schema._migrate, dict[tuple[object, ...], sqlite3.Connection]()
    one_at_a_time = Lock()  # as the database lets its writers; between processes the migrations do

    def migrate(engine: Engine, head: str) -> bool:
        if engine.dialect.name != "sqlite":
            return real(engine, head)
        with one_at_a_time, closing(engine.raw_connection()) as connection:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            if driver.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                return real(engine, head)
            version = (head, schema.shipped_revisions(), schema.FLOOR, schema.create)
            if version in patterns:
                with suppress(sqlite3.Error):  # a full disk, say: the migrations meet it too
                    patterns[version].backup(driver)
                    return True
                return real(engine, head)
            real(engine, head)
            patterns[version] = sqlite3.connect(":memory:", check_same_thread=False)
            driver.backup(patterns[version])
        return True

    patched.setattr(schema, "_migrate", migrate)


@contextmanager
def share_event_loop(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every client of an application in this process use one event loop in one thread, as behind a server.

    A `TestClient` outside a `with` block starts a thread and a loop for each request.
    """
    start = anyio.from_thread.start_blocking_portal
    portals: list[BlockingPortal] = []
    with ExitStack() as stack:

        @contextmanager
        def shared(backend: str = "", backend_options: Any = None) -> Iterator[BlockingPortal]:
            if not backend:
                # Schemathesis asks so, and keeps what it has until the process ends.
                with start() as loop:
                    yield loop
                return
            assert (backend, backend_options or {}) == ("asyncio", {})
            if not portals:
                portals.append(stack.enter_context(start(backend)))
            yield portals[0]

        patched.setattr(anyio.from_thread, "start_blocking_portal", shared)
        yield


def send_in_one_call(patched: pytest.MonkeyPatch) -> None:
    """Let a `TestClient` hand a request to the event loop whole and take the response whole.

    It changes threads some eight times for each request: as long as a small page takes. Pages are compressed
    for callers that request it explicitly, not for a test client, which would only decompress it again.
    """
    left_to_the_client = httpx2.Client().headers["accept-encoding"].encode()

    def handle_request(self: Any, request: httpx2.Request) -> httpx2.Response:
        started: list[Any] = []
        sent: list[bytes] = []
        received: list[dict[str, Any]] = [{"type": "http.request", "body": request.read()}]
        url = request.url
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": self.root_path,
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [
                (name.lower(), value) for name, value in request.headers.raw if value != left_to_the_client
            ],
            "client": self.client,
            "server": [url.host, url.port or {"http": 80, "https": 443}[url.scheme]],
            "extensions": {},
            "state": self.app_state.copy(),
        }

        async def run() -> None:
            complete = anyio.Event()

            async def receive() -> dict[str, Any]:
                if received:
                    return received.pop()
                await complete.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                if message["type"] == "http.response.start":
                    assert not started, "a response begins twice"
                    started.append(message)
                    return
                assert started, "a body comes before its response"
                assert not complete.is_set(), "a body comes after its end"
                sent.append(bytes(message.get("body", b"")))
                if not message.get("more_body"):
                    complete.set()

            await self.app(scope, receive, send)

        with self.portal_factory() as portal:
            try:
                portal.call(run)
            except Exception:
                if self.raise_server_exceptions:
                    raise
        if not started:
            assert not self.raise_server_exceptions, "the application sent no response"
            return httpx2.Response(500, request=request)
        body = b"" if request.method == "HEAD" else b"".join(sent)
        stream = httpx2.ByteStream(body)
        head = started[0]
        return httpx2.Response(head["status"], headers=head.get("headers", []), stream=stream, request=request)

    patched.setattr(_TestClientTransport, "handle_request", handle_request)
