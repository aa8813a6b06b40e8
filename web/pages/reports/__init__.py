"""What is looked at across cases and organisations: monitoring, points, the register of notices, uploads."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.reports import cartogram, consolidated, pages

router = APIRouter()
for part in (pages, consolidated, cartogram):
    router.include_router(part.router)
