"""The pages as served: before a request calendar acts and settings changed by other processes are taken up."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from starlette.concurrency import run_in_threadpool

from merzim import logs
from merzim.services.app import AppContext
from merzim.web.app import create_app
from workflow.moments import Clock
from workflow.refusal import Refusal

AS_THEY_ARE = ("/static/", "/health", "/ready")
"""Paths that no act and no rule affects: answered without checking the database."""
SERVER_THREADS = 10
"""Threads that answer requests when the database is a server."""
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
        self._app, self._pages = app, create_app(app, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the pages with the current calendar."""
        if scope["type"] == "lifespan":
            _limit_threads(server=self._app.many_nodes)
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            await run_in_threadpool(self._take_up)
        await self._pages(scope, receive, send)

    def _take_up(self) -> None:
        """Take up what was adopted or changed since."""
        # Of a database that is unavailable the page finds out itself, and says so in the reader's language.
        with suppress(Refusal):
            before = self._app.newest
            if (present := self._app.present()) is not before:
                logs.hide_secrets_of(present.settings)
