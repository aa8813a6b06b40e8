"""Consolidation upwards: the consolidated form, units that have not reported, cases ready for upload."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.merzim.conftest import Merzim, Prepare

NOW = ("--now", "2026-04-06")
PEOPLE = """unit,parent,kind,name,post,duties,e-mail,language
oblast,,oblast_akim_office,А,,head;account_holder,a@e.kz,kk
north,oblast,district_akim_office,Б,,head,b@e.kz,kk
south,oblast,district_akim_office,В,,head,c@e.kz,kk
factory,oblast,quasi_state,Г,,head,d@e.kz,kk
"""
YEAR = "tbn4-project-4"
TRAINED = "servants_trained"


@pytest.fixture
def akimat(prepared: Prepare) -> Merzim:
    """An oblast, two districts and a factory; the year 2026 is opened for all of them."""
    return prepared(_akimat)


def _akimat(merzim: Merzim) -> None:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    assert merzim("people", "people.csv", *NOW).code == 0
    assert merzim("open-year", "2026", *NOW).code == 0


def case_of(merzim: Merzim, unit: str, procedure: str) -> str:
    heads = merzim("cases", "--json", *NOW).json["cases"]
    return str(next(head["id"] for head in heads if (head["unit"], head["procedure"]) == (unit, procedure)))


def train(merzim: Merzim, unit: str, trained: int, staff: int) -> None:
    result = merzim(
        *("record", case_of(merzim, unit, YEAR), f"{TRAINED}.2026", "--on", "2026-03-30"),
        *("--value", f"trained={trained}", "--value", f"staff={staff}", *NOW),
    )
    assert result.code == 0


def test_the_consolidated_form_names_who_has_not_reported(akimat: Merzim) -> None:
    """State bodies only: the factory has no civil servants to train. Numbers are added up."""
    train(akimat, "oblast", 6, 100)
    train(akimat, "north", 3, 50)
    result = akimat("consolidated", YEAR, TRAINED, "--unit", "oblast", "--json", *NOW)

    assert result.code == 1
    assert set(result.json["asked"]) == {"oblast", "north", "south"}
    assert result.json["not_reported"] == ["south"]
    assert result.json["sums"] == {"trained": "9", "staff": "150"}
    lines = {line["unit"]: (line["on"], line["values"]) for line in result.json["lines"]}
    assert lines["north"] == ("2026-03-30", {"trained": "3", "staff": "50"})
    assert lines["south"] == (None, {})


def test_when_all_have_reported_the_exit_code_is_nought(akimat: Merzim) -> None:
    """And a part of the tree may be asked alone."""
    train(akimat, "north", 3, 50)

    assert akimat("consolidated", YEAR, TRAINED, "--unit", "north", *NOW).code == 0
    assert akimat("consolidated", YEAR, TRAINED, *NOW).code == 1


def test_an_organisation_without_a_case_has_not_reported(akimat: Merzim) -> None:
    """Nobody has opened an internal analysis anywhere but in the north; the factory is asked as well."""
    akimat("open", "internal-analysis", "--unit", "north", *NOW)
    case = case_of(akimat, "north", "internal-analysis")
    assert akimat("record", case, "note_signed", "--on", "2026-03-10", *NOW).code == 0
    answer = akimat("consolidated", "internal-analysis", "note_signed", "--json", *NOW).json

    assert set(answer["not_reported"]) == {"oblast", "south", "factory"}
    assert [(line["unit"], line["on"]) for line in answer["lines"] if line["case"]] == [("north", "2026-03-10")]


def test_a_quarter_that_has_not_begun_is_nobody_s_silence(akimat: Merzim) -> None:
    """The first quarter is uploaded, the second runs; the third and fourth are not asked for yet."""
    case = case_of(akimat, "south", "tbn4-year")
    akimat("record", case, "evidence_uploaded.2026Q1", "--on", "2026-03-31", *NOW)
    first = akimat("consolidated", "tbn4-year", "evidence_uploaded", "--unit", "south", "--now", "2026-03-31")
    second = akimat("consolidated", "tbn4-year", "evidence_uploaded", "--unit", "south", *NOW)

    assert (first.code, second.code) == (0, 1)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_form_is_written_as_a_table(akimat: Merzim, tmp_path: Path, suffix: str) -> None:
    """A column for each number; a line for who has not reported as well."""
    train(akimat, "north", 3, 50)
    file = tmp_path / f"form{suffix}"
    akimat("consolidated", YEAR, TRAINED, "--export", file, *NOW)
    if suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = [list(row) for row in csv.reader(text, delimiter=";")]
    else:
        sheet = load_workbook(file).worksheets[0]
        rows = [
            ["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ]

    assert len(rows) == 4
    north = next(row for row in rows if row[0] == "north")
    assert north[-3:] == ["3", "50", "0"]
    assert akimat("consolidated", YEAR, TRAINED, "--export", tmp_path / "form.pdf", *NOW).code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((YEAR, "staff_trainned"), TRAINED),
        (("tbn4-projet-4", TRAINED), YEAR),
        ((YEAR, TRAINED, "--unit", "moon"), "moon"),
        ((YEAR, TRAINED, "--year", "26"), "26"),
    ],
)
def test_what_is_not_there_is_refused_by_name(akimat: Merzim, arguments: tuple[str, ...], says: str) -> None:
    """One sentence on stderr."""
    result = akimat("consolidated", *arguments, *NOW)

    assert result.code == 2
    assert says in result.err


def queue(merzim: Merzim, *arguments: str) -> list[tuple[str, str, list[str]]]:
    uploads = merzim("uploads", "--json", *arguments, *NOW).json["uploads"]
    return [
        (upload["unit"], upload["upload"], [ready_fact["fact"] for ready_fact in upload["ready"]])
        for upload in uploads
    ]


def test_what_is_proved_and_not_uploaded_waits_with_who_uploads_it(akimat: Merzim) -> None:
    """The north has no account: the oblast's holder uploads. One link of three is not enough."""
    akimat("uploads-through", "north", "oblast", *NOW)
    akimat("open", "internal-analysis", "--unit", "north", *NOW)
    case = case_of(akimat, "north", "internal-analysis")
    akimat(
        "record", case, "start_announced", "--on", "2026-03-02", "--evidence", "link:site=https://a.kz/1", *NOW
    )
    assert queue(akimat) == []

    akimat("record", case, "published", "--on", "2026-04-01", "--evidence", "link:site=https://a.kz/2", *NOW)
    uploads = akimat("uploads", "--json", *NOW).json["uploads"]

    assert queue(akimat) == [("north", "uploaded", ["published"])]
    assert [(upload["through"], [person["name"] for person in upload["people"]]) for upload in uploads] == [
        ("oblast", ["А"])
    ]
    assert queue(akimat, "--unit", "south") == []


def test_once_uploaded_it_waits_no_more(akimat: Merzim) -> None:
    """The case has one upload."""
    akimat("open", "internal-analysis", "--unit", "oblast", *NOW)
    case = case_of(akimat, "oblast", "internal-analysis")
    akimat("record", case, "published", "--on", "2026-04-01", "--evidence", "link:site=https://a.kz/2", *NOW)
    assert queue(akimat) == [("oblast", "uploaded", ["published"])]
    akimat("record", case, "uploaded", "--on", "2026-04-06", *NOW)

    assert queue(akimat) == []
    assert "Nothing is ready" in akimat("uploads", *NOW).out


def test_what_earns_points_without_an_upload_of_its_own_waits_for_the_quarter_s(
    akimat: Merzim, tmp_path: Path
) -> None:
    """Training of March belongs to the first quarter's upload, and once that is recorded waits no more."""
    case = case_of(akimat, "north", YEAR)
    year = case_of(akimat, "north", "tbn4-year")
    papers = []
    for kind in ("trained_list", "training_certificate"):
        paper = tmp_path / f"{kind}.pdf"
        paper.write_bytes(b"%PDF-1.4 " + kind.encode())
        papers += ["--evidence", f"document:{kind}={paper}"]
    numbers = ("--value", "trained=3", "--value", "staff=50")
    akimat("record", case, f"{TRAINED}.2026", "--on", "2026-03-30", *numbers, *papers, *NOW)
    assert queue(akimat) == [("north", "evidence_uploaded.2026Q1", [f"{TRAINED}.2026"])]
    akimat("record", year, "evidence_uploaded.2026Q1", "--on", "2026-04-06", "--now", "2026-04-06T15:00")
    assert queue(akimat) == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_form_and_queue_are_readable(akimat: Merzim, language: str) -> None:
    """Names of organisations and numbers in words."""
    train(akimat, "north", 3, 50)
    akimat("open", "internal-analysis", "--unit", "oblast", *NOW)
    case = case_of(akimat, "oblast", "internal-analysis")
    akimat("record", case, "published", "--on", "2026-04-01", "--evidence", "link:site=https://a.kz/2", *NOW)
    form = akimat("consolidated", YEAR, TRAINED, "--lang", language, *NOW)
    ready = akimat("uploads", "--lang", language, *NOW)

    assert (form.err, ready.err, ready.code) == ("", "", 0)
    assert "south" in form.out
    assert "uploaded" in ready.out
