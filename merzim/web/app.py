"""Builds the ASGI application from the application context: routes, middleware."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial, wraps
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TypeVar

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.settings import public_origin
from merzim.web.api.description import description
from merzim.web.auth.middleware import GuardMiddleware, HeadMiddleware
from merzim.web.errors import ANSWERS, problem
from merzim.web.health import RequestLogMiddleware
from merzim.web.http import MOUNTS
from workflow.moments import Clock

OIDC_COOKIE = "__Host-merzim-oidc"


def create_app(app: AppContext, clock: Clock) -> FastAPI:
    """Return the dashboard as an ASGI application. `clock` gives the moment, once per request.

    On a demonstration day whom only this machine can reach log in without a password, and every page says so.
    """
    settings = app.settings.web
    passwordless = clock().demonstration and settings.passwordless
    pages = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        routes=[*every_route(), *MOUNTS],
        exception_handlers=ANSWERS,
    )
    address = settings.public_address.rstrip("/")
    pages.openapi = partial(description, every_route, address)  # type: ignore[method-assign]

    def context(language: str = "") -> RequestContext:
        return RequestContext(app=app.newest, clock=clock, passwordless=passwordless, language=language)

    pages.state.context = context
    origin = public_origin(settings.public_address)
    public_host = re.sub(r"^https?://|:\d+$", "", origin)
    hosts = ["127.0.0.1", "[::1]", "localhost", public_host]
    # The last is the outermost.
    if app.settings.oidc.issuer:
        from starlette.middleware.sessions import SessionMiddleware

        # Only what a log-in by the provider must bring back; a session that is logged in has its own cookie.
        pages.add_middleware(
            SessionMiddleware,
            secret_key=f"{OIDC_COOKIE} {app.rules.link_key}",
            session_cookie=OIDC_COOKIE,
            max_age=600,
            https_only=True,
        )
    pages.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    pages.add_middleware(GuardMiddleware, problem=problem, origin=origin)
    pages.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    pages.add_middleware(HeadMiddleware)
    pages.add_middleware(RequestLogMiddleware)
    pages.add_middleware(CorrelationIdMiddleware)
    return pages


T = TypeVar("T")

ROUTER_MODULES = {
    "merzim.web.pages.account": ("login", "own_account"),
    "merzim.web": ("health",),
    "merzim.web.pages": (
        *("letter_links", "case_list", "overview", "inbox", "search", "portfolio", "acts", "calendar"),
        *("desk", "campaigns", "reports.page", "opening", "schedules"),
    ),
    "merzim.web.pages.cases": ("page", "printed", "writing"),
    "merzim.web.pages.registers": ("lists", "rows"),
    "merzim.web.api": ("operations",),
    "merzim.web.pages.administration": ("people", "accounts", "operations"),
}
"""Modules with routers, by package, in the order of matching."""


@cache
def every_route() -> tuple[BaseRoute, ...]:
    """Return the routes, which all applications share, in order of matching; a GET reads by one session."""
    modules = (f"{package}.{module}" for package, names in ROUTER_MODULES.items() for module in names)
    parts = (part for module in modules for part in vars(import_module(module)).values())
    routes = tuple(route for part in parts if isinstance(part, APIRouter) for route in part.routes)
    for route in routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            handler = route.dependant.call
            if handler is not None and not iscoroutinefunction(handler):
                route.dependant.call = _in_one_session(handler)
    return routes


def _in_one_session(handler: Callable[..., T]) -> Callable[..., T]:
    """Let a handler read by one session that begins and ends in its thread: none is held while one waits."""

    @wraps(handler)
    def respond(*, ctx: RequestContext, **arguments: object) -> T:
        with ctx.app.one_session():
            return handler(ctx=ctx, **arguments)

    return respond
