"""Statistics of the requests of this process, counted by method, route and status, for operators."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from threading import Lock

SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Upper bounds of the durations counted separately; longer ones are counted together."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Kind = tuple[str, str, str]
"""Method, route as declared (never an address), status."""
_lock = Lock()
_counts: dict[Kind, list[int]] = {}
_sums: dict[Kind, float] = {}


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request. Undeclared methods are counted as "other", so that clients cannot add
    entries.
    """
    kind = (method if method in METHODS else "other", route, str(status))
    place = bisect_left(SECONDS, seconds)
    with _lock:
        _counts.setdefault(kind, [0] * (len(SECONDS) + 1))[place] += 1
        _sums[kind] = _sums.get(kind, 0.0) + seconds


def answered() -> Mapping[Kind, tuple[tuple[int, ...], float]]:
    """Return for each kind of request the counts by duration (up to each of SECONDS, then longer), and total
    seconds.
    """
    with _lock:
        return {kind: (tuple(counts), _sums[kind]) for kind, counts in _counts.items()}
