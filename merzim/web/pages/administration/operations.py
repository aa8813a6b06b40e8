"""Administration pages: state of the installation, failed letters sent again; the audit log with filters."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.outgoing import sending
from merzim.services.outgoing.audit import AskAudit, AuditList, ask_audit
from merzim.services.upkeep.operations import AskOperations, ResendLetter, get_operations, resend_failed_letter
from merzim.services.verbs import NotFound
from merzim.web.auth.dependencies import Auditing, Setting
from merzim.web.downloads.administration import AUDIT_COLUMNS, get_audit_workbook
from merzim.web.http import AuditQuery
from merzim.web.pages.administration.common import onward, show
from merzim.web.ui.form_values import InvalidForm, parse_date
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import page
from merzim.web.ui.tables import page_heads
from workflow.org.audit import OF_CASES, TOPICS
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
PATH = "/administration/operations"
STATES = ("queued", "sending", "sent", "unknown", "failed", "withdrawn")


@router.get(PATH)
def operations_page(request: Request, ctx: Setting) -> Response:
    """Show checks, tasks, the queue of each channel, and letters that failed with their cause."""
    return _page(request, ctx)


@router.post(PATH)
def send_again(request: Request, ctx: Setting, letter: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Queue a failed letter again."""
    try:
        resend_failed_letter(ctx, build(ResendLetter, {"letter": letter}))
    except NotFound as refusal:
        return _page(request, ctx, status=404, refusal=refusal)
    return onward(request, PATH, said="saved")


def _page(
    request: Request, ctx: RequestContext, *, status: int = 200, refusal: Refusal | None = None
) -> Response:
    view = get_operations(ctx, AskOperations(language=preferences(request).language))
    channels = sorted({queue_line.channel for queue_line in view.queue})
    counts = {(queue_line.channel, queue_line.state): queue_line.count for queue_line in view.queue}
    return show(
        request,
        ctx,
        "operations.html",
        status=status,
        view=view,
        channels=channels,
        counts=counts,
        states=STATES,
        faults=sending.faults(ctx.app),
        refusal=refusal,
    )


router.get("/audit.xlsx")(get_audit_workbook)
Text = Annotated[str, Query(max_length=500)]
PAGE = 50
Number = Annotated[int | None, Query(ge=1, le=2**53)]


@router.get("/audit")
def audit_page(request: Request, ctx: Auditing, shown: AuditQuery, before: Number = None) -> Response:
    """Show entries of the audit log, the newest first."""
    entries, refusal = AuditList(entries=[], cursor=None, more=False), None
    filters = {name: value for name, value in shown.items() if value}
    try:
        for name in {"since", "until"} & filters.keys():
            filters[name] = parse_date(filters[name]).isoformat()
        language = preferences(request).language
        paged = {**filters, "before": before, "limit": PAGE, "language": language}
        entries = ask_audit(ctx, build(AskAudit, paged))
    except (InvalidForm, Refusal) as trouble:
        refusal = trouble
    older = urlencode({**filters, "before": entries.cursor}) if entries.more else ""
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
        newest=urlencode(filters) if before else "",
        query=urlencode(filters),
    )
