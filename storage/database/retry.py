"""Retry of writes while the database is unavailable for a short time."""

from __future__ import annotations

import time
from collections.abc import Callable

from storage.refusals import StorageUnavailable

PATIENCE = 30.0
"""Seconds to wait for a lost database."""
_RETRY_SECONDS = 0.5
_TRANSIENT = frozenset({"unreachable", "busy", "full", "moved", "replaced"})


def retry_until_back(act: Callable[[], None]) -> None:
    """Run an idempotent function, again and again while the database is unavailable or full.

    Raises:
        StorageUnavailable: it did not come back in time, or the error is not transient.
    """
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except StorageUnavailable as error:
            if error.what not in _TRANSIENT or time.monotonic() > give_up_at:
                raise
        time.sleep(_RETRY_SECONDS)
