"""Posts webhook messages: one request to a checked address, without following redirects, within a time limit.

The IP address connected to is checked, not the name, because the name may resolve to another address a moment
later.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

_NAT64 = IPv6Network("64:ff9b::/96")
_SUCCESS = range(200, 300)
_REDIRECT = range(300, 400)


@dataclass(frozen=True, kw_only=True, slots=True)
class PostResult:
    """The result of posting a message.

    Attributes:
        status: of the answer; None where there was none.
        problem: "" for a success, else `status`, `redirect`, `unknown_name`, `private`, `plain`,
            `unreachable`, `tls`, `timeout` or `no_answer`.
    """

    status: int | None = None
    problem: str = ""


def is_public(address: str) -> bool:
    """Return whether an IP address is public: not loopback, private, link-local, site-local or multicast."""
    host = _plain(ip_address(address.partition("%")[0]))
    if isinstance(host, IPv6Address) and host.is_site_local:
        return False
    return host.is_global and not host.is_multicast and not host.is_reserved


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float,
    private: bool,
    ca_file: Path | None = None,
) -> PostResult:
    """Post a message; never raises for what the receiver does.

    Args:
        timeout: total seconds, from the connection to the answer.
        private: whether addresses inside the organisation are allowed, also without TLS.
        ca_file: file of a certificate authority trusted besides those of the system.
    """
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        addresses = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return PostResult(problem="unknown_name")
    places = [address for address in addresses if private or is_public(str(address[4][0]))]
    if not places:
        return PostResult(problem="private")
    if parts.scheme != "https":
        places = [place for place in places if not is_public(str(place[4][0]))]
    if not places:
        return PostResult(problem="plain")
    with _Deadline(timeout) as deadline:
        try:
            stream = _connected(places, deadline)
            return _ask(stream, parts, body, headers, ca_file, deadline)
        except (OSError, http.client.HTTPException) as trouble:
            if deadline.expired or isinstance(trouble, TimeoutError):
                return PostResult(problem="timeout")
            if isinstance(trouble, ssl.SSLError):
                return PostResult(problem="tls")
            return PostResult(problem="no_answer" if deadline.connected else "unreachable")


class _Deadline:
    """Closes a connection when the time is over, even if the receiver keeps sending single bytes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._stream: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.expired = self.connected = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._stream is not None:
            self._stream.close()

    def watch(self, stream: socket.socket) -> None:
        """Watch this connection instead of an earlier one."""
        stream.settimeout(self._seconds)
        self._stream = stream

    def _cut(self) -> None:
        self.expired = True
        if self._stream is not None:
            with suppress(OSError):
                # Not the method of an encrypted socket, which would end the encryption under its reader.
                socket.socket.shutdown(self._stream, socket.SHUT_RDWR)


def _connected(places: list[Any], deadline: _Deadline) -> socket.socket:
    """Return a connection to the first of these addresses that accepts one."""
    trouble: OSError | None = None
    for family, kind, protocol, _, place in places:
        stream = socket.socket(family, kind, protocol)
        deadline.watch(stream)
        try:
            stream.connect(place)
        except OSError as refused:
            stream.close()
            trouble = trouble or refused
        else:
            deadline.connected = True
            return stream
        if deadline.expired:
            break
    raise trouble or TimeoutError


def _ask(
    stream: socket.socket,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    ca_file: Path | None,
    deadline: _Deadline,
) -> PostResult:
    """Send the request over a connection; return the status of the answer without reading its content."""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        stream = context.wrap_socket(stream, server_hostname=parts.hostname, do_handshake_on_connect=False)
        deadline.watch(stream)
        stream.do_handshake()
    connection = http.client.HTTPConnection(parts.hostname or "")
    connection.sock = stream
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.putheader("Connection", "close")
    connection.endheaders(body)
    with closing(connection.getresponse()) as answer:
        status = answer.status
    if status in _SUCCESS:
        return PostResult(status=status)
    return PostResult(status=status, problem="redirect" if status in _REDIRECT else "status")


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address an IPv6 address is mapped to, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
