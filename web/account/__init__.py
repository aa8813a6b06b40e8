"""One's own account: in and out, passwords, how often to be reminded."""

from __future__ import annotations

from fastapi import APIRouter

from web.account import digest_choice, login

router = APIRouter()
for part in (login, digest_choice):
    router.include_router(part.router)
