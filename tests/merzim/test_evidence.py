"""Evidence by commands alone: document attached, restricted, packed for the platform."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim, Prepare, import_example
from tests.row_commands import act, operator, proof

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


def test_a_restriction_said_later_holds_for_the_same_document(signed: Merzim) -> None:
    """One document, now restricted; the ledger has both events."""
    attach(signed)
    attach(signed, "document:order=Бұйрық №15.pdf", "--restricted", "personal data")

    (item,) = signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]
    assert item["restricted"] == "personal data"
    assert signed("verify", *DAY).code == 0


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


def forge(tmp_path: Path) -> None:
    """Overwrite the stored order with another document."""
    (file,) = (tmp_path / "var").rglob(sha256(ORDER).hexdigest())
    file.chmod(0o600)
    file.write_bytes(b"%PDF-1.7 order 51")


def test_verify_names_a_forged_and_a_missing_file(signed: Merzim, tmp_path: Path) -> None:
    """Exit 1 each time, with case, name and hash; in order it says that evidence was compared."""
    attach(signed)
    full_check = signed("verify", *DAY)
    forge(tmp_path)
    forged = signed("verify", *DAY)
    (file,) = (tmp_path / "var").rglob(sha256(ORDER).hexdigest())
    file.unlink()
    missing_check = signed("verify", "--json", *DAY)

    assert (full_check.code, forged.code, missing_check.code) == (0, 1, 1)
    assert "evidence" in full_check.out
    assert all(part in forged.out for part in ("2026-0001", "Бұйрық №15.pdf", sha256(ORDER).hexdigest()))
    assert [problem["code"] for problem in missing_check.json["problems"]] == ["evidence_missing"]


def test_a_backup_says_that_evidence_is_not_in_it(signed: Merzim) -> None:
    """How many files, and in which folder; nothing where there are none."""
    before = signed("backup", "бос.sqlite")
    attach(signed)
    result = signed("backup", "көшірме.sqlite")
    answer = signed("backup", "json.sqlite", "--json").json

    assert "evidence" not in before.out
    assert "files: 1" in result.out
    assert answer["evidence"]["files"] == 1
    assert answer["evidence"]["folder"] in result.out


def test_a_restore_names_the_evidence_it_does_not_find(signed: Merzim, tmp_path: Path) -> None:
    """The database is put back all the same; exit 1 until the folder is, too."""
    attach(signed)
    signed("backup", "көшірме.sqlite")
    (file,) = (tmp_path / "var").rglob(sha256(ORDER).hexdigest())
    file.unlink()

    result = signed("restore", "көшірме.sqlite")
    json_result = signed("restore", "көшірме.sqlite", "--json")

    assert (result.code, json_result.code) == (1, 1)
    assert "Бұйрық №15.pdf" in result.err
    assert [problem["code"] for problem in json_result.json["problems"]] == ["evidence_missing"]
    assert signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]


@pytest.fixture
def reviewed(prepared: Prepare) -> Merzim:
    """A case with a reviewed measure, a removed risk and a talk, each proved by a file of its own."""
    return prepared(import_example, _review)


def _review(office: Merzim) -> None:
    for name in ("қарау", "жою", "әңгіме"):
        Path(f"{name}.pdf").write_bytes(f"%PDF-1.7 {name}".encode())
    now = ("--now", "2026-07-20")
    for register, fields in {
        "risks": ("description=weak control",),
        "measures": ("risk=1", "action=report to the head", "term=01.09.2026"),
        "positions": ("title=Head of procurement", "holder=A. Akhmetov"),
    }.items():
        result = office("register", register, "add", *fields, "--case", "2026-0001", *now)
        assert result.code == 0, result
    _prove("measures", "review", "қарау", outcome="executed", done_on="2026-07-01")
    _prove("risks", "remove", "жою", completed=True)
    _prove("positions", "talk", "әңгіме", topic="gifts")


def _prove(register: str, action: str, name: str, restricted: str = "", **fields: object) -> None:
    """An action on the first row of a register, with a document."""
    with operator("2026-07-20") as ctx, proof(Path(f"{name}.pdf"), restricted=restricted) as evidence:
        act(ctx, register, action, "2026-0001", number=1, on="2026-07-20", evidence=evidence, **fields)


def test_registers_prove_too(reviewed: Merzim) -> None:
    """A review, a removal and an interview are in the evidence of the case, with their subject."""
    evidence = reviewed("evidence", "2026-0001", "--json").json["evidence"]

    assert {of: items[0]["name"] for of, items in evidence.items()} == {
        "measure.1": "қарау.pdf",
        "risk.1": "жою.pdf",
        "position.1": "әңгіме.pdf",
    }
    assert "әңгіме.pdf" in reviewed("evidence", "2026-0001").out


def test_registers_are_packed_under_the_subtask_they_prove(reviewed: Merzim, tmp_path: Path) -> None:
    """Monitoring is project 1, task 3, subtask 3; talks are project 4, task 2, subtask 4."""
    answer = reviewed("package", "--to", "жинақ.zip", "--case", "2026-0001", "--json", "--lang", "kk").json

    assert answer["files"] == 3
    names = zipfile.ZipFile(tmp_path / "жинақ.zip").namelist()
    steps = {
        name.rpartition("/")[2]: [step.partition(".")[0] for step in name.split("/")[:3]] for name in names
    }
    monitoring = ["№1 жоба", "3-тапсырма", "3-қосалқы тапсырма"]
    assert steps["2026-07-20 қарау.pdf"] == steps["2026-07-20 жою.pdf"] == monitoring
    assert steps["2026-07-20 әңгіме.pdf"] == ["№4 жоба", "2-тапсырма", "4-қосалқы тапсырма"]


def test_a_restricted_document_of_a_register_is_left_out_of_the_package(
    reviewed: Merzim, tmp_path: Path
) -> None:
    """Restricted afterwards: its bytes are in no place of the package, and the review is still one."""
    _prove("measures", "review", "қарау", restricted="personal data", outcome="executed", done_on="2026-07-01")
    answer = reviewed("package", "--to", "жинақ.zip", "--case", "2026-0001", "--json").json
    reviews = [
        event for event in reviewed("case", "2026-0001", "--json").json["events"] if "қарау" in str(event)
    ]

    assert (answer["files"], answer["restricted"]) == (2, 1)
    assert not any("қарау" in name for name in zipfile.ZipFile(tmp_path / "жинақ.zip").namelist())
    assert len(reviews) == 2, "reviewed, and restricted afterwards"


def test_a_gigabyte_is_one_sentence_that_names_the_limit(signed: Merzim, tmp_path: Path) -> None:
    """Nothing is written, and what was attached before is still there."""
    attach(signed)
    with (tmp_path / "үлкен.pdf").open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(1024**3)
    result = attach(signed, "document:order=үлкен.pdf")

    assert result.code == 2  # type: ignore[attr-defined]
    assert "50" in result.err  # type: ignore[attr-defined]
    assert len(result.err.splitlines()) == 1  # type: ignore[attr-defined]
    assert len(signed("evidence", "2026-0001", "--json").json["evidence"]["order_signed"]) == 1
