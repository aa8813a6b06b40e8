"""The dashboard as served: its pages are rebuilt when the office adopts an act, own rules or settings."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from typing import TYPE_CHECKING, Any

from merzim import logs
from storage.database.threads import SingleFlight
from web.app import create_app
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from services.app import AppContext
    from services.configuration.settings import Settings
    from services.moments import Clock
    from workflow.law.library import Library

AS_THEY_ARE = ("/static/", "/health", "/ready")
"""Paths that no act and no rule affects: answered without checking the database."""
log = logging.getLogger("merzim.web")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def _in_turn() -> None:
    """Limit the number of threads that render pages: one more than cores, more with PostgreSQL.

    Forty threads at once would run one at a time under Python's lock, each as late as the last.
    """
    from anyio.to_thread import current_default_thread_limiter

    current_default_thread_limiter().total_tokens = (os.cpu_count() or 1) + 1


class Dashboard:
    """An ASGI application that checks on each request whether calendar, rules and settings are current.

    `merzim calendar-change apply` and `merzim overlay apply` run in another process; a fact recorded here a
    moment later must be computed with the new calendar and rules.
    """

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._adopting: SingleFlight[Any] = SingleFlight()
        self._counted_by: tuple[Calendar, Library, Settings] = app.calendar, app.library, app.settings
        self._pages: Any = create_app(app, clock)
        self._standing: tuple[Hashable, Any] = (None, self._pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the pages with the current calendar."""
        if scope["type"] == "lifespan" and not self._app.many_nodes:
            _in_turn()
        standing = self._pages
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            standing = await asyncio.to_thread(self._current)
        await standing(scope, receive, send)

    def _current(self) -> Any:
        """Return current pages, rebuilt if necessary."""
        try:
            return self._adopting.get(self._fitting, self._renewed)
        except Refusal:
            # The database is unavailable: the page finds out itself, and says so in the reader's language.
            return self._pages

    def _fitting(self) -> Any:
        """Return the cached pages if they are current, else None."""
        adopted, made = self._standing
        return made if adopted is not None and adopted == self._app.rules_version() else None

    def _renewed(self) -> Any:
        """Return pages newly built with the current calendar and rules."""
        adopted = self._app.rules_version()
        self._app.refresh()
        present = self._app.calendar, self._app.library, self._app.settings
        if any(one is not before for one, before in zip(present, self._counted_by, strict=True)):
            logs.know(self._app.settings)
            self._counted_by = present
            self._pages = create_app(self._app, self._clock)
        self._standing = (adopted, self._pages)
        return self._pages
