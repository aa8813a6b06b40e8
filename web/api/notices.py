"""The register of notices: listing, verification, files; acknowledging and resending letters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.outgoing import letters
from web.api import mount
from web.api.answers import CaseId, Limit, NoticeAnswer, Number, RequestTranslator, api_router, notice_answer
from web.api.files import FILE
from web.auth.dependencies import Reading
from web.pages.cases.documents import register_file
from web.pages.cases.page import get_case_or_404
from web.pages.cases.reading import letters_of
from web.pages.reports.notice_register import standing_seen
from web.pages.reports.pages import IN_A_FILE, Narrowing

router = api_router(tags=["notices"])
Ending = Annotated[str, Path(pattern=r"^(xlsx|docx)$")]


class NoticeList(BaseModel):
    """A page of notices. `more`: whether there is a next page."""

    notices: list[NoticeAnswer]
    more: bool


class AlteredNotice(BaseModel):
    code: str
    key: str


class RegisterProof(BaseModel):
    """The result of verifying the register. `verified`: whether every record is unaltered.

    `batches`, `end`: number of batches of the chain, and its last hash; `seal`: number of the last seal.
    """

    verified: bool
    altered: list[AlteredNotice]
    batches: int
    end: str
    seal: int


@router.get("/notices")
def list_notices(
    ctx: Reading, translator: RequestTranslator, asked: Narrowing, number: Number = 1, limit: Limit = 100
) -> NoticeList:
    """List notices with recipient, time, channel and delivery state; the newest first."""
    notices = ctx.reads.notices_matching(**asked, limit=limit + 1, skip=(number - 1) * limit)
    office = ctx.reads.office()
    shown = [notice_answer(notice, office, translator) for notice in notices[:limit]]
    return NoticeList(notices=shown, more=len(notices) > limit)


@router.get("/notices/proof")
def verify_notices(ctx: Reading) -> RegisterProof:
    """Verify the whole register against its chain."""
    check = standing_seen(ctx)
    return RegisterProof(
        verified=not check.altered,
        altered=[AlteredNotice(code=code, key=key) for code, key in check.altered],
        batches=check.batches,
        end=check.end,
        seal=check.seal,
    )


@router.get("/notices/file/{ending}", responses=FILE, response_class=Response)
def get_notices_file(request: Request, ctx: Reading, asked: Narrowing, ending: Ending) -> Response:
    """Return the register as a workbook or a page to sign; its heading states whether it was verified."""
    today = ctx.today
    notices = ctx.reads.notices_matching(**asked, limit=IN_A_FILE)
    return register_file(request, ctx, notices, ending, f"register-{today.isoformat()}.{ending}")


mount.post(router, "/notices/resending", letters.resend_letters_of_channel)


@router.get("/cases/{case}/notices")
def list_case_notices(ctx: Reading, translator: RequestTranslator, case: CaseId) -> list[NoticeAnswer]:
    """List the letters about a case, the newest first."""
    get_case_or_404(ctx, case)
    office = ctx.reads.office()
    return [notice_answer(notice, office, translator) for notice in ctx.reads.notices(case)]


@router.get("/cases/{case}/notices/file/{ending}", responses=FILE, response_class=Response)
def get_case_notices_file(request: Request, ctx: Reading, case: CaseId, ending: Ending) -> Response:
    """Return the letters about a case as a workbook or a page to sign."""
    return letters_of(request, ctx, case, ending)


mount.post(router, "/cases/{case}/notices/acknowledgement", letters.acknowledge_letter)
mount.post(router, "/cases/{case}/notices/resending", letters.resend_letter)
