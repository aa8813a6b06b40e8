"""Rate limits of log-ins, of guessed links and of plans; known devices: browsers recognised by a cookie."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Literal

from fastapi import HTTPException, Request
from starlette.responses import Response

from merzim.services.accounts.credentials import hash_secret
from merzim.services.accounts.verbs import issue_secret
from merzim.web.http import WebContext, keep_cookie
from workflow.org.access import Credential, RateLimit

Reason = Literal[
    "unknown_account",
    "wrong_password",
    "account_closed",
    "no_access",
    "not_identified",
    "wrong_code",
    "wrong_present_password",
    "too_many_attempts",
    "too_many_codes",
]
"""The reason of a refused attempt in the log; docs/administration/accounts.md lists them."""
UNKNOWN = "-"
log = logging.getLogger("merzim.login")
_MINUTE = timedelta(minutes=1)


def log_in_limits(login: str, address: str, device: Credential | None) -> tuple[RateLimit, ...]:
    """Return the limits a wrong password counts against: of a name at an address, and of the address; of a
    known device its own alone.

    Wrong passwords typed elsewhere never count; nor do those of others at the same address where the account
    has logged in before.

    Args:
        address: the client's; IPv6 is counted by /64, the network of one subscriber.
        device: the browser it comes from, if the account has logged in from it before.
    """
    if device is not None:
        return (_login_limit(f"device {device.hash}", 5 * _MINUTE),)
    return (_login_limit(f"{login} {network_of(address)}"), address_limit(address))


def address_limit(address: str) -> RateLimit:
    """Return the limit of failed log-ins from one address: wrong passwords for any name, and log-ins that the
    provider does not confirm.
    """
    return RateLimit(kind="address", key=network_of(address), attempts=50, period=15 * _MINUTE)


def code_limit(login: str, device: Credential | None) -> RateLimit:
    """Return the limit a second-factor code counts against, after the right password."""
    key = f"device {device.hash}" if device is not None else f"account {login}"
    return RateLimit(kind="code", key=key, attempts=10, period=60 * _MINUTE)


def present_password_limit(session: str) -> RateLimit:
    """Return the limit of confirming the present password in a session. `session`: the hash of its secret."""
    return _login_limit(f"session {session}")


def _login_limit(key: str, period: timedelta = 15 * _MINUTE) -> RateLimit:
    """Return a limit of ten wrong passwords in a period."""
    return RateLimit(kind="login", key=key, attempts=10, period=period)


def network_of(address: str) -> str:
    """Return the network an address is counted by: IPv4 itself, the /64 of IPv6; any other text unchanged."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((int(parsed), 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def log_refusal(address: str, reason: Reason, login: str = "") -> None:
    """Log a refused log-in in the format fail2ban reads (docs/operations/fail2ban-filter.conf).

    Args:
        login: the account, if it exists; unknown names are not logged, because they may be passwords.
    """
    log.warning("log-in refused: address=%s reason=%s account=%s", address or UNKNOWN, reason, login or UNKNOWN)


GUESSES = 30
"""Number of invalid links one network may open in a quarter of an hour."""


def client_address(request: Request) -> str:
    """Return the client's address of a request; "" if there is none. The server has read the headers of trusted
    proxies.
    """
    return request.client.host if request.client else ""


def count_guess(ctx: WebContext) -> None:
    """Count a link that was not issued here. Raises HTTPException 429 after too many from one network."""
    _count(ctx, "link", GUESSES, "web.problem.too_many_links")


PLANS = 300
"""Number of times one network may plan without a log-in in a quarter of an hour."""


def limit_plans(ctx: WebContext) -> None:
    """Count dates computed for somebody without a log-in. Raises HTTPException 429 after too many from one
    network.
    """
    _count(ctx, "plan", PLANS, "web.problem.too_many_plans")


def _count(ctx: WebContext, kind: str, most: int, refusal: str) -> None:
    """Count something a network may do `most` times in a quarter of an hour. Raises HTTPException 429."""
    network = network_of(client_address(ctx.request))
    limit = RateLimit(kind=kind, key=network, attempts=most, period=15 * _MINUTE)
    if ctx.accounts.count_attempt((limit,), now=ctx.now):
        raise HTTPException(429, refusal) from None


COOKIE = "__Host-merzim-devices"
MAX_SECRETS = 8
"""The most accounts one browser is remembered for."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def find_device(ctx: WebContext, login: str) -> Credential | None:
    """Return the known device a request comes from; None if the account has not logged in from it."""
    devices = (device for _, device in _devices(ctx))
    return next((device for device in devices if device.login == login), None)


def device_hashes(ctx: WebContext) -> frozenset[str]:
    """Return the hashes of all device secrets in the cookie, expired ones included."""
    return frozenset(map(hash_secret, _secrets(ctx)))


def remember_device(ctx: WebContext, response: Response, login: str, *, lasts: timedelta) -> None:
    """Remember the browser, by a cookie, as a device of the account; a new secret replaces its previous one."""
    at, other_secrets = replace(ctx.moment, by=login), []
    for secret, device in _devices(ctx):
        if device.login == login:
            ctx.accounts.end(login, device.hash, at=at)
        else:
            other_secrets.append(secret)
    browser = ctx.request.headers.get("user-agent", "")[:200]
    secret = issue_secret(ctx.accounts, "device", login, lasts, at=at, name=browser)
    keep_cookie(response, COOKIE, ".".join([secret, *other_secrets[: MAX_SECRETS - 1]]), lasts=lasts)


def _secrets(ctx: WebContext) -> list[str]:
    """Return the device secrets in the cookie, the latest first, MAX_SECRETS at most, valid or not."""
    parts = ctx.request.cookies.get(COOKIE, "").split(".", MAX_SECRETS)[:MAX_SECRETS]
    return [part for part in parts if _SECRET.fullmatch(part)]


def _devices(ctx: WebContext) -> list[tuple[str, Credential]]:
    """Return the devices of the cookie that are still valid, with their secrets."""
    accounts, now = ctx.accounts, ctx.now
    entries = ((secret, accounts.entry("device", hash_secret(secret), now=now)) for secret in _secrets(ctx))
    return [(secret, device) for secret, device in entries if device is not None]
