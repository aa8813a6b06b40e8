"""The audit log: entries in pages, and all of them as lines for other systems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import StreamingResponse

from services.audit import AskAudit, AuditList, LineFormat, ask_audit, export_lines
from services.inputs import Line, build
from web.api.answers import PROBLEMS, RequestTranslator
from web.auth.dependencies import Auditing

router = APIRouter(prefix="/api/v1", tags=["administration"], responses=PROBLEMS)
Number = Annotated[int | None, Query(ge=0, le=2**53, description="The number of an entry: a cursor.")]
Text = Annotated[str, Query(max_length=500)]
MEDIA_TYPES: dict[str, str] = {"jsonl": "application/jsonl", "cef": "text/plain; charset=utf-8"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in MEDIA_TYPES.values()}}
}


@router.get("/audit")
def list_entries(
    ctx: Auditing,
    translator: RequestTranslator,
    person: Text = "",
    topic: Text = "",
    about: Text = "",
    since: Text = "",
    until: Text = "",
    after: Number = None,
    before: Number = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditList:
    """List entries of the audit log: after a number in order, else the newest first."""
    fields = _fields(translator.language, person, topic, about, since, until)
    return ask_audit(ctx, build(AskAudit, {**fields, "after": after, "before": before or None, "limit": limit}))


@router.get("/audit/file/{form}", responses=FILE, response_class=StreamingResponse)
def get_file(
    ctx: Auditing,
    translator: RequestTranslator,
    form: Annotated[LineFormat, Path()],
    person: Text = "",
    topic: Text = "",
    about: Text = "",
    since: Text = "",
    until: Text = "",
    after: Number = None,
) -> StreamingResponse:
    """Return all entries after a number as lines of JSON or of the Common Event Format, in order."""
    fields = _fields(translator.language, person, topic, about, since, until)
    lines = export_lines(ctx, build(AskAudit, {**fields, "after": after}), form)
    return StreamingResponse(
        lines,
        media_type=MEDIA_TYPES[form],
        headers={"content-disposition": f'attachment; filename="audit-{ctx.today.isoformat()}.{form}"'},
    )


def _fields(language: str, person: Line, topic: str, about: str, since: str, until: str) -> dict[str, object]:
    return {
        "language": language,
        "person": person,
        "topic": topic,
        "about": about,
        "since": since or None,
        "until": until or None,
    }
