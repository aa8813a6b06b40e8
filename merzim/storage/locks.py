"""Locks of a task that end with the process which holds them.

On SQLite it is a lock of a file beside the database, which the system releases; on PostgreSQL an advisory lock
of a connection, which the server releases.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import local

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from merzim.storage.refusals import StorageUnavailable, translated_errors

_ADVISORY = 0x4D65726C  # "Merl"
_UNLOCK = select(func.pg_advisory_unlock_all())


class ProcessLock:
    """The lock of a task in one database: held alone, or together; by each thread by a handle of its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._held = local()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the lock together with others while the block runs. Raises StorageUnavailable: the lock file
        cannot be created beside the database, or no server be reached.
        """
        handle = self._open()
        try:
            handle.share()
            self._held.handle = handle
            yield
        finally:
            self._held.handle = None
            handle.close()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether nobody else holds the lock; if so, nobody gets it until the block ends. A shared lock
        of this thread is released for a moment.
        """
        mine: _FileLock | _ServerLock | None = getattr(self._held, "handle", None)
        handle = mine or self._open()
        try:
            yield handle.take_alone()
        finally:
            if mine is not None:
                mine.share()
            else:
                handle.close()

    def _open(self) -> _FileLock | _ServerLock:
        """Return the opened lock, which is not held yet."""
        if self._engine.dialect.name == "postgresql":
            with translated_errors(self._engine):
                return _ServerLock(self._engine, self._name)
        # By its real name: two settings may lead to one file in two ways.
        return _FileLock(f"{os.path.realpath(str(self._engine.url.database))}-{self._name}")


class _FileLock:
    """The lock of a file beside an SQLite database. Raises StorageUnavailable where it cannot be created."""

    def __init__(self, name: str) -> None:
        try:
            try:
                self._file = os.open(name, os.O_RDWR | os.O_CREAT, 0o660)
            except PermissionError:
                # Another user made it, who may run here, too: to lock it, reading is enough.
                self._file = os.open(name, os.O_RDONLY)
        except OSError as trouble:
            raise StorageUnavailable("read_only", where=name, problem=trouble.strerror or "") from None

    def share(self) -> None:
        """Hold it together with others."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def take_alone(self) -> bool:
        """Try to hold it alone, without waiting; return whether it is. A lock shared before may be lost
        otherwise: the system changes one by letting it go first.
        """
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def close(self) -> None:
        os.close(self._file)


class _ServerLock:
    """The advisory lock of a connection of its own to PostgreSQL."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self._key = engine, (_ADVISORY, func.hashtext(name))
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()

    def share(self) -> None:
        with translated_errors(self._engine):
            self._connection.execute(_UNLOCK)
            self._connection.execute(select(func.pg_advisory_lock_shared(*self._key)))

    def take_alone(self) -> bool:
        with translated_errors(self._engine):
            self._connection.execute(_UNLOCK)
            return bool(self._connection.scalar(select(func.pg_try_advisory_lock(*self._key))))

    def close(self) -> None:
        # Released before it is closed: the server notices a closed connection only a moment later.
        with suppress(SQLAlchemyError):
            self._connection.execute(_UNLOCK)
        self._connection.close()
