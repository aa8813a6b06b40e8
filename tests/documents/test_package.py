"""The package of a case, and the kinds of files and archives that are taken."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest
from freezegun import freeze_time

from merzim.documents.child import read
from merzim.documents.evidence import ALLOWED, MAX_MEMBERS, EvidenceDamaged, extension, media_type, packed_type
from merzim.documents.package import Document, PackageContent, write_package
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.cases.case import Evidence
from workflow.law.procedure import Text
from workflow.refusal import Refusal

NOTE = b"%PDF-1.7 note"
SECRET = b"%PDF-1.7 secret"
ACT = Text(kk="Стандарт: 2025/230", ru="Стандарт: 2025/230", en="Standard: 2025/230")


def document(data: bytes | None = NOTE, **changed_fields: Any) -> Document:
    """One document of the note's subtask; without data it is a link. `changed_fields`: of its evidence."""
    evidence = Evidence(
        kind="document:note",
        reference=sha256(data).hexdigest() if data is not None else "https://example.kz/анықтама",
        name="анықтама.pdf" if data is not None else None,
        written_on=date(2026, 6, 9),
        recorded_at=datetime(2026, 6, 10, 20, tzinfo=UTC),
        type="application/pdf",
        size=len(data or b""),
    )
    return Document(
        paragraph="P1.T2.S3",
        act=ACT,
        obligation=Text(kk="Анықтама", ru="Справка", en="Note"),
        case="2026-0001",
        unit="Құқық басқармасы",
        object=dict.fromkeys(("kk", "ru", "en"), "Сатып алу"),
        fact_on=date(2026, 6, 10),
        evidence=replace(evidence, **changed_fields),
    )


def store(*contents: bytes, altered: bytes = b"") -> Callable[[str], BinaryIO]:
    """Evidence of the office by hash; the content of `altered` has changed."""
    files = {sha256(data).hexdigest(): data for data in contents}

    def content(reference: str) -> BinaryIO:
        if reference == sha256(altered).hexdigest():
            raise EvidenceDamaged("evidence_altered", sha256=reference)
        if reference not in files:
            raise EvidenceDamaged("evidence_missing", sha256=reference)
        return io.BytesIO(files[reference])

    return content


def packed(tmp_path: Path, *documents: Document, **options: object) -> tuple[zipfile.ZipFile, PackageContent]:
    """The package written and opened again, in Kazakh."""
    target = tmp_path / "жинақ.zip"
    answer = write_package(target, documents, store(NOTE, SECRET), language="kk", **options)
    return zipfile.ZipFile(target), answer


def index(archive: zipfile.ZipFile) -> list[dict[str, object]]:
    """The rows of the index workbook under its headings."""
    book = openpyxl.load_workbook(io.BytesIO(archive.read("Тізбе.xlsx")))
    heads, *rows = book.active.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def test_a_document_stands_in_the_folder_of_its_project_task_and_subtask(tmp_path: Path) -> None:
    """Instruction, introduction: named as it names them; a long name is cut at a word, for Windows unpacks no
    path over 260 characters."""
    archive, answer = packed(tmp_path, document())

    inside = (
        "№1 жоба. Сыбайлас жемқорлық тәуекелдеріне…/"
        "2-тапсырма. Сыбайлас жемқорлық тәуекелдеріне…/"
        "3-қосалқы тапсырма. Сыбайлас жемқорлық тәуекелдерін ішкі талдау нәтижелері бойынша "
        "талдамалық анықтамаға қол…"
        "/2026-0001/2026-06-10 анықтама.pdf"
    )
    assert archive.read(inside) == NOTE
    assert (answer.files, answer.links, answer.restricted, answer.damaged["lost"]) == (1, 0, 0, [])


def test_the_index_names_every_document_with_its_dates_and_hash(tmp_path: Path) -> None:
    """Three dates: written, recorded, published; links are in the index only. The hashes can be checked by
    the usual program: in each line the hash, two blanks, the name."""
    archive, _ = packed(tmp_path, document(), document(None, kind="link:site", published_on=date(2026, 6, 12)))
    note, link = index(archive)
    (line,) = archive.read("SHA256SUMS").decode().splitlines()
    digest, name = line.split("  ")

    assert note["SHA-256"] == digest == sha256(archive.read(name)).hexdigest() == sha256(NOTE).hexdigest()
    assert [str(note[name])[:10] for name in ("Құжаттың күні", "Жазылған күні")] == ["2026-06-09", "2026-06-11"]
    assert link["Құжат немесе сілтеме"] == "https://example.kz/анықтама"
    assert str(link["Жарияланған күні"])[:10] == "2026-06-12"


def test_a_restricted_document_is_named_and_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Its bytes are nowhere in the package, and the index says why; for those who may see it, it goes in."""
    hidden = document(SECRET, name="құпия.pdf", restricted="Мемлекеттік құпиялар туралы заң, 14-бап")
    archive, answer = packed(tmp_path, document(), hidden)

    assert answer.restricted == 1
    assert not any("құпия" in name for name in archive.namelist())
    assert "14-бап" in str(index(archive)[1]["Ескертпе"])
    (tmp_path / "all").mkdir()
    archive, answer = packed(tmp_path / "all", hidden, restricted=True)
    assert (answer.files, answer.restricted) == (1, 0)
    assert SECRET in [archive.read(name) for name in archive.namelist()]


def test_a_file_that_was_lost_or_altered_is_named_and_left_out(tmp_path: Path) -> None:
    """Neither the bytes nor the hash of an altered one are in the package; the rest of it is made all the
    same."""
    target = tmp_path / "жинақ.zip"
    documents = [document(b"%PDF gone"), document(), document(SECRET)]
    answer = write_package(target, documents, store(NOTE, SECRET, altered=NOTE), language="kk")
    archive = zipfile.ZipFile(target)

    assert ([document.evidence.name for document in answer.damaged["lost"]], answer.files) == (
        ["анықтама.pdf"],
        1,
    )
    assert [document.evidence.reference for document in answer.damaged["altered"]] == [sha256(NOTE).hexdigest()]
    assert [row["Ескертпе"] for row in index(archive)[:2]] == [
        "Файл қоймада табылмады",
        "Файл тіркелгеннен кейін өзгертілген, топтамаға салынбаған",
    ]
    assert sha256(NOTE).hexdigest() not in archive.read("SHA256SUMS").decode()
    assert len([name for name in archive.namelist() if name.endswith(".pdf")]) == 1


def test_two_files_of_one_name_both_go_in(tmp_path: Path) -> None:
    """Letter case apart: Windows would write one over the other."""
    archive, _ = packed(tmp_path, document(), document(SECRET, name="АНЫҚТАМА.pdf"))

    names = [name.rpartition("/")[2] for name in archive.namelist() if name.endswith(".pdf")]
    assert names == ["2026-06-10 анықтама.pdf", "2026-06-10 АНЫҚТАМА (2).pdf"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "C:\\жүйе\\а.pdf", "а\nб.pdf", "ұ" * 400 + ".pdf", "...pdf"]
)
def test_no_name_leads_out_of_the_package(tmp_path: Path, name: str) -> None:
    """Slashes, drives, line breaks and endless names become plain ones that keep their ending."""
    archive, _ = packed(tmp_path, document(name=name))

    (inside,) = [entry for entry in archive.namelist() if "2026-0001/" in entry]
    last = inside.rpartition("/")[2]
    assert inside.count("/") == 4
    assert ".." not in inside.split("/")
    assert not set("\\:\n") & set(last)
    assert len(last) < 140


def test_the_same_documents_make_the_same_bytes(tmp_path: Path) -> None:
    """Whenever they are written, so that two packages can be compared by their hash."""
    packages = []
    for name, day in (("a.zip", "2026-04-06"), ("b.zip", "2026-04-07")):
        with freeze_time(day):
            write_package(tmp_path / name, [document()], store(NOTE), language="ru")
        packages.append((tmp_path / name).read_bytes())

    assert packages[0] == packages[1]


def archive_of(*names: str) -> bytes:
    """A ZIP with these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


DOCX = archive_of("[Content_Types].xml", "word/document.xml")
XLSX = archive_of("[Content_Types].xml", "xl/workbook.xml")
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
    "бәрі.zip": archive_of("a"),
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
    assert (
        refusal_of(tmp_path / "f", archive_of(*map(str, range(MAX_MEMBERS + 1)))) == "evidence_archive_too_many"
    )


@pytest.mark.parametrize(
    "member", ["../.bashrc", "a/../../b", "/etc/passwd", "C:\\x.dll", "..\\..\\x", "\\\\host\\x"]
)
def test_an_archive_that_writes_elsewhere_is_refused(tmp_path: Path, member: str) -> None:
    """Wherever it would be unpacked, on whatever system."""
    assert refusal_of(tmp_path / "f", archive_of("a.txt", member)) == "evidence_archive_leads_out"


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
    (tmp_path / "f").write_bytes(archive_of("қалта/", "қалта/а..б.txt", "...", "a:b c.txt"[2:], ".hidden"))

    assert media_type(tmp_path / "f", "бәрі.zip") == "application/zip"
