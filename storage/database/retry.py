"""What must be written is written once the database is back, if it comes back soon."""

from __future__ import annotations

import time
from collections.abc import Callable

from storage.refusals import StorageUnavailable

PATIENCE = 30.0
"""Seconds a database that went away is waited for."""
_LOOK = 0.5
_PASSES = frozenset({"unreachable", "busy", "full", "moved", "replaced"})


def until_back(act: Callable[[], None]) -> None:
    """Do it, again and again while the database is away or has no room. It must do no harm twice.

    Raises:
        StorageUnavailable: it has not come back in time, or what keeps it away does not pass by itself.
    """
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except StorageUnavailable as trouble:
            if trouble.what not in _PASSES or time.monotonic() > give_up:
                raise
        time.sleep(_LOOK)
