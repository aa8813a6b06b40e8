"""What is queued, in batches for whoever sends it: where several workers share a database, each is a job.

Whoever makes a notice `queued` says so here in the same transaction, so that neither is there without the
other. The notice's own state decides all the same: a batch handed out twice, or of notices somebody else has
sent meanwhile, sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from storage.database.engine import driver

LARGEST = 100
"""Notices in a batch: what one worker takes at a time, and what is sent again when it dies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Queued notices of one channel, by their keys, which may leave at a moment (aware UTC)."""

    channel: str
    at: datetime
    keys: tuple[str, ...]


EnqueueJobs = Callable[[object, Sequence[Batch]], None]
"""Hands batches to a queue through the driver's own connection, inside the transaction that is under way."""


def hand_out(connection: Connection, hand: EnqueueJobs | None, queued: Iterable[tuple[str, datetime]]) -> None:
    """Hand out queued notices, by key and `not_before`; nothing where nobody takes batches."""
    if hand is not None and (batches := _batches(queued)):
        hand(driver(connection), batches)


def _batches(queued: Iterable[tuple[str, datetime]]) -> list[Batch]:
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
