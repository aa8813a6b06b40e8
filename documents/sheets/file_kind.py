"""What a file of evidence may be, told from its name and from what is in it; the two must agree.

A browser believes the name, a reader the content: a page of HTML called `order.pdf` would run in the
reader's browser, so it is refused.
"""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from workflow.refusal import Refusal

MAX_MEMBERS = 10_000
"""Files inside an archive or a document of Office."""
MAX_LISTING = 4 * 2**20
"""Bytes of the list of them at its end."""
MAX_UNPACKED = 2**30
"""Bytes all of them may have unpacked. Nobody here unpacks them; whoever opens the evidence would."""
_HEAD = 4096
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<body", b"<head", b"<iframe")

Check = Callable[[Path, bytes], bool]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A kept file: the SHA-256 of its bytes in hexadecimal, its media type, its size in bytes."""

    reference: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    fits: Check
    packed: bool = False


def extension(name: str) -> str:
    """The last part of a file's name after the dot, in small letters; empty where there is none."""
    return Path(name).suffix.lstrip(".").lower()


class ArchiveRefused(Refusal):
    """An archive nobody should be given to open."""


def is_packed(name: str) -> bool:
    """Whether a file of that name is an archive, which is told by the list of what is in it.

    All others are told by their first bytes alone.
    """
    kind = _KINDS.get(extension(name))
    return kind is not None and kind.packed


def packed_type(data: bytes, name: str, *, path: str) -> str | None:
    """Return what `media_type` says of the file at a path, called as readers are; `data` is empty."""
    return media_type(Path(path), name)


def media_type(path: Path, name: str) -> str | None:
    """The media type of the file when its content is what its name says; None when it is not.

    Raises:
        KeyError: no file of that name's ending is taken (see ALLOWED).
        ArchiveRefused: it holds too many files or too much, or one that would be unpacked elsewhere.
    """
    kind = _KINDS[extension(name)]
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return kind.type if kind.fits(path, head) else None


def _starts(*signatures: bytes) -> Check:
    return lambda path, head: head.startswith(signatures)


def _pdf(path: Path, head: bytes) -> bool:
    """The mark may stand anywhere in the first kilobyte (ISO 32000)."""
    return b"%PDF-" in head[:1024] and not _markup(head)


def _packed(type: str, *inside: str) -> _Kind:
    """A ZIP that holds a part whose name begins so; no names: any ZIP."""

    def fits(path: Path, head: bytes) -> bool:
        _check_listing(path)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return False
        _check_members(members)
        return not inside or any(member.filename.startswith(inside) for member in members)

    return _Kind(type, fits, packed=True)


def _check_listing(path: Path) -> None:
    """Refuse an archive whose list of files would fill the memory, before it is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
        tail = file.read()
    found = tail.rfind(_END)
    if found < 0 or len(tail) < found + _END_SIZE:
        return  # no archive at all; whoever opens it says so
    members, listing = struct.unpack_from("<HI", tail, found + 10)
    if members > MAX_MEMBERS or listing > MAX_LISTING:
        raise ArchiveRefused("evidence_archive_too_many", limit=MAX_MEMBERS)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise ArchiveRefused("evidence_archive_too_many", limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise ArchiveRefused("evidence_archive_unpacks", limit=MAX_UNPACKED // 2**20)
    for member in members:
        if _leads_out(member):
            raise ArchiveRefused("evidence_archive_leads_out", member=member.filename)


def _leads_out(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a link, or would be unpacked outside of the folder it is unpacked in."""
    named = (PurePosixPath(member.filename), PureWindowsPath(member.filename))
    return stat.S_ISLNK(member.external_attr >> 16) or any(
        path.is_absolute() or path.drive or ".." in path.parts for path in named
    )


def _text(path: Path, head: bytes) -> bool:
    return b"\0" not in head and not _markup(head)


def _xml(path: Path, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and not _markup(head)


def _signature(path: Path, head: bytes) -> bool:
    """A detached signature: DER, or the same in base64 with or without its PEM lines."""
    return head.startswith((b"0\x80", b"0\x82", b"0\x83", b"-----BEGIN", b"MI"))


def _film(path: Path, head: bytes) -> bool:
    return head[4:8] == b"ftyp"


def _markup(head: bytes) -> bool:
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
"""Endings of the files that are taken."""
