"""Units, people, accounts, channels, settings: what the administrator looks after."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.administration import accounts, feeds, office, pages

router = APIRouter()
for part in (pages, accounts, office, feeds):
    router.include_router(part.router)
