"""The log-in without a password of a demonstration day: which installation may have it, and which request."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from web.auth.middleware import is_loopback

SCOPE = "demonstration"
"""The scope of a session that was opened without a password."""


def allowed_at(*, host: str, address: str) -> bool:
    """Whether an installation may have it: it binds `host` and is called by `address`, both of this machine
    alone, and no https is promised, behind which other machines would stand.
    """
    return is_loopback(host) and bool(address) and allowed_by(address)


def allowed_by(address: str) -> bool:
    """Whether an application that answers to this public address may have it ("": to this machine alone)."""
    if not address:
        return True
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False


def offered(request: Request, *, allowed: bool) -> bool:
    """Whether this request may be let in without a password: it comes straight from a browser of this machine.

    A proxy that names nobody speaks HTTP/1.0, as nginx does unless told otherwise; no browser does.
    """
    version = request.scope.get("http_version", "1.1")
    return allowed and bool(request.state.local) and version not in ("0.9", "1.0")
