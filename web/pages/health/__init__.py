"""What watches the service asks: is it alive, is it ready, how much waits."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.health import metrics, probes

router = APIRouter()
for part in (probes, metrics):
    router.include_router(part.router)
