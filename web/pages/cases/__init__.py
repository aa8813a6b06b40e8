"""One case: its pages, and everything somebody does to it."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.cases import managing, reading, registers, writing

router = APIRouter()
for part in (reading, writing, managing, registers):
    router.include_router(part.router)
