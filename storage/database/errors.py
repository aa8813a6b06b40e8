"""What drivers say, as the one refusal of this house: which code, where, and the driver's own words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from storage.refusals import StorageUnavailable

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
# libpq gives no code for a connection the server refused, only the server's words: in its own language.
NOT_LET_IN = re.compile(r"\b(FATAL|ВАЖНО):|no password supplied")
_CROWDED = re.compile(r"too many (clients|connections)|слишком много клиентов|remaining connection slots")
# It is being started or stopped: nothing an operator has to mend, it comes back by itself.
_ON_ITS_WAY = re.compile(
    r"database system is (starting up|shutting down|not (yet )?accepting|in recovery)"
    r"|система баз данных (запускается|останавливается|в режиме восстановления|(ещё )?не принимает)"
)
_SECRET_QUERY = frozenset({"password", "passfile", "sslpassword"})
_HIDDEN = "***"


def where(engine: Engine) -> str:
    """The address as a person may see it: the file of SQLite, else the URL without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ":memory:"
    return shown(engine.url)


def shown(address: URL) -> str:
    """An address without what it keeps secret."""
    hidden = dict.fromkeys(_SECRET_QUERY & address.query.keys(), _HIDDEN)
    return (
        address.set(drivername="postgresql").update_query_dict(hidden).render_as_string(hide_password=True)
        if hidden
        else address.set(drivername="postgresql").render_as_string(hide_password=True)
    )


@contextmanager
def translate_errors(engine: Engine) -> Iterator[None]:
    """Whatever the driver raises inside becomes a StorageUnavailable; a broken constraint passes as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except engine.dialect.loaded_dbapi.Error as trouble:
        raise unavailable(engine, trouble) from trouble
    except DBAPIError as trouble:
        raise unavailable(engine, trouble.orig or trouble) from trouble
    except NoneFree as trouble:
        raise StorageUnavailable("busy", where=where(engine), problem=str(trouble)) from trouble
    except SQLAlchemyError as trouble:
        raise StorageUnavailable("failed", where=where(engine), problem=str(trouble)) from trouble


def unavailable(engine: Engine, trouble: BaseException) -> StorageUnavailable:
    """The refusal that says what a driver's error means."""
    # Where several addresses were tried, libpq lists them: the last line is the last attempt.
    lines = [line.strip() for line in str(trouble).splitlines() if line.strip()]
    problem = (lines[-1] if lines[0].endswith(":") else lines[0]) if lines else type(trouble).__name__
    if isinstance(trouble, sqlite3.Error):
        code = getattr(trouble, "sqlite_errorcode", 0)
        what = "full" if code in _SQLITE_FULL else _SQLITE.get(code & 0xFF, "failed")
        return StorageUnavailable(what, where=where(engine), problem=problem)
    state = getattr(trouble, "sqlstate", None)
    if state is not None:
        what = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or "failed"
    elif _CROWDED.search(str(trouble)):
        what = "busy"
    elif _ON_ITS_WAY.search(str(trouble)):
        what = "unreachable"
    elif NOT_LET_IN.search(str(trouble)):
        what = "not_let_in"
    elif any("Operational" in kind.__name__ or "Timeout" in kind.__name__ for kind in type(trouble).__mro__):
        what = "unreachable"
    else:
        what = "failed"
    return StorageUnavailable(what, where=where(engine), problem=problem)
