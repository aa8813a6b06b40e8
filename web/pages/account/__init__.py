"""One's own account: in and out, passwords, second factors, how often to be reminded."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.account import digest_choice, login, second_factor

router = APIRouter()
for part in (login, second_factor, digest_choice):
    router.include_router(part.router)
