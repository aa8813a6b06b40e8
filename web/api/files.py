"""Upload of files, which later requests refer to by digest."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import File as Part
from fastapi import UploadFile
from pydantic import BaseModel

from documents.sheets.upload import Upload
from services.context import RequestContext
from services.evidence import clean_file_name
from web.api.answers import api_router
from web.api.mount import Writing
from web.auth.dependencies import Own
from web.pages.case_creation.intended_dates import refuse
from web.pages.case_creation.schedules import get_upload_or_404, keep
from web.pages.cases.documents import DOCX, XLSX, ZIP

router = api_router()
BYTES = "application/octet-stream"
BINARY = Part(json_schema_extra={"format": "binary"})
"""Format of a file in the description, which generated clients need; the library only states the media type."""


def file_answer(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of an answer that is a file of one of these media types.

    "application/octet-stream" is added, so that generated clients know they get bytes.
    """
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*kinds, BYTES)}
    return {200: {"description": "The file itself.", "content": content}}


FILE = file_answer(XLSX, DOCX, ZIP)


class UploadedFile(BaseModel):
    """An uploaded file. `file`: the SHA-256 of its bytes, by which requests refer to it for a day."""

    file: str
    name: str
    size: int


@router.post("/files", tags=["files"], status_code=201)
def send_file(ctx: Own, once: Writing, file: Annotated[UploadFile, BINARY]) -> UploadedFile:
    """Upload a file: evidence, a schedule, a table. It is stored for a day, only for its sender.

    The request that refers to it decides its use, and checks its type and size.
    """
    name, content = clean_file_name(file.filename or ""), file.file.read()
    if not content:
        raise refuse("web.refusal.empty_file", name=name)
    uploaded = UploadedFile(file=sha256(content).hexdigest(), name=name, size=len(content))

    def store() -> UploadedFile:
        keep(ctx, "file", content, name, "")
        return uploaded

    return once(ctx, uploaded, store, UploadedFile)


def get_uploaded_file_or_404(ctx: RequestContext, digest: str) -> Upload:
    """Return a file the reader uploaded; 404 if there is none, or it has expired."""
    return get_upload_or_404(ctx, "file", digest)
