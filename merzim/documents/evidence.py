"""A file of evidence: its media type, by its name and content, which must agree; how a stored one is damaged.

A browser trusts the name, a reader the content: an HTML page called `order.pdf` would run in the reader's
browser, so it is refused.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from workflow.refusal import Refusal

MAX_MEMBERS = 10_000
"""Maximum number of files in an archive or Office document."""
MAX_UNPACKED = 2**30
"""Maximum bytes of all members unpacked, to protect readers who open the evidence."""
_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNED = (b"0\x80", b"0\x82", b"0\x83", b"-----BEGIN", b"MI")
"""How a detached signature begins: DER, or base64 with or without PEM lines."""
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<body", b"<head", b"<iframe")

Check = tuple[bytes, ...] | Callable[[bytes], bool]
"""How a file begins, or whether its beginning fits."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file: SHA-256 of its bytes in hexadecimal, media type, size in bytes."""

    reference: str
    type: str
    size: int


def extension(name: str) -> str:
    """Return the extension of a file name in lower case; empty where there is none."""
    return Path(name).suffix.lstrip(".").lower()


def is_packed(name: str) -> bool:
    """Return whether a file of that name is an archive, known by its members, not by its first bytes."""
    return extension(name) in _PACKED


def packed_type(data: bytes, name: str, *, path: str) -> str | None:
    """Return what `media_type` does of the file at a path, with the signature of a reader; `data` is unused."""
    return media_type(Path(path), name)


def media_type(path: Path, name: str) -> str | None:
    """Return the media type of the file when its content matches its name; None when it does not.

    Raises:
        KeyError: files of that extension are not accepted (see ALLOWED).
        Refusal: it holds too many files or bytes, or a file that would be unpacked outside its folder.
    """
    if is_packed(name):
        type, inside = _PACKED[extension(name)]
        return type if _holds(path, inside) else None
    type, fits = _KINDS[extension(name)]
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return type if (head.startswith(fits) if isinstance(fits, tuple) else fits(head)) else None


def _holds(path: Path, inside: str) -> bool:
    """Return whether it is a ZIP with a member whose name begins so. Raises Refusal as `media_type`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    if len(members) > MAX_MEMBERS:
        raise Refusal("evidence_archive_too_many", limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refusal("evidence_archive_unpacks", limit=MAX_UNPACKED // 2**20)
    for member in members:
        if _leads_out(member):
            raise Refusal("evidence_archive_leads_out", member=member.filename)
    return not inside or any(member.filename.startswith(inside) for member in members)


def _leads_out(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a link, or would be unpacked outside its folder."""
    paths = (PurePosixPath(member.filename), PureWindowsPath(member.filename))
    return stat.S_ISLNK(member.external_attr >> 16) or any(
        path.is_absolute() or path.drive or ".." in path.parts for path in paths
    )


def _markup(head: bytes) -> bool:
    """Return whether the text looks like HTML."""
    return any(mark in head.lower() for mark in _MARKUP)


def _is_text(head: bytes) -> bool:
    """Return whether it is a text without NUL that does not look like HTML."""
    return b"\0" not in head and not _markup(head)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_PACKED: Mapping[str, tuple[str, str]] = {
    "docx": (f"{_OFFICE}.wordprocessingml.document", "word/"),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", "xl/"),
    "pptx": (f"{_OFFICE}.presentationml.presentation", "ppt/"),
    "odt": ("application/vnd.oasis.opendocument.text", "mimetype"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", "mimetype"),
    "zip": ("application/zip", ""),
}
"""Extension of an archive -> its media type, and how the name of one of its members begins."""
# The signature of a PDF may occur anywhere in the first kilobyte (ISO 32000); MP4 and QuickTime name it fifth.
_KINDS: Mapping[str, tuple[str, Check]] = {
    "pdf": ("application/pdf", lambda head: b"%PDF-" in head[:1024] and not _markup(head)),
    "doc": ("application/msword", (_OLE,)),
    "xls": ("application/vnd.ms-excel", (_OLE,)),
    "ppt": ("application/vnd.ms-powerpoint", (_OLE,)),
    "msg": ("application/vnd.ms-outlook", (_OLE,)),
    "rtf": ("application/rtf", (b"{\\rtf",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "tif": ("image/tiff", (b"II*\0", b"MM\0*")),
    "tiff": ("image/tiff", (b"II*\0", b"MM\0*")),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "eml": ("message/rfc822", _is_text),
    "xml": (
        "application/xml",
        lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and not _markup(head),
    ),
    "p7s": ("application/pkcs7-signature", _SIGNED),
    "p7m": ("application/pkcs7-mime", _SIGNED),
    "cms": ("application/cms", _SIGNED),
    "sig": ("application/pgp-signature", _SIGNED),
    "mp4": ("video/mp4", lambda head: head[4:8] == b"ftyp"),
}
ALLOWED: tuple[str, ...] = (*_KINDS, *_PACKED)
"""Extensions of the accepted files."""


DamageCode = Literal["evidence_missing", "evidence_altered", "evidence_unreadable"]


class EvidenceDamaged(Refusal):
    """A stored evidence file cannot be returned. Arguments: its hash as recorded, and what is known of it."""

    def __init__(
        self, code: DamageCode, *, sha256: str, case: str = "", name: str = "", problem: str = ""
    ) -> None:
        super().__init__(code, sha256=sha256, case=case, name=name, problem=problem)
        self.damage, self.sha256, self.problem = code, sha256, problem

    def of(self, case: str, name: str) -> EvidenceDamaged:
        """Return the same error with the case and the file's name added to its message."""
        return EvidenceDamaged(self.damage, sha256=self.sha256, case=case, name=name, problem=self.problem)
