"""Determines the media type of an evidence file from its name and its content, which must agree.

A browser trusts the name, a reader the content: an HTML page called `order.pdf` would run in the reader's
browser, so it is refused.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from workflow.refusal import Refusal

MAX_MEMBERS = 10_000
"""Maximum number of files in an archive or Office document."""
MAX_UNPACKED = 2**30
"""Maximum bytes of all members unpacked, to protect readers who open the evidence."""
_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<body", b"<head", b"<iframe")

Check = Callable[[Path, bytes], bool]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file: SHA-256 of its bytes in hexadecimal, media type, size in bytes."""

    reference: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    fits: Check
    packed: bool = False


def extension(name: str) -> str:
    """Return the extension of a file name in lower case; empty where there is none."""
    return Path(name).suffix.lstrip(".").lower()


def is_packed(name: str) -> bool:
    """Return whether a file of that name is an archive, whose type is determined by its list of members.

    The type of other files is determined by their first bytes.
    """
    kind = _KINDS.get(extension(name))
    return kind is not None and kind.packed


def packed_type(data: bytes, name: str, *, path: str) -> str | None:
    """Return the media type of the file at a path, as `media_type` does, with the signature of a reader; `data`
    is unused.
    """
    return media_type(Path(path), name)


def media_type(path: Path, name: str) -> str | None:
    """Return the media type of the file when its content matches its name; None when it does not.

    Raises:
        KeyError: files of that extension are not accepted (see ALLOWED).
        Refusal: it holds too many files or bytes, or a file that would be unpacked outside its folder.
    """
    kind = _KINDS[extension(name)]
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return kind.type if kind.fits(path, head) else None


def _starts(*signatures: bytes) -> Check:
    """Return a check for files that begin with one of these bytes."""
    return lambda path, head: head.startswith(signatures)


def _pdf(path: Path, head: bytes) -> bool:
    """Return whether it is a PDF; the signature may occur anywhere in the first kilobyte (ISO 32000)."""
    return b"%PDF-" in head[:1024] and not _markup(head)


def _packed(type: str, *inside: str) -> _Kind:
    """Return a check for a ZIP with a member whose name begins with one of these; without names any ZIP
    passes.
    """

    def fits(path: Path, head: bytes) -> bool:
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return False
        _check_members(members)
        return not inside or any(member.filename.startswith(inside) for member in members)

    return _Kind(type, fits, packed=True)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive with too many members, too many bytes or an unsafe path."""
    if len(members) > MAX_MEMBERS:
        raise Refusal("evidence_archive_too_many", limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refusal("evidence_archive_unpacks", limit=MAX_UNPACKED // 2**20)
    for member in members:
        if _leads_out(member):
            raise Refusal("evidence_archive_leads_out", member=member.filename)


def _leads_out(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a link, or would be unpacked outside its folder."""
    paths = (PurePosixPath(member.filename), PureWindowsPath(member.filename))
    return stat.S_ISLNK(member.external_attr >> 16) or any(
        path.is_absolute() or path.drive or ".." in path.parts for path in paths
    )


def _text(path: Path, head: bytes) -> bool:
    """Return whether it is a text without NUL that does not look like HTML."""
    return b"\0" not in head and not _markup(head)


def _xml(path: Path, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and not _markup(head)


def _signature(path: Path, head: bytes) -> bool:
    """Return whether it is a detached signature: DER, or base64 with or without PEM lines."""
    return head.startswith((b"0\x80", b"0\x82", b"0\x83", b"-----BEGIN", b"MI"))


def _film(path: Path, head: bytes) -> bool:
    """Return whether the file is an MP4 or QuickTime video."""
    return head[4:8] == b"ftyp"


def _markup(head: bytes) -> bool:
    """Return whether the text looks like HTML."""
    plain = head.lower()
    return any(mark in plain for mark in _MARKUP)


_KINDS: Mapping[str, _Kind] = {
    "pdf": _Kind("application/pdf", _pdf),
    "docx": _packed("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/"),
    "xlsx": _packed("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/"),
    "pptx": _packed("application/vnd.openxmlformats-officedocument.presentationml.presentation", "ppt/"),
    "odt": _packed("application/vnd.oasis.opendocument.text", "mimetype"),
    "ods": _packed("application/vnd.oasis.opendocument.spreadsheet", "mimetype"),
    "doc": _Kind("application/msword", _starts(_OLE)),
    "xls": _Kind("application/vnd.ms-excel", _starts(_OLE)),
    "ppt": _Kind("application/vnd.ms-powerpoint", _starts(_OLE)),
    "msg": _Kind("application/vnd.ms-outlook", _starts(_OLE)),
    "rtf": _Kind("application/rtf", _starts(b"{\\rtf")),
    "jpg": _Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": _Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    "png": _Kind("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "tif": _Kind("image/tiff", _starts(b"II*\0", b"MM\0*")),
    "tiff": _Kind("image/tiff", _starts(b"II*\0", b"MM\0*")),
    "txt": _Kind("text/plain", _text),
    "csv": _Kind("text/csv", _text),
    "eml": _Kind("message/rfc822", _text),
    "xml": _Kind("application/xml", _xml),
    "p7s": _Kind("application/pkcs7-signature", _signature),
    "p7m": _Kind("application/pkcs7-mime", _signature),
    "cms": _Kind("application/cms", _signature),
    "sig": _Kind("application/pgp-signature", _signature),
    "zip": _packed("application/zip"),
    "mp4": _Kind("video/mp4", _film),
}

ALLOWED: tuple[str, ...] = tuple(_KINDS)
"""Extensions of the accepted files."""
