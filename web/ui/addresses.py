"""Addresses that can be given away: what a form left empty stands in none of them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response


def tidied(request: Request, *, defaults: Iterable[tuple[str, str]] = ()) -> str:
    """The address of a request without empty answers and without those that say what holds anyway."""
    passed = frozenset(defaults)
    kept = [(key, value) for key, value in request.query_params.multi_items() if value.strip()]
    asked = urlencode([pair for pair in kept if pair not in passed])
    return request.url.path + (f"?{asked}" if asked else "")


def elsewhere(request: Request) -> Response | None:
    """To the same page by its tidy address, when a form sent its empty fields along; None when it did not.

    htmx shows the answer at once and is told the address by `named`.
    """
    empty = any(not value.strip() for value in request.query_params.values())
    if not empty or request.headers.get("hx-request") == "true":
        return None
    return RedirectResponse(tidied(request), status_code=303)


def named(request: Request, response: Response) -> Response:
    """The same answer, with the tidy address for the browser's bar where htmx asked."""
    if request.headers.get("hx-request") == "true":
        response.headers["hx-push-url"] = tidied(request)
    return response
