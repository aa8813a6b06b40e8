"""File type detection: the content must match the declared type, otherwise the file is refused."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from merzim.documents.child import read
from merzim.documents.sheets.file_kind import ALLOWED, MAX_MEMBERS, extension, media_type, packed_type
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.refusal import Refusal


def packed(*names: str) -> bytes:
    """A ZIP with these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")
XLSX = packed("[Content_Types].xml", "xl/workbook.xml")
PDF = b"%PDF-1.4\n%\xe2\xe3\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
TRUE = {
    "бұйрық.pdf": PDF,
    "ЕСКІ.PDF": b"\n\n" + PDF,
    "анықтама.docx": DOCX,
    "кесте.xlsx": XLSX,
    "скан.jpg": b"\xff\xd8\xff\xe0JFIF",
    "скан.png": b"\x89PNG\r\n\x1a\n....",
    "ескі.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....",
    "хаттама.txt": "Хаттама №1".encode(),
    "қол.p7s": b"0\x82\x01\x02",
    "бәрі.zip": packed("a"),
}
FALSE = {
    "бұйрық.pdf": HTML,
    "хаттама.pdf": DOCX,
    "анықтама.docx": XLSX,
    "кесте.xlsx": PDF,
    "скан.png": b"GIF89a",
    "хаттама.txt": HTML,
    "бағдарлама.txt": b"MZ\x90\0\x03\0",
    "бәрі.zip": b"PK but no zip",
    "сурет.jpg": b"",
}


@pytest.mark.parametrize(("name", "data"), TRUE.items())
def test_a_file_that_is_what_it_says_has_its_media_type(tmp_path: Path, name: str, data: bytes) -> None:
    """Scans, office files, signatures, in any letter case of the ending."""
    path = tmp_path / "content"
    path.write_bytes(data)

    assert media_type(path, name) is not None
    if data.startswith(b"PK"):  # an archive is looked at in a process of its own
        assert read(packed_type, b"", name, path=str(path)) == media_type(path, name)


@pytest.mark.parametrize(("name", "data"), FALSE.items())
def test_a_file_that_is_something_else_has_none(tmp_path: Path, name: str, data: bytes) -> None:
    """A page posing as a document, one office file as another, a program as a text."""
    path = tmp_path / "content"
    path.write_bytes(data)

    assert media_type(path, name) is None
    assert read(packed_type, b"", name, path=str(path)) is None


@pytest.mark.parametrize(
    "name", ["бағдарлама.exe", "бет.html", "бет.svg", "аты жоқ", "тізім.js", "бұйрық.pdf.exe"]
)
def test_what_browsers_or_systems_would_run_is_not_allowed(name: str) -> None:
    """Nor is a name without an ending."""
    assert extension(name) not in ALLOWED


def refusal_of(path: Path, data: bytes, name: str = "бәрі.zip") -> str:
    """The code it is refused with: by the reader itself, and as everybody calls it."""
    path.write_bytes(data)
    with pytest.raises(UnreadablePaper) as everywhere:
        read(packed_type, b"", name, path=str(path))
    with pytest.raises(Refusal) as local_refusal:
        media_type(path, name)
    assert (local_refusal.value.code, local_refusal.value.arguments) == (
        everywhere.value.code,
        everywhere.value.arguments,
    )
    return local_refusal.value.code


def declaring(data: bytes, size: int) -> bytes:
    """An archive whose first file is said to unpack to so many bytes."""
    content = bytearray(data)
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, size)
    return bytes(content)


@pytest.mark.parametrize("name", ["бәрі.zip", "анықтама.docx", "кесте.xlsx"])
def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path, name: str) -> None:
    """The server does not unpack it, but a person who opens the evidence would."""
    assert refusal_of(tmp_path / "f", declaring(DOCX, 2**30 + 1), name) == "evidence_archive_unpacks"
    (tmp_path / "f").write_bytes(declaring(DOCX, 2**30 - 1))
    assert media_type(tmp_path / "f", "анықтама.docx") is not None


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    """What a list of members too long for the reader's memory does to it, its process bears."""
    assert refusal_of(tmp_path / "f", packed(*map(str, range(MAX_MEMBERS + 1)))) == "evidence_archive_too_many"


@pytest.mark.parametrize(
    "member", ["../.bashrc", "a/../../b", "/etc/passwd", "C:\\x.dll", "..\\..\\x", "\\\\host\\x"]
)
def test_an_archive_that_writes_elsewhere_is_refused(tmp_path: Path, member: str) -> None:
    """Wherever it would be unpacked, on whatever system."""
    assert refusal_of(tmp_path / "f", packed("a.txt", member)) == "evidence_archive_leads_out"


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    """Unpacked, what is written to it lands where it points."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("сілтеме")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert refusal_of(tmp_path / "f", target.getvalue()) == "evidence_archive_leads_out"


def test_ordinary_names_lead_nowhere(tmp_path: Path) -> None:
    """Folders, dots and spaces in names are everyday."""
    (tmp_path / "f").write_bytes(packed("қалта/", "қалта/а..б.txt", "...", "a:b c.txt"[2:], ".hidden"))

    assert media_type(tmp_path / "f", "бәрі.zip") == "application/zip"
