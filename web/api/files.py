"""Files: sent once, then named by their digest; and those a case has, taken away as they are."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, UploadFile
from fastapi import File as Part
from pydantic import BaseModel

from documents.sheets.upload import Upload
from web.api.answers import PROBLEMS
from web.api.idempotency import Writing
from web.api.inputs import Proof
from web.auth.dependencies import Own
from web.context import RequestContext
from web.pages.case_creation.intended_dates import refuse
from web.pages.case_creation.schedules import keep, the_upload
from web.pages.cases.documents import DOCX, XLSX, ZIP
from web.pages.cases.evidence import file_name, item, stored
from workflow.cases.case import Evidence

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


def a_file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """An answer that is a file of one of these kinds, as the description of an operation tells it."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {200: {"description": "The file itself.", "content": content}}


FILE = a_file(XLSX, DOCX, ZIP, "application/octet-stream")


class Kept(BaseModel):
    """A file that was sent. `file`: the SHA-256 of its bytes, by which other requests name it for a day."""

    file: str
    name: str
    size: int


@router.post("/files", tags=["files"], status_code=201)
def send_file(ctx: Own, once: Writing, file: Annotated[UploadFile, Part()]) -> Kept:
    """Send a file: evidence, a schedule, a table. It is kept for a day, for the sender alone.

    What it is taken as is said by the request that names it; the kind and the size allowed are looked at there.
    """
    name, content = file_name(file.filename or ""), file.file.read()
    if not content:
        raise refuse("web.refusal.empty_file", name=name)
    told = Kept(file=sha256(content).hexdigest(), name=name, size=len(content))

    def sent() -> Kept:
        keep(ctx, "file", content, name, "")
        return told

    return once(ctx, told, sent, Kept)


def the_file(ctx: RequestContext, digest: str) -> Upload:
    """A file the reader sent; 404 when it is not kept, or no longer."""
    return the_upload(ctx, "file", digest)


def proofs(ctx: RequestContext, given: Sequence[Proof]) -> list[Evidence]:
    """What proves something, as the workflow has it; files are stored last, when all else is in order.

    Raises:
        BadForm: a document bears a day that has not come.
        EvidenceRefused: a kind of file that is not taken.
    """
    _, today = ctx.clock()
    told = [
        (
            item(
                one.kind,
                one.address or "",
                published=one.published_on,
                written=one.written_on,
                restricted=one.restricted,
                today=today,
            ),
            the_file(ctx, one.file) if one.file else None,
        )
        for one in given
    ]
    return [
        stored(what, BytesIO(file.content), file.name, ctx.evidence_store) if file else what
        for what, file in told
    ]
