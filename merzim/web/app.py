"""Builds the ASGI application from the application context: routes, middleware, and error pages."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from calendars import OutOfRange
from merzim.documents.sheets.unreadable import EvidenceDamaged, UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import bad_input
from merzim.services.moments import Clock
from merzim.services.verbs import NotAllowed, NotFound
from merzim.settings import public_address
from merzim.web.api.description import describe_api
from merzim.web.auth.dependencies import NotLoggedIn, SecondFactorMissing, is_address_passwordless
from merzim.web.auth.middleware import (
    HEADERS,
    MAX_BODY,
    MAX_TEXT,
    SAFE_METHODS,
    GuardMiddleware,
    HeadMiddleware,
)
from merzim.web.health import RequestLogMiddleware
from merzim.web.pages.account.login import first_page, inside, login_page
from merzim.web.routes import every_route
from merzim.web.ui.assets import MOUNTS
from merzim.web.ui.form_values import MAX_FIELD_BYTES, status_of
from merzim.web.ui.preferences import preferences, set_preference_cookies
from merzim.web.ui.render import Translator, page
from workflow.cases.commands.case_commands import UnknownCase
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import UnknownRegister
from workflow.registers.values import InvalidRow, problem_arguments

AWAY = "storage_unavailable"
"""Code of the error when the database does not answer, which is not the client's fault."""
LATER = ("paper_readers_busy", "paper_reading_stopped")
"""Codes of errors after which the same request may be sent again."""
log = logging.getLogger("merzim.web")
MOST_FAULTS = 200
"""Number of bad rows or fields named in one answer."""
Faults = Sequence[Mapping[str, object]]


def create_app(app: AppContext, clock: Clock, *, max_body: int = MAX_BODY) -> FastAPI:
    """Return the dashboard as an ASGI application, for the present calendar and law.

    Args:
        clock: gives the moment, once per request; on a demonstration day every page says so, and if only this
            machine can reach the pages, users log in without a password.
        max_body: maximum bytes of a request.
    """
    calendar = app.calendar
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
    ctx = pages.state.ctx = RequestContext(
        app=app,
        clock=moment,
        case_commands=app.case_commands,
        library=app.library,
        calendar=calendar,
        demonstration=demonstration,
        passwordless=demonstration and is_address_passwordless(settings.public_address),
    )

    def seen_by(request: Request, status: int) -> RequestContext:
        """Return the context of an error page: the reader's, unless the database may be what failed."""
        reader = getattr(request.state, "reader", None)
        return replace(ctx) if reader is None or status >= 500 else ctx.read_by(reader)

    def problem(request: Request, status: int, code: str, faults: Faults = ()) -> Response:
        """Return an error page, or JSON for programs, that says in the reader's language what is wrong and how
        to continue.
        """
        translator = Translator(preferences(request).language)
        arguments = {
            "first": calendar.first.year,
            "last": calendar.last.year,
            "megabytes": max_body // 1024 // 1024,
            "text_megabytes": MAX_TEXT // 1024 // 1024,
        }
        detail = translator.tell(code, arguments)
        if _of_a_program(request):
            return problem_answer(status, code, detail, faults)
        reader = seen_by(request, status)
        reference = correlation_id.get() if status >= 500 else ""
        return page(
            request, reader, "problem.html", status=status, number=status, detail=detail, reference=reference
        )

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        reader = getattr(request.state, "reader", None)
        if error.status_code == 403 and request.url.path == "/" and reader is not None:
            # The address people type: a reader without access to the overview gets their own first page.
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(first_page(reader) + query, status_code=303)
        code = error.detail if str(error.detail).startswith("web.problem.") else None
        response = problem(request, error.status_code, code or _code(error.status_code))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        in_path = any(item["loc"][:1] == ("path",) for item in error.errors())
        status = 404 if in_path else 422
        # Of the body we know better than the page's sentence, which speaks of the address.
        translator = Translator(preferences(request).language)
        faults = [
            {
                "where": ".".join(str(part) for part in item["loc"])[:200],
                "detail": translator.refuse(bad_input(item, without=("body", "query", "path", "header"))),
            }
            for item in error.errors()[:MOST_FAULTS]
        ]
        body = status == 422 and any(item["loc"][:1] == ("body",) for item in error.errors())
        return problem(request, status, "web.problem.bad_body" if body else _code(status), faults)

    def on_refusal(request: Request, error: Exception) -> Response:
        """Answer a refusal raised outside a form, e.g. an edition that no longer exists, or a day beyond the
        records.
        """
        assert isinstance(error, Refusal | OutOfRange)
        if error.code == AWAY:
            # Users are not operators: the location of the database is not shown to them.
            log.error("the database is not available: %s", error)
            response = problem(request, 503, "web.problem.away")
            response.headers["retry-after"] = "30"
            return response
        if isinstance(error, UnknownCase):
            return problem(request, 404, "web.problem.no_case")
        if isinstance(error, UnknownRegister):
            return problem(request, 404, "web.problem.no_register")
        if isinstance(error, NotFound):
            return problem(request, 404, error.not_found)
        if isinstance(error, NotAllowed):
            return problem(request, 403, error.code)
        translator = Translator(preferences(request).language)
        detail = translator.refuse(error)
        status = 500 if isinstance(error, EvidenceDamaged) else 503 if error.code in LATER else status_of(error)
        if _of_a_program(request):
            response = problem_answer(
                status, error.code, detail, row_faults(error, translator), other_changes(error)
            )
        else:
            near = error.arguments.get("near", ()) if "unit" in request.query_params else ()
            response = page(
                *(request, seen_by(request, status), "problem.html"),
                status=status,
                number=status,
                detail=detail,
                near=near,
            )
        if status == 503:
            response.headers["retry-after"] = "60"
        return response

    async def on_stranger(request: Request, error: Exception) -> Response:
        """Answer a request without a valid session: show the log-in page, keeping the values typed into a
        form.
        """
        if _of_a_program(request):
            response = problem(request, 401, "web.problem.no_token")
            response.headers["www-authenticate"] = 'Bearer realm="Merzim"'
            return response
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.method in SAFE_METHODS:
            response = _elsewhere(request, f"/login?{urlencode({'next': address})}")
            set_preference_cookies(response, preferences(request).new_cookies)
            return response
        if request.headers.get("hx-request") == "true":
            # The page sends the form again as browsers do (pages.js): what was typed then goes along.
            return Response(status_code=401)
        async with request.form(max_fields=80, max_part_size=MAX_FIELD_BYTES) as form:
            form_values = {key: value for key, value in form.multi_items() if isinstance(value, str)}
            files = any(not isinstance(value, str) and value.filename for value in form.values())
        return await run_in_threadpool(
            login_page,
            request,
            replace(ctx),
            onward=inside(address),
            form_values=form_values,
            files=files,
            status=401,
        )

    def on_second_factor(request: Request, error: Exception) -> Response:
        """Send an account that lacks a required second factor to the page for setting one."""
        if _of_a_program(request):
            return problem(request, 403, "web.problem.second_factor")
        return _elsewhere(request, "/account/totp")

    def on_error(request: Request, error: Exception) -> Response:
        """Answer an unexpected error. Runs outside all middleware, so it sets the headers itself; details are
        in the log.
        """
        response = problem(request, 500, "web.problem.internal")
        number = correlation_id.get() or ""
        response.headers.update({**HEADERS, "cache-control": "no-store", "x-request-id": number})
        return response

    pages.add_exception_handler(HTTPException, on_http)
    pages.add_exception_handler(RequestValidationError, on_invalid)
    pages.add_exception_handler(NotLoggedIn, on_stranger)
    pages.add_exception_handler(SecondFactorMissing, on_second_factor)
    pages.add_exception_handler(Refusal, on_refusal)
    pages.add_exception_handler(OutOfRange, on_refusal)
    pages.add_exception_handler(Exception, on_error)
    public = public_address(settings.public_address)
    public_host = f"[{public.host}]" if ":" in public.host else public.host
    hosts = ["127.0.0.1", "[::1]", "localhost", public_host]
    # The last is the outermost.
    pages.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    pages.add_middleware(GuardMiddleware, problem=problem, max_body=max_body, public=public)
    pages.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    pages.add_middleware(HeadMiddleware)
    pages.add_middleware(RequestLogMiddleware)
    pages.add_middleware(CorrelationIdMiddleware)

    return pages


def row_faults(error: Exception, translator: Translator) -> Faults:
    """Return every bad row of a refused file, or every bad field of a refused row, in words."""
    if isinstance(error, InvalidRow):
        return [
            {
                "where": f"values.{problem.field}",
                "detail": translator.tell(
                    f"register.value.{problem.code}", problem_arguments(error.register, problem)
                ),
            }
            for problem in error.problems[:MOST_FAULTS]
        ]
    rows = error.errors if isinstance(error, UnreadablePaper) else ()
    return [
        {"row": row_error.row, "detail": translator.tell(row_error.code, row_error.arguments)}
        for row_error in rows[:MOST_FAULTS]
    ]


def other_changes(error: Exception) -> Faults:
    """Return the changes by others that contradict the request, the newest first."""
    changes = error.changes if isinstance(error, Contradiction) else ()
    return [
        {
            "kind": change.kind,
            "name": change.name,
            "on": change.on.isoformat() if change.on else None,
            "by": change.by,
            "at": change.at.isoformat() if change.at else None,
        }
        for change in reversed(changes[-MOST_FAULTS:])
    ]


def problem_answer(status: int, code: str, detail: str, faults: Faults = (), changes: Faults = ()) -> Response:
    """Return a problem for programs (RFC 9457)."""
    body: dict[str, object] = {
        "type": f"urn:merzim:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if faults:
        body["errors"] = list(faults)
    if changes:
        body["changes"] = list(changes)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # A browser that is shown it as a page finds no tag in what somebody typed. Half a character (a lone
    # surrogate, which JSON can spell) is quoted as "?".
    content = text.replace("<", "\\u003c").encode(errors="replace")
    return Response(content, status_code=status, media_type="application/problem+json")


def _elsewhere(request: Request, address: str) -> Response:
    """Redirect to another page; htmx gets a header, because it would follow a redirect inside its own
    request.
    """
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"hx-redirect": address})
    return RedirectResponse(address, status_code=303)


def _of_a_program(request: Request) -> bool:
    """Return whether the client is a program that does not read pages."""
    return request.url.path.startswith(("/api/", "/ready", "/health"))


def _code(status: int) -> str:
    codes = {
        403: "not_yours",
        409: "conflict",
        404: "not_found",
        405: "not_allowed",
        413: "too_large",
        422: "not_understood",
    }
    return "web.problem." + codes.get(status, "not_understood" if status < 500 else "internal")
