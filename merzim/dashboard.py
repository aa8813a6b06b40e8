"""The dashboard as served: pages rebuilt when acts or settings change; limits on connections."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

import h11
from anyio.to_thread import current_default_thread_limiter
from starlette.concurrency import run_in_threadpool
from uvicorn.protocols.http.h11_impl import H11Protocol

from merzim import logs
from merzim.web.app import create_app
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from calendars.kazakhstan import Kazakhstan
    from merzim.services.app import AppContext
    from merzim.services.configuration.settings import Settings
    from merzim.services.moments import Clock
    from workflow.law.library import Library


AS_THEY_ARE = ("/static/", "/health", "/ready")
"""Paths that no act and no rule affects: answered without checking the database."""
SERVER_THREADS = 10
"""Threads that answer requests when the database is a server."""
log = logging.getLogger("merzim.web")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def _limit_threads(*, server: bool) -> None:
    """Limit the threads that answer requests: one more than cores, more where they wait for a server.

    Forty threads at once would run one at a time under Python's lock, each as late as the last. Each has at
    most as many connections as it opens itself, and gives them back before the request waits for a thread
    again: so the limit of threads is that of connections, too, and nobody waits for one.
    """
    threads = SERVER_THREADS if server else (os.cpu_count() or 1) + 1
    current_default_thread_limiter().total_tokens = threads


class Dashboard:
    """An ASGI application that checks on each request whether calendar and settings are current.

    `merzim calendar-change apply` runs in another process; a fact recorded here a moment later must be computed
    with the new calendar.
    """

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._adopting = Lock()
        self._counted_by: tuple[Kazakhstan, Library, Settings] = app.calendar, app.library, app.settings
        self._pages: Any = create_app(app, clock)
        self._built: tuple[Hashable, Any] = (None, self._pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the pages with the current calendar."""
        if scope["type"] == "lifespan":
            _limit_threads(server=self._app.many_nodes)
        pages = self._pages
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            pages = await run_in_threadpool(self._current)
        await pages(scope, receive, send)

    def _current(self) -> Any:
        """Return current pages, rebuilt if necessary."""
        try:
            with self._adopting:
                return self._fitting() or self._renewed()
        except Refusal:
            # The database is unavailable: the page finds out itself, and says so in the reader's language.
            return self._pages

    def _fitting(self) -> Any:
        """Return the cached pages if they are current, else None."""
        adopted, pages = self._built
        return pages if adopted is not None and adopted == self._app.law_version() else None

    def _renewed(self) -> Any:
        """Return pages newly built with the current calendar."""
        adopted = self._app.law_version()
        self._app.refresh()
        present = self._app.calendar, self._app.library, self._app.settings
        if any(counter is not before for counter, before in zip(present, self._counted_by, strict=True)):
            logs.know(self._app.settings)
            self._counted_by = present
            self._pages = create_app(self._app, self._clock)
        self._built = (adopted, self._pages)
        return self._pages


WINDOW = 15.0
"""Seconds between two checks of a connection; one without progress in between is closed."""
SLOWEST = 500
"""Minimum bytes per second of a request body."""
MAX_CONNECTIONS = 1_000
"""Maximum number of connections; one more closes the oldest that is still sending its request."""
FILES = 4_096
"""Number of file descriptors to request from the system: connections, database, evidence, files being read."""
_SPARE = 128


class TimedConnection(H11Protocol):
    """An HTTP connection that is closed when its request does not arrive or its answer is not read."""

    window = WINDOW
    max_connections = MAX_CONNECTIONS
    _began = 0.0
    _received = 0
    _seen: tuple[object, object, int] | None = None
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start watching the connection; close another one when there are too many."""
        super().connection_made(transport)
        self._began = self.loop.time()
        self._look = self.loop.call_later(self.window, self._check)
        if len(self.connections) > self.max_connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching the connection."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count received bytes and pass them on."""
        self._received += len(data)
        super().data_received(data)

    @property
    def awaited(self) -> int:
        """The part of the request still expected: 2 for the head, 1 for the body, 0 for none."""
        return {h11.IDLE: 2, h11.SEND_BODY: 1}.get(self.conn.their_state, 0)

    def _check(self) -> None:
        """Close the connection if it has made too little progress."""
        state = (self.cycle, self.awaited, self.transport.get_write_buffer_size())
        if self._stands_still(*state):
            log.info("closed a connection that stood still: %s", self.client)
            self._look = None
            self.transport.abort()
            return
        self._seen, self._received = state, 0
        self._look = self.loop.call_later(self.window, self._check)

    def _stands_still(self, cycle: object, awaited: int, unsent: int) -> bool:
        """Return whether too little was transferred since the last check."""
        if self._seen is None or self._seen[:2] != (cycle, awaited):
            return False
        if unsent:
            return unsent == self._seen[2]
        # The client cannot send while we do not read.
        slow = self._received < SLOWEST * self.window and not self.flow.read_paused
        return awaited == 2 or (awaited == 1 and slow)

    def _make_room(self) -> None:
        """Close the oldest connection waiting for a head, else for a body, else this one."""
        waiting = [
            connection
            for connection in self.connections
            if isinstance(connection, TimedConnection) and connection.awaited
        ]
        chosen = min(waiting, key=lambda connection: (-connection.awaited, connection._began), default=self)
        # It leaves the others now, not when it is gone: many come at once.
        self.connections.discard(chosen)
        chosen.transport.abort()


def settings() -> dict[str, Any]:
    """Return the server settings that limit connections, after raising the limit of descriptors."""
    files = _raise_limit()
    # As many are accepted at once, and as many again before the first of those too many has gone.
    backlog = files // 8
    limit = max(1, min(MAX_CONNECTIONS, files - 3 * backlog - _SPARE))
    return {"http": type("Connection", (TimedConnection,), {"max_connections": limit}), "backlog": backlog}


def _raise_limit() -> int:
    """Raise the limit of file descriptors to at most FILES, and return it."""
    try:
        import resource
    except ImportError:
        # Windows counts connections otherwise.
        return FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= FILES:
        return FILES
    target = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
        soft = target
    return soft
