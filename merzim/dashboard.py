"""The pages of a service that runs for months: made anew when the office adopts an act that moves days."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from merzim.clock import Clock
    from merzim.wiring import House

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Dashboard:
    """An ASGI application that asks, once per request, whether the calendar is still the one it was made with.

    `merzim calendar-change apply` runs in a process of its own; whoever records a fact here a moment later must
    count by the new days.
    """

    def __init__(self, house: House, clock: Clock) -> None:
        self._house = house
        self._clock = clock
        self._lock = Lock()
        self._calendar: Calendar = house.calendar
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
            if self._house.calendar is not self._calendar:
                self._calendar = self._house.calendar
                self._pages = self._house.pages(self._clock)
            return self._pages
