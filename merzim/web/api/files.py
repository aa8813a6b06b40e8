"""Upload of files, which later requests refer to by digest."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import File as Part
from fastapi import UploadFile
from pydantic import BaseModel

from merzim.services.evidence import clean_file_name, keep_upload
from merzim.web.api.answers import api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import Own
from merzim.web.ui.form_values import InvalidForm

router = api_router()
BINARY = Part(json_schema_extra={"format": "binary"})
"""Format of a file in the description, which generated clients need; the library only states the media type."""


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
        raise InvalidForm("web.refusal.empty_file", name=name)
    uploaded = UploadedFile(file=sha256(content).hexdigest(), name=name, size=len(content))

    def store() -> UploadedFile:
        keep_upload(ctx, "file", content, name)
        return uploaded

    return once(ctx, uploaded, store, UploadedFile)
