"""Units, people, accounts, channels, settings: what the administrator looks after."""

from __future__ import annotations

from fastapi import APIRouter

from web.administration import accounts, feeding, office, pages

router = APIRouter()
for part in (pages, accounts, office, feeding):
    router.include_router(part.router)
