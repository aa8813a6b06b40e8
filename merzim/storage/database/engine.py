"""Database engines, and the two kinds of transactions: reading and writing.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Errors of the driver become a StorageUnavailable
(storage/database/errors.py). Errors never contain values: a log would keep the recipients of letters.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from merzim.storage.database import audit
from merzim.storage.database.database_file import DatabaseFile
from merzim.storage.database.errors import TranslatedErrors
from merzim.storage.database.limits import Limits, is_long_work
from merzim.storage.database.threads import FairLock
from merzim.storage.refusals import StorageUnavailable

Result = TypeVar("Result")
Row_: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of the result of a query."""
LOCK_TIMEOUT = 30.0
"""Seconds a writer waits for another process before it gives up."""
CONNECTION_LOST = frozenset({"unreachable", "not_let_in", "failed"})
"""Codes of errors that mean a lost connection."""
IDLE_TRANSACTION_SECONDS = 60.0
"""Seconds a transaction may be idle before the server ends it."""
KEEPALIVE_SECONDS = 10
"""Seconds until the first TCP keepalive probe of an idle connection, and between probes."""
_POLL_SECONDS = 0.004
_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": -1}
"""Connections kept open; further ones are opened at once. Threads are limited instead: a thread that waited for
the connection of a request which waits for a thread would wait for good.
"""
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_limits: WeakKeyDictionary[Engine, Limits] = WeakKeyDictionary()
_files: WeakKeyDictionary[Engine, DatabaseFile] = WeakKeyDictionary()
_writer_locks: defaultdict[str, FairLock] = defaultdict(FairLock)


def open(url: str, *, password: str | None = None, limits: Limits | None = None) -> Engine:
    """Return the engine of an address: `sqlite:///file`, `postgresql://user@host/name`. Creates the folder.

    Args:
        password: of a server, if it is not in the address.
        limits: how long to wait for a server.

    Raises:
        StorageUnavailable: the address is invalid, or of a database that is not supported.
    """
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        return _create_sqlite_engine(address)
    if password is not None:
        address = address.set(password=password)
    return _create_postgresql_engine(address, limits or Limits())


@dataclass(eq=False, slots=True)
class Snapshot:
    """The transaction shared by the reads of a block; the first read begins it.

    Attributes:
        over: whether each read is a transaction of its own from now on.
        results: what `read_once` has read in the transaction.
    """

    stack: ExitStack
    engine: Engine | None = None
    connection: Connection | None = None
    over: bool = False
    results: dict[object, object] = field(default_factory=dict)

    def read(self, engine: Engine) -> Connection:
        """Return the connection to read with, beginning the transaction if necessary."""
        if self.connection is None:
            self.engine = engine
            connection = self.stack.enter_context(engine.connect())
            self.stack.enter_context(connection.begin())
            self.connection = connection
        return self.connection

    def end(self) -> None:
        """End the transaction; the next read begins another."""
        self.connection = self.engine = None
        self.results = {}
        self.stack.close()

    def hand_over(self, engine: Engine, stack: ExitStack) -> Connection | None:
        """Let a write go on in the transaction, ending it with `stack`; None if there is none."""
        connection = self.connection
        if connection is None or self.engine is not engine:
            return None
        self.connection = self.engine = None
        self.results = {}
        stack.push(self.stack.pop_all())
        return connection

    def close(self) -> None:
        """End the transaction and stop sharing."""
        self.over = True
        self.end()


_snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def one_snapshot() -> Iterator[Snapshot]:
    """Let all reads of the block share one transaction: they cost less and show the same moment.

    A write or a failed read ends it, so that later reads see what was written. A block within another shares
    that one's.
    """
    outer = _snapshot.get()
    if outer is not None and not outer.over:
        yield outer
        return
    with ExitStack() as stack:
        snapshot = Snapshot(stack)
        token = _snapshot.set(snapshot)
        try:
            yield snapshot
        finally:
            _snapshot.reset(token)


_transaction: ContextVar[tuple[Engine, Connection] | None] = ContextVar("transaction", default=None)


@contextmanager
def one_transaction(engine: Engine) -> Iterator[None]:
    """Let all reads and writes of the block be one transaction: all of it is written, or nothing.

    A write of the block that is refused is rolled back alone if the block goes on. A block within another is
    part of that one. The block must not start threads that write.
    """
    if in_transaction(engine):
        yield
        return
    with writing(engine) as connection:
        token = _transaction.set((engine, connection))
        try:
            yield
        finally:
            _transaction.reset(token)


def in_transaction(engine: Engine) -> bool:
    """Return whether this code runs within `one_transaction` of the engine."""
    current = _transaction.get()
    return current is not None and current[0] is engine


@contextmanager
def _part(engine: Engine, connection: Connection) -> Iterator[Connection]:
    """Write as a part of the transaction of a block."""
    with TranslatedErrors(engine), connection.begin_nested(), audit.part(connection):
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that reads; in SQLite it is one snapshot, independent of writers.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    current = _transaction.get()
    if current is not None and current[0] is engine:
        with TranslatedErrors(engine):
            yield current[1]
        return
    snapshot = _snapshot.get()
    if snapshot is None or snapshot.over or snapshot.engine not in (None, engine):
        with TranslatedErrors(engine), engine.connect() as connection, connection.begin():
            yield connection
        return
    with TranslatedErrors(engine):
        try:
            yield snapshot.read(engine)
        except BaseException:
            snapshot.end()
            raise


def shared_results(engine: Engine) -> dict[object, object]:
    """Return what was read once in the shared transaction, by its key; an empty dict outside of one."""
    snapshot = _snapshot.get()
    return snapshot.results if snapshot is not None and snapshot.engine is engine else {}


def read_once(engine: Engine, read: Callable[[Connection], Result], *key: Hashable) -> Result:
    """Return the result of `read`, cached within a shared transaction.

    Args:
        key: cache key in that transaction; `read` itself if its result depends on nothing else.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    snapshot, name, results = _snapshot.get(), key or read, shared_results(engine)
    if name in results:
        return cast(Result, results[name])
    with reading(engine) as connection:
        result = read(connection)
        if snapshot is not None and connection is snapshot.connection:
            snapshot.results[name] = result
        return result


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; commit it on leaving, roll it back when anything is raised.

    Entries collected for the audit log are appended last, in the same transaction. A write within
    `one_snapshot` goes on in the transaction of its reads; on SQLite only if nobody wrote since.

    IntegrityError is not translated: the caller knows what a broken constraint means.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    current = _transaction.get()
    if current is not None and current[0] is engine:
        with _part(*current) as joined:
            yield joined
        return
    snapshot, sqlite, committing = _snapshot.get(), engine.dialect.name == "sqlite", False
    try:
        with TranslatedErrors(engine), ExitStack() as turn, ExitStack() as stack:
            if sqlite:
                lock = _writer_locks[str(engine.url.database)]
                if snapshot is not None and lock.taken:
                    snapshot.end()
                turn.enter_context(lock.passing())
            # What was read for the write holds no locks: one transaction less, and no second connection.
            connection = None
            if snapshot is not None:
                connection = None if is_long_work() else snapshot.hand_over(engine, stack)
                snapshot.end()
            if connection is not None and sqlite and not _may_write(connection):
                stack.close()
                connection = None
            if connection is None:
                connection = stack.enter_context(engine.connect())
                connection.execution_options(writer=True)
                stack.enter_context(connection.begin())
            audit.discard(connection)
            yield connection
            audit.append_collected(connection)
            committing = not sqlite
    except StorageUnavailable as error:
        # A server lost while it confirms the commit may have committed.
        error.undecided = error.undecided or (committing and error.what in CONNECTION_LOST)
        raise


def _may_write(connection: Connection) -> bool:
    """Make a reading transaction of SQLite one that writes; False if somebody writes, or wrote since it
    began.
    """
    try:
        driver(connection).execute("DELETE FROM counter WHERE 0").close()
    except sqlite3.OperationalError:
        return False
    if (file := _files.get(connection.engine)) is not None:
        file.check()
    return True


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """Make SQLite overwrite replaced values in this block: else their bytes stay in unused space."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        if sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def empty_journal(engine: Engine) -> None:
    """Make SQLite move the content of its journal into the file and empty it; skipped while others read."""
    if engine.dialect.name != "sqlite":
        return
    with TranslatedErrors(engine), closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def driver(connection: Connection) -> Any:
    """Return the driver's connection, within the present transaction."""
    return connection.connection.dbapi_connection


def conninfo(engine: Engine, *, password: bool = True) -> str:
    """Return the libpq connection string of a PostgreSQL database, with the arguments of its connections.

    Args:
        password: whether to include the password.
    """
    from psycopg.conninfo import make_conninfo

    common = connection_arguments(_limits[engine]) if engine in _limits else {}
    _, driver_options = engine.dialect.create_connect_args(engine.url)
    # Not as a URL: libpq takes no space in one, and its error would show the password.
    # `context` is for the driver alone: how it reads values.
    hidden = {"context"} if password else {"context", "password"}
    parameters = {
        name: str(value) for name, value in {**common, **driver_options}.items() if name not in hidden
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


def _create_postgresql_engine(address: URL, limits: Limits) -> Engine:
    # An office on SQLite has no need of the driver.
    from merzim.storage.database.silent_server import ServerWatch

    watch = ServerWatch(limits)
    engine = create_engine(
        address,
        connect_args={
            name: value for name, value in connection_arguments(limits).items() if name not in address.query
        },
        hide_parameters=True,
        **_POOL,
    )

    _limits[engine] = limits

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, _args: object, arguments: dict[str, Any]) -> object:
        return watch.connect(**arguments)

    @event.listens_for(engine, "checkout")
    def check(connection: Any, _record: object, _proxy: object) -> None:
        # As `pool_pre_ping` does, which asks the server each time: a tenth of what a recorded fact costs.
        try:
            if connection.may_be_lost():
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if is_long_work():
            limit = int(limits.long_statement * 1000)
            for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {name} = {limit}")

    return engine


def connection_arguments(limits: Limits) -> dict[str, object]:
    """Return the libpq arguments of connections to a server.

    When packets are dropped, the kernel closes the connection, at the server's end too; otherwise its locks
    would keep others from writing after the network is back.
    """
    options = {
        "timezone": "UTC",
        "lock_timeout": int(LOCK_TIMEOUT * 1000),
        "statement_timeout": int(limits.statement * 1000),
        "idle_in_transaction_session_timeout": int(IDLE_TRANSACTION_SECONDS * 1000),
        "tcp_keepalives_idle": KEEPALIVE_SECONDS,
        "tcp_keepalives_interval": KEEPALIVE_SECONDS,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": int(IDLE_TRANSACTION_SECONDS * 1000),
    }
    return {
        "connect_timeout": limits.connect,
        "keepalives": 1,
        "keepalives_idle": KEEPALIVE_SECONDS,
        "keepalives_interval": KEEPALIVE_SECONDS,
        "keepalives_count": 3,
        "tcp_user_timeout": int(limits.patience * 1000),
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }


def _create_sqlite_engine(address: URL) -> Engine:
    file = address.database
    arguments = {"timeout": 0.0, "check_same_thread": False}
    if not file or file == ":memory:":
        engine = create_engine(address, connect_args=arguments, poolclass=StaticPool, hide_parameters=True)
    else:
        try:
            if not file.startswith("file:"):
                Path(file).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable("unreachable", where=file, problem=error.strerror or "") from None
        engine = create_engine(address, connect_args=arguments, hide_parameters=True, **_POOL)
    watched = None if not file or file.startswith((":", "file:")) else DatabaseFile(file)

    if watched is not None:
        _files[engine] = watched
        _pin_to_file(engine, watched)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        if watched is not None:
            watched.remember()
        connection.isolation_level = None
        _execute_when_unlocked(connection, "PRAGMA journal_mode=WAL")
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        if connection.get_execution_options().get("writer"):
            _execute_when_unlocked(raw, "BEGIN IMMEDIATE")
        else:
            _execute_when_unlocked(raw, "BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1")
        if watched is not None:
            # Only now: the file may have been moved while this waited for the lock.
            watched.check()

    return engine


def _pin_to_file(engine: Engine, file: DatabaseFile) -> None:
    """Open only the file that was opened first, until the engine is disposed."""

    @event.listens_for(engine, "do_connect")
    def locate(
        _dialect: object, _record: object, positional: list[Any], named_parameters: dict[str, Any]
    ) -> None:
        positional[:] = [file.uri]
        named_parameters["uri"] = True

    @event.listens_for(engine, "engine_disposed")
    def forget(_engine: Engine) -> None:
        file.forget()


def _execute_when_unlocked(connection: sqlite3.Connection, *statements: str) -> None:
    """Run the statements once the lock they need is free.

    SQLite's busy handler sleeps up to 0.1 s between two attempts and would miss the short pauses an import
    makes for others; hence our own loop, limited by LOCK_TIMEOUT.
    """
    give_up_at = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            for statement in statements:
                connection.execute(statement).close()
            return
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK").close()
            if (error.sqlite_errorcode & 0xFF) not in _BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_POLL_SECONDS)
