"""Rebuilds the board once after a migration that needs it, by one of the starting nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from merzim.storage.database.engine import reading, writing
from merzim.storage.database.leases import SqlLeases
from merzim.storage.maintenance.readiness import installation_status, write
from merzim.storage.maintenance.schema import BOARD

LEASE = "board"
LASTS = timedelta(minutes=2)
"""How long other processes wait for one that died while rebuilding; it renews its lease between two batches of
cases.
"""
_LOOK = 0.5


def behind(engine: Engine) -> bool:
    """Return whether the board was written before a migration that changes its content."""
    with reading(engine) as connection:
        return installation_status(connection).board < BOARD


def catch_up(
    engine: Engine,
    rebuild: Callable[[Callable[[], None]], None],
    *,
    holder: str,
    clock: Callable[[], datetime],
) -> None:
    """Rebuild the board if it is outdated, in one process; the others wait until it is done.

    Args:
        rebuild: function that rebuilds it, and calls its argument between two steps.
        holder: name of this process.
        clock: the real clock (aware UTC): a lease concerns processes.
    """
    leases = SqlLeases(engine)

    def alive() -> None:
        leases.take(LEASE, holder, now=clock(), lasts=LASTS)

    while behind(engine):
        if not leases.take(LEASE, holder, now=clock(), lasts=LASTS):
            time.sleep(_LOOK)
            continue
        try:
            # Another process may have finished between the check and the lease.
            if behind(engine):
                rebuild(alive)
                with writing(engine) as connection:
                    write(connection, board=BOARD)
        finally:
            leases.give_back(LEASE, holder)
