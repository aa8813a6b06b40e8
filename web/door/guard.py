"""The door: only our own names, only pages of our own, only so many bytes, and headers on every answer.

The dashboard answers to this machine and to the names it was given (its public address). A Host header that
names anything else is refused, so that no foreign name can be pointed at us.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 25 * 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the stylesheet carries its small pictures as data
        "font-src 'self'",
        "connect-src 'self'",
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

Problem = Callable[[Request, int, str], Response]


class Guard:
    """The outermost layer of the application. `problem` makes a page of a status and a code of words.

    Handlers find in `request.state.local` whether the request is of this machine to this machine.
    """

    def __init__(
        self, app: ASGIApp, *, problem: Problem, max_body: int = MAX_BODY, names: Collection[str] = ()
    ) -> None:
        self.app = app
        self.problem = problem
        self.max_body = max_body
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        taken = 0

        async def receive_counted() -> Message:
            """A body that does not say its length is counted as it comes."""
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_body:
                raise HTTPException(413)
            return message

        scope.setdefault("state", {})["local"] = is_local(scope)
        refusal = refused(scope, max_body=self.max_body, names=self.names)
        if refusal is None:
            await self.app(scope, receive_counted, send_guarded)
        else:
            status, code = refusal
            response = self.problem(Request(scope), status, code)
            await response(scope, receive, send_guarded)


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine and calls it by a name of its own."""
    client = scope.get("client")
    from_here = client is None or is_loopback(str(client[0]))
    return from_here and is_loopback(_host(Headers(scope=scope).get("host", "")))


def refused(scope: Scope, *, max_body: int, names: Collection[str] = ()) -> tuple[int, str] | None:
    """Status and code of the refusal a request earns at the door; None when it may come in.

    Args:
        names: host names the dashboard answers to besides this machine's own.
    """
    headers = Headers(scope=scope)
    if not is_local(scope) and _host(headers.get("host", "")) not in names:
        return 403, "web.problem.not_local"
    if scope["method"] not in SAFE_METHODS and not same_origin(headers, scheme=scope.get("scheme", "http")):
        return 403, "web.problem.foreign_origin"
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > max_body:
        return 413, "web.problem.too_large"
    return None


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def same_origin(headers: Headers, *, scheme: str) -> bool:
    """Whether a write comes from a page of ours, or from no page at all (a program on this machine)."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin == f"{scheme}://{headers.get('host', '')}"


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
