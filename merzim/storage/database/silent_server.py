"""Detection of a silent PostgreSQL server within seconds, while a connection waits for an answer.

A network that drops packets or a frozen server neither refuses nor answers: a socket waits for it forever, and
the server's own timeouts do not help. So after half of `patience` a second connection asks the server whether
it still works on the statement. A slow statement is waited for; if there is no answer, or the statement never
arrived, the connection is closed and the error says why.

The result holds for all threads: while the server is known to be silent no thread waits for it, and one
connection a second tries it again.
"""

from __future__ import annotations

import select
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from threading import Lock
from typing import Any, Literal, TypeAlias, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from merzim.storage.database.errors import NOT_LET_IN
from merzim.storage.database.limits import Limits, is_long_work

RETRY_SECONDS = 1.0
"""Seconds between two attempts to reach a silent server; meanwhile connecting fails at once."""
QUEUE_PATIENCE = 10.0
"""Seconds a connection of the job queue waits for an answer: its statements are short, and no user waits."""
CANCEL_GRACE_SECONDS = 5.0
"""Seconds beyond its own limit after which the server should have cancelled a statement."""
TRUSTED_SECONDS = 1.0
"""Seconds for which a connection is taken to be open after an answer, unless the server sends more unasked."""
IDLE_RECHECK_SECONDS = 0.3
"""Seconds until the server is asked again about a statement it does not know: its answer may be under way."""
_IS_WORKING = """
    SELECT state IS NULL OR state IN ('active', 'fastpath function call') FROM pg_stat_activity WHERE pid = %s
"""
StatementState: TypeAlias = Literal["working", "idle", "silent", "unasked"]
"""The state of a statement on the server: running, none running, no answer, or not asked."""
_T = TypeVar("_T")


class ServerSilent(psycopg.OperationalError):
    """The server did not answer in time."""

    def __init__(self) -> None:
        super().__init__("the server does not answer")


class ServerWatch:
    """The state of a server, shared by the connections of one engine."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._guard = Lock()
        self._asking = Lock()
        self._silent_until = 0.0
        self._arguments: dict[str, Any] = {}

    def connect(self, **arguments: Any) -> Connection:
        """Open a connection that detects a silent server while it waits.

        Raises:
            ServerSilent: the server is known to be silent, and another thread is trying it or has just tried.
            psycopg.OperationalError: it cannot be reached.
        """
        with self._guard:
            if self.silent:
                raise ServerSilent
            trying = self._silent_until > 0
            if trying:
                self._silent_until = time.monotonic() + self.limits.connect
        try:
            connection = Connection.connect(**arguments)
        except psycopg.errors.ConnectionTimeout:
            self.fell_silent()
            raise
        except psycopg.OperationalError:
            if trying:
                self._silent_until = 0.0
            raise
        self._arguments, self._silent_until = arguments, 0.0
        connection.watch = self
        return connection

    @property
    def silent(self) -> bool:
        """Return whether the server is known to be silent and not yet due to be tried again."""
        return time.monotonic() < self._silent_until

    def fell_silent(self) -> None:
        """Mark the server as silent until it is tried again."""
        self._silent_until = time.monotonic() + RETRY_SECONDS

    def ask(self, connection: Connection) -> StatementState:
        """Ask the server, by another connection, about the statement a connection waits for."""
        if not self._asking.acquire(blocking=False):
            return "unasked"
        try:
            with closing(Connection.connect(**{**self._arguments, "autocommit": True})) as other:
                other.give_up_at = time.monotonic() + self.limits.connect
                row = other.execute(_IS_WORKING, [connection.info.backend_pid]).fetchone()
        except psycopg.OperationalError as trouble:
            # A server that refuses (too many connections, being stopped) is not silent.
            return "working" if NOT_LET_IN.search(str(trouble)) else "silent"
        else:
            # Behind a connection pooler the process id is not the server's, and nothing is known.
            return "working" if row is None or row[0] else "idle"
        finally:
            self._asking.release()


class Connection(psycopg.Connection[Any]):
    """A connection that notices a silent server.

    Attributes:
        watch: the watch of its engine; None when only `give_up_at` applies.
        give_up_at: the time (monotonic) after which it stops waiting.
    """

    watch: ServerWatch | None = None
    give_up_at: float | None = None
    _waited_at = 0.0

    def wait(self, gen: PQGen[_T], *args: Any, **options: Any) -> _T:
        """Wait as the driver does, checking for a silent server meanwhile.

        Raises:
            ServerSilent: the server does not answer; the connection is closed.
        """
        self._waited_at = time.monotonic()
        return super().wait(_watched(gen, _SilenceCheck(self, self._waited_at)), *args, **options)

    def may_be_lost(self) -> bool:
        """Tell whether the server may have closed the connection: it was idle, or something came unasked."""
        if time.monotonic() > self._waited_at + TRUSTED_SECONDS:
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))


class QueueConnection(psycopg.AsyncConnection[Any]):
    """A connection of the job queue, closed when the server does not answer in time; a listening one may wait
    without limit."""

    _listening = False

    async def wait(self, gen: PQGen[_T], *args: Any, **options: Any) -> _T:
        """Wait as the driver does, for QUEUE_PATIENCE at most unless it listens.

        Raises:
            ServerSilent: the server does not answer; the connection is closed.
        """
        if self._listening:
            return await super().wait(gen, *args, **options)
        give_up_at = time.monotonic() + QUEUE_PATIENCE

        def check() -> None:
            if time.monotonic() > give_up_at:
                self.pgconn.finish()
                raise ServerSilent

        return await super().wait(_watched(gen, check), *args, **options)

    async def notifies(
        self, *, timeout: float | None = None, stop_after: int | None = None
    ) -> AsyncGenerator[psycopg.Notify]:
        """Yield notifications as they come."""
        self._listening = True
        try:
            async for notification in super().notifies(timeout=timeout, stop_after=stop_after):
                yield notification
        finally:
            self._listening = False


class _SilenceCheck:
    """Decides whether to go on waiting; called about ten times a second."""

    def __init__(self, connection: Connection, began: float) -> None:
        self._connection = connection
        self._began = self._next = began
        self._idle = False
        watch = connection.watch
        if watch and watch.silent and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self._give_up()

    def __call__(self) -> None:
        now, connection = time.monotonic(), self._connection
        if connection.give_up_at is not None and now > connection.give_up_at:
            self._give_up()
        watch = connection.watch
        if watch is None or now < self._began + watch.limits.patience / 2:
            return
        limits = watch.limits
        statement = limits.long_statement if is_long_work() else limits.statement
        if watch.silent or now > self._began + statement + CANCEL_GRACE_SECONDS:
            self._give_up()
        if now < self._next:
            return
        state = watch.ask(connection)
        if state == "silent":
            watch.fell_silent()
        if state == "silent" or (state == "idle" and self._idle):
            self._give_up()
        self._idle = state == "idle"
        if state == "idle":
            self._next = time.monotonic() + IDLE_RECHECK_SECONDS
        elif state == "working":
            # Slow, not silent: ask again, at growing intervals.
            self._next = time.monotonic() + (now - self._began)

    def _give_up(self) -> None:
        self._connection.pgconn.finish()
        raise ServerSilent


def _watched(gen: PQGen[_T], check: Callable[[], None]) -> Generator[Any, Any, _T]:
    """Run a generator of the driver, and call `check` each time nothing has arrived."""
    try:
        waits_for = next(gen)
        while True:
            ready = yield waits_for
            if not ready:
                check()
            waits_for = gen.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
