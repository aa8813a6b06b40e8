"""The page of the journal of notices: who was notified of what, when, and the outcome."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from merzim.services.reports.notices import PAGE as LINES
from merzim.services.reports.notices import list_notices, verify_journal
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads.reports import Noticed, get_notices_file
from merzim.web.http import Number
from merzim.web.ui.render import page
from merzim.web.ui.unit_filter import build_person_filter

router = APIRouter(include_in_schema=False)
NOTICE_STATES = ("queued", "sending", "sent", "unknown", "failed", "withdrawn")
router.get("/register/xlsx")(get_notices_file)


@router.get("/register")
def journal_page(
    request: Request, ctx: Reading, query: Noticed, number: Number = 1, check: Literal["", "1"] = ""
) -> Response:
    """Show who was notified of what, when, through which channel, and the outcome."""
    view = list_notices(ctx, query, number=number)
    people_named = {line.notice.person for line in view.lines}
    return page(
        request,
        ctx,
        "notice_journal.html",
        view=view,
        query=query,
        people=build_person_filter(ctx.reads.office(), query["person"], people_named, own_unit=ctx.reader.root),
        states=NOTICE_STATES,
        journal=verify_journal(ctx) if check else None,
        lines=LINES,
    )
