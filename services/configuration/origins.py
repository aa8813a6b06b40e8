"""The public address in the form browsers send in the `Origin` and `Host` headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._:-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAddress:
    """The address at which users reach the pages.

    Attributes:
        origin: as in the `Origin` header: lower case, Punycode, no default port.
        host: the same without scheme and port, as in the `Host` header.
    """

    origin: str
    host: str


def public_address(text: str) -> PublicAddress:
    """Parse `public_address` of config.toml into the form browsers send.

    Raises:
        ValueError: it is not `http(s)://host` or `http(s)://host:port`, with or without a slash at the end.
    """
    try:
        parts = urlsplit(text)
        scheme, port = parts.scheme.lower(), parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except ValueError:
        raise ValueError("public_address") from None
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise ValueError("public_address")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("public_address")
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return PublicAddress(origin=f"{scheme}://{shown}{suffix}", host=host)
