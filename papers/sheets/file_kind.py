"""What a file of evidence may be, told from its name and from what is in it; the two must agree.

A browser believes the name, a reader the content: a page of HTML called `order.pdf` would run in the
reader's browser, so it is refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_HEAD = 4096
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


def extension(name: str) -> str:
    """The last part of a file's name after the dot, in small letters; empty where there is none."""
    return Path(name).suffix.lstrip(".").lower()


def media_type(path: Path, name: str) -> str | None:
    """The media type of the file when its content is what its name says; None when it is not.

    Raises:
        KeyError: no file of that name's ending is taken (see ALLOWED).
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


def _packed(*inside: str) -> Check:
    """A ZIP that holds a part whose name begins so; no names: any ZIP."""

    def fits(path: Path, head: bytes) -> bool:
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return False
        return not inside or any(name.startswith(inside) for name in names)

    return fits


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
    "docx": _Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _packed("word/")),
    "xlsx": _Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _packed("xl/")),
    "pptx": _Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", _packed("ppt/")),
    "odt": _Kind("application/vnd.oasis.opendocument.text", _packed("mimetype")),
    "ods": _Kind("application/vnd.oasis.opendocument.spreadsheet", _packed("mimetype")),
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
    "zip": _Kind("application/zip", _packed()),
    "mp4": _Kind("video/mp4", _film),
}

ALLOWED: tuple[str, ...] = tuple(_KINDS)
"""Endings of the files that are taken."""
