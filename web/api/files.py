"""Files: sent once, then named by their digest; and those a case has, taken away as they are."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, UploadFile
from fastapi import File as Part
from pydantic import BaseModel

from documents.sheets.upload import Upload
from services.context import RequestContext
from services.evidence import clean_file_name
from web.api.answers import PROBLEMS
from web.api.idempotency import Writing
from web.auth.dependencies import Own
from web.pages.case_creation.intended_dates import refuse
from web.pages.case_creation.schedules import get_upload_or_404, keep
from web.pages.cases.documents import DOCX, XLSX, ZIP

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


def a_file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """An answer that is a file of one of these kinds, as the description of an operation tells it."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {200: {"description": "The file itself.", "content": content}}


FILE = a_file(XLSX, DOCX, ZIP, "application/octet-stream")


class UploadedFile(BaseModel):
    """A file that was sent. `file`: the SHA-256 of its bytes, by which other requests name it for a day."""

    file: str
    name: str
    size: int


@router.post("/files", tags=["files"], status_code=201)
def send_file(ctx: Own, once: Writing, file: Annotated[UploadFile, Part()]) -> UploadedFile:
    """Send a file: evidence, a schedule, a table. It is kept for a day, for the sender alone.

    What it is taken as is said by the request that names it; the kind and the size allowed are looked at there.
    """
    name, content = clean_file_name(file.filename or ""), file.file.read()
    if not content:
        raise refuse("web.refusal.empty_file", name=name)
    told = UploadedFile(file=sha256(content).hexdigest(), name=name, size=len(content))

    def sent() -> UploadedFile:
        keep(ctx, "file", content, name, "")
        return told

    return once(ctx, told, sent, UploadedFile)


def sent_file(ctx: RequestContext, digest: str) -> Upload:
    """A file the reader sent; 404 when it is not kept, or no longer."""
    return get_upload_or_404(ctx, "file", digest)
