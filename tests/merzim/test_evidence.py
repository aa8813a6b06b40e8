"""Proving what was done: a document attached, restricted, packed for the platform; by the commands alone."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim

ORDER = b"%PDF-1.7 order 15"
DAY = ("--now", "2026-04-07")


@pytest.fixture
def signed(office: Merzim, tmp_path: Path) -> Merzim:
    """The example case with its order signed on the last day, nothing attached yet."""
    (tmp_path / "Бұйрық №15.pdf").write_bytes(ORDER)
    assert office("record", "2026-0001", "order_signed", "--on", "2026-04-06", *DAY).code == 0
    return office


def attach(merzim: Merzim, proof: str = "document:order=Бұйрық №15.pdf", *more: str) -> object:
    """The order's document attached on the next day."""
    return merzim("attach", "2026-0001", "order_signed", proof, *more, *DAY)


def test_an_attached_file_keeps_its_three_dates_its_kind_and_its_size(signed: Merzim) -> None:
    """Written in April, published nowhere, recorded on the day of the command."""
    attach(signed, "document:order=Бұйрық №15.pdf", "--written", "2026-04-06")

    (item,) = signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]
    assert item["reference"] == sha256(ORDER).hexdigest()
    assert (item["type"], item["size"], item["written_on"]) == ("application/pdf", len(ORDER), "2026-04-06")
    assert item["recorded_at"].startswith("2026-04-07")


def test_the_same_file_twice_is_attached_once(signed: Merzim) -> None:
    """The second time nothing is written, and it says so."""
    attach(signed)
    before = signed("case", "2026-0001", "--json").json["events"]
    again = attach(signed)

    assert "attached already" in again.out  # type: ignore[attr-defined]
    assert signed("case", "2026-0001", "--json").json["events"] == before


def test_a_restriction_said_later_holds_for_the_same_document(signed: Merzim) -> None:
    """One document, now restricted; the ledger keeps both sayings."""
    attach(signed)
    attach(signed, "document:order=Бұйрық №15.pdf", "--restricted", "personal data")

    (item,) = signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]
    assert item["restricted"] == "personal data"
    assert signed("verify", *DAY).code == 0


def test_a_restricted_document_without_its_certificate_is_a_finding(signed: Merzim, tmp_path: Path) -> None:
    """Until the certificate with the grounds is there."""
    attach(signed, "document:order=Бұйрық №15.pdf", "--restricted", "personal data")
    codes = {one["code"] for one in signed("case", "2026-0001", "--json", *DAY).json["findings"]}
    (tmp_path / "анықтама.pdf").write_bytes(b"%PDF-1.7 certificate")
    signed(
        *("record", "2026-0001", "certificate_filed", "--on", "2026-04-07", *DAY),
        *("--evidence", "document:certificate=анықтама.pdf"),
    )
    after = {one["code"] for one in signed("case", "2026-0001", "--json", *DAY).json["findings"]}

    assert "restricted_uncertified" in codes
    assert "restricted_uncertified" not in after


@pytest.mark.parametrize(
    ("fact", "proof", "says"),
    [
        ("order_signed", "document:order=бос.pdf", "is empty"),
        ("order_signed", "document:order=бет.pdf", "no whole link|is no|not a .pdf"),
        ("order_signed", "document:order=бағдарлама.exe", "allowed"),
        ("order_signed", "document:order=жоқ.pdf", "жоқ.pdf"),
        ("order_signed", "https://", "no whole link"),
        ("order_signed", "https://example.kz/a b", "no whole link"),
        ("note_signed", "document:note=Бұйрық №15.pdf", "not recorded"),
        ("order_sined", "Бұйрық №15.pdf", "order_signed"),
    ],
)
def test_what_cannot_prove_anything_is_refused_in_one_sentence(
    signed: Merzim, tmp_path: Path, fact: str, proof: str, says: str
) -> None:
    """Exit 2, one line, nothing written."""
    (tmp_path / "бос.pdf").write_bytes(b"")
    (tmp_path / "бет.pdf").write_bytes(b"<html></html>")
    (tmp_path / "бағдарлама.exe").write_bytes(b"MZ")
    before = signed("case", "2026-0001", "--json").json["events"]

    said = signed("attach", "2026-0001", fact, proof, *DAY)

    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert any(part in said.err for part in says.split("|")), said.err
    assert signed("case", "2026-0001", "--json").json["events"] == before


def test_a_document_cannot_bear_a_date_that_has_not_come(signed: Merzim) -> None:
    """The day itself is the last one allowed."""
    late = attach(signed, "document:order=Бұйрық №15.pdf", "--written", "2026-04-08")
    today = attach(signed, "document:order=Бұйрық №15.pdf", "--written", "2026-04-07")

    assert (late.code, today.code) == (2, 0)  # type: ignore[attr-defined]


def test_the_package_holds_what_was_attached_under_its_subtask(signed: Merzim, tmp_path: Path) -> None:
    """Project 1, task 1, subtask 2: the order; the year narrows it."""
    attach(signed)
    said = signed("package", "--to", "жинақ.zip", "--year", "2026", "--json", *DAY).json
    none = signed("package", "--to", "былтыр.zip", "--year", "2025", "--json", *DAY).json

    assert (said["files"], said["lost"], none["files"]) == (1, [], 0)
    names = zipfile.ZipFile(tmp_path / "жинақ.zip").namelist()
    assert "Project 1/Task 1/Subtask 2/2026-0001/2026-04-06 Бұйрық №15.pdf" in names


def test_a_file_gone_from_the_store_makes_the_package_say_so(signed: Merzim, tmp_path: Path) -> None:
    """Exit 1: the package is not whole, and which file it is stands there."""
    attach(signed)
    (kept,) = (tmp_path / "var").rglob(sha256(ORDER).hexdigest())
    kept.unlink()

    said = signed("package", "--to", "жинақ.zip", "--case", "2026-0001", *DAY)

    assert said.code == 1
    assert "Бұйрық №15.pdf" in said.err
