"""Codes on printed proofs: the page shows authenticity and kind of the hash, and nothing more."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import segno
from openpyxl import load_workbook
from sqlalchemy import text

from calendars.hours import almaty
from merzim.services.documents.notice_journal import paper
from merzim.services.outgoing.public import PAPERS
from merzim.storage.database.engine import writing
from merzim.storage.maintenance.seals import seal
from merzim.storage.notices import journal
from tests.web.conftest import NOW, TODAY, Site, dashboard_of, people, settings_in
from workflow.cases.commands.opening import Opening
from workflow.org.audit import EVERYTHING, AuditFilter

ADDRESS = "https://merzim.example.kz"
STAMP = {"by": "officer", "now": NOW, "today": TODAY}
FIRST, SECOND = datetime(2026, 4, 3, 4, 0, tzinfo=UTC), datetime(2026, 4, 6, 4, 30, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An office whose page for everybody is open, with two batches in its chain of deliveries."""
    site = dashboard_of(settings_in(tmp_path, public_page=True, public_address=ADDRESS))
    people(site.accounts)
    for at in (FIRST, SECOND):
        with writing(site.context.engine) as connection:
            journal.append(connection, [(f"2026-0001:{at}", "acknowledged", "2026-04-03")], now=at)
    return site


def _end(site: Site) -> str:
    return journal.journal_status(site.context.engine).end


def _matrix(png: bytes) -> list[list[int]]:
    """Read the modules of a code from its picture, black as 1: eight pixels each, four of margin."""
    assert png.startswith(b"\x89PNG")
    width, height, bits, colour = struct.unpack(">IIBB", png[16:26])
    assert (bits, colour) == (1, 0)
    data, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    stride, raw = (width + 7) // 8 + 1, zlib.decompress(data)
    rows: list[bytes] = []
    for n in range(height):
        kind, *row = raw[n * stride : (n + 1) * stride]
        assert kind in (0, 2), "as it is, or as the difference from the row above"
        above = rows[-1] if kind == 2 else bytes(stride - 1)
        rows.append(bytes((a + b) % 256 for a, b in zip(above, row, strict=True)))
    return [
        [1 - (rows[y][x // 8] >> (7 - x % 8) & 1) for x in range(36, width - 32, 8)]
        for y in range(36, height - 32, 8)
    ]


def test_a_printed_register_bears_the_code_of_its_hash(site: Site) -> None:
    """The picture in the file is the code of the address of the page, the address stands beside it in words."""
    address = f"{ADDRESS}/public/proof/2/{_end(site)}"

    with ZipFile(BytesIO(paper(site.context, [], ".docx", "ru", now=NOW))) as docx:
        (picture,) = [name for name in docx.namelist() if name.startswith("word/media/")]
        drawn, document = docx.read(picture), docx.read("word/document.xml").decode()
    sheet = load_workbook(BytesIO(paper(site.context, [], ".xlsx", "ru", now=NOW))).active

    assert _matrix(drawn) == [list(row) for row in segno.make(address, error="m").matrix]
    assert address in document
    assert sheet is not None
    assert str(sheet["A5"].value).endswith(address)


def test_where_the_page_is_not_open_there_is_no_code(site: Site) -> None:
    """Off by default: no address is printed, and the page answers 404 as if it were not there."""
    object.__setattr__(site.context.settings.web, "public_page", False)

    with ZipFile(BytesIO(paper(site.context, [], ".docx", "ru", now=NOW))) as docx:
        assert [name for name in docx.namelist() if name.startswith("word/media/")] == []
        assert "public/proof" not in docx.read("word/document.xml").decode()
    assert site.stranger().get(f"/public/proof/2/{_end(site)}").status_code == 404


def test_a_genuine_hash_is_confirmed_with_its_day_and_nothing_else(site: Site) -> None:
    """To anybody: number, moment, seal; no case, no key of a record, not how many there are."""
    before = site.stranger().get(f"/public/proof/2/{_end(site)}?lang=en")
    seal(site.context.engine, now=SECOND + timedelta(minutes=1))

    answer = site.stranger().get(f"/public/proof/2/{_end(site)}?lang=en")

    assert (before.status_code, "Not sealed yet." in before.text) == (200, True)
    assert answer.status_code == 200
    assert "Genuine: this hash is in the chain of records of this organisation." in answer.text
    assert "Batch 2 of the chain, 06.04.2026, 09:30 (Almaty time)" in answer.text
    assert "Sealed: 06.04.2026, 09:31." in answer.text
    assert "2026-0001" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


def test_an_older_sheet_is_genuine_too(site: Site) -> None:
    """Its batch is not the last any more; the hash of one batch says nothing of another."""
    with site.context.engine.connect() as connection:
        first = connection.execute(text("SELECT hash FROM proof WHERE n = 1")).scalar_one()

    stranger = site.stranger()

    assert "03.04.2026, 09:00" in stranger.get(f"/public/proof/1/{first}").text
    assert stranger.get(f"/public/proof/2/{first}").status_code == 404


def test_a_package_bears_the_code_of_its_list_of_hashes(site: Site) -> None:
    """Index and page give one digest: of the file SHA256SUMS in the package. Nothing of the case or of who made
    it stands on the page, and the entry of another kind of act is no paper."""
    case = site.case_commands.open(Opening(procedure="internal-analysis", object="Кадр"), **STAMP).id
    with site.client("officer") as client:
        package = ZipFile(BytesIO(client.get(f"/cases/{case}/package?lang=en").content))
    page = site.context.reads.audit(AuditFilter(), scope=EVERYTHING, after=0, limit=100)
    (entry,) = [candidate for candidate in page.entries if candidate.kind == "package_read"]
    address = f"{ADDRESS}/public/proof/entry/{entry.seq}/{entry.hash}"
    (name,) = [name for name in package.namelist() if name.endswith(".xlsx")]
    with ZipFile(BytesIO(package.read(name))) as book:
        drawn = book.read("xl/media/image1.png")
    texts = [row[0] for row in load_workbook(BytesIO(package.read(name))).active.iter_rows(values_only=True)]
    digest = sha256(package.read("SHA256SUMS")).hexdigest()

    answer = site.stranger().get(f"{address.removeprefix(ADDRESS)}?lang=en")

    assert _matrix(drawn) == [list(row) for row in segno.make(address, error="m").matrix]
    assert [str(line) for line in texts[-2:]] == [
        f"SHA-256 of the package's file SHA256SUMS: {digest}",
        f"This sheet can be verified at: {address}",
    ]
    assert answer.status_code == 200
    assert "Index of a package of evidence" in answer.text
    assert f"the document was made on {entry.at.astimezone(almaty()):%d.%m.%Y, %H:%M}" in answer.text
    assert (digest in answer.text, "Not sealed yet." in answer.text) == (True, True)
    assert (case in answer.text, "officer" in answer.text) == (False, False)
    assert answer.headers["cache-control"] == "no-store"
    other = next(candidate for candidate in page.entries if candidate.kind not in PAPERS)
    assert site.stranger().get(f"/public/proof/entry/{other.seq}/{other.hash}").status_code == 404
    assert site.stranger().get(f"/public/proof/entry/{entry.seq}/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("changed", ["0" * 64, "shorter", "A" * 64, "%27%20OR%201"])
def test_another_hash_is_not_known_here(changed: str, site: Site) -> None:
    """Never "almost": one letter off is as unknown as any."""
    assert site.stranger().get(f"/public/proof/2/{changed}").status_code in (404, 422)


def test_a_batch_that_was_altered_is_not_confirmed(site: Site) -> None:
    """The hash stands there still, what it is the hash of does not."""
    end = _end(site)
    with writing(site.context.engine) as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'proof'")
        ).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE proof SET lines = '[]' WHERE n = 2"))

    assert site.stranger().get(f"/public/proof/2/{end}").status_code == 404


def test_nobody_tries_many(site: Site) -> None:
    """Thirty from one network at once; a genuine one is answered all the same."""
    stranger = site.stranger()

    answers = [stranger.get(f"/public/proof/2/{n:064x}").status_code for n in range(31)]

    assert answers == [404] * 30 + [429]
    assert stranger.get(f"/public/proof/2/{_end(site)}").status_code == 200
