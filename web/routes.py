"""All routes of the dashboard, put together once: what FastAPI makes of them serves every application."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from starlette.routing import BaseRoute

from web import (
    account,
    across,
    administration,
    analyses,
    api,
    calendar,
    case,
    desk,
    opening,
    overview,
    suggesting,
    watching,
)

ROOMS = (
    account,
    watching,
    api,
    analyses,
    opening,
    overview,
    desk,
    suggesting,
    case,
    administration,
    calendar,
    across,
)


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """The pages and the API, in the order they are asked; what is shared has no state of an application."""
    together = APIRouter()
    for room in ROOMS:
        together.include_router(room.router)
    return tuple(together.routes)
