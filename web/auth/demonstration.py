"""Log-in without a password for a demonstration: which installations allow it, and for which requests."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from services.configuration.settings import is_loopback

SCOPE = "demonstration"
"""The scope of a session that was opened without a password."""


def is_passwordless_allowed(*, host: str, address: str) -> bool:
    """Return whether an installation may allow log-in without a password.

    Both the bound `host` and the public `address` must belong to this machine, and the address must not be
    https, because https means a proxy that other machines may reach.
    """
    return is_loopback(host) and bool(address) and is_address_passwordless(address)


def is_address_passwordless(address: str) -> bool:
    """Return whether a public address allows log-in without a password; "" means this machine only."""
    if not address:
        return True
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False


def is_passwordless_request(request: Request, *, allowed: bool) -> bool:
    """Return whether a request may log in without a password: it comes directly from a browser on this machine.

    Requests by HTTP/1.0 are excluded: proxies that send no forwarding headers use it by default (nginx does),
    browsers never do.
    """
    version = request.scope.get("http_version", "1.1")
    return allowed and bool(request.state.local) and version not in ("0.9", "1.0")
