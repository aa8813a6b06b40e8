"""Calendar feeds, as calendar programs fetch them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from merzim.services.people.feeds import open_feed
from merzim.web.auth.dependencies import Anybody
from notifications.wire.entry import calendar

router = APIRouter(include_in_schema=False)
REFRESH = timedelta(hours=4)
Token = Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


@router.get("/feeds/{token}.ics")
def feed(request: Request, ctx: Anybody, token: Token) -> Response:
    """Return a feed to a calendar program, as iCalendar."""
    open_feed_view = open_feed(ctx, token, request.query_params.get("lang", ""))
    if open_feed_view is None:
        raise HTTPException(403, "web.problem.second_factor")
    return Response(
        calendar(open_feed_view.items, name=open_feed_view.name, refresh=REFRESH),
        media_type="text/calendar; charset=utf-8",
        headers={
            "cache-control": "private, max-age=3600",
            "content-disposition": 'inline; filename="merzim.ics"',
            "x-robots-tag": "noindex",
        },
    )
