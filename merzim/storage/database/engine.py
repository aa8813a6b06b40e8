"""Database engines, and the two kinds of transactions: reading and writing.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Errors of the driver become a StorageUnavailable
(storage/refusals.py). Errors never contain values: a log would keep the recipients of letters.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, Executable, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from merzim.storage.refusals import StorageUnavailable, translated_errors
from merzim.storage.tables.base import canonical

Result = TypeVar("Result")
Row_: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of the result of a query."""
Parameters: TypeAlias = "Mapping[str, Any] | None"
LOCK_TIMEOUT = 30.0
"""Seconds a writer waits for another process before it gives up."""
CONNECTION_LOST = frozenset({"unreachable", "not_let_in", "failed"})
"""Codes of errors that mean a lost connection."""
SERVER_OPTIONS = {
    "timezone": "UTC",
    "lock_timeout": "30s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
}
"""Limits at the server's end: what a lost connection had locked must not keep others from writing."""
CONNECTION_ARGUMENTS: dict[str, object] = {
    "connect_timeout": 4,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
    "options": " ".join(f"-c {name}={value}" for name, value in SERVER_OPTIONS.items()),
}
"""libpq arguments, in seconds (`tcp_user_timeout`: milliseconds): a lost server is noticed within 10 s."""
_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": -1}
"""Connections kept open; further ones are opened at once. Threads are limited instead: a thread that waited for
the connection of a request which waits for a thread would wait for good.
"""
_OPTIONS: dict[str, Any] = {"hide_parameters": True, "json_serializer": canonical}
"""Of every engine. JSON with its letters as they are: escaped, the cells of a row are twice as long to read."""
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_writer_locks: defaultdict[str, Lock] = defaultdict(Lock)


def open(url: str, *, password: str | None = None) -> Engine:
    """Return the engine of an address: `sqlite:///file`, `postgresql://user@host/name`. Creates the folder.

    Args:
        password: of a server, if it is not in the address.

    Raises:
        StorageUnavailable: the address is invalid, or of a database that is not supported.
    """
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        return _create_sqlite_engine(address)
    if password is not None:
        address = address.set(password=password)
    arguments = {name: value for name, value in CONNECTION_ARGUMENTS.items() if name not in address.query}
    return create_engine(address, connect_args=arguments, pool_pre_ping=True, **_POOL, **_OPTIONS)


@dataclass(eq=False, slots=True)
class _Reads:
    """The reads of a block: the connection they share, begun by the first, and what `read_once` has read."""

    connection: Connection | None = None
    results: dict[object, object] = field(default_factory=dict)

    def end(self) -> None:
        """End their transaction; the next read begins another."""
        if self.connection is not None:
            self.connection.close()
        self.connection, self.results = None, {}


_reads: ContextVar[_Reads | None] = ContextVar("reads", default=None)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Let all reads of the block share one transaction: they cost less and show the same moment.

    A write or a failed read ends it, so that later reads see what was written. A block within another shares
    that one's.
    """
    if _reads.get() is not None:
        yield
        return
    reads = _Reads()
    token = _reads.set(reads)
    try:
        yield
    finally:
        _reads.reset(token)
        reads.end()


_transaction: ContextVar[tuple[Engine, Connection] | None] = ContextVar("transaction", default=None)


@contextmanager
def one_transaction(engine: Engine) -> Iterator[None]:
    """Let all reads and writes of the block be one transaction: all of it is written, or nothing.

    A block within another is part of that one. A write that is refused rolls all of it back, and the block
    cannot go on; it must not start threads that write.
    """
    if _joined(engine) is not None:
        yield
        return
    with writing(engine) as connection:
        token = _transaction.set((engine, connection))
        try:
            yield
        finally:
            _transaction.reset(token)


def _joined(engine: Engine) -> Connection | None:
    """Return the connection of the `one_transaction` of this engine around this code; None outside one."""
    current = _transaction.get()
    return current[1] if current is not None and current[0] is engine else None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that reads (in SQLite one snapshot), or join `one_transaction` or `one_snapshot`."""
    joined = _joined(engine)
    if joined is not None:
        with translated_errors(engine):
            yield joined
        return
    reads = _reads.get()
    if reads is None or (reads.connection is not None and reads.connection.engine is not engine):
        with translated_errors(engine), engine.connect() as connection, connection.begin():
            yield connection
        return
    with translated_errors(engine):
        try:
            if reads.connection is None:
                reads.connection = engine.connect()
            yield reads.connection
        except BaseException:
            reads.end()
            raise


def read_once(engine: Engine, read: Callable[[Connection], Result], *key: Hashable) -> Result:
    """Return the result of `read`, remembered in `one_snapshot` until it ends.

    Args:
        key: names the result there; `read` itself if its result depends on nothing else.
    """
    reads, name = _reads.get(), (engine, key or read)
    if reads is not None and name in reads.results:
        return cast(Result, reads.results[name])
    with reading(engine) as connection:
        result = read(connection)
        if reads is not None and connection is reads.connection:
            reads.results[name] = result
        return result


def read(engine: Engine, query: Executable, parameters: Parameters = None) -> Sequence[Row_]:
    """Return the rows of one query."""
    with reading(engine) as connection:
        return connection.execute(query, parameters).all()


def read_first(engine: Engine, query: Executable, parameters: Parameters = None) -> Row_ | None:
    """Return the first row of one query; None without any."""
    with reading(engine) as connection:
        return connection.execute(query, parameters).first()


def read_column(engine: Engine, query: Executable) -> Sequence[Any]:
    """Return the first column of one query."""
    with reading(engine) as connection:
        return connection.execute(query).scalars().all()


def read_value(engine: Engine, query: Executable) -> Any:
    """Return the first value of one query; None without any."""
    with reading(engine) as connection:
        return connection.execute(query).scalar()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; commit it on leaving, roll it back when anything is raised.

    A write within `one_snapshot` ends the transaction of its reads.

    IntegrityError is not translated: the caller knows what a broken constraint means.
    """
    joined = _joined(engine)
    if joined is not None:
        try:
            with translated_errors(engine):
                yield joined
        except BaseException:
            if (transaction := joined.get_transaction()) is not None:
                transaction.rollback()
            raise
        return
    reads, sqlite, committing = _reads.get(), engine.dialect.name == "sqlite", False
    if reads is not None:
        # Nothing is held while this waits for the lock.
        reads.end()
    try:
        with translated_errors(engine), ExitStack() as stack:
            if sqlite:
                stack.enter_context(_writer_locks[str(engine.url.database)])
            connection = stack.enter_context(engine.connect())
            connection.execution_options(writer=True)
            stack.enter_context(connection.begin())
            yield connection
            committing = not sqlite
    except StorageUnavailable as error:
        # A server lost while it confirms the commit may have committed.
        error.undecided = error.undecided or (committing and error.what in CONNECTION_LOST)
        raise


def execute(engine: Engine, step: Executable) -> int:
    """Execute one statement in a transaction that writes; return the number of rows it changed."""
    with writing(engine) as connection:
        return connection.execute(step).rowcount


def driver(connection: Connection) -> Any:
    """Return the driver's connection, within the present transaction."""
    return connection.connection.dbapi_connection


def conninfo(engine: Engine, *, password: bool = True) -> str:
    """Return the libpq connection string of a PostgreSQL database, with the arguments of its connections.

    Args:
        password: whether to include the password.
    """
    from psycopg.conninfo import make_conninfo  # the driver of PostgreSQL alone

    _, driver_options = engine.dialect.create_connect_args(engine.url)
    # Not as a URL: libpq takes no space in one, and its error would show the password.
    # `context` is for the driver alone: how it reads values.
    hidden = {"context"} if password else {"context", "password"}
    parameters = {
        name: str(value)
        for name, value in {**CONNECTION_ARGUMENTS, **driver_options}.items()
        if name not in hidden
    }
    return make_conninfo("", **parameters)


def is_shared_database(url: str) -> bool:
    """Tell whether several machines can use the database of an address at once: PostgreSQL, not a file."""
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def parse_address(url: str) -> URL:
    """Return an address in its parts, with the driver used here.

    Raises:
        StorageUnavailable: it is invalid, or of a database that is not supported.
    """
    try:
        address = make_url(url)
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (KeyError, NoSuchModuleError):
        raise StorageUnavailable("unsupported", where=url.partition("://")[0]) from None
    except (ArgumentError, ValueError):
        raise StorageUnavailable("address", where=url.rpartition("@")[2].partition("?")[0]) from None


def create_private(file: Path) -> None:
    """Create an empty file only its owner may read, whatever the umask; nothing where there is one.

    SQLite gives its journals the mode of the database, and pg_dump writes into a file that stands there.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _create_sqlite_engine(address: URL) -> Engine:
    file = address.database
    arguments = {"timeout": LOCK_TIMEOUT, "check_same_thread": False}
    if not file or file == ":memory:":
        engine = create_engine(address, connect_args=arguments, poolclass=StaticPool, **_OPTIONS)
    else:
        engine = create_engine(address, connect_args=arguments, **_POOL, **_OPTIONS)
    private = None if not file or file.startswith((":", "file:")) else Path(file)
    if private is not None:
        try:
            private.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable("unreachable", where=str(private), problem=error.strerror or "") from None

    @event.listens_for(engine, "do_connect")
    def create(*_: object) -> None:
        if private is not None:
            # SQLite says itself why it cannot be created.
            with suppress(OSError):
                create_private(private)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("writer")
        driver(connection).execute("BEGIN IMMEDIATE" if is_writer else "BEGIN").close()

    return engine
