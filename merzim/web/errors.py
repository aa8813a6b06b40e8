"""Answers to what goes wrong: a page for people, a problem (RFC 9457) for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import i18n
from merzim.documents.evidence import EvidenceDamaged
from merzim.services.inputs import bad_input
from merzim.services.verbs import NotAllowed, NotFound
from merzim.web.auth.dependencies import NotLoggedIn, SecondFactorMissing, plain_context
from merzim.web.auth.middleware import HEADERS, MAX_BODY, MAX_TEXT, SAFE_METHODS
from merzim.web.http import redirect
from merzim.web.pages.account.login import first_page, local_address, login_page
from merzim.web.ui.form_values import MAX_FIELD_BYTES, status_of
from merzim.web.ui.render import Translator, page
from workflow.cases.commands.case_commands import UnknownCase
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import UnknownRegister

AWAY = "storage_unavailable"
"""Code of the error when the database does not answer, which is not the client's fault."""
LATER = {AWAY: 30, "paper_readers_busy": 60, "paper_reading_stopped": 60}
"""Codes of errors after which the same request may be sent again, and the seconds to wait."""
log = logging.getLogger("merzim.web")
MOST_FAULTS = 200
"""Number of bad rows or fields named in one answer."""
_NO_FIELDS = ("body", "query", "path", "header")
Faults = Sequence[Mapping[str, object]]


def problem(request: Request, status: int, code: str, faults: Faults = ()) -> Response:
    """Return the answer to a request that failed: the sentence of `code`, as a page or for programs as JSON,
    which alone has the single errors (`faults`).
    """
    ctx = plain_context(request)
    arguments = {
        "first": ctx.calendar.first.year,
        "last": ctx.calendar.last.year,
        "megabytes": MAX_BODY // 1024 // 1024,
        "text_megabytes": MAX_TEXT // 1024 // 1024,
    }
    return _answer(request, status, code, Translator(ctx.language).say(code, **arguments), errors=faults)


def _answer(
    request: Request, status: int, code: str, detail: str, near: Sequence[str] = (), **lists: Faults
) -> Response:
    """Return a sentence as a page as its reader sees pages, with the units to offer instead (`near`); for
    programs as a problem (RFC 9457), which alone has `lists`.
    """
    if not _is_from_program(request):
        ctx, reader = plain_context(request), getattr(request.state, "reader", None)
        # Behind an error of ours may be the database, which is then asked for nothing about the reader.
        seen_by = ctx if reader is None or status >= 500 else ctx.read_by(reader)
        reference = correlation_id.get() if status >= 500 and code.startswith("web.problem.") else ""
        values: dict[str, Any] = {"number": status, "detail": detail, "near": near, "reference": reference}
        return page(seen_by, "problem.html", status=status, **values)
    body: dict[str, object] = {
        "type": f"urn:merzim:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: list(faults) for name, faults in lists.items() if faults},
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=lambda day: day.isoformat())
    # A browser that is shown it as a page finds no tag in what somebody typed. Half a character (a lone
    # surrogate, which JSON can spell) is quoted as "?".
    content = text.replace("<", "\\u003c").encode(errors="replace")
    return Response(content, status_code=status, media_type="application/problem+json")


def on_http(request: Request, error: HTTPException) -> Response:
    """Answer a status raised by a route or the framework; who may not see "/" is sent to their first page."""
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


def on_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer a request whose path (404), query or body (422) does not have the form described."""
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


def on_refusal(request: Request, error: Refusal) -> Response:
    """Answer a refusal raised outside a form, e.g. an edition that no longer exists, or a day beyond the
    records, by its own sentence; programs also get its bad rows, fields or changes.
    """
    match error:
        case UnknownCase():
            return problem(request, 404, "web.problem.no_case")
        case UnknownRegister():
            return problem(request, 404, "web.problem.no_register")
        case NotFound():
            return problem(request, 404, error.not_found or error.code)
        case NotAllowed():
            return problem(request, 403, error.code)
    if error.code == AWAY:
        # Users are not operators: the location of the database is not shown to them.
        log.error("the database is not available: %s", error)
        response = problem(request, 503, "web.problem.away")
    else:
        translator = Translator(plain_context(request).language)
        status = 500 if isinstance(error, EvidenceDamaged) else 503 if error.code in LATER else status_of(error)
        near: Any = error.arguments.get("near", ()) if "unit" in request.query_params else ()
        faults, changes = row_faults(error, translator), other_changes(error)
        detail = i18n.refusal(error, translator.language)
        response = _answer(request, status, error.code, detail, near, errors=faults, changes=changes)
    if error.code in LATER:
        response.headers["retry-after"] = str(LATER[error.code])
    return response


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
    """Answer an unexpected error, outside all middleware, so with the headers; details are in the log."""
    response = problem(request, 500, "web.problem.internal")
    number = correlation_id.get() or ""
    response.headers.update({**HEADERS, "cache-control": "no-store", "x-request-id": number})
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
    names = ("kind", "name", "on", "by", "at")
    return [{name: getattr(change, name) for name in names} for change in reversed(changes[-MOST_FAULTS:])]


def _is_from_program(request: Request) -> bool:
    """Return whether a request is one of programs, which get JSON in place of a page."""
    return request.url.path.startswith(("/api/", "/ready", "/health"))


def _problem_code(status: int) -> str:
    """Return the catalogue code for a status the framework gave."""
    codes = {403: "not_yours", 404: "not_found", 405: "not_allowed", 409: "conflict", 413: "too_large"}
    return "web.problem." + codes.get(status, "not_understood" if status < 500 else "internal")


ANSWERS: dict[int | type[Exception], Callable[[Request, Any], Any]] = {
    HTTPException: on_http,
    RequestValidationError: on_invalid,
    NotLoggedIn: on_stranger,
    SecondFactorMissing: on_second_factor,
    Refusal: on_refusal,
    Exception: on_error,
}
"""What answers the errors of every route."""
