"""Opening the database, and the two ways to use it: reading and writing.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Whatever the driver says becomes a StorageUnavailable
(storage/database/troubles.py). Values never stand in an error: a log would keep whom a letter went to.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast

from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from storage.database.database_file import DatabaseFile
from storage.database.troubles import clear
from storage.database.turnstile import Turnstile
from storage.refusals import StorageUnavailable

Record: TypeAlias = "Row[*tuple[Any, ...]]"
"""What a query finds, line by line."""
PATIENCE = 30.0
"""Seconds a writer waits for another process before it gives up."""
AWAY = frozenset({"unreachable", "not_let_in", "failed"})
"""What a connection that broke off is called."""
_POLL = 0.004
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_turnstiles: defaultdict[str, Turnstile] = defaultdict(Turnstile)


def open(url: str, *, password: str | None = None) -> Engine:
    """An engine for an address: `sqlite:///file`, `postgresql://user@host/name`. Only the folder is created.

    Args:
        password: of a server, where it does not stand in the address.

    Raises:
        StorageUnavailable: the address is none, or names a database this house does not speak to.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    if password is not None:
        address = address.set(password=password)
    arguments: dict[str, object] = {"connect_timeout": 10}
    if "options" not in address.query:
        arguments["options"] = f"-c timezone=UTC -c lock_timeout={int(PATIENCE * 1000)}"
    return create_engine(address, connect_args=arguments, pool_pre_ping=True, hide_parameters=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads: in SQLite one snapshot, which no writer disturbs or waits for.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    with clear(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; committed on leaving, rolled back whole when anything is raised.

    IntegrityError passes: whoever writes knows what a broken constraint means.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    if engine.dialect.name != "sqlite":
        committing = False
        try:
            with clear(engine), engine.begin() as connection:
                yield connection
                committing = True
        except StorageUnavailable as trouble:
            # A server that goes away while it says "committed" may have done it.
            trouble.undecided = trouble.undecided or (committing and trouble.what in AWAY)
            raise
        return
    with clear(engine), _turnstiles[str(engine.url.database)].passing(), engine.connect() as connection:
        connection.execution_options(writer=True)
        with connection.begin():
            yield connection


def driver(connection: Connection) -> Any:
    """The driver's own connection, inside the transaction that is under way."""
    return connection.connection.dbapi_connection


def conninfo(engine: Engine) -> str:
    """The address of a PostgreSQL database as its own library knows it, with its password."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def shared(url: str) -> bool:
    """Whether several machines can use the database of that address at once: PostgreSQL, not a file."""
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (KeyError, NoSuchModuleError):
        raise StorageUnavailable("unsupported", where=url.partition("://")[0]) from None
    except (ArgumentError, ValueError):
        raise StorageUnavailable("address", where=url.rpartition("@")[2].partition("?")[0]) from None


def _sqlite(address: URL) -> Engine:
    file = address.database
    arguments = {"timeout": 0.0, "check_same_thread": False}
    if not file or file == ":memory:":
        engine = create_engine(address, connect_args=arguments, poolclass=StaticPool, hide_parameters=True)
    else:
        try:
            if not file.startswith("file:"):
                Path(file).parent.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            raise StorageUnavailable("unreachable", where=file, problem=trouble.strerror or "") from None
        engine = create_engine(address, connect_args=arguments, hide_parameters=True)
    watched = None if not file or file.startswith((":", "file:")) else DatabaseFile(file)

    if watched is not None:
        _follow(engine, watched)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        if watched is not None:
            watched.remember()
        connection.isolation_level = None
        _until_free(connection, "PRAGMA journal_mode=WAL")
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        if connection.get_execution_options().get("writer"):
            _until_free(raw, "BEGIN IMMEDIATE")
        else:
            _until_free(raw, "BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1")
        if watched is not None:
            # Not before: it may have been moved while this waited for its turn.
            watched.check()

    return engine


def _follow(engine: Engine, file: DatabaseFile) -> None:
    """Open the file that was opened first, and no other, until the engine lets go of it."""

    @event.listens_for(engine, "do_connect")
    def locate(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
        positional[:] = [file.uri]
        named["uri"] = True

    @event.listens_for(engine, "engine_disposed")
    def forget(_engine: Engine) -> None:
        file.forget()


def _until_free(connection: sqlite3.Connection, *statements: str) -> None:
    """Run them once the lock they need is free.

    SQLite's own busy handler sleeps up to 0.1 s between two looks and would miss the short pauses an
    import makes for others; hence our own, with no limit but PATIENCE.
    """
    patience = time.monotonic() + PATIENCE
    while True:
        try:
            for statement in statements:
                connection.execute(statement).close()
            return
        except sqlite3.OperationalError as trouble:
            if connection.in_transaction:
                connection.execute("ROLLBACK").close()
            if (trouble.sqlite_errorcode & 0xFF) not in _BUSY or time.monotonic() > patience:
                raise
            time.sleep(_POLL)
