"""Campaigns as pages: the officer's list, start and state of one; and the page behind a person's own link."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.campaigns import confirm, pages

router = APIRouter()
for part in (pages, confirm):
    router.include_router(part.router)
