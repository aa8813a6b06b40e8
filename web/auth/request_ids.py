"""Every request has a name: the one its sender gave it, or one of ours.

It stands in the answer, and in every line that is logged on the way.
A line says the route, never the address: addresses hold one-time links and what people searched for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
log = logging.getLogger("merzim.web")
_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_scope: ContextVar[Scope | None] = ContextVar("request", default=None)


def context() -> Mapping[str, object]:
    """What is known of the request this is logged for: `request`, and `cases` where it is about one."""
    scope = _scope.get()
    if scope is None:
        return {}
    case = scope.get("path_params", {}).get("case")
    return {"request": scope["merzim.request"], **({"cases": [case]} if case else {})}


class RequestIdMiddleware:
    """The outermost layer: whatever goes wrong inside is logged under the request's name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = scope["merzim.request"] = given if _GIVEN.fullmatch(given) else uuid4().hex
        status, begun = 500, perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        # Not taken back: the server logs what this raises, in the same task, and each request has its own.
        _scope.set(scope)
        try:
            await self._app(scope, receive, send_named)
        finally:
            _tell(scope, status, perf_counter() - begun)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "-")
    log.info(
        "%s %s %s",
        scope["method"],
        route,
        status,
        extra={"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000)},
    )
