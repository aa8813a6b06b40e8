"""How often somebody may try to prove who they are: by account, by address, and apart from both by device.

Whoever tries wrong names and passwords uses up the limits of strangers. A browser the account has logged in
from has a limit of its own, so the right password gets in from there while others guess.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal

from workflow.org.access import Entry, RateLimit

Reason = Literal[
    "unknown_account",
    "wrong_password",
    "account_closed",
    "wrong_code",
    "wrong_present_password",
    "too_many_attempts",
    "too_many_codes",
]
"""Why somebody was refused, as the log says it; docs/operations.md lists them."""
UNKNOWN = "-"
log = logging.getLogger("merzim.login")
_MINUTE = timedelta(minutes=1)
_IPV6_HOST_BITS = 64


def log_in_limits(login: str, address: str, device: Entry | None) -> tuple[RateLimit, ...]:
    """Return what an attempt to log in counts under.

    Args:
        address: the client's; IPv6 is counted by /64, which one subscriber has for themselves.
        device: the browser it comes from, where the account of that name has logged in from it.
    """
    if device is not None:
        return (RateLimit(kind="device", key=device.hash, burst=10, period=_MINUTE),)
    network = network_of(address)
    return (
        RateLimit(kind="account_and_address", key=f"{login} {network}", burst=10, period=5 * _MINUTE),
        RateLimit(kind="account", key=login, burst=50, period=_MINUTE),
        RateLimit(kind="address", key=network, burst=50, period=_MINUTE),
    )


def code_limits(login: str, device: Entry | None) -> tuple[RateLimit, ...]:
    """Return what a code of the second factor counts under, after the right password."""
    key = f"device {device.hash}" if device is not None else f"account {login}"
    return (RateLimit(kind="code", key=key, burst=10, period=30 * _MINUTE),)


def decoy_limits(login: str) -> tuple[RateLimit, ...]:
    """Return what is counted after a wrong password and limits nothing: as much is written as for a code."""
    return (RateLimit(kind="decoy", key=login, burst=10, period=30 * _MINUTE),)


def present_password_limits(session: str) -> tuple[RateLimit, ...]:
    """Return what the present password, asked for in a session, counts under. `session`: its hash."""
    return (RateLimit(kind="session", key=session, burst=10, period=5 * _MINUTE),)


def network_of(address: str) -> str:
    """Return what an address is counted by: IPv4 itself, the /64 of IPv6; another text as it is."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return f"{IPv6Address(int(known) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS)}/64"
    return str(getattr(known, "ipv4_mapped", None) or known)


def log_refusal(address: str, reason: Reason, login: str = "") -> None:
    """Log that somebody was refused, in the line fail2ban reads (docs/operations/fail2ban-filter.conf).

    Args:
        login: the account, where there is one of that name: what was typed as a name may be a password.
    """
    log.warning("log-in refused: address=%s reason=%s account=%s", address or UNKNOWN, reason, login or UNKNOWN)
