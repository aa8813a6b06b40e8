"""The pages of a case for reading, and its downloads."""

from __future__ import annotations

import logging
from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from documents.sheets.unreadable import EvidenceDamaged
from services.context import RequestContext
from services.documents.case_documents import filled_form
from services.documents.case_documents import package as package_of_case
from services.evidence import clean_file_name
from services.outgoing.audit import DIGEST_DIGITS, record, record_paper
from web.auth.dependencies import Reading
from web.pages.cases.documents import DOCX, ZIP, as_file, case_file_name, register_file
from web.pages.cases.page import CaseId, case_page, get_case_or_404
from web.ui.preferences import preferences
from workflow.cases.registers.evidence_list import stored_file
from workflow.languages import law_language

log = logging.getLogger("merzim.web")
router = APIRouter(include_in_schema=False)

Name = Annotated[str | None, Query(max_length=200)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
FormId = Annotated[str, Path(pattern=r"^[a-z_]{1,60}$")]
Language = Annotated[str, Path(pattern=r"^(kk|ru)$")]
Ending = Annotated[str, Path(pattern=r"^(xlsx|docx)$")]


@router.get("/cases/{case}")
def deadlines_page(
    request: Request,
    ctx: Reading,
    case: CaseId,
    fact: Name = None,
    fix: Name = None,
    withdraw: Name = None,
    evidence: Annotated[str | None, Query(max_length=2000)] = None,
    recorded: Name = None,
    replanned: Name = None,
    said: Name = None,
    of: Name = None,
) -> Response:
    told = ("recorded", recorded) if recorded else ("replanned", replanned) if replanned else _told(said, of)
    taken_back = withdraw or "", evidence or ""
    return case_page(request, ctx, case, fact=fact or "", fix=fix or "", taken_back=taken_back, said=told)


@router.get("/cases/{case}/risks")
def registers_page(
    request: Request,
    ctx: Reading,
    case: CaseId,
    said: Name = None,
    left_out: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    return case_page(request, ctx, case, tab="risks", said=_told(said, None), left_out=left_out)


@router.get("/cases/{case}/papers")
def documents_page(request: Request, ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(request, ctx, case, tab="papers", said=_told(said, None))


@router.get("/cases/{case}/history")
def history_page(request: Request, ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(request, ctx, case, tab="history", said=_told(said, None))


@router.get("/cases/{case}/evidence/{digest}")
def evidence_file(ctx: Reading, case: CaseId, digest: Digest) -> Response:
    return evidence_of(ctx, case, digest)


@router.get("/cases/{case}/forms/{form}/{language}")
def form_file(ctx: Reading, case: CaseId, form: FormId, language: Language) -> Response:
    return form_of(ctx, case, form, language)


@router.get("/cases/{case}/package")
def package_file(request: Request, ctx: Reading, case: CaseId) -> Response:
    return package_of(ctx, case, preferences(request).language)


@router.get("/cases/{case}/register/{ending}")
def case_register_file(request: Request, ctx: Reading, case: CaseId, ending: Ending) -> Response:
    return letters_of(request, ctx, case, ending)


def evidence_of(ctx: RequestContext, case: str, digest: str) -> Response:
    """Return a stored file, always as a download: an uploaded file is never shown as a page.

    Raises:
        EvidenceDamaged: its bytes were altered; nothing is sent.
    """
    found, _ = get_case_or_404(ctx, case)
    # Of a document the reader may not open the case, as they see it, has no digest.
    item = stored_file(found, digest)
    if item is None:
        raise HTTPException(404, "web.problem.no_file")
    name = clean_file_name(item.name or "")
    try:
        content = ctx.app.evidence.open(digest)
    except EvidenceDamaged as damage:
        log.error("%s of case %s: %s %s", digest, case, damage.damage, damage.problem)
        raise damage.of(case, name) from None
    record(ctx, "file", "evidence_read", name=digest[:DIGEST_DIGITS], case=case)
    return StreamingResponse(
        iter(lambda: content.read(65536), b""),
        media_type="application/octet-stream",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
        background=BackgroundTask(content.close),
    )


def form_of(ctx: RequestContext, case: str, form: str, language: str) -> Response:
    """Return a form of the case as DOCX, filled with the known values."""
    today = ctx.today
    found, _ = get_case_or_404(ctx, case)
    document = filled_form(ctx.app, case, form, language, ctx.reads.scope_in(found), today=today)
    return as_file(document, DOCX, case_file_name(found, f"{form}-{language}", "docx"))


def package_of(ctx: RequestContext, case: str, language: str) -> Response:
    """Return the export package of the case, without restricted and damaged files."""
    found, _ = get_case_or_404(ctx, case)
    code = partial(record_paper, ctx, "package_read", language=law_language(language), case=case)
    package = package_of_case(ctx.app, case, language, ctx.reads.scope_in(found), code)
    content = package.content
    name = case_file_name(found, "package" if package.whole else "package-incomplete", "zip")
    return StreamingResponse(
        iter(lambda: content.read(65536), b""),
        media_type=ZIP,
        headers={"content-disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(content.close),
    )


def letters_of(request: Request, ctx: RequestContext, case: str, ending: str) -> Response:
    """Return the notices of the case as a workbook, or as a page to sign."""
    found, _ = get_case_or_404(ctx, case)
    notices = ctx.reads.notices(case)
    return register_file(request, ctx, notices, ending, case_file_name(found, "register", ending))


def _told(said: str | None, of: str | None) -> tuple[str, str] | None:
    return (said, of or "") if said in SAID else None


SAID = frozenset(
    {
        *("corrected", "signed", "cancelled", "exempted", "exempted_one", "reopened", "reopened_one"),
        *("acknowledged", "reader_named", "reader_removed", "withdrawn", "undone", "row_edited", "described"),
        *("extended", "paused", "resumed", "migrated", "commented", "comment_withdrawn", "asked"),
        *("assigned", "assignment_answered", "assignment_refused", "assignment_extended"),
        *("risk_found", "risk_ranked", "measure_set", "measure_reviewed"),
        *("risk_removed", "request_sent", "request_answered", "plan_taken", "nothing_new"),
        *("position_added", "position_described", "position_talked", "position_cleared"),
        *("remark_made", "remark_answered", "cartogram_recorded"),
    }
)
"""Codes of messages a case page can show after an action."""
