"""One case: its pages, and everything somebody does to it."""

from __future__ import annotations

from fastapi import APIRouter

from web.case import managing, reading, risking, writing

router = APIRouter()
for part in (reading, writing, managing, risking):
    router.include_router(part.router)
