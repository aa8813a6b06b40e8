"""A PostgreSQL server that has fallen silent: found out in seconds, while a connection waits for an answer.

A network that drops packets or a frozen server refuses nothing and answers nothing: a socket waits for it
forever, and no limit the server keeps is of use. So who waits looks up: after half of `patience` a second
connection asks the server whether it still works on the statement. A slow statement is waited for on; where
nobody answers, or the statement never arrived, the connection is closed and the error says why.

What one thread finds out holds for all: while the server is known to be silent nobody waits for it, and one
connection a second tries it again.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from threading import Lock
from typing import Any, Literal, TypeAlias, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from storage.database.errors import NOT_LET_IN
from storage.database.limits import Limits, is_long_work

PAUSE = 1.0
"""Seconds between two attempts to reach a silent server; meanwhile everybody is told at once."""
QUEUE_PATIENCE = 10.0
"""Seconds a connection of the queue waits for an answer: nobody waits for it, and its statements are short."""
GRACE = 5.0
"""Seconds beyond its own limit after which the server should have cancelled a statement."""
AGAIN = 0.3
"""Seconds until a statement the server knows nothing of is asked about again: its answer may be on its way."""
_WORKING = """
    SELECT state IS NULL OR state IN ('active', 'fastpath function call') FROM pg_stat_activity WHERE pid = %s
"""
Found: TypeAlias = Literal["working", "idle", "silent", "unasked"]
"""What a server says of a statement: that it works on it, that it has none; or nothing at all."""
_T = TypeVar("_T")


class Silent(psycopg.OperationalError):
    """The server did not answer in time."""

    def __init__(self) -> None:
        super().__init__("the server does not answer")


class Watch:
    """What the connections of one engine know of their server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._guard = Lock()
        self._asking = Lock()
        self._silent_until = 0.0
        self._arguments: dict[str, Any] = {}

    def connect(self, **arguments: Any) -> Connection:
        """Open a connection that looks up while it waits.

        Raises:
            Silent: the server is known to be silent, and another thread tries it or has just tried.
            psycopg.OperationalError: it cannot be reached.
        """
        with self._guard:
            if self.silent:
                raise Silent
            trying = self._silent_until > 0
            if trying:
                self._silent_until = time.monotonic() + self.limits.connect
        try:
            made = Connection.connect(**arguments)
        except psycopg.errors.ConnectionTimeout:
            self.fell_silent()
            raise
        except psycopg.OperationalError:
            if trying:
                self._silent_until = 0.0
            raise
        self._arguments, self._silent_until = arguments, 0.0
        made.watch = self
        return made

    @property
    def silent(self) -> bool:
        """Whether the server is known to be silent, and not to be tried yet."""
        return time.monotonic() < self._silent_until

    def fell_silent(self) -> None:
        """Let nobody wait for the server until it is tried again."""
        self._silent_until = time.monotonic() + PAUSE

    def ask(self, connection: Connection) -> Found:
        """Ask the server by another connection about the statement this one waits for."""
        if not self._asking.acquire(blocking=False):
            return "unasked"
        try:
            with closing(Connection.connect(**{**self._arguments, "autocommit": True})) as other:
                other.give_up_at = time.monotonic() + self.limits.connect
                found = other.execute(_WORKING, [connection.info.backend_pid]).fetchone()
        except psycopg.OperationalError as trouble:
            # Refused for want of connections or because it is being stopped, it is there.
            return "working" if NOT_LET_IN.search(str(trouble)) else "silent"
        else:
            # Behind a pooler the number of the process is not the server's, and nothing is known.
            return "working" if found is None or found[0] else "idle"
        finally:
            self._asking.release()


class Connection(psycopg.Connection[Any]):
    """A connection that notices a silent server.

    Attributes:
        watch: of the engine it belongs to; None where `give_up_at` alone holds.
        give_up_at: the moment (monotonic) at which an answer comes too late.
    """

    watch: Watch | None = None
    give_up_at: float | None = None

    def wait(self, gen: PQGen[_T], *args: Any, **more: Any) -> _T:
        """Wait as the driver does, looking up on the way.

        Raises:
            Silent: the server does not answer; the connection is closed.
        """
        return super().wait(_attended(gen, _Look(self)), *args, **more)


class QueueConnection(psycopg.AsyncConnection[Any]):
    """A connection of the queue, closed where the server does not answer in time. One that listens may be told
    nothing for as long as it takes."""

    _listening = False

    async def wait(self, gen: PQGen[_T], *args: Any, **more: Any) -> _T:
        """Wait as the driver does, for QUEUE_PATIENCE at most unless it listens.

        Raises:
            Silent: the server does not answer; the connection is closed.
        """
        if self._listening:
            return await super().wait(gen, *args, **more)
        give_up_at = time.monotonic() + QUEUE_PATIENCE

        def look() -> None:
            if time.monotonic() > give_up_at:
                self.pgconn.finish()
                raise Silent

        return await super().wait(_attended(gen, look), *args, **more)

    async def notifies(
        self, *, timeout: float | None = None, stop_after: int | None = None
    ) -> AsyncGenerator[psycopg.Notify]:
        """Yield notifications as they come."""
        self._listening = True
        try:
            async for one in super().notifies(timeout=timeout, stop_after=stop_after):
                yield one
        finally:
            self._listening = False


class _Look:
    """Whether to go on waiting, asked about ten times a second."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._began = time.monotonic()
        self._idle = False
        watch = connection.watch
        if watch is None:
            return
        if watch.silent and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self._give_up()
        self._half = self._next = self._began + watch.limits.patience / 2
        limits = watch.limits
        self._last = self._began + GRACE + (limits.long_statement if is_long_work() else limits.statement)

    def __call__(self) -> None:
        now, connection = time.monotonic(), self._connection
        if connection.give_up_at is not None and now > connection.give_up_at:
            self._give_up()
        watch = connection.watch
        if watch is None or now < self._half:
            return
        if watch.silent or now > self._last:
            self._give_up()
        if now < self._next:
            return
        found = watch.ask(connection)
        if found == "silent":
            watch.fell_silent()
        if found == "silent" or (found == "idle" and self._idle):
            self._give_up()
        self._idle = found == "idle"
        if found == "idle":
            self._next = time.monotonic() + AGAIN
        elif found == "working":
            # Slow, not silent: asked about again, ever more seldom.
            self._next = time.monotonic() + (now - self._began)

    def _give_up(self) -> None:
        self._connection.pgconn.finish()
        raise Silent


def _attended(gen: PQGen[_T], look: Callable[[], None]) -> Generator[Any, Any, _T]:
    """Go on with a generator of the driver, and look up each time nothing has come."""
    try:
        waits_for = next(gen)
        while True:
            ready = yield waits_for
            if not ready:
                look()
            waits_for = gen.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
