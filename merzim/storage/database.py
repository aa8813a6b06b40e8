"""Database engines, the two kinds of transactions (reading and writing), and the little SQL that differs
between SQLite and PostgreSQL.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Errors of the driver become a StorageUnavailable
(storage/refusals.py). Errors never contain values: a log would keep the recipients of letters.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Table,
    UpdateBase,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlmodel import Session

from merzim.storage.refusals import StorageUnavailable, translated_errors
from merzim.storage.tables.base import canonical

if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert


Row_: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of the result of a query."""
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
    `password`: of a server, if it is not in the address. Raises StorageUnavailable: the address is invalid, or
    of a database that is not supported.
    """
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        return _create_sqlite_engine(address)
    if password is not None:
        address = address.set(password=password)
    arguments = {name: value for name, value in CONNECTION_ARGUMENTS.items() if name not in address.query}
    return create_engine(address, connect_args=arguments, pool_pre_ping=True, **_POOL, **_OPTIONS)


_session: ContextVar[Session | None] = ContextVar("session", default=None)
"""The session of the request, round or command whose code this is."""
_WRITES = "writes"
"""Key of the `info` of a session that writes."""


@contextmanager
def _present(session: Session) -> Iterator[Session]:
    """Make a session that of the code of a block."""
    token = _session.set(session)
    try:
        yield session
    finally:
        _session.reset(token)


def _joined(engine: Engine) -> Session | None:
    """Return the session of this engine around this code; None outside one."""
    session = _session.get()
    return session if session is not None and session.bind is engine else None


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Yield the session around this code, or one of the block's own: what it reads is of one moment. Its
    transaction begins with its first statement. A write or a failed read ends it, so that the next read begins
    another.
    """
    session = _joined(engine)
    if session is None:
        with translated_errors(engine), Session(engine) as session, _present(session):
            yield session
        return
    try:
        with translated_errors(engine):
            yield session
    except BaseException:
        if not session.info.get(_WRITES):
            session.close()
        raise


def read(engine: Engine, query: Executable) -> Sequence[Row_]:
    """Return the rows of one query."""
    with reading(engine) as session:
        return session.execute(query).all()


def read_first(engine: Engine, query: Executable) -> Row_ | None:
    """Return the first row of one query; None without any."""
    with reading(engine) as session:
        return session.execute(query).first()


def read_column(engine: Engine, query: Executable) -> Sequence[Any]:
    """Return the first column of one query."""
    with reading(engine) as session:
        return session.execute(query).scalars().all()


def read_value(engine: Engine, query: Executable) -> Any:
    """Return the first value of one query; None without any."""
    with reading(engine) as session:
        return session.execute(query).scalar()


@contextmanager
def writing(engine: Engine, *, at_once: bool = False) -> Iterator[Session]:
    """Yield a session that writes; commit it on leaving, roll it back when anything is raised. `at_once`: raise
    StorageUnavailable while another writes to the file, and do not wait for it.

    A block within another is part of that one: one that is refused rolls all of it back, and the outer block
    cannot go on. It must not start threads that write. A write within `reading` ends the transaction there.

    IntegrityError is not translated: the caller knows what a broken constraint means.
    """
    joined = _joined(engine)
    if joined is not None and joined.info.get(_WRITES):
        try:
            with translated_errors(engine):
                yield joined
        except BaseException:
            joined.rollback()
            raise
        return
    if joined is not None:
        # Nothing is held while this waits for the lock.
        joined.close()
    sqlite, committing = engine.dialect.name == "sqlite", False
    try:
        with translated_errors(engine), ExitStack() as stack:
            if sqlite:
                lock = _writer_locks[str(engine.url.database)]
                if not lock.acquire(blocking=not at_once):
                    raise StorageUnavailable("busy", where=str(engine.url.database))
                stack.callback(lock.release)
            session = stack.enter_context(Session(engine, expire_on_commit=False, info={_WRITES: True}))
            stack.enter_context(session.begin())
            session.connection(execution_options={"writer": True, "at_once": at_once})
            yield stack.enter_context(_present(session))
            committing = not sqlite
    except StorageUnavailable as error:
        # A server lost while it confirms the commit may have committed.
        error.undecided = error.undecided or (committing and error.what in CONNECTION_LOST)
        raise


def execute(engine: Engine, step: UpdateBase) -> int:
    """Execute one statement in a transaction that writes; return the number of rows it changed."""
    with writing(engine) as session:
        return session.exec(step).rowcount


def driver(session: Session) -> Any:
    """Return the driver's connection, within the present transaction."""
    return session.connection().connection.dbapi_connection


def conninfo(engine: Engine, *, password: bool = True) -> str:
    """Return the libpq connection string of a PostgreSQL database, with the arguments of its connections.
    `password`: whether to include the password.
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
    """Return an address in its parts, with the driver used here. Raises StorageUnavailable: it is invalid, or
    of a database that is not supported.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
            raise ValueError("nothing stays in a database in memory")
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (KeyError, NoSuchModuleError):
        raise StorageUnavailable("unsupported", where=url.partition("://")[0]) from None
    except (ArgumentError, ValueError):
        raise StorageUnavailable("address", where=url.rpartition("@")[2].partition("?")[0]) from None


def create_private(file: Path) -> None:
    """Create an empty file only its owner may read, whatever the umask; nothing where there is one. SQLite
    gives its journals the mode of the database, and pg_dump writes into a file that stands there.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _create_sqlite_engine(address: URL) -> Engine:
    file = str(address.database)
    arguments = {"timeout": LOCK_TIMEOUT, "check_same_thread": False}
    engine = create_engine(address, connect_args=arguments, **_POOL, **_OPTIONS)
    private = None if file.startswith("file:") else Path(file)
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
        options, cursor = connection.get_execution_options(), connection.connection.cursor()
        begins = "BEGIN IMMEDIATE" if options.get("writer") else "BEGIN"
        if not options.get("at_once"):
            cursor.execute(begins)
            return
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            cursor.execute(begins)
        finally:  # whoever has the connection next waits again
            cursor.execute(f"PRAGMA busy_timeout={int(LOCK_TIMEOUT * 1000)}")

    return engine


T = TypeVar("T")
_NAMES = "k_names"
_CHUNK_SIZE = 10_000
"""Names in one statement, which takes 32,766 values on SQLite and 65,535 on PostgreSQL."""


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Split items into lists of at most so many."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def in_names(tested: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the names given to `execute_for_names`."""
    return tested.in_(bindparam(_NAMES, expanding=True))


def execute_for_names(session: Session, statement: Executable, names: Iterable[str]) -> Iterator[Row_]:
    """Run a statement with `in_names` and yield its rows: one query for up to 10,000, none without any. The
    rows of a statement that orders them are in order for each 10,000 names.
    """
    for chunk in chunks(names, _CHUNK_SIZE):
        yield from session.execute(statement, {_NAMES: chunk}).all()


def read_for_names(engine: Engine, statement: Executable, names: Iterable[str]) -> list[Row_]:
    """Return the rows of a statement with `in_names`, as `execute_for_names` yields them, in one `reading`."""
    with reading(engine) as session:
        return [*execute_for_names(session, statement, names)]


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def insert(session: Session, table: Table) -> Insert:
    """Return an INSERT of the dialect, with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return sqlite.insert(table) if is_sqlite(session) else postgresql.insert(table)


def insert_many(session: Session, table: Table, lines: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns; none is allowed."""
    if lines:
        session.execute(table.insert(), lines)


def text_within(engine: Engine, text: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Return the condition that a text contains this part, case-sensitively."""
    find = func.instr if engine.dialect.name == "sqlite" else func.strpos
    return find(text, part) > 0


def text_before(session: Session, column: ColumnElement[str], sign: str) -> ColumnElement[str]:
    """Return the text before the first `sign`; the whole text when there is none."""
    if is_sqlite(session):
        return func.substr(column, 1, func.instr(column + sign, sign) - 1)
    return func.split_part(column, sign, 1)
