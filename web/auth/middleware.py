"""The door: only our own names, only pages of our own, only so many bytes, and headers on every answer.

The dashboard answers to this machine and to its public address. A Host header that names anything else is
refused, so that no foreign name can be pointed at us; so is a write whose Origin is neither.
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

from services.settings import LOOPBACK_NETWORKS, Network
from web.auth.origins import PublicAddress
from web.auth.proxies import apply_forwarding, is_forwarded

MAX_BODY = 25 * 1024 * 1024
MAX_TEXT = 2 * 1024 * 1024
"""Bytes of a body without files. It is read at once and before anybody is known: 25 MB of JSON would fill 700
MB of memory, and all other requests would wait for it."""
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


class SecurityMiddleware:
    """The outermost layer of the application. `problem` makes a page of a status and a code of words.

    Handlers find in `request.state.local` whether the request is of this machine to this machine.

    Args:
        public: the address it answers to besides this machine's own names; None for those alone.
        trusted_proxies: whose forwarding headers are believed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        problem: Problem,
        max_body: int = MAX_BODY,
        public: PublicAddress | None = None,
        trusted_proxies: Collection[Network] = LOOPBACK_NETWORKS,
    ) -> None:
        self.app = app
        self.problem = problem
        self.max_body = max_body
        self.public = public
        self.trusted_proxies = tuple(trusted_proxies)

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
            if taken > most:
                raise HTTPException(413, code_too_large)
            return message

        most, code_too_large = body_limit(scope, self.max_body)

        # Before anything else looks at it: from here on the client is whoever asked the proxy.
        apply_forwarding(scope, self.trusted_proxies)
        scope.setdefault("state", {})["local"] = is_local(scope)
        refusal = refused(scope, max_body=self.max_body, public=self.public)
        if refusal is None:
            await self.app(scope, receive_counted, send_guarded)
        else:
            status, code = refusal
            response = self.problem(Request(scope), status, code)
            await response(scope, receive, send_guarded)


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine and calls it by a name of its own; none that was passed on."""
    client, headers = scope.get("client"), Headers(scope=scope)
    from_here = client is None or is_loopback(str(client[0]))
    return from_here and is_loopback(_host(headers.get("host", ""))) and not is_forwarded(headers)


def refused(scope: Scope, *, max_body: int, public: PublicAddress | None = None) -> tuple[int, str] | None:
    """Status and code of the refusal a request earns at the door; None when it may come in.

    Args:
        public: the address the dashboard answers to besides this machine's own names.
    """
    headers = Headers(scope=scope)
    local = is_local(scope)
    if not local and (public is None or _host(headers.get("host", "")) != public.host):
        return 403, "web.problem.not_local"
    origins = {public.origin} if public is not None else set()
    if local:
        origins.add(f"{scope.get('scheme', 'http')}://{headers.get('host', '')}")
    if scope["method"] not in SAFE_METHODS and not same_origin(headers, origins):
        return 403, "web.problem.foreign_origin"
    most, code = body_limit(scope, max_body)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > most:
        return 413, code
    return None


def body_limit(scope: Scope, max_body: int) -> tuple[int, str]:
    """Return how many bytes a request may bring, and the code of what is said of more."""
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" or max_body <= MAX_TEXT:
        return max_body, "web.problem.too_large"
    return MAX_TEXT, "web.problem.text_too_large"


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def same_origin(headers: Headers, origins: Collection[str]) -> bool:
    """Whether a write comes from a page at one of our origins, or from no page at all (a program)."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin in origins


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
