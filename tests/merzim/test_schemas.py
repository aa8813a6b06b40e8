"""docs/schemas/ is what the program answers: every JSON of the outside contract is valid against it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.merzim.conftest import PAST, PEOPLE, ROOT, SCHEDULE, Merzim


def _valid(name: str, answer: Any) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    checked = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    checked.check_schema(schema)
    checked.validate(answer)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
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
def test_plan_is_as_its_schema_says(merzim: Merzim, line: str, language: str) -> None:
    """With and without findings, ahead of the first edition and beyond the records."""
    _valid("plan", merzim("plan", *line.split(), "--json", "--lang", language).json)


def test_audit_is_as_its_schema_says(merzim: Merzim) -> None:
    """The example of past analyses."""
    _valid("audit", merzim("audit", PAST, "--json").json)


def test_an_opened_year_is_as_its_schema_says(merzim: Merzim) -> None:
    """Opened, and opened again."""
    merzim("people", PEOPLE)
    _valid("open-year", merzim("open-year", "2026", "--json", "--now", "2026-03-30").json)
    _valid("open-year", merzim("open-year", "2026", "--json", "--now", "2026-03-30").json)


def test_import_is_as_its_schema_says(merzim: Merzim) -> None:
    """Taken in, taken in again, and refused."""
    _valid("import", merzim("import", SCHEDULE, "--json", "--now", "2026-03-30").json)
    _valid("import", merzim("import", SCHEDULE, "--json", "--now", "2026-03-30").json)
    _valid("import", merzim("import", PEOPLE, "--json").json)
