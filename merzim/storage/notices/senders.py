"""Who delivers letters: batches handed to senders, and a lock of a database file that shows who delivers; the
system releases it when its holder dies.

A delivering process holds a shared lock on a file beside the database while it has claimed letters. A process
that gets the exclusive lock knows that nobody delivers, so claimed letters were abandoned. On a server, and on
systems without such locks, abandoned letters are found by time.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from itertools import groupby
from threading import Lock, local

from sqlalchemy import Connection, Engine, literal_column, select

from merzim.storage.database.engine import driver, read
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.notices import NOTICE

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
        handle: int | None = getattr(self._held, "handle", None)
        return handle

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the shared lock while the block runs.

        Raises:
            StorageUnavailable: the lock file cannot be created beside the database.
        """
        if not self.works:
            yield
            return

        handle = self._open_lock_file()
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            self._held.handle = handle
            yield
        finally:
            self._held.handle = None
            os.close(handle)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether it is certain that nobody else delivers; if so, nobody can start until the block ends.
        False where there is no such lock.

        Not to be called with claimed letters: the shared lock of this thread is released for a moment.
        """
        if not self.works:
            yield False
            return

        lock_handle = self._handle
        handle = self._open_lock_file() if lock_handle is None else lock_handle
        try:
            got_it = False
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                got_it = True
            yield got_it
        finally:
            if lock_handle is None:
                os.close(handle)
            else:
                fcntl.flock(handle, fcntl.LOCK_SH)

    def _open_lock_file(self) -> int:
        """Return a handle of the file beside the SQLite database whose lock says who sends. Raises
        StorageUnavailable.
        """
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


LARGEST = 100
"""Notices in a batch: what one worker processes at a time, and what is sent again if it dies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeBatch:
    """Keys of queued notices of one channel that may leave at a moment (aware UTC)."""

    channel: str
    at: datetime
    keys: tuple[str, ...]


EnqueueJobs = Callable[[object, Sequence[NoticeBatch]], None]
"""Function that passes batches to a queue through the driver's own connection, inside the running
transaction.
"""


def hand_out(
    connection: Connection, enqueue: EnqueueJobs | None, queued: Iterable[tuple[str, datetime]]
) -> None:
    """Hand out queued notices, by key and `not_before`; do nothing when no worker takes batches."""
    if enqueue is not None and (batches := _batches(queued)):
        enqueue(driver(connection), batches)


def _batches(queued: Iterable[tuple[str, datetime]]) -> list[NoticeBatch]:
    """Return notices (key and moment) as batches of one channel and moment, LARGEST at most in each."""
    # A key ends with its channel.
    placed = sorted((key.rpartition(":")[2], at, key) for key, at in queued)
    batches = []
    for (channel, at), group in groupby(placed, key=lambda entry: entry[:2]):
        keys = tuple(key for _, _, key in group)
        batches += [
            NoticeBatch(channel=channel, at=at, keys=keys[first : first + LARGEST])
            for first in range(0, len(keys), LARGEST)
        ]
    return batches


Held = tuple[str, int]
"""A notice's key and its attempt."""


class Holding:
    """Claims of letters that this process has observed, and since when.

    Args:
        elapsed: a monotonic clock in seconds.
    """

    def __init__(self, engine: Engine, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._elapsed = elapsed
        self._since: dict[str, dict[Held, float]] = {}
        self._lock = Lock()

    def abandoned(self, channel: str, patience: timedelta) -> list[Held]:
        """Return letters of the channel observed in one attempt for at least so long."""
        query = select(NOTICE.c.key, NOTICE.c.attempts).where(
            NOTICE.c.channel == channel, NOTICE.c.state == literal_column("'sending'")
        )
        abandoned_attempts = [(key, attempts) for key, attempts in read(self._engine, query)]
        with self._lock:
            now, before = self._elapsed(), self._since.get(channel, {})
            self._since[channel] = {attempt: before.get(attempt, now) for attempt in abandoned_attempts}
            long = patience.total_seconds()
            return sorted(attempt for attempt, since in self._since[channel].items() if now - since >= long)
