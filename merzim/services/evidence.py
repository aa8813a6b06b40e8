"""Files sent with a command, as evidence or in a row, and uploads that wait for a day; names of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import SEEK_END, BytesIO
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from merzim.services.context import RequestContext
from merzim.services.inputs import EvidenceInput, FileInput
from merzim.services.verbs import NotFound
from merzim.storage.accounts.uploads import Upload
from workflow.cases.case import Evidence
from workflow.refusal import Refusal

MAX_NAME_LENGTH = 200
MAX_GROUND_LENGTH = 300


def store_evidence(ctx: RequestContext, items: Sequence[EvidenceInput]) -> tuple[Evidence, ...]:
    """Store the files sent as evidence, before the ledger records them; return it for the ledger. All items are
    checked before any is stored.

    One whose `content` is evidence already was stored before, for several facts at once.

    Raises:
        Refusal: a date in the future.
        NotFound: a digest that matches no file the reader uploaded.
        Refusal: a kind of file that is not accepted.
    """
    stored = [item.content for item in items if isinstance(item.content, Evidence)]
    sent = [item for item in items if not isinstance(item.content, Evidence)]
    checked = [(_to_evidence(ctx, item), open_file(ctx, item)) for item in sent]
    return (*stored, *(_with_file(ctx, item, *file) if file else item for item, file in checked))


def clean_file_name(name: str) -> str:
    """Return the last part of a file's name, without folders or control characters, white space as spaces: its
    last MAX_NAME_LENGTH characters, "file" where nothing is left.
    """
    last = PureWindowsPath(PurePosixPath(name).name).name
    spaced = " ".join(last.split())
    clean = "".join(character for character in spaced if character.isprintable()).strip(" .")
    return clean[-MAX_NAME_LENGTH:] or "file"


def paper_file_name(title: str, about: str) -> str:
    """Return the name of the file of a filled form: its title, and what it is about."""
    name = f"{title.partition(' (')[0]} – {about}".replace("/", " ").replace("\\", " ")
    return clean_file_name(name[:150]) + ".docx"


def _to_evidence(ctx: RequestContext, item: EvidenceInput) -> Evidence:
    """Return evidence as sent, its file not stored yet. Raises Refusal for a document dated in the future."""
    if item.written_on is not None and item.written_on > ctx.today:
        raise Refusal("cli.attach.written_in_future", on=item.written_on, today=ctx.today)
    return Evidence(
        kind=item.kind,
        reference=item.address or "",
        published_on=item.published_on,
        written_on=item.written_on,
        restricted=" ".join(item.restricted.split())[:MAX_GROUND_LENGTH],
    )


def keep_upload(ctx: RequestContext, content: bytes, name: str) -> str:
    """Store a file for a day, for its sender alone, until they decide about it; return its digest."""
    return ctx.app.uploads.keep(content, name, at=ctx.moment)


def uploaded_file(ctx: RequestContext, digest: str) -> Upload:
    """Return a file the reader uploaded. Raises NotFound."""
    upload = ctx.app.uploads.stored_file(digest, at=ctx.moment)
    if upload is None:
        raise NotFound("web.problem.no_upload")
    return upload


def open_file(ctx: RequestContext, item: EvidenceInput | FileInput) -> tuple[BinaryIO, str] | None:
    """Return the file sent with a command and its cleaned name; None if none was sent. A file sent now, not
    uploaded before, is counted towards what its sender may send in a day.

    Raises:
        NotFound: a digest that matches no file the reader uploaded.
        Refusal: the reader has sent too much in the last day.
    """
    if item.content is not None:
        _count(ctx, item.content.content)
        return item.content.content, clean_file_name(item.content.name)
    if item.file is None:
        return None
    upload = uploaded_file(ctx, item.file)
    return BytesIO(upload.content), clean_file_name(upload.name)


def _count(ctx: RequestContext, content: BinaryIO) -> None:
    """Count a file sent by a user towards what they may send in a day. Raises Refusal."""
    if ctx.operator:
        return
    size = content.seek(0, SEEK_END)
    content.seek(0)
    ctx.app.uploads.count(size, at=ctx.moment)


def require_file(ctx: RequestContext, item: FileInput) -> tuple[BinaryIO, str]:
    """Return the file sent with a command, as `open_file`. Raises NotFound, also if none was sent."""
    opened_file = open_file(ctx, item)
    if opened_file is None:
        raise NotFound("web.problem.no_upload")
    return opened_file


def store_file(ctx: RequestContext, item: FileInput | None) -> dict[str, object]:
    """Store a file sent with a command; return its hash, name, type and size, {} if none was sent."""
    opened_file = open_file(ctx, item) if item is not None else None
    if opened_file is None:
        return {}
    file = ctx.app.evidence.keep(*opened_file)
    return {"sha256": file.reference, "name": opened_file[1], "type": file.type, "size": file.size}


def _with_file(ctx: RequestContext, item: Evidence, content: BinaryIO, name: str) -> Evidence:
    """Store the file of evidence; return the evidence with its reference (a hash), name, type and size."""
    file = ctx.app.evidence.keep(content, name)
    return replace(item, reference=file.reference, name=name, type=file.type, size=file.size)
