"""The application, put together. Who calls it gives it the desk, the reads and the clock."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from calendars import OutOfRange
from calendars.calendar import Calendar
from web import api, pages, writing
from web.assets import BY_NAME, OWN
from web.guard import HEADERS, MAX_BODY, Guard
from web.house import Clock, House
from web.judgement import judge_by
from web.ports import EvidenceStore, Judge, Reads
from web.preferences import preferences
from web.render import Scribe, page
from workflow.desk import Desk
from workflow.library import Library
from workflow.refusal import Refusal

KEPT_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}
OWN_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_app(
    desk: Desk,
    reads: Reads,
    library: Library,
    calendar: Calendar,
    *,
    clock: Clock,
    demonstration: bool,
    evidence_store: EvidenceStore,
    organisation: str = "",
    judge: Judge | None = None,
    max_body: int = MAX_BODY,
) -> FastAPI:
    """The dashboard as an ASGI application.

    Args:
        clock: gives (aware UTC moment, local date); asked once per request.
        demonstration: whether the day is an appointed one and not today; every page then says so.
        organisation: whose dashboard it is; stands in the head of every page.
        judge: what the core says of a case; None for the core itself, counting by `calendar`.
        max_body: the most bytes one request may bring.
    """
    app = FastAPI(
        title="Merzim",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    home = app.state.house = House(
        desk=desk,
        reads=reads,
        library=library,
        calendar=calendar,
        clock=clock,
        demonstration=demonstration,
        evidence_store=evidence_store,
        organisation=organisation,
        judge=judge or judge_by(calendar),
    )

    def problem(request: Request, status: int, code: str) -> Response:
        """A page, or JSON for machines, that says in the reader's language what is wrong and where to go on."""
        scribe = Scribe(preferences(request).language)
        arguments = {
            "first": calendar.first.year,
            "last": calendar.last.year,
            "megabytes": max_body // 1024 // 1024,
        }
        detail = scribe.tell(code, arguments)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"status": status, "code": code, "detail": detail}, status_code=status)
        return page(
            request,
            home,
            "problem.html",
            today=clock()[1],
            status=status,
            number=status,
            detail=detail,
        )

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = error.detail if str(error.detail).startswith("web.problem.") else None
        response = problem(request, error.status_code, code or _code(error.status_code))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        in_path = any(item["loc"][:1] == ("path",) for item in error.errors())
        status = 404 if in_path else 422
        return problem(request, status, _code(status))

    async def on_refusal(request: Request, error: Exception) -> Response:
        """A refusal outside a form: an edition that is no longer there, a day beyond the records."""
        assert isinstance(error, Refusal | OutOfRange)
        scribe = Scribe(preferences(request).language)
        detail = scribe.refuse(error)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"status": 422, "code": error.code, "detail": detail}, status_code=422)
        return page(
            request,
            home,
            "problem.html",
            today=clock()[1],
            status=422,
            number=422,
            detail=detail,
        )

    async def on_error(request: Request, error: Exception) -> Response:
        """The last net. It stands outside the guard, so it brings the headers itself; the log has the rest."""
        response = problem(request, 500, "web.problem.internal")
        response.headers.update({**HEADERS, "cache-control": "no-store"})
        return response

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(OutOfRange, on_refusal)
    app.add_exception_handler(Exception, on_error)
    app.add_middleware(Guard, problem=problem, max_body=max_body)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(writing.router)

    @app.get("/static/third-party/{name}", include_in_schema=False)
    def third_party(name: Annotated[str, Path(max_length=60)]) -> Response:
        if name not in BY_NAME:
            raise HTTPException(404)
        asset = BY_NAME[name]
        return FileResponse(asset.file(), media_type=asset.media_type, headers=KEPT_FOR_GOOD)

    @app.get("/static/{name}", include_in_schema=False)
    def own(name: Annotated[str, Path(max_length=60, pattern=r"^[a-z]+\.(css|js|svg)$")]) -> Response:
        file = OWN / name
        if not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, media_type=OWN_TYPES[file.suffix], headers=KEPT_FOR_GOOD)

    return app


def _code(status: int) -> str:
    known = {404: "not_found", 405: "not_allowed", 413: "too_large", 422: "not_understood"}
    return "web.problem." + known.get(status, "not_understood" if status < 500 else "internal")
