"""Forwarding headers of reverse proxies: from whom they are believed, and the address of the client.

`X-Forwarded-For` and `X-Forwarded-Proto` say what a proxy saw; anybody else can write them just as well. They
count only where the connection itself comes from an address of `web.trusted_proxies`.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from services.settings import Network

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

FORWARDING_HEADERS = (
    *("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip", "via"),
    *("x-forwarded-server", "x-forwarded-port", "x-forwarded-by", "x-forwarded", "x-original-forwarded-for"),
    *("x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip"),
)


def client_address(request: Request) -> str:
    """Return the address the request came from, behind the trusted proxies; "" where it has none.

    The canonical text of an IPv4 or IPv6 address, the same for every spelling of it.
    """
    return "" if request.client is None else _canonical(request.client.host)


def apply_forwarding(scope: Scope, trusted: Collection[Network]) -> None:
    """Set client and scheme of the request to what its trusted proxies say; leave the request of others alone.

    Of the addresses in `X-Forwarded-For` the last one counts that is no trusted proxy: each proxy appends whom
    it was asked by, and what stands before may be the client's own invention.
    """
    peer = scope.get("client")
    if peer is None or not _is_trusted(_parsed(str(peer[0])), trusted):
        return
    scheme = _listed(scope, b"x-forwarded-proto")[-1].lower()
    if scheme in ("http", "https"):
        scope["scheme"] = scheme
    for hop in reversed(_listed(scope, b"x-forwarded-for")):
        address = _parsed(_without_port(hop))
        if address is None:
            # "unknown", or a hidden name: the nearest address that is known stands.
            break
        scope["client"] = (str(address), 0)
        if not _is_trusted(address, trusted):
            break


def is_forwarded(headers: Container[str]) -> bool:
    """Whether somebody passed the request on for somebody else, or says so."""
    return any(name in headers for name in FORWARDING_HEADERS)


def _listed(scope: Scope, name: bytes) -> list[str]:
    """The values of a header that may come several times, each a list."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return [one.strip() for one in ",".join(values).split(",")]


def _is_trusted(address: IPv4Address | IPv6Address | None, trusted: Collection[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _canonical(text: str) -> str:
    address = _parsed(text)
    return text if address is None else str(address)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.rpartition(":")
    return host if colon and ":" not in host and port.isdigit() else hop
