"""What every request passes first: the guard against foreign writes and large bodies, and HEAD as GET; and
whether a request comes from this machine.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merzim.services.context import ORIGIN, Origin
from merzim.settings import is_loopback

MAX_BODY = 25 * 1024 * 1024
MAX_TEXT = 2 * 1024 * 1024
"""Maximum bytes of a body, and of one without files, which is read completely before authentication: 25 MB of
JSON would fill 700 MB of memory and delay all other requests.
"""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the stylesheet carries its small pictures as data
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FORWARDING_HEADERS = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server"),
    *("x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"),
)


class GuardMiddleware:
    """Refuses writes from foreign pages and bodies that are too large; sets the security headers, and for the
    audit log the way and address requests come by. `problem`: makes the error page for a status and a catalogue
    code; `origin`: the address pages are opened by, besides this machine's own names.
    """

    def __init__(self, app: ASGIApp, *, problem: Callable[[Request, int, str], Response], origin: str) -> None:
        self.app = app
        self.problem = problem
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        ORIGIN.set(
            Origin(
                way="api" if scope["path"].startswith("/api/") else "page",
                address=request.client.host if request.client else "",
            )
        )
        length = request.headers.get("content-length", "0")
        limit, code = MAX_TEXT, "web.problem.text_too_large"
        if request.headers.get("content-type", "").strip().lower().startswith("multipart/form-data"):
            limit, code = MAX_BODY, "web.problem.too_large"
        received = 0

        async def receive_counted() -> Message:
            """Receive a part of the body and count its bytes: a chunked body does not state its length."""
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, code)
            return message

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "cache-control": "no-store"}.items():
                    headers.setdefault(name, value)
            await send(message)

        answer: ASGIApp = self.app
        if request.method not in SAFE_METHODS and not is_same_origin(request, self.origin):
            answer = self.problem(request, 403, "web.problem.foreign_origin")
        elif not (length.isascii() and length.isdigit() and int(length[:20]) <= limit):
            answer = self.problem(request, 413, code)
        await answer(scope, receive_counted, send_guarded)


class HeadMiddleware:
    """Answers HEAD as GET; the server leaves the body out (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self.app({**scope, "method": "GET"} if is_head else scope, receive, send)


def is_local(request: Request) -> bool:
    """Return whether a request comes straight from this machine, under one of its own names."""
    from_here = request.client is None or is_loopback(request.client.host)
    is_forwarded = any(name in request.headers for name in FORWARDING_HEADERS)
    return from_here and is_loopback(request.url.hostname or "") and not is_forwarded


def is_same_origin(request: Request, public: str) -> bool:
    """Return whether a write comes from one of our pages, or from a program, which names no origin."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origins = {public}
    if is_loopback(request.url.hostname or ""):
        origins.add(f"{request.url.scheme}://{request.url.netloc}")
    origin = request.headers.get("origin")
    return origin is None or origin in origins
