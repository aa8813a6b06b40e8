"""The REST API: `/api/v1/...`, described at `/api/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import (
    account,
    accounts,
    audit,
    calendar,
    campaigns,
    cases,
    consolidated,
    documents,
    files,
    monitoring,
    notices,
    opening,
    people,
    reading,
    register_rows,
    registers,
    risks,
    statistics,
    templates,
    units,
)

router = APIRouter()
for part in (
    reading,
    cases,
    files,
    statistics,
    risks,
    registers,
    register_rows,
    campaigns,
    documents,
    notices,
    monitoring,
    consolidated,
    opening,
    calendar,
    account,
    units,
    people,
    accounts,
    audit,
    templates,
):
    router.include_router(part.router)
