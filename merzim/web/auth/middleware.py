"""Security middleware: checks Host, Origin and body size of every request, and sets the security headers.

The application answers to this machine and to its public address. A Host header with any other name is refused
(DNS rebinding), and so is a write whose Origin is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merzim.services.configuration.settings import LOOPBACK_NETWORKS, is_loopback
from merzim.services.configuration.values import Network, PublicAddress
from merzim.services.context import ORIGIN, Origin, Way
from merzim.web.auth.proxies import apply_forwarding, client_address, is_forwarded

MAX_BODY = 25 * 1024 * 1024
MAX_TEXT = 2 * 1024 * 1024
"""Maximum bytes of a body without files. It is read completely before authentication: 25 MB of JSON would fill
700 MB of memory and delay all other requests.
"""
FOREIGN_SITES = ("cross-site", "same-site")
"""Values of Sec-Fetch-Site for requests made by pages of other sites."""
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

Problem = Callable[[Request, int, str], Response]


class SecurityMiddleware:
    """Refuse requests of foreign hosts and origins and bodies that are too large; set the security headers.

    Handlers read from `request.state.local` whether the request comes from this machine and calls it by a local
    name.

    Args:
        problem: function that makes the error page for a status and a catalogue code.
        public: the address it answers to besides this machine's own names; None for those alone.
        trusted_proxies: networks whose forwarding headers are trusted.
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

        # Routes name GET alone: HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope["method"] = "GET"

        async def send_guarded(message: Message) -> None:
            if is_head:
                # The server counts the bytes of a body by the method.
                scope["method"] = "HEAD"
            if is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        received_bytes = 0

        async def receive_counted() -> Message:
            """Receive a part of the body and count its bytes, because a chunked body does not state its
            length.
            """
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > max_bytes:
                raise HTTPException(413, code_too_large)
            return message

        max_bytes, code_too_large = body_limit(scope, self.max_body)

        # First of all: the checks below need the client behind the proxy, not the proxy.
        apply_forwarding(scope, self.trusted_proxies)
        scope.setdefault("state", {})["local"] = is_local(scope)
        way: Way = "api" if scope["path"].startswith("/api/") else "page"
        ORIGIN.set(Origin(way=way, address=client_address(Request(scope))))
        refusal = find_refusal(scope, max_body=self.max_body, public=self.public)
        try:
            if refusal is None:
                await self.app(scope, receive_counted, send_guarded)
            else:
                status, code = refusal
                response = self.problem(Request(scope), status, code)
                await response(scope, receive, send_guarded)
        finally:
            if is_head:
                scope["method"] = "HEAD"


def is_local(scope: Scope) -> bool:
    """Return whether a request comes from this machine, under a local host name, and was not forwarded."""
    client, headers = scope.get("client"), Headers(scope=scope)
    from_here = client is None or is_loopback(str(client[0]))
    return from_here and is_loopback(_host(headers.get("host", ""))) and not is_forwarded(headers)


def find_refusal(scope: Scope, *, max_body: int, public: PublicAddress | None = None) -> tuple[int, str] | None:
    """Return status and catalogue code of the refusal of a request; None when it is accepted.

    Args:
        public: the address the application answers to besides this machine's own names.
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
    max_bytes, code = body_limit(scope, max_body)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > max_bytes:
        return 413, code
    return None


def body_limit(scope: Scope, max_body: int) -> tuple[int, str]:
    """Return the maximum bytes of a request body, and the catalogue code for refusing more."""
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" or max_body <= MAX_TEXT:
        return max_body, "web.problem.too_large"
    return MAX_TEXT, "web.problem.text_too_large"


def same_origin(headers: Headers, origins: Collection[str]) -> bool:
    """Return whether a write comes from a page at one of our origins, or from a program without an origin."""
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


class CompressionMiddleware:
    """Compresses pages and other text, except for requests caused by another site.

    An attacker who can make a reader's browser request pages and observe the length of compressed answers could
    infer their content (BREACH), so such answers are not compressed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(
            app,
            minimum_size=1_000,
            compresslevel=5,
            exclude_content_types=("application/*", "audio/*", "font/*", "image/*", "video/*"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Static files come compressed already.
        is_page = scope["type"] == "http" and not scope["path"].startswith("/static/")
        usual = is_page and Headers(scope=scope).get("sec-fetch-site") not in FOREIGN_SITES
        await (self._compressing if usual else self._app)(scope, receive, send)
