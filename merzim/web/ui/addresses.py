"""Page addresses without empty query parameters, suitable for sharing and bookmarks."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response


def tidy_address(request: Request, *, defaults: Iterable[tuple[str, str]] = ()) -> str:
    """Return the address of a request without empty parameters and without `defaults`."""
    omitted = frozenset(defaults)
    parameters = [(key, value) for key, value in request.query_params.multi_items() if value.strip()]
    query = urlencode([parameter for parameter in parameters if parameter not in omitted])
    return request.url.path + (f"?{query}" if query else "")


def redirect_to_tidy_address(request: Request) -> Response | None:
    """Return a redirect to the tidy address when a form sent empty fields; None when it did not.

    htmx needs no redirect: `with_tidy_address` sends it the address in a header.
    """
    empty = any(not value.strip() for value in request.query_params.values())
    if not empty or request.headers.get("hx-request") == "true":
        return None
    return RedirectResponse(tidy_address(request), status_code=303)


def with_tidy_address(request: Request, response: Response) -> Response:
    """Set the tidy address for the browser's address bar on an answer to htmx; return the answer."""
    if request.headers.get("hx-request") == "true":
        response.headers["hx-push-url"] = tidy_address(request)
    return response
