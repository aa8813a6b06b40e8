"""The JSON Schema of config.toml agrees with the reader of config.toml."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema

from merzim.settings_file import check, config_schema
from tests.law import ROOT
from tests.workflow.test_file_schemas import as_json

SHIPPED = (ROOT / "config.toml").read_text(encoding="utf-8")
_OPTIONAL = re.compile(r"^# (\[channels\.[a-z]+\]|[a-z_]+ = )", re.MULTILINE)
"""What config.toml shows as a comment: sections of channels, keys without a default."""


def marked(text: str) -> list[str]:
    """The keys an editor marks; it sees dates as texts."""
    checked = jsonschema.Draft202012Validator(config_schema(), format_checker=jsonschema.FormatChecker())
    return [
        ".".join(map(str, error.absolute_path)) for error in checked.iter_errors(as_json(tomllib.loads(text)))
    ]


def refused(text: str, folder: Path) -> bool:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return bool(check(file, at=folder).problems)


def test_the_schema_in_the_documentation_is_that_of_the_readers() -> None:
    """`make schemas` writes it anew."""
    written_schema = json.loads((ROOT / "docs" / "schemas" / "config.json").read_text(encoding="utf-8"))

    assert written_schema == config_schema()
    jsonschema.Draft202012Validator.check_schema(written_schema)


def test_the_shipped_settings_are_as_the_schema_says(tmp_path: Path) -> None:
    """As they stand, and with every example in their comments switched on."""
    everything = _OPTIONAL.sub(r"\1", SHIPPED)

    assert everything.count("[channels.") == 3
    for text in (SHIPPED, everything):
        assert marked(text) == []
        assert not refused(text, tmp_path)
