"""The same for machines as the pages are for people: `/api/v1/...`, described at `/api/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import (
    account,
    accounts,
    calendar,
    documents,
    figures,
    files,
    monitoring,
    notices,
    opening,
    people,
    reading,
    registers,
    risks,
    together,
    units,
    writing,
)

router = APIRouter()
for part in (
    reading,
    writing,
    files,
    figures,
    risks,
    registers,
    documents,
    notices,
    monitoring,
    together,
    opening,
    calendar,
    account,
    units,
    people,
    accounts,
):
    router.include_router(part.router)
