"""All routes of the dashboard, put together once: what FastAPI makes of them serves every application."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from starlette.routing import BaseRoute

from web import (
    across,
    analyses,
    api,
    case_reading,
    desk_pages,
    digest_choice,
    health,
    login,
    managing,
    metrics,
    opening,
    overview_pages,
    past,
    planner,
    risking,
    schedules,
    settings_routes,
    together,
    writing,
)

PARTS = (
    login,
    digest_choice,
    health,
    api,
    analyses,
    opening,
    schedules,
    past,
    planner,
    overview_pages,
    desk_pages,
    case_reading,
    writing,
    settings_routes,
    metrics,
    managing,
    risking,
    across,
    together,
)


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """The pages and the API, in the order they are asked; what is shared has no state of an application."""
    together = APIRouter()
    for part in PARTS:
        together.include_router(part.router)
    return tuple(together.routes)
