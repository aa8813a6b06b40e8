"""Pages of one's own account: log-in and log-out, passwords, second factors, reminder frequency."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.account import digest_choice, login, second_factor

router = APIRouter()
for part in (login, second_factor, digest_choice):
    router.include_router(part.router)
