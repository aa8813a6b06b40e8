"""A file is what it says it is, or it is not taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from papers.sheets.file_kind import ALLOWED, extension, media_type


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


@pytest.mark.parametrize(("name", "data"), FALSE.items())
def test_a_file_that_is_something_else_has_none(tmp_path: Path, name: str, data: bytes) -> None:
    """A page posing as a document, one office file as another, a program as a text."""
    path = tmp_path / "content"
    path.write_bytes(data)

    assert media_type(path, name) is None


@pytest.mark.parametrize(
    "name", ["бағдарлама.exe", "бет.html", "бет.svg", "аты жоқ", "тізім.js", "бұйрық.pdf.exe"]
)
def test_what_browsers_or_systems_would_run_is_not_allowed(name: str) -> None:
    """Nor is a name without an ending."""
    assert extension(name) not in ALLOWED
