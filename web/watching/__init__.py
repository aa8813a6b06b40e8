"""What watches the service asks: is it alive, is it ready, how much waits."""

from __future__ import annotations

from fastapi import APIRouter

from web.watching import health, metrics

router = APIRouter()
for part in (health, metrics):
    router.include_router(part.router)
