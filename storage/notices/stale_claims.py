"""Who holds a letter for so long that they must be gone, where the clocks of machines may differ.

A moment written by one machine says nothing on another whose clock is an hour ahead: it would take from the
living what they are just sending. So whoever looks counts by their own patience alone: what they have seen held
in the same attempt all that time is held by nobody.
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
    """What this process has seen held, and since when.

    Args:
        elapsed: seconds that only ever grow, whatever is done to the machine's clock.
    """

    def __init__(self, engine: Engine, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._elapsed = elapsed
        self._since: dict[str, dict[Held, float]] = {}
        self._lock = Lock()

    def abandoned(self, channel: str, patience: timedelta) -> list[Held]:
        """Letters of the channel on their way in one and the same attempt for at least so long."""
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
