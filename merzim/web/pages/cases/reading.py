"""The pages of a case for reading, and its downloads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from merzim.web.auth.dependencies import Reading
from merzim.web.files_of_papers import get_case_notices_file, get_evidence, get_form, get_package
from merzim.web.http import CaseId
from merzim.web.pages.cases.page import UNREAD, case_page
from merzim.web.pages.cases.workbook import get_case_workbook

router = APIRouter(include_in_schema=False)
Name = Annotated[str | None, Query(max_length=200)]
router.get("/cases/{case}/evidence/{digest}")(get_evidence)
router.get("/cases/{case}/forms/{form}/{language}")(get_form)
router.get("/cases/{case}/package")(get_package)
router.get("/cases/{case}/xlsx")(get_case_workbook)
router.get("/cases/{case}/register/xlsx")(get_case_notices_file)


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
    message = (
        ("recorded", recorded) if recorded else ("replanned", replanned) if replanned else _message(said, of)
    )
    taken_back = withdraw or "", evidence or ""
    return case_page(request, ctx, case, fact=fact or "", fix=fix or "", taken_back=taken_back, message=message)


@router.get("/cases/{case}/risks")
def registers_page(
    request: Request,
    ctx: Reading,
    case: CaseId,
    said: Name = None,
    left_out: Annotated[int, Query(ge=0, le=10_000)] = 0,
    unread: Annotated[str, Query(max_length=UNREAD)] = "",
) -> Response:
    message = _message(said, None)
    return case_page(request, ctx, case, tab="risks", message=message, left_out=left_out, unread=unread)


@router.get("/cases/{case}/papers")
def documents_page(request: Request, ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(request, ctx, case, tab="papers", message=_message(said, None))


@router.get("/cases/{case}/history")
def history_page(request: Request, ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(request, ctx, case, tab="history", message=_message(said, None))


def _message(message: str | None, of: str | None) -> tuple[str, str] | None:
    return (message, of or "") if message in MESSAGES else None


MESSAGES = frozenset(
    {
        *("opened", "corrected", "cancelled", "exempted", "exempted_one", "reopened", "reopened_one"),
        *("acknowledged", "reader_named", "reader_removed", "withdrawn", "undone", "row_edited", "described"),
        *("migrated", "commented", "comment_withdrawn", "asked"),
        *("assigned", "assignment_answered", "assignment_refused", "assignment_extended"),
        *("risk_found", "risk_ranked", "measure_set", "measure_reviewed"),
        *("risk_removed", "request_sent", "request_answered", "plan_taken", "nothing_new"),
        *("position_added", "position_described", "position_talked", "position_cleared"),
        *("remark_made", "remark_answered", "cartogram_recorded"),
    }
)
"""Codes of messages a case page can show after an action."""
