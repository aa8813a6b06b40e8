"""The page of the audit log: who did what, when and from where, with filters and paging by cursor."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.inputs import build
from services.outgoing.audit import AskAudit, AuditList, ask_audit
from web.auth.dependencies import Auditing
from web.downloads.administration import AUDIT_COLUMNS, get_audit_workbook
from web.http import AuditQuery
from web.ui.form_values import InvalidForm, parse_date
from web.ui.preferences import preferences
from web.ui.render import page
from web.ui.tables import page_heads
from workflow.org.audit import OF_CASES, TOPICS
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
router.get("/audit.xlsx")(get_audit_workbook)
Text = Annotated[str, Query(max_length=500)]
PAGE = 50
Number = Annotated[int | None, Query(ge=1, le=2**53)]


@router.get("/audit")
def audit_page(request: Request, ctx: Auditing, shown: AuditQuery, before: Number = None) -> Response:
    """Show entries of the audit log, the newest first."""
    entries, refusal = AuditList(entries=[], cursor=None, more=False), None
    asked = {name: value for name, value in shown.items() if value}
    try:
        for name in {"since", "until"} & asked.keys():
            asked[name] = parse_date(asked[name]).isoformat()
        language = preferences(request).language
        paged = {**asked, "before": before, "limit": PAGE, "language": language}
        entries = ask_audit(ctx, build(AskAudit, paged))
    except (InvalidForm, Refusal) as trouble:
        refusal = trouble
    older = urlencode({**asked, "before": entries.cursor}) if entries.more else ""
    topics = [name for name in TOPICS if ctx.reader.may("read" if name in OF_CASES else "settings")]
    return page(
        request,
        ctx,
        "audit.html",
        entries=entries.entries,
        heads=page_heads(AUDIT_COLUMNS),
        shown=shown,
        refusal=refusal,
        topics=topics,
        older=older,
        newest=urlencode(asked) if before else "",
        query=urlencode(asked),
    )
