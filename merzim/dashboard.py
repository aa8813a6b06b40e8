"""The dashboard as served: pages rebuilt when acts or settings change."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from threading import Lock
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from starlette.concurrency import run_in_threadpool

from calendars.kazakhstan import Kazakhstan
from merzim import logs
from merzim.services.app import AppContext
from merzim.services.moments import Clock
from merzim.settings import Settings
from merzim.web.app import create_app
from workflow.law.library import Library
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
            return self._fitting() or self._adopt()
        except Refusal:
            # The database is unavailable: the page finds out itself, and says so in the reader's language.
            return self._pages

    def _adopt(self) -> Any:
        """Return pages built by this request or, meanwhile, by another."""
        with self._adopting:
            return self._fitting() or self._renewed()

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
