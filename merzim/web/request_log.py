"""One log line and one duration for each answered request.

Both name the route, never the address, which may contain one-time links and search terms.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

from asgi_correlation_id import correlation_id
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("merzim.web")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REGISTRY = CollectorRegistry()
"""The metrics of this process."""
ProcessCollector(registry=REGISTRY)
SECONDS = Histogram(
    "merzim_http_request_seconds",
    "Answered requests of this process and the time they took",
    ["method", "route", "status"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
    registry=REGISTRY,
)


def log_context() -> Mapping[str, object]:
    """Return the log field of the current request: `request`, its id."""
    request = correlation_id.get()
    return {"request": request} if request else {}


class RequestLogMiddleware:
    """Logs and times every request; one that raises is a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, perf_counter()

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            # What clients invent as a method adds no series.
            method = scope["method"] if scope["method"] in METHODS else "other"
            route, seconds = getattr(scope.get("route"), "path", "-"), perf_counter() - began
            case = scope.get("path_params", {}).get("case")
            SECONDS.labels(method, route, str(status)).observe(seconds)
            data = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000)}
            log.info("%s %s %s", method, route, status, extra={**data, "cases": [case]} if case else data)
