"""The same for machines as the pages are for people: `/api/v1/...`, described at `/api/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import reading, writing

router = APIRouter()
router.include_router(reading.router)
router.include_router(writing.router)
