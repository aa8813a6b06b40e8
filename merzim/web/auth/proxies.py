"""Forwarding headers of reverse proxies: which proxies are trusted, and the address of the client.

`X-Forwarded-For` and `X-Forwarded-Proto` come from a proxy, but any client can send them too. They count only
when the connection itself comes from a network of `web.trusted_proxies`.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from merzim.services.configuration.values import Network

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

FORWARDING_HEADERS = (
    *("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip", "via"),
    *("x-forwarded-server", "x-forwarded-port", "x-forwarded-by", "x-forwarded", "x-original-forwarded-for"),
    *("x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip"),
)


def client_address(request: Request) -> str:
    """Return the client's address of a request, behind the trusted proxies; "" if there is none.

    The result is the canonical text of an IPv4 or IPv6 address.
    """
    return "" if request.client is None else _canonicalize(request.client.host)


def apply_forwarding(scope: Scope, trusted: Collection[Network]) -> None:
    """Set client and scheme of a request from the headers of its trusted proxies; leave other requests alone.

    Of the addresses in `X-Forwarded-For`, the last one that is not a trusted proxy is used: each proxy appends
    its client's address, and earlier entries may be forged.
    """
    peer = scope.get("client")
    if peer is None or not _is_trusted(_parse_address(str(peer[0])), trusted):
        return
    scheme = _header_values(scope, b"x-forwarded-proto")[-1].lower()
    if scheme in ("http", "https"):
        scope["scheme"] = scheme
    for hop in reversed(_header_values(scope, b"x-forwarded-for")):
        address = _parse_address(_strip_port(hop))
        if address is None:
            # "unknown" or an obfuscated name: the nearest known address stays.
            break
        scope["client"] = (str(address), 0)
        if not _is_trusted(address, trusted):
            break


def is_forwarded(headers: Container[str]) -> bool:
    """Return whether a request has any header of a forwarding proxy."""
    return any(name in headers for name in FORWARDING_HEADERS)


def _header_values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header that may occur several times, each with a comma-separated list."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return [value.strip() for value in ",".join(values).split(",")]


def _is_trusted(address: IPv4Address | IPv6Address | None, trusted: Collection[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address; IPv4 written as IPv6 (`::ffff:10.0.0.1`) gives IPv4. None for any other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _canonicalize(text: str) -> str:
    address = _parse_address(text)
    return text if address is None else str(address)


def _strip_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.rpartition(":")
    return host if colon and ":" not in host and port.isdigit() else hop
