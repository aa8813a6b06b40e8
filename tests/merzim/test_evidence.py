"""Evidence by commands alone: document attached, restricted, packed for the platform."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare, import_example

ORDER = b"%PDF-1.7 order 15"
DAY = ("--now", "2026-04-07")


@pytest.fixture
def signed(prepared: Prepare) -> Merzim:
    """The example case with its order signed on the last day, nothing attached yet."""
    return prepared(import_example, _sign)


def _sign(office: Merzim) -> None:
    Path("Бұйрық №15.pdf").write_bytes(ORDER)
    assert office("record", "2026-0001", "order_signed", "--on", "2026-04-06", *DAY).code == 0


def attach(merzim: Merzim, proof: str = "document:order=Бұйрық №15.pdf", *options: str) -> object:
    """The order's document attached on the next day."""
    return merzim("attach", "2026-0001", "order_signed", proof, *options, *DAY)


def test_an_attached_file_keeps_its_three_dates_its_kind_and_its_size(signed: Merzim) -> None:
    """Written in April, published nowhere, recorded on the day of the command."""
    attach(signed, "document:order=Бұйрық №15.pdf", "--written", "2026-04-06")

    (item,) = signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]
    assert item["reference"] == sha256(ORDER).hexdigest()
    assert (item["type"], item["size"], item["written_on"]) == ("application/pdf", len(ORDER), "2026-04-06")
    assert item["recorded_at"].startswith("2026-04-07")


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

    result = signed("attach", "2026-0001", fact, proof, *DAY)

    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert any(part in result.err for part in says.split("|")), result.err
    assert signed("case", "2026-0001", "--json").json["events"] == before


def test_the_package_holds_what_was_attached_under_its_subtask(signed: Merzim, tmp_path: Path) -> None:
    """Project 1, task 1, subtask 2: the order; the year narrows it."""
    attach(signed)
    answer = signed("package", "--to", "жинақ.zip", "--year", "2026", "--json", *DAY).json
    none = signed("package", "--to", "былтыр.zip", "--year", "2025", "--json", *DAY).json

    assert (answer["files"], answer["lost"], none["files"]) == (1, [], 0)
    names = zipfile.ZipFile(tmp_path / "жинақ.zip").namelist()
    (order,) = (name for name in names if name.endswith("/2026-0001/2026-04-06 Бұйрық №15.pdf"))
    assert [step.partition(".")[0] for step in order.split("/")[:3]] == [
        "№1 жоба",
        "1-тапсырма",
        "2-қосалқы тапсырма",
    ]
