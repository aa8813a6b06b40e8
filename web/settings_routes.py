"""The routes of the administration, of calendar, feeds and of one's own account, as one router."""

from __future__ import annotations

from fastapi import APIRouter

from web import accounts_page, administration_pages, calendar_pages, feeding, office_page

router = APIRouter()
for part in (administration_pages, accounts_page, office_page, calendar_pages, feeding):
    router.include_router(part.router)
