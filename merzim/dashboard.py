"""The pages of a service that runs for months: made anew when the office adopts an act, or rules of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from merzim.clock import Clock
    from merzim.wiring import House
    from workflow.library import Library

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Dashboard:
    """An ASGI application that asks, once per request, whether calendar and rules are those it was made with.

    `merzim calendar-change apply` and `merzim overlay apply` run in a process of their own; whoever records a
    fact here a moment later must count by what holds now.
    """

    def __init__(self, house: House, clock: Clock) -> None:
        self._house = house
        self._clock = clock
        self._lock = Lock()
        self._counted_by: tuple[Calendar, Library] = house.calendar, house.library
        self._pages: Any = house.pages(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the pages over the calendar as it stands."""
        pages = self._pages
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            pages = await asyncio.to_thread(self._current)
        await pages(scope, receive, send)

    def _current(self) -> Any:
        with self._lock:
            self._house.refresh()
            calendar, library = self._house.calendar, self._house.library
            if calendar is not self._counted_by[0] or library is not self._counted_by[1]:
                self._counted_by = calendar, library
                self._pages = self._house.pages(self._clock)
            return self._pages
