"""Registers as pages: which there are, the rows of one, one row with its form and history."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.registers import pages, writing

router = APIRouter()
for part in (pages, writing):
    router.include_router(part.router)
