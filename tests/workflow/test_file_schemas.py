"""JSON Schemas of regulation files agree with their readers."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from functools import cache
from typing import Any

import jsonschema
import pytest

from docs.file_schemas import FILES
from tests.law import ROOT
from tests.workflow.test_edition_reading import MISTAKES, TEA, TERM, TERM_MISTAKES
from workflow.law.files import json_schema

KNOWN_TO_THE_READER_ALONE = (
    'in_force = "2024-01-01"',
    '{ on = "2026-12-31" }',
    '{ by = "02-29", from = "water_boiled" }',
    '{ count = 0, in = "working days", from = "water_boiled" }',
    '{ count = -1, in = "years", from = "water_boiled" }',
    "in_force = 2024-01-02",
    'id = "cocoa"',
    '{ count = 3, in = "working days", from = "water_boiled", roll = "next" }',
    'duty = "oficer"',
    'at = -1, to = ["dutty"]',
)
"""A schema sees dates as texts; it knows neither the days of a year nor bounds by unit nor the file's name.
A duty it does not know may be the file's own."""
BETWEEN_PARTS = ("unknown_reference", "duplicate", "itself")
"""What one part of a file says of another, a schema cannot say either."""


def valid(name: str, text: str) -> bool:
    """Whether an editor finds nothing wrong; it sees dates as texts."""
    return bool(editor(name).is_valid(as_json(tomllib.loads(text))))


@cache
def editor(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json_schema(name, FILES[name]), format_checker=jsonschema.FormatChecker())


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("name", FILES)
def test_the_schemas_in_the_documentation_are_those_of_the_readers(name: str) -> None:
    """`make schemas` writes them anew."""
    stored_schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))

    assert stored_schema == json_schema(name, FILES[name])
    jsonschema.Draft7Validator.check_schema(stored_schema)


@pytest.mark.parametrize(
    ("name", "files"),
    [("edition", "regulations/*.*.toml"), ("points", "regulations/scoring/*.toml")],
)
def test_every_shipped_file_is_as_its_schema_says(name: str, files: str) -> None:
    """An editor that marked the law itself would be switched off."""
    wrong = [file.name for file in ROOT.glob(files) if not valid(name, file.read_text(encoding="utf-8"))]

    assert not wrong


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (old, new)
        for old, new, code, _ in (*MISTAKES, *((TERM, *mistake) for mistake in TERM_MISTAKES))
        if code not in BETWEEN_PARTS and new not in KNOWN_TO_THE_READER_ALONE
    ],
)
def test_an_editor_marks_what_reading_refuses(old: str, new: str) -> None:
    """A misspelt key, another type, a value that is not allowed: while the file is written."""
    assert valid("edition", TEA)
    assert not valid("edition", TEA.replace(old, new, 1))
