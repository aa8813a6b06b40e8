"""Pages of the administrator: units, people, accounts, channels, settings."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.administration import accounts, audit, feeds, office, pages, templates

router = APIRouter()
for part in (pages, accounts, office, feeds, audit, templates):
    router.include_router(part.router)
