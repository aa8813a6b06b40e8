"""Errors of storage: drivers' errors as StorageUnavailable, and waiting for a lost database.

Their sentences are in i18n/catalogue/storage.toml.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError as PoolTimeout

from workflow.refusal import Refusal


class StorageUnavailable(Refusal):
    """The database cannot be used: `storage_unavailable {where, what, problem}`.

    `reason` is a code of the catalogue under `storage.`: no_database, address, unsupported, unreachable,
    read_only, full, not_a_database, busy, newer, older, foreign, no_rights, not_let_in, failed.
    `where` is the address without its password.
    """

    def __init__(self, reason: str, *, where: str, problem: str = "") -> None:
        super().__init__("storage_unavailable", what=reason, where=where, problem=problem)
        self.what = reason


class CaseBroken(Refusal):
    """The events of a case do not end as its head says, because it was changed outside the program
    (`case_broken {case}`).
    """

    def __init__(self, case: str) -> None:
        super().__init__("case_broken", case=case)
        self.case = case


_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_CORRUPT: "not_a_database",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}
# A failure of SQLite's own files that means the same as a full disk: its shared memory could not grow.
_SQLITE_FULL = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE})
_POSTGRESQL = {
    "42501": "no_rights",
    "53300": "busy",
    "53": "full",
    "25006": "read_only",
    "55P03": "busy",
    "57014": "busy",
    "40": "busy",
    "57": "unreachable",
}
# libpq gives no code for a refused connection, only the server's message, in the server's language.
NOT_LET_IN = re.compile(r"\b(FATAL|ВАЖНО):|no password supplied")
_TOO_MANY_CONNECTIONS = re.compile(
    r"too many (clients|connections)|слишком много клиентов|remaining connection slots"
)
# The server is starting or stopping: it comes back by itself, without an operator.
_STARTING_OR_STOPPING = re.compile(
    r"database system is (starting up|shutting down|not (yet )?accepting|in recovery)"
    r"|система баз данных (запускается|останавливается|в режиме восстановления|(ещё )?не принимает)"
)
_SECRET_QUERY = frozenset({"password", "passfile", "sslpassword"})
_HIDDEN = "***"


def display_address(engine: Engine) -> str:
    """Return the address to show: the file of SQLite, else the URL without its password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return hide_secrets(engine.url)


def hide_secrets(address: URL) -> str:
    """Return the address of a PostgreSQL database as text, without passwords and the file of them."""
    hidden = dict.fromkeys(_SECRET_QUERY & address.query.keys(), _HIDDEN)
    return address.set(drivername="postgresql").update_query_dict(hidden).render_as_string(hide_password=True)


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Make StorageUnavailable of the errors of the driver in a block; IntegrityError is not translated."""
    try:
        yield
    except IntegrityError:
        raise
    except engine.dialect.loaded_dbapi.Error as error:
        raise to_storage_unavailable(engine, error) from error
    except DBAPIError as error:
        raise to_storage_unavailable(engine, error.orig or error) from error
    except SQLAlchemyError as error:
        what = "busy" if isinstance(error, PoolTimeout) else "failed"
        raise StorageUnavailable(what, where=display_address(engine), problem=str(error)) from error


def to_storage_unavailable(engine: Engine, error: BaseException) -> StorageUnavailable:
    """Return what an error of the driver means; `failed` for one that is not known."""
    # When several addresses were tried, libpq lists them: the last line is the last attempt.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    problem = (lines[-1] if lines[0].endswith(":") else lines[0]) if lines else type(error).__name__
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        reason = "full" if code in _SQLITE_FULL else _SQLITE.get(code & 0xFF, "failed")
        return StorageUnavailable(reason, where=display_address(engine), problem=problem)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        reason = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or "failed"
    elif _TOO_MANY_CONNECTIONS.search(str(error)):
        reason = "busy"
    elif _STARTING_OR_STOPPING.search(str(error)):
        reason = "unreachable"
    elif NOT_LET_IN.search(str(error)):
        reason = "not_let_in"
    elif any("Operational" in kind.__name__ or "Timeout" in kind.__name__ for kind in type(error).__mro__):
        reason = "unreachable"
    else:
        reason = "failed"
    return StorageUnavailable(reason, where=display_address(engine), problem=problem)


PATIENCE = 30.0
"""Seconds to wait for a lost database."""
_RETRY_SECONDS = 0.5
_TRANSIENT = frozenset({"unreachable", "busy", "full"})


def retry_until_back(act: Callable[[], None]) -> None:
    """Run an idempotent function; again for PATIENCE seconds while the database is unreachable, busy or full.
    Raises StorageUnavailable: it did not come back in time, or the error is not transient.
    """
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except StorageUnavailable as error:
            if error.what not in _TRANSIENT or time.monotonic() > give_up_at:
                raise
        time.sleep(_RETRY_SECONDS)
