"""The kinds of values settings take: how each is read, asked for in a form, and described in the JSON Schema.

A reader raises TypeError or ValueError with the code of what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notifications.channels import UnknownChannel, names
from workflow.languages import LANGUAGES

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
    shown_host = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return PublicAddress(origin=f"{scheme}://{shown_host}{suffix}", host=host)


Network = IPv4Network | IPv6Network
_FURTHER = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        read: returns the value as the settings hold it.
        schema: its JSON Schema.
        control: what a form asks for it by: "text", "number", "time", "hours", "choice" or "several".
        allowed: the words it may be, for "choice" and "several".
    """

    read: Callable[[object], Any]
    schema: Mapping[str, Any] = field(hash=False)
    control: str = "text"
    allowed: tuple[str, ...] = ()


def one_of(allowed: tuple[str, ...], code: str) -> Kind:
    """Return the kind of one of a few words; `code` lists them in error messages."""

    def read(value: object) -> str:
        if value not in allowed:
            raise ValueError(code)
        return str(value)

    return Kind(read, {"enum": list(allowed)}, "choice", allowed)


def some_of(allowed: tuple[str, ...], code: str) -> Kind:
    """Return the kind of a list of some of a few words; `code` lists them in error messages."""

    def read(value: object) -> frozenset[str]:
        chosen = frozenset(_names(value))
        if not chosen <= frozenset(allowed):
            raise ValueError(code)
        return chosen

    return Kind(read, list_of({"enum": list(allowed)}), "several", allowed)


def list_of(items: Mapping[str, Any], **limits: int) -> dict[str, Any]:
    """Return the JSON Schema of a list."""
    return {"type": "array", "items": items, **limits}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _path(value: object) -> Path:
    if not _text(value):
        raise ValueError("path")
    return Path(str(value))


def _optional_path(value: object) -> Path | None:
    return Path(_text(value)) if value else None


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError("number")
    return value


def _decimal(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise TypeError("decimal")
    return value


def _port(value: object) -> int:
    number = _number(value)
    if number > 65_535:
        raise ValueError("port")
    return number


def _optional_port(value: object) -> int | None:
    """Parse a port; "" for the usual one."""
    return None if value in ("", None) else _port(value)


def _to_thousand(value: object) -> int:
    number = _number(value)
    if number > 1000:
        raise ValueError("to_thousand")
    return number


def _address(value: object) -> str:
    if _text(value):
        public_address(str(value))
    return str(value)


def _networks(value: object) -> tuple[Network, ...]:
    """Parse addresses and networks; one that includes every address is refused."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError("networks")
    try:
        networks = tuple(ip_network(text) for text in value)
    except ValueError:
        raise ValueError("networks") from None
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("networks")
    return networks


def _days(value: object) -> frozenset[date]:
    if not isinstance(value, list) or any(
        isinstance(day, datetime) or not isinstance(day, date) for day in value
    ):
        raise TypeError("dates")
    if value:
        from calendars import FIRST, LAST

        if not all(FIRST <= day <= LAST for day in value):
            raise ValueError("dates_on_record")
    return frozenset(value)


def _optional_day(value: object) -> date | None:
    """Parse a day; None for ""."""
    return next(iter(_days([value]))) if value else None


def is_not_blank(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _language(value: object) -> str:
    if _text(value) not in LANGUAGES and not _FURTHER.fullmatch(str(value)):
        raise ValueError("language")
    return str(value)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("names")
    return tuple(value)


def _channel_names(value: object) -> tuple[str, ...]:
    channel_names = _names(value)
    for name in channel_names:
        if name not in names():
            raise UnknownChannel(name)
    return channel_names


def _issuer(value: object) -> str:
    """Parse the issuer address of an OpenID provider; "" for none."""
    if _text(value):
        try:
            parts = urlsplit(str(value))
            valid = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
        except ValueError:
            valid = None
        if not valid or parts.query or parts.fragment or parts.username:
            raise ValueError("issuer")
    return str(value)


def _years(value: object) -> int:
    """Parse a number of years; 0 for none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        raise ValueError("years")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("yes_or_no")
    return value


def _time_of_day(value: object) -> time:
    try:
        clock_time = time.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("time_of_day") from None
    if clock_time.tzinfo:
        raise ValueError("time_of_day")
    return clock_time


def _optional_time(value: object) -> time | None:
    return _time_of_day(value) if value else None


def _hours(value: object) -> tuple[time, time]:
    try:
        first, last = (time.fromisoformat(hour) for hour in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError("hours") from None
    # They are hours of Almaty: one with a zone of its own is none of them.
    if first.tzinfo or last.tzinfo or first >= last:
        raise ValueError("hours")
    return first, last


TEXT = Kind(_text, {"type": "string"})
NOT_BLANK = {"type": "string", "pattern": r"\S"}
"""JSON Schema of a text that is not blank."""
DAY = {"type": "string", "format": "date"}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65_535}
_HOUR = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}


def _matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


PATH = Kind(_path, {"type": "string", "minLength": 1})
OPTIONAL_PATH = Kind(_optional_path, {"type": "string"})
LANGUAGE = Kind(_language, _matching(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$"))
NUMBER = Kind(_number, {"type": "integer", "minimum": 1}, "number")
DECIMAL = Kind(_decimal, {"type": "number"})
UP_TO_THOUSAND = Kind(_to_thousand, {"type": "integer", "minimum": 1, "maximum": 1000}, "number")
YEARS = Kind(_years, {"type": "integer", "minimum": 0, "maximum": 100}, "number")
PORT = Kind(_port, _PORT)
OPTIONAL_PORT = Kind(_optional_port, {"anyOf": [{"const": ""}, _PORT]}, "number")
PUBLIC_ADDRESS = Kind(_address, _matching(r"^(https?://[^\s/?#@]+/?)?$"))
NETWORKS = Kind(_networks, list_of(_matching(r"^[0-9a-fA-F.:]+(/[1-9]\d{0,2})?$")))
DAYS = Kind(_days, list_of(DAY))
OPTIONAL_DAY = Kind(_optional_day, {"anyOf": [{"const": ""}, DAY]})
NAMES = Kind(_names, list_of({"type": "string"}))
CHANNELS = Kind(_channel_names, list_of({"enum": sorted(names())}), "several", tuple(names()))
ISSUER = Kind(_issuer, _matching(r"^(https?://\S+)?$"))
YES_OR_NO = Kind(_yes_or_no, {"type": "boolean"}, "choice", ("true", "false"))
TIME_OF_DAY = Kind(_time_of_day, _HOUR, "time")
OPTIONAL_TIME = Kind(_optional_time, {"anyOf": [{"const": ""}, _HOUR]}, "time")
HOURS = Kind(_hours, list_of(_HOUR, minItems=2, maxItems=2), "hours")
