"""The browsers accounts have logged in from: a long-lived cookie, which lets nobody in by itself.

One browser may be several people's: the cookie holds one secret for each of its accounts, and what is kept of a
secret is its SHA-256. A log-in replaces the secret of its account.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from services.context import Accounts
from services.credentials import hidden, new_secret
from workflow.org.access import Entry

COOKIE = "__Host-merzim-devices"
LASTS = timedelta(days=180)
MAX_SECRETS = 8
"""Accounts one browser is known for."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def known_device(request: Request, accounts: Accounts, login: str, *, now: datetime) -> Entry | None:
    """Return the device the request comes from, where that account has logged in from it."""
    return next((one for _, one in _devices(request, accounts, now=now) if one.login == login), None)


def device_hashes(request: Request) -> frozenset[str]:
    """Return the hashes of this browser's devices, whether they hold or not."""
    return frozenset(map(hidden, _secrets(request)))


def remember(accounts: Accounts, request: Request, response: Response, login: str, *, now: datetime) -> None:
    """Know this browser as one the account has logged in from, by a new secret in place of its former one."""
    others = []
    for secret, device in _devices(request, accounts, now=now):
        if device.login == login:
            accounts.end(login, device.hash, now=now)
        else:
            others.append(secret)
    secret = new_secret()
    device = Entry(
        hash=hidden(secret),
        kind="device",
        login=login,
        name=request.headers.get("user-agent", "")[:200],
        created_at=now,
        seen_at=now,
        expires_at=now + LASTS,
    )
    accounts.let_in(device)
    response.set_cookie(
        COOKIE,
        ".".join([secret, *others[: MAX_SECRETS - 1]]),
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def _secrets(request: Request) -> list[str]:
    parts = request.cookies.get(COOKIE, "").split(".", MAX_SECRETS)[:MAX_SECRETS]
    return [one for one in parts if _SECRET.fullmatch(one)]


def _devices(request: Request, accounts: Accounts, *, now: datetime) -> list[tuple[str, Entry]]:
    found = ((one, accounts.entry("device", hidden(one), now=now)) for one in _secrets(request))
    return [(secret, device) for secret, device in found if device is not None]
