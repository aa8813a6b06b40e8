"""The register of notices: read, proved, taken away; a letter acknowledged or sent again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.inputs import Key, Name
from services.verbs import Command
from web.api.answers import PROBLEMS, CaseId, Limit, NoticeAnswer, Number, notice_answer
from web.api.files import FILE
from web.api.idempotency import Writing
from web.auth.dependencies import Managing, Reading, Recording
from web.pages.cases import commands
from web.pages.cases.documents import register_file
from web.pages.cases.page import get_case_or_404
from web.pages.cases.reading import letters_of
from web.pages.reports.notice_register import standing_seen
from web.pages.reports.pages import IN_A_FILE, Narrowing

router = APIRouter(prefix="/api/v1", tags=["notices"], responses=PROBLEMS)
Ending = Annotated[str, Path(pattern=r"^(xlsx|docx)$")]


class NoticeList(BaseModel):
    """`more`: whether there is a further page."""

    notices: list[NoticeAnswer]
    more: bool


class AlteredNotice(BaseModel):
    code: str
    key: str


class RegisterProof(BaseModel):
    """The register against its chain. `verified`: every record is as it was written.

    `batches`, `end`: how long the chain is, and its last hash; `seal`: the number of the last seal.
    """

    verified: bool
    altered: list[AlteredNotice]
    batches: int
    end: str
    seal: int


class Letter(Command):
    key: Key


class Channel(Command):
    channel: Name


class Resent(BaseModel):
    """How many letters were queued again."""

    channel: str
    letters: int


class LetterDone(BaseModel):
    """`done`: false when nothing was to be done."""

    key: str
    done: bool


@router.get("/notices")
def list_notices(ctx: Reading, asked: Narrowing, number: Number = 1, limit: Limit = 100) -> NoticeList:
    """Who was told what, when, through which channel, and what came of it; the newest first."""
    found = ctx.reads.told(**asked, limit=limit + 1, skip=(number - 1) * limit)
    office = ctx.reads.office()
    return NoticeList(notices=[notice_answer(one, office) for one in found[:limit]], more=len(found) > limit)


@router.get("/notices/proof")
def verify_register(ctx: Reading) -> RegisterProof:
    """Whether the register verifies against its chain; reads all of it."""
    found = standing_seen(ctx)
    return RegisterProof(
        verified=not found.altered,
        altered=[AlteredNotice(code=code, key=key) for code, key in found.altered],
        batches=found.batches,
        end=found.end,
        seal=found.seal,
    )


@router.get("/notices/file/{ending}", responses=FILE, response_class=Response)
def get_register_file(request: Request, ctx: Reading, asked: Narrowing, ending: Ending) -> Response:
    """The register as a workbook, or as a page to be signed off; its heading says whether it verifies."""
    today = ctx.today
    notices = ctx.reads.told(**asked, limit=IN_A_FILE)
    return register_file(request, ctx, notices, ending, f"register-{today.isoformat()}.{ending}")


@router.post("/notices/resending")
def resend_all(ctx: Managing, once: Writing, body: Channel) -> Resent:
    """Queue again what a fault of a channel has kept from leaving."""
    return once(
        ctx,
        body,
        lambda: Resent(channel=body.channel, letters=commands.resend_all(ctx, body.channel)),
        Resent,
    )


@router.get("/cases/{case}/notices")
def of_the_case(ctx: Reading, case: CaseId) -> list[NoticeAnswer]:
    """The letters about a case, the newest first."""
    get_case_or_404(ctx, case)
    office = ctx.reads.office()
    return [notice_answer(one, office) for one in ctx.reads.notices(case)]


@router.get("/cases/{case}/notices/file/{ending}", responses=FILE, response_class=Response)
def of_the_case_as_a_file(request: Request, ctx: Reading, case: CaseId, ending: Ending) -> Response:
    """The same as a workbook, or as a page to be signed off."""
    return letters_of(request, ctx, case, ending)


@router.post("/cases/{case}/notices/acknowledgement")
def acknowledge(ctx: Recording, once: Writing, case: CaseId, body: Letter) -> LetterDone:
    """Say that a letter was read; only its own reader can. Said again, the first time stays."""
    get_case_or_404(ctx, case)

    def said() -> LetterDone:
        try:
            commands.read_letter(ctx, case, body.key)
        except commands.NoSuchLetter:
            raise HTTPException(404, "web.problem.no_letter") from None
        return LetterDone(key=body.key, done=True)

    return once(ctx, body, said, LetterDone)


@router.post("/cases/{case}/notices/resending")
def resend(ctx: Recording, once: Writing, case: CaseId, body: Letter) -> LetterDone:
    """Queue a letter that did not arrive again, for the next office hours."""
    get_case_or_404(ctx, case)
    return once(
        ctx,
        body,
        lambda: LetterDone(key=body.key, done=commands.resend(ctx, case, body.key)),
        LetterDone,
    )
