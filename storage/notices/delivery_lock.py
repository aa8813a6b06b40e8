"""Which processes deliver the letters of a database file: locks the operating system drops with their holder.

Whoever delivers holds a shared lock on a file beside the database, for as long as it has letters in hand. Who
gets the exclusive one knows that nobody delivers: what is still on its way then was left by a process that is
gone, and no clock has to say for how long. On a server, and where a system has no such locks, the clock does.
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
    """The lock of one database; each thread that delivers holds it by a handle of its own."""

    def __init__(self, engine: Engine) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = file if file and file != ":memory:" and not file.startswith("file:") else None
        self._held = local()

    @property
    def works(self) -> bool:
        """Whether there is such a lock: for files of SQLite, on systems that have it."""
        return self._file is not None and _HAS_LOCKS

    @property
    def _handle(self) -> int | None:
        found: int | None = getattr(self._held, "handle", None)
        return found

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Be known as one that delivers, until the block ends.

        Raises:
            StorageUnavailable: the lock's file cannot be made beside the database.
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
        """Whether nobody else delivers; then nobody begins to before the block ends.

        Not to be asked with letters in hand: for a moment the shared lock of this thread is given up.
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
