"""Finds abandoned claims by the time this process has observed them, as the clocks of machines may differ.

A time written by one machine means nothing on another whose clock is an hour ahead: letters being sent would be
taken for abandoned. So each process uses its own observation: a letter it has seen claimed in the same attempt
for the whole patience is abandoned.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from sqlalchemy import Engine, literal_column, select

from storage.database.engine import reading
from storage.tables import NOTICE

Held = tuple[str, int]
"""A notice's key and its attempt."""


class Holding:
    """Claims this process has observed, and since when.

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
        asked = select(NOTICE.c.key, NOTICE.c.attempts).where(
            NOTICE.c.channel == channel, NOTICE.c.state == literal_column("'sending'")
        )
        with reading(self._engine) as connection:
            held = [(key, attempts) for key, attempts in connection.execute(asked)]
        with self._lock:
            now, before = self._elapsed(), self._since.get(channel, {})
            self._since[channel] = {one: before.get(one, now) for one in held}
            long = patience.total_seconds()
            return sorted(one for one, since in self._since[channel].items() if now - since >= long)
