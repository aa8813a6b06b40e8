"""What is looked at across cases and organisations: monitoring, points, the register of notices, uploads."""

from __future__ import annotations

from fastapi import APIRouter

from web.across import cartogram, pages, together

router = APIRouter()
for part in (pages, together, cartogram):
    router.include_router(part.router)
