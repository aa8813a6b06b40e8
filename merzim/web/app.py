"""Builds the ASGI application from the application context: routes, middleware."""

from __future__ import annotations

from datetime import date, datetime

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.moments import Clock
from merzim.settings import public_address
from merzim.web.api.description import describe_api
from merzim.web.auth.dependencies import is_address_passwordless
from merzim.web.auth.middleware import GuardMiddleware, HeadMiddleware
from merzim.web.errors import add_error_answers, problem
from merzim.web.health import RequestLogMiddleware
from merzim.web.routes import every_route
from merzim.web.ui.assets import MOUNTS


def create_app(app: AppContext, clock: Clock) -> FastAPI:
    """Return the dashboard as an ASGI application, for the present calendar and law.

    Args:
        clock: gives the moment, once per request; on a demonstration day every page says so, and if only this
            machine can reach the pages, users log in without a password.
    """
    settings = app.settings.web
    demonstration = clock().demonstration

    def moment() -> tuple[datetime, date]:
        present = clock()
        return present.now, present.today

    pages = FastAPI(
        title="Merzim",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        routes=[*every_route(), *MOUNTS],
    )
    describe_api(pages, every_route, address=settings.public_address.rstrip("/"))
    # One for all requests: each takes a copy, because a context keeps the moment it was first asked for.
    pages.state.ctx = RequestContext(
        app=app,
        clock=moment,
        case_commands=app.case_commands,
        library=app.library,
        calendar=app.calendar,
        demonstration=demonstration,
        passwordless=demonstration and is_address_passwordless(settings.public_address),
    )
    add_error_answers(pages)
    public = public_address(settings.public_address)
    public_host = f"[{public.host}]" if ":" in public.host else public.host
    hosts = ["127.0.0.1", "[::1]", "localhost", public_host]
    # The last is the outermost.
    pages.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    pages.add_middleware(GuardMiddleware, problem=problem, public=public)
    pages.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    pages.add_middleware(HeadMiddleware)
    pages.add_middleware(RequestLogMiddleware)
    pages.add_middleware(CorrelationIdMiddleware)
    return pages
