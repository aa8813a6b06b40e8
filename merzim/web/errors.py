"""Answers to what goes wrong: a page for people, a problem (RFC 9457) for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import i18n
from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.services.inputs import bad_input
from merzim.services.verbs import NotAllowed, NotFound
from merzim.web.auth.dependencies import NotLoggedIn, SecondFactorMissing, plain_context
from merzim.web.auth.middleware import HEADERS, MAX_BODY, MAX_TEXT, SAFE_METHODS
from merzim.web.pages.account.login import first_page, local_address, login_page
from merzim.web.ui.form_values import MAX_FIELD_BYTES, status_of
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import Translator, page
from workflow.cases.commands.case_commands import UnknownCase
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import UnknownRegister

AWAY = "storage_unavailable"
"""Code of the error when the database does not answer, which is not the client's fault."""
LATER = ("paper_readers_busy", "paper_reading_stopped")
"""Codes of errors after which the same request may be sent again."""
log = logging.getLogger("merzim.web")
MOST_FAULTS = 200
"""Number of bad rows or fields named in one answer."""
_NO_FIELDS = ("body", "query", "path", "header")
Faults = Sequence[Mapping[str, object]]


def add_error_handlers(pages: FastAPI) -> None:
    """Let the application answer errors of every route by the functions of this module."""
    pages.add_exception_handler(HTTPException, on_http)
    pages.add_exception_handler(RequestValidationError, on_invalid)
    pages.add_exception_handler(NotLoggedIn, on_stranger)
    pages.add_exception_handler(SecondFactorMissing, on_second_factor)
    pages.add_exception_handler(Refusal, on_refusal)
    pages.add_exception_handler(Exception, on_error)


def problem(request: Request, status: int, code: str, faults: Faults = ()) -> Response:
    """Return the answer to a request that failed: the sentence of `code`, as a page or for programs as JSON.

    Args:
        code: code of the catalogue. faults: the single errors, which only programs get.
    """
    ctx = plain_context(request)
    calendar = ctx.calendar
    arguments = {
        "first": calendar.first.year,
        "last": calendar.last.year,
        "megabytes": MAX_BODY // 1024 // 1024,
        "text_megabytes": MAX_TEXT // 1024 // 1024,
    }
    detail = Translator(ctx.language).say(code, **arguments)
    if _is_from_program(request):
        return problem_answer(status, code, detail, faults)
    return _problem_page(request, status, detail, reference=correlation_id.get() if status >= 500 else "")


def on_http(request: Request, error: Exception) -> Response:
    """Answer a status raised by a route or the framework; who may not see "/" is sent to their first page."""
    assert isinstance(error, HTTPException)
    reader = getattr(request.state, "reader", None)
    if error.status_code == 403 and request.url.path == "/" and reader is not None:
        # The address people type: a reader without access to the overview gets their own first page.
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(first_page(reader) + query, status_code=303)
    code = error.detail if str(error.detail).startswith("web.problem.") else None
    response = problem(request, error.status_code, code or _problem_code(error.status_code))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose path (404), query or body (422) does not have the form described."""
    assert isinstance(error, RequestValidationError)
    parts = {item["loc"][0] for item in error.errors() if item["loc"]}
    status = 404 if "path" in parts else 422
    language = plain_context(request).language
    faults = [
        {
            "where": ".".join(str(part) for part in item["loc"])[:200],
            "detail": i18n.refusal(bad_input(item, without=_NO_FIELDS), language),
        }
        for item in error.errors()[:MOST_FAULTS]
    ]
    # Of the body we know better than the page's sentence, which speaks of the address.
    bad_body = status == 422 and "body" in parts
    return problem(request, status, "web.problem.bad_body" if bad_body else _problem_code(status), faults)


def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal raised outside a form, e.g. an edition that no longer exists, or a day beyond the
    records.
    """
    assert isinstance(error, Refusal)
    if error.code == AWAY:
        # Users are not operators: the location of the database is not shown to them.
        log.error("the database is not available: %s", error)
        return _again_in(30, problem(request, 503, "web.problem.away"))
    match error:
        case UnknownCase():
            return problem(request, 404, "web.problem.no_case")
        case UnknownRegister():
            return problem(request, 404, "web.problem.no_register")
        case NotFound():
            return problem(request, 404, error.not_found or error.code)
        case NotAllowed():
            return problem(request, 403, error.code)
    if error.code in LATER:
        return _again_in(60, _refused(request, error, 503))
    return _refused(request, error, 500 if isinstance(error, EvidenceDamaged) else status_of(error))


async def on_stranger(request: Request, error: Exception) -> Response:
    """Answer a request nobody is logged in for: with the log-in page, which keeps a form; programs get 401."""
    if _is_from_program(request):
        response = problem(request, 401, "web.problem.no_token")
        response.headers["www-authenticate"] = 'Bearer realm="Merzim"'
        return response
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in SAFE_METHODS:
        return redirect(plain_context(request), "/login", next=address)
    if request.headers.get("hx-request") == "true":
        # The page sends the form again as browsers do (pages.js): what was typed then goes along.
        return Response(status_code=401)
    async with request.form(max_fields=80, max_part_size=MAX_FIELD_BYTES) as form:
        form_values = {key: value for key, value in form.multi_items() if isinstance(value, str)}
        files = any(not isinstance(value, str) and value.filename for value in form.values())
    return await run_in_threadpool(
        login_page,
        plain_context(request),
        onward=local_address(address),
        form_values=form_values,
        files=files,
        status=401,
    )


def on_second_factor(request: Request, error: Exception) -> Response:
    """Send an account that lacks a required second factor to the page for setting one; programs get 403."""
    if _is_from_program(request):
        return problem(request, 403, "web.problem.second_factor")
    return redirect(plain_context(request), "/account/totp")


def on_error(request: Request, error: Exception) -> Response:
    """Answer an unexpected error. Runs outside all middleware, so it sets the headers itself; details are in
    the log.
    """
    response = problem(request, 500, "web.problem.internal")
    number = correlation_id.get() or ""
    response.headers.update({**HEADERS, "cache-control": "no-store", "x-request-id": number})
    return response


def _refused(request: Request, error: Refusal, status: int) -> Response:
    """Return the answer with the refusal's own sentence; for programs also its bad rows, fields or changes."""
    translator = Translator(plain_context(request).language)
    detail = i18n.refusal(error, translator.language)
    if _is_from_program(request):
        return problem_answer(status, error.code, detail, row_faults(error, translator), other_changes(error))
    near = error.arguments.get("near", ()) if "unit" in request.query_params else ()
    return _problem_page(request, status, detail, near=near)


def _problem_page(request: Request, status: int, detail: str, **values: Any) -> Response:
    """Return the error page as its reader sees pages; after an error of ours one that needs no database."""
    reader = getattr(request.state, "reader", None)
    ctx = plain_context(request)
    # Behind an error of ours may be the database, which is then asked for nothing about the reader.
    seen_by = ctx if reader is None or status >= 500 else ctx.read_by(reader)
    return page(seen_by, "problem.html", status=status, number=status, detail=detail, **values)


def _again_in(seconds: int, response: Response) -> Response:
    """Return the answer, with the advice to repeat the request after so many seconds."""
    response.headers["retry-after"] = str(seconds)
    return response


def row_faults(error: Refusal, translator: Translator) -> Faults:
    """Return the first MOST_FAULTS bad rows of a refused file, or bad fields of a refused row, in words."""
    return [
        {
            **({"row": fault.row} if hasattr(fault, "row") else {"where": f"values.{fault.field}"}),
            "detail": translator.say(fault.code, **fault.arguments),
        }
        for fault in error.errors[:MOST_FAULTS]
    ]


def other_changes(error: Exception) -> Faults:
    """Return the newest MOST_FAULTS changes by others that contradict the request, the newest first."""
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


def _is_from_program(request: Request) -> bool:
    """Return whether a request is one of programs, which get JSON in place of a page."""
    return request.url.path.startswith(("/api/", "/ready", "/health"))


def _problem_code(status: int) -> str:
    """Return the catalogue code for a status the framework gave."""
    codes = {
        403: "not_yours",
        409: "conflict",
        404: "not_found",
        405: "not_allowed",
        413: "too_large",
        422: "not_understood",
    }
    return "web.problem." + codes.get(status, "not_understood" if status < 500 else "internal")
