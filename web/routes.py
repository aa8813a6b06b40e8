"""All routes of the dashboard, put together once: what FastAPI makes of them serves every application."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from starlette.routing import BaseRoute

from web import api
from web.pages import (
    account,
    administration,
    autocomplete,
    calendar,
    campaigns,
    case_creation,
    case_list,
    cases,
    guides,
    health,
    inbox,
    my_tasks,
    overview,
    registers,
    reports,
    search,
)

ROOMS = (
    account,
    health,
    api,
    case_list,
    case_creation,
    overview,
    my_tasks,
    inbox,
    autocomplete,
    cases,
    administration,
    calendar,
    campaigns,
    registers,
    reports,
    search,
    guides,
)


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """The pages and the API, in the order they are asked; what is shared has no state of an application."""
    together = APIRouter()
    for room in ROOMS:
        together.include_router(room.router)
    return tuple(together.routes)
