"""Opening the database, and the two ways to use it: reading and writing.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Whatever the driver says becomes a StorageUnavailable
(storage/database/errors.py). Values never stand in an error: a log would keep whom a letter went to.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from storage.database.database_file import DatabaseFile
from storage.database.errors import translate_errors
from storage.database.fair_lock import FairLock
from storage.database.limits import Limits, is_long_work
from storage.refusals import StorageUnavailable

Row_: TypeAlias = "Row[*tuple[Any, ...]]"
"""What a query finds, line by line."""
LOCK_TIMEOUT = 30.0
"""Seconds a writer waits for another process before it gives up."""
CONNECTION_LOST = frozenset({"unreachable", "not_let_in", "failed"})
"""What a connection that broke off is called."""
IDLE = 60.0
"""Seconds a transaction of ours may wait for its own program before the server ends it."""
KEEPALIVE = 10
"""Seconds after which, and between which, an idle connection is asked whether its other end is there."""
_POLL = 0.004
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_limits: WeakKeyDictionary[Engine, Limits] = WeakKeyDictionary()
_turnstiles: defaultdict[str, FairLock] = defaultdict(FairLock)


def open(url: str, *, password: str | None = None, limits: Limits | None = None) -> Engine:
    """An engine for an address: `sqlite:///file`, `postgresql://user@host/name`. Only the folder is created.

    Args:
        password: of a server, where it does not stand in the address.
        limits: how long a server is waited for.

    Raises:
        StorageUnavailable: the address is none, or names a database this house does not speak to.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    if password is not None:
        address = address.set(password=password)
    return _postgresql(address, limits or Limits())


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads: in SQLite one snapshot, which no writer disturbs or waits for.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    with translate_errors(engine), engine.connect() as connection, connection.begin():
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
            with translate_errors(engine), engine.begin() as connection:
                yield connection
                committing = True
        except StorageUnavailable as trouble:
            # A server that goes away while it says "committed" may have done it.
            trouble.undecided = trouble.undecided or (committing and trouble.what in CONNECTION_LOST)
            raise
        return
    with (
        translate_errors(engine),
        _turnstiles[str(engine.url.database)].passing(),
        engine.connect() as connection,
    ):
        connection.execution_options(writer=True)
        with connection.begin():
            yield connection


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """Have SQLite overwrite what is written anew in this block: else the former bytes stay in its file, in
    space it has no use for."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        if sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def empty_journal(engine: Engine) -> None:
    """Have SQLite bring what its journal holds into the file and empty it; while others read it stays."""
    if engine.dialect.name != "sqlite":
        return
    with translate_errors(engine), closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def driver(connection: Connection) -> Any:
    """The driver's own connection, inside the transaction that is under way."""
    return connection.connection.dbapi_connection


def conninfo(engine: Engine, *, password: bool = True) -> str:
    """The address of a PostgreSQL database as libpq knows it, with what its connections are opened with.

    Args:
        password: whether its password stands in it.
    """
    from psycopg.conninfo import make_conninfo

    said = connection_arguments(_limits[engine]) if engine in _limits else {}
    _, own = engine.dialect.create_connect_args(engine.url)
    # Not as a URL: libpq takes no space in one, and its complaint would show the password.
    # `context` is for the driver alone: how it reads values.
    hidden = {"context"} if password else {"context", "password"}
    known = {name: str(value) for name, value in {**said, **own}.items() if name not in hidden}
    return make_conninfo("", **known)


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


def _postgresql(address: URL, limits: Limits) -> Engine:
    # An office on SQLite has no need of the driver.
    from storage.database.silent_server import Watch

    watch = Watch(limits)
    engine = create_engine(
        address,
        connect_args={
            name: value for name, value in connection_arguments(limits).items() if name not in address.query
        },
        pool_pre_ping=True,
        pool_timeout=limits.patience,
        hide_parameters=True,
    )

    _limits[engine] = limits

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, _args: object, arguments: dict[str, Any]) -> object:
        return watch.connect(**arguments)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if is_long_work():
            limit = int(limits.long_statement * 1000)
            for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {name} = {limit}")

    return engine


def connection_arguments(limits: Limits) -> dict[str, object]:
    """What a connection to a server is opened with, as libpq calls it.

    Where packets are dropped the kernel gives a connection up, at the server's end, too: what it held there
    would keep others from writing after the network is back.
    """
    options = {
        "timezone": "UTC",
        "lock_timeout": int(LOCK_TIMEOUT * 1000),
        "statement_timeout": int(limits.statement * 1000),
        "idle_in_transaction_session_timeout": int(IDLE * 1000),
        "tcp_keepalives_idle": KEEPALIVE,
        "tcp_keepalives_interval": KEEPALIVE,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": int(IDLE * 1000),
    }
    return {
        "connect_timeout": limits.connect,
        "keepalives": 1,
        "keepalives_idle": KEEPALIVE,
        "keepalives_interval": KEEPALIVE,
        "keepalives_count": 3,
        "tcp_user_timeout": int(limits.patience * 1000),
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }


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
    patience = time.monotonic() + LOCK_TIMEOUT
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
