"""Devices: the browsers an account has logged in from, recognised by a long-lived cookie that grants no access.

Several people may share a browser, so the cookie contains one secret for each of its accounts. The database
stores the SHA-256 of a secret; each log-in replaces the secret of its account.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from services.accounts.credentials import hash_secret
from services.accounts.verbs import issue_secret
from services.context import Accounts
from workflow.org.access import Entry

COOKIE = "__Host-merzim-devices"
MAX_SECRETS = 8
"""The most accounts one browser is remembered for."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def find_device(request: Request, accounts: Accounts, login: str, *, now: datetime) -> Entry | None:
    """Return the device a request comes from; None if the account has not logged in from it."""
    devices = (device for _, device in _devices(request, accounts, now=now))
    return next((device for device in devices if device.login == login), None)


def device_hashes(request: Request) -> frozenset[str]:
    """Return the hashes of all device secrets in the cookie, expired ones included."""
    return frozenset(map(hash_secret, _secrets(request)))


def remember_device(
    accounts: Accounts, request: Request, response: Response, login: str, *, now: datetime, lasts: timedelta
) -> None:
    """Remember the browser as a device of the account: a new secret replaces the account's previous one."""
    other_secrets = []
    for secret, device in _devices(request, accounts, now=now):
        if device.login == login:
            accounts.end(login, device.hash, now=now)
        else:
            other_secrets.append(secret)
    browser = request.headers.get("user-agent", "")[:200]
    secret = issue_secret(accounts, "device", login, lasts, now=now, name=browser)
    response.set_cookie(
        COOKIE,
        ".".join([secret, *other_secrets[: MAX_SECRETS - 1]]),
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def _secrets(request: Request) -> list[str]:
    parts = request.cookies.get(COOKIE, "").split(".", MAX_SECRETS)[:MAX_SECRETS]
    return [part for part in parts if _SECRET.fullmatch(part)]


def _devices(request: Request, accounts: Accounts, *, now: datetime) -> list[tuple[str, Entry]]:
    entries = ((secret, accounts.entry("device", hash_secret(secret), now=now)) for secret in _secrets(request))
    return [(secret, device) for secret, device in entries if device is not None]
