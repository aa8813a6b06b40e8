"""Hands queued notices in batches to senders: where several workers share a database, each batch is a job.

A notice is handed out in the transaction that queues it, so that neither exists without the other. The notice's
state still decides: a batch handed out twice, or already sent by another worker, sends nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from threading import Lock

from sqlalchemy import Connection, Engine, literal_column, select

from storage.database.engine import driver, reading
from storage.tables.notices import NOTICE

LARGEST = 100
"""Notices in a batch: what one worker processes at a time, and what is sent again if it dies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Keys of queued notices of one channel that may leave at a moment (aware UTC)."""

    channel: str
    at: datetime
    keys: tuple[str, ...]


EnqueueJobs = Callable[[object, Sequence[Batch]], None]
"""Function that passes batches to a queue through the driver's own connection, inside the running
transaction.
"""


def hand_out(connection: Connection, hand: EnqueueJobs | None, queued: Iterable[tuple[str, datetime]]) -> None:
    """Hand out queued notices, by key and `not_before`; do nothing when no worker takes batches."""
    if hand is not None and (batches := _batches(queued)):
        hand(driver(connection), batches)


def _batches(queued: Iterable[tuple[str, datetime]]) -> list[Batch]:
    """Group queued notices into batches."""
    # A key ends with its channel.
    placed = sorted((key.rpartition(":")[2], at, key) for key, at in queued)
    found = []
    for (channel, at), group in groupby(placed, key=lambda one: one[:2]):
        keys = tuple(key for _, _, key in group)
        found += [
            Batch(channel=channel, at=at, keys=keys[first : first + LARGEST])
            for first in range(0, len(keys), LARGEST)
        ]
    return found


Held = tuple[str, int]
"""A notice's key and its attempt."""


class Holding:
    """Claims of letters that this process has observed, and since when.

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
