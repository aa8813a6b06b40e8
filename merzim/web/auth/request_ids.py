"""Requests of this process: their ids, in answers and log records, and their number by route and status.

The log line of a request contains its route, never its address, which may contain one-time links and search
terms.
"""

from __future__ import annotations

import logging
import re
from bisect import bisect_left
from collections.abc import Mapping
from contextvars import ContextVar
from threading import Lock
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
log = logging.getLogger("merzim.web")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_scope: ContextVar[Scope | None] = ContextVar("request", default=None)


def log_context() -> Mapping[str, object]:
    """Return the log fields of the current request: `request` (its id), and `cases` when its path names one."""
    scope = _scope.get()
    if scope is None:
        return {}
    case = scope.get("path_params", {}).get("case")
    return {"request": scope["merzim.request"], **({"cases": [case]} if case else {})}


class RequestIdMiddleware:
    """Gives every request an id and logs its result.

    The outermost layer, so that every error inside is logged with the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received_id = Headers(scope=scope).get(HEADER, "")
        request_id = received_id if _REQUEST_ID.fullmatch(received_id) else uuid4().hex
        scope["merzim.request"] = request_id
        status, start_time = 500, perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        # Not reset afterwards: the server logs exceptions raised here in the same task. Tasks do not share it.
        _scope.set(scope)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _log_request(scope, status, perf_counter() - start_time)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "-")
    observe(scope["method"], route, status, seconds)
    log.info(
        "%s %s %s",
        scope["method"],
        route,
        status,
        extra={"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000)},
    )


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
