"""Shared helpers of the administration pages: form values, rendering, redirects."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from merzim.services.context import RequestContext
from merzim.web.ui.preferences import preferences, set_preference_cookies
from merzim.web.ui.render import page

MESSAGES = frozenset(
    {
        *("saved", "removed", "taken", "made", "changed", "closed", "reopened", "ended", "revoked", "unlinked"),
        "factor_removed",
    }
)


def placed(path: str, **told: str) -> str:
    """Return a page's address with these values as its query."""
    return f"{path}?{urlencode(told)}" if any(told.values()) else path


def show(request: Request, ctx: RequestContext, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page of the administration."""
    message = request.query_params.get("said", "") if request.method == "GET" else ""
    values.setdefault("refusal", None)
    return page(request, ctx, template, status=status, message=message if message in MESSAGES else "", **values)


def onward(request: Request, path: str, **parameters: str) -> Response:
    """Redirect to a page after a change; htmx gets a header."""
    address = f"{path}?{urlencode(parameters)}" if parameters else path
    response: Response = RedirectResponse(address, status_code=303)
    if request.headers.get("hx-request") == "true":
        response = Response(status_code=204, headers={"hx-redirect": address})
    set_preference_cookies(response, preferences(request).new_cookies)
    return response
