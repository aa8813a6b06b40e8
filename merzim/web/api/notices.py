"""The journal of notices: listing, and resending letters."""

from __future__ import annotations

from pydantic import BaseModel

from merzim.services.context import whole_case
from merzim.services.outgoing import sending
from merzim.web.api import mount
from merzim.web.api.answers import Limit, NoticeAnswer, api_router, notice_answer
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads import reports as downloads
from merzim.web.http import CaseId, Number
from merzim.web.ui.render import RequestTranslator

router = api_router(tags=["notices"])


class NoticeList(BaseModel):
    """A page of notices. `more`: whether there is a next page."""

    notices: list[NoticeAnswer]
    more: bool


@router.get("/notices")
def list_notices(
    ctx: Reading,
    translator: RequestTranslator,
    asked: downloads.Noticed,
    number: Number = 1,
    limit: Limit = 100,
) -> NoticeList:
    """List notices with recipient, time, channel and delivery state; the newest first."""
    notices = ctx.reads.notices_matching(**asked, limit=limit + 1, skip=(number - 1) * limit)
    office = ctx.reads.office()
    notice_answers = [notice_answer(notice, office, translator) for notice in notices[:limit]]
    return NoticeList(notices=notice_answers, more=len(notices) > limit)


@router.get("/cases/{case}/notices")
def list_case_notices(ctx: Reading, translator: RequestTranslator, case: CaseId) -> list[NoticeAnswer]:
    """List the letters about a case, the newest first."""
    whole_case(ctx, case)
    office = ctx.reads.office()
    return [notice_answer(notice, office, translator) for notice in ctx.reads.notices(case)]


mount.post(router, "/cases/{case}/notices/resending", sending.resend_letter)
