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
LIMITS = {
    "login": (10, 15),
    "device": (10, 5),
    "session": (10, 15),
    "address": (50, 15),
    "code": (10, 60),
    "audit": (1, 10),
    "link": (30, 15),
    "plan": (300, 15),
}
"""Attempts in a period of minutes.

login: wrong passwords for a name at an address; device: the same from a known device; session: confirming the
present password; address: log-ins that fail for any name; code: of a second factor, after the right password;
audit: entries of an attempt over a limit; link: opened and never issued here; plan: dates computed without a
log-in.
"""
log = logging.getLogger("merzim.login")


def limit(kind: str, key: str) -> RateLimit:
    """Return a limit of LIMITS. `key`: what its attempts are counted by, e.g. `network_of` an address."""
    attempts, minutes = LIMITS[kind]
    return RateLimit(kind=kind, key=key, attempts=attempts, period=timedelta(minutes=minutes))


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
        return (limit("device", device.hash),)
    network = network_of(address)
    return limit("login", f"{login} {network}"), limit("address", network)


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


def client_address(request: Request) -> str:
    """Return the client's address of a request; "" if there is none. The server has read the headers of trusted
    proxies.
    """
    return request.client.host if request.client else ""


def count_guess(ctx: WebContext) -> None:
    """Count a link that was not issued here. Raises HTTPException 429 after too many from one network."""
    _count(ctx, "link", "web.problem.too_many_links")


def limit_plans(ctx: WebContext) -> None:
    """Count dates computed for somebody without a log-in. Raises HTTPException 429 after too many from one
    network.
    """
    _count(ctx, "plan", "web.problem.too_many_plans")


def _count(ctx: WebContext, kind: str, refusal: str) -> None:
    """Count something a network may do so often. Raises HTTPException 429."""
    of_network = limit(kind, network_of(client_address(ctx.request)))
    if ctx.accounts.count_attempt([of_network], now=ctx.now):
        raise HTTPException(429, refusal) from None


COOKIE = "__Host-merzim-devices"
MAX_SECRETS = 8
"""The most accounts one browser is remembered for."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def find_device(ctx: WebContext, login: str) -> Credential | None:
    """Return the known device a request comes from; None if the account has not logged in from it."""
    return next((device for _, device in _devices(ctx) if device.login == login), None)


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
