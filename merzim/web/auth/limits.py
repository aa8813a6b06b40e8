"""Rate limits of log-ins, guessed links and plans; browsers known by a cookie have limits of their own."""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from secrets import token_urlsafe
from typing import Literal

from fastapi import HTTPException, Request
from starlette.responses import Response

from merzim.web.http import WebContext, keep_cookie
from workflow.org.access import Account, RateLimit

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
    """Return a limit of LIMITS. `key`: what its attempts are counted by."""
    attempts, minutes = LIMITS[kind]
    return RateLimit(kind=kind, key=key, attempts=attempts, period=timedelta(minutes=minutes))


def network_limit(ctx: WebContext, kind: str, login: str = "") -> RateLimit:
    """Return a limit of the network a request comes from, of one name there if one is given.

    What is typed elsewhere never counts, so that nobody is locked out from afar.
    """
    return limit(kind, f"{login} {network_of(client_address(ctx.request))}")


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
    """Return the address a request comes from, as the server names it: behind a proxy of
    `web.trusted_proxies` that of the proxy's client; "" if there is none.
    """
    return request.client.host if request.client else ""


def count_guess(ctx: WebContext) -> None:
    """Count a link that was not issued here. Raises HTTPException 429 after too many from one network."""
    if ctx.accounts.count_attempt([network_limit(ctx, "link")], now=ctx.now):
        raise HTTPException(429, "web.problem.too_many_links")


def limit_plans(ctx: WebContext) -> None:
    """Count dates computed without a log-in. Raises HTTPException 429 after too many from one network."""
    if ctx.accounts.count_attempt([network_limit(ctx, "plan")], now=ctx.now):
        raise HTTPException(429, "web.problem.too_many_plans")


DEVICE_LIFETIME = timedelta(days=180)


def known_device(ctx: WebContext, account: Account) -> str:
    """Return the mark of a browser the account logged in from with its present password; "" for any other."""
    mark = ctx.request.cookies.get(_device_cookie(account), "")
    expected = _device_mark(ctx, account, mark.partition(".")[0])
    return mark if hmac.compare_digest(mark.encode(), expected.encode()) else ""


def remember_device(ctx: WebContext, response: Response, account: Account) -> None:
    """Mark the browser, by a cookie, as a known device of the account: a right password gets in from it while
    others guess at its address. The mark opens nothing, and nothing is stored.
    """
    mark = _device_mark(ctx, account, token_urlsafe(16))
    keep_cookie(response, _device_cookie(account), mark, lasts=DEVICE_LIFETIME)


def _device_cookie(account: Account) -> str:
    """Return the name of the cookie: several people may log in at one browser."""
    return f"__Host-merzim-device-{sha256(account.reader.login.encode()).hexdigest()[:12]}"


def _device_mark(ctx: WebContext, account: Account, number: str) -> str:
    """Return a random number with the office's seal of it, which a new password breaks."""
    content = f"device {account.reader.login} {account.password} {number}"
    return f"{number}.{hmac.new(ctx.app.rules.link_key.encode(), content.encode(), sha256).hexdigest()}"
