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
from workflow.law.files import json_schema


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
    ("name", "files"), [("edition", "regulations/*.*.toml"), ("points", "regulations/scoring/*.toml")]
)
def test_every_shipped_file_is_as_its_schema_says(name: str, files: str) -> None:
    """An editor that marked the law itself would be switched off."""
    wrong = [file.name for file in ROOT.glob(files) if not valid(name, file.read_text(encoding="utf-8"))]

    assert not wrong
