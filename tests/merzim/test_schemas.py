"""docs/schemas/: every JSON output of the outside contract is valid against its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.checking import check_each
from tests.merzim.conftest import PAST, PEOPLE, ROOT, SCHEDULE, Merzim


def _valid(name: str, answer: Any) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    checked = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    checked.check_schema(schema)
    checked.validate(answer)


@pytest.mark.parametrize(
    "line",
    [
        "internal-analysis",
        "internal-analysis --planned analysis_started=2026-04-13 --planned analysis_ended=2026-05-26",
        "internal-analysis --fact analysis_started=2026-04-13 --fact order_signed=2026-04-14",
        "internal-analysis --planned published=2026-12-01",
        "internal-analysis --fact note_signed=2028-11-01",
        "internal-analysis --fact analysis_started=2021-04-13",
    ],
)
def test_plan_is_as_its_schema_says(merzim: Merzim, line: str) -> None:
    """With and without findings, ahead of the first edition and beyond the records."""
    _valid("plan", merzim("plan", *line.split(), "--json", "--lang", "kk").json)


@pytest.mark.parametrize("name", ["command", "opened"])
def test_the_schemas_of_results_are_those_of_the_models(name: str) -> None:
    """`make schemas` writes them anew."""
    from merzim.services.results import CommandResult, OpenedCase

    model = {"command": CommandResult, "opened": OpenedCase}[name]
    written_schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))

    assert written_schema == model.model_json_schema(mode="serialization", by_alias=True)


def test_commands_on_a_case_are_as_their_schemas_say(merzim: Merzim) -> None:
    """Opened, recorded, said again, previewed, withdrawn: one result for all of them."""
    day = ("--now", "2026-04-01", "--json")
    opened_case = merzim("open", "internal-analysis", *day).json
    _valid("opened", opened_case)
    for line in (
        "record 2026-0001 schedule_approved --on 2026-01-15",
        "record 2026-0001 schedule_approved --on 2026-01-15",
        "replan 2026-0001 analysis_started --on 2026-04-20 --dry-run",
        "replan 2026-0001 analysis_started --on 2026-04-20",
        "withdraw 2026-0001 schedule_approved --ground mistaken",
    ):
        answer = merzim(*line.split(), *day).json
        _valid("command", answer)
        assert answer["case"] == "2026-0001"


def test_audit_is_as_its_schema_says(merzim: Merzim) -> None:
    """The example of past analyses."""
    _valid("audit", merzim("audit", PAST, "--json").json)


def test_an_opened_year_is_as_its_schema_says(merzim: Merzim) -> None:
    """Opened, and opened again."""
    merzim("people", PEOPLE)
    merzim("acts", "adopt", "tbn4-2024")
    _valid("open-year", merzim("open-year", "2026", "--json", "--now", "2026-03-30").json)
    _valid("open-year", merzim("open-year", "2026", "--json", "--now", "2026-03-30").json)


def test_import_is_as_its_schema_says(merzim: Merzim) -> None:
    """Taken in, taken in again, and refused."""
    _valid("import", merzim("import", SCHEDULE, "--json", "--now", "2026-03-30").json)
    _valid("import", merzim("import", SCHEDULE, "--json", "--now", "2026-03-30").json)
    _valid("import", merzim("import", PEOPLE, "--json").json)


RISK = "2026-0001"
DAY = ("--now", "2026-07-20")


@pytest.fixture
def filled(office: Merzim, tmp_path: Path) -> Merzim:
    """A case with a recorded fact, two documents and a risk."""
    (tmp_path / "акт.pdf").write_bytes(b"%PDF-1.7 act")
    (tmp_path / "құпия.pdf").write_bytes(b"%PDF-1.7 secret")
    restricted = ("--restricted", "personal data")
    for line in (
        ("record", RISK, "order_signed", "--on", "2026-04-06", "--evidence", "document:order=акт.pdf"),
        ("attach", RISK, "order_signed", "document:order=құпия.pdf", *restricted),
        ("register", "risks", "add", "description=weak control", "--case", RISK),
    ):
        result = office(*line, *DAY)
        assert result.code == 0, (line, result.err)
    return office


def test_an_answer_about_a_case_is_as_its_schema_says(filled: Merzim) -> None:
    """With something in it; what the schema does not name is not answered."""
    lines = {
        f"evidence {RISK}": ("evidence", "evidence"),
        f"package --to out.zip --case {RISK}": ("package", "files"),
        "score --year 2026": ("score-year", "indicators"),
        "score --year 2026 --by-unit": ("score-year", "indicators"),
        f"form {RISK} order --to order.docx": ("form", "missing"),
    }

    def check(line: str) -> None:
        schema, some = lines[line]
        answer = filled(*line.split(), "--json", *DAY).json

        assert answer[some]
        _valid(schema, answer)

    check_each({line: line for line in lines}, check)
