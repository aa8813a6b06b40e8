"""The audit log: entries in pages, and all entries as lines for other systems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import StreamingResponse

from merzim.services.inputs import build
from merzim.services.outgoing.audit import AskAudit, ask_audit, export_lines
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Auditing
from merzim.web.http import AuditQuery
from merzim.web.ui.render import RequestTranslator, Translator

router = api_router(tags=["administration"])
Number = Annotated[int | None, Query(ge=0, le=2**53, description="The number of an entry: a cursor.")]
JSON_LINES = "application/jsonl"
# Generated clients know no JSON lines, but text.
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in (JSON_LINES, "text/plain")}}
}


mount.get(router, "/audit", ask_audit, name="list_audit_entries")


@router.get("/audit/file/jsonl", responses=FILE, response_class=StreamingResponse)
def get_audit_file(
    ctx: Auditing,
    translator: RequestTranslator,
    query: AuditQuery,
    after: Number = None,
) -> StreamingResponse:
    """Return all entries after a number as lines of JSON, in order."""
    lines = export_lines(ctx, _command(translator, query, after=after))
    return StreamingResponse(
        lines,
        media_type=JSON_LINES,
        headers={"content-disposition": f'attachment; filename="audit-{ctx.today.isoformat()}.jsonl"'},
    )


def _command(translator: Translator, query: dict[str, Any], **extra_filters: object) -> AskAudit:
    filters = {name: text for name, text in query.items() if text}
    return build(AskAudit, {**filters, **extra_filters, "language": translator.language})
