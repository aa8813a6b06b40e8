"""Limits on HTTP connections of the server: idle ones are closed, and their number is bounded.

A client that sends its request a byte at a time, or does not read the answer, occupies a file descriptor; a
thousand of them would exhaust the process.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WINDOW = 15.0
"""Seconds between two checks of a connection; one without progress in between is closed."""
SLOWEST = 500
"""Minimum bytes per second of a request body."""
MOST = 1_000
"""Maximum number of connections; one more closes the oldest that is still sending its request."""
FILES = 4_096
"""Number of file descriptors to request from the system: connections, database, evidence, files being read."""
_SPARE = 128
log = logging.getLogger("merzim.web")


class TimedConnection(H11Protocol):
    """An HTTP connection that is closed when its request does not arrive or its answer is not read."""

    window = WINDOW
    most = MOST
    _began = 0.0
    _received = 0
    _seen: tuple[object, object, int] | None = None
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start watching the connection; close another one when there are too many."""
        super().connection_made(transport)
        self._began = self.loop.time()
        self._look = self.loop.call_later(self.window, self._check)
        if len(self.connections) > self.most:
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
        seen = (self.cycle, self.awaited, self.transport.get_write_buffer_size())
        if self._stands_still(*seen):
            log.info("closed a connection that stood still: %s", self.client)
            self._look = None
            self.transport.abort()
            return
        self._seen, self._received = seen, 0
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
        waiting = [one for one in self.connections if isinstance(one, TimedConnection) and one.awaited]
        chosen = min(waiting, key=lambda one: (-one.awaited, one._began), default=self)
        # It leaves the others now, not when it is gone: many come at once.
        self.connections.discard(chosen)
        chosen.transport.abort()


def settings() -> dict[str, Any]:
    """Return the server settings that limit connections, after raising the limit of descriptors."""
    files = _raise_limit()
    # As many are accepted at once, and as many again before the first of those too many has gone.
    backlog = files // 8
    most = max(1, min(MOST, files - 3 * backlog - _SPARE))
    return {"http": type("Connection", (TimedConnection,), {"most": most}), "backlog": backlog}


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
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return soft
