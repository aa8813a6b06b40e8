"""Opening the database, and the two ways to use it: reading and writing.

SQLite: WAL, synchronous=FULL, foreign keys; writers begin with BEGIN IMMEDIATE behind one lock per
database of this process. PostgreSQL: psycopg 3. Whatever the driver says becomes a StorageUnavailable.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, cast

from sqlalchemy import URL, Connection, Engine, Executable, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from storage.refusals import StorageUnavailable
from storage.turnstile import Turnstile

Record: TypeAlias = "Row[*tuple[Any, ...]]"
"""What a query finds, line by line."""
PATIENCE = 30.0
"""Seconds a writer waits for another process before it gives up."""
_POLL = 0.004
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_CORRUPT: "not_a_database",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}
_POSTGRESQL = {"53": "full", "25006": "read_only", "55P03": "busy", "40": "busy", "57": "unreachable"}
_turnstiles: defaultdict[str, Turnstile] = defaultdict(Turnstile)


def open(url: str) -> Engine:
    """An engine for an address: `sqlite:///file`, `postgresql://user@host/name`. Only the folder is created.

    Raises:
        StorageUnavailable: the address is none, or names a database this house does not speak to.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    arguments: dict[str, object] = {"connect_timeout": 10}
    if "options" not in address.query:
        arguments["options"] = f"-c timezone=UTC -c lock_timeout={int(PATIENCE * 1000)}"
    return create_engine(address, connect_args=arguments, pool_pre_ping=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads: in SQLite one snapshot, which no writer disturbs or waits for.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    with _clear(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; committed on leaving, rolled back whole when anything is raised.

    IntegrityError passes: whoever writes knows what a broken constraint means.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    if engine.dialect.name != "sqlite":
        with _clear(engine), engine.begin() as connection:
            yield connection
        return
    with _clear(engine), _turnstiles[str(engine.url.database)].passing(), engine.connect() as connection:
        connection.execution_options(writer=True)
        with connection.begin():
            yield connection


def each(connection: Connection, asked: Executable, names: Iterable[str]) -> Iterator[Record]:
    """What a statement with `IN :k_cases` finds for the names: one query for up to 5,000 of them."""
    left = iter(names)
    while chunk := list(islice(left, 5000)):
        yield from connection.execute(asked, {"k_cases": chunk})


def driver(connection: Connection) -> Any:
    """The driver's own connection, inside the transaction that is under way."""
    return connection.connection.dbapi_connection


def conninfo(engine: Engine) -> str:
    """The address of a PostgreSQL database as its own library knows it, with its password."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def shared(url: str) -> bool:
    """Whether several machines can use the database of that address at once: PostgreSQL, not a file."""
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def where(engine: Engine) -> str:
    """The address as a person may see it: the file of SQLite, else the URL without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ":memory:"
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (KeyError, NoSuchModuleError):
        raise StorageUnavailable("unsupported", where=url.partition("://")[0]) from None
    except (ArgumentError, ValueError):
        raise StorageUnavailable("address", where=url.rpartition("@")[2]) from None


def _sqlite(address: URL) -> Engine:
    file = address.database
    arguments = {"timeout": 0.0, "check_same_thread": False}
    if not file or file == ":memory:":
        engine = create_engine(address, connect_args=arguments, poolclass=StaticPool)
    else:
        try:
            if not file.startswith("file:"):
                Path(file).parent.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            raise StorageUnavailable("unreachable", where=file, problem=trouble.strerror or "") from None
        engine = create_engine(address, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
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

    return engine


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


@contextmanager
def _clear(engine: Engine) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except engine.dialect.loaded_dbapi.Error as trouble:
        raise _unavailable(engine, trouble) from trouble
    except DBAPIError as trouble:
        raise _unavailable(engine, trouble.orig or trouble) from trouble
    except SQLAlchemyError as trouble:
        raise StorageUnavailable("failed", where=where(engine), problem=str(trouble)) from trouble


def _unavailable(engine: Engine, trouble: BaseException) -> StorageUnavailable:
    problem = str(trouble).strip().splitlines()[0] if str(trouble).strip() else type(trouble).__name__
    if isinstance(trouble, sqlite3.Error):
        code = getattr(trouble, "sqlite_errorcode", 0) & 0xFF
        return StorageUnavailable(_SQLITE.get(code, "failed"), where=where(engine), problem=problem)
    state = getattr(trouble, "sqlstate", None)
    if state is None:
        what = (
            "unreachable"
            if "Operational" in type(trouble).__name__ or "Timeout" in type(trouble).__name__
            else "failed"
        )
    else:
        what = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or "failed"
    return StorageUnavailable(what, where=where(engine), problem=problem)
