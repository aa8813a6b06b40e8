"""A lock that shows which processes deliver letters of a database file; released by the system when its holder
dies.

A delivering process holds a shared lock on a file beside the database while it has claimed letters. A process
that gets the exclusive lock knows that nobody delivers, so claimed letters were abandoned. On a server, and on
systems without such locks, abandoned letters are found by time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from threading import local

from sqlalchemy import Engine

from storage.refusals import StorageUnavailable

SUFFIX = "-delivery"
_HAS_LOCKS = find_spec("fcntl") is not None


class DeliveryLock:
    """The lock of one database; each delivering thread holds it by a handle of its own."""

    def __init__(self, engine: Engine) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = file if file and file != ":memory:" and not file.startswith("file:") else None
        self._held = local()

    @property
    def works(self) -> bool:
        """Whether the lock is available: for SQLite files, on systems that have such locks."""
        return self._file is not None and _HAS_LOCKS

    @property
    def _handle(self) -> int | None:
        """Return this thread's handle."""
        found: int | None = getattr(self._held, "handle", None)
        return found

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the shared lock while the block runs.

        Raises:
            StorageUnavailable: the lock file cannot be created beside the database.
        """
        if not self.works:
            yield
            return
        import fcntl

        handle = self._open()
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            self._held.handle = handle
            yield
        finally:
            self._held.handle = None
            os.close(handle)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Return whether nobody else delivers; if so, nobody can start until the block ends.

        Not to be called with claimed letters: the shared lock of this thread is released for a moment.
        """
        if not self.works:
            yield False
            return
        import fcntl

        held = self._handle
        handle = self._open() if held is None else held
        try:
            got_it = False
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                got_it = True
            yield got_it
        finally:
            if held is None:
                os.close(handle)
            else:
                fcntl.flock(handle, fcntl.LOCK_SH)

    def _open(self) -> int:
        """Open the lock file."""
        assert self._file is not None
        # By its real name: two settings may lead to one file in two ways.
        name = os.path.realpath(self._file) + SUFFIX
        try:
            try:
                return os.open(name, os.O_RDWR | os.O_CREAT, 0o660)
            except PermissionError:
                # Another user made it, who may deliver here, too: to lock it, reading is enough.
                return os.open(name, os.O_RDONLY)
        except OSError as trouble:
            raise StorageUnavailable("read_only", where=name, problem=trouble.strerror or "") from None
