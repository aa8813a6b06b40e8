"""The JSON Schema of config.toml agrees with the reader of config.toml."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

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


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[ofice]\nname = "x"\n', ""),
        ('[office]\nlangauge = "ru"\n', "office"),
        ("office = 1\n", "office"),
        ("[office]\nname = 7\n", "office.name"),
        ('[office]\nlanguage = "German"\n', "office.language"),
        ("[office]\ndays_off = [2026-03-24T10:00:00]\n", "office.days_off.0"),
        (
            '[office]\nauthorised_body = [{ name = { kk = "А", ru = "А", en = "A" } }]\n',
            "office.authorised_body.0",
        ),
        ('[evidence]\nfolder = ""\n', "evidence.folder"),
        ('[channels]\nuse = "folder"\n', "channels.use"),
        ("[reminders]\ntick = true\n", "reminders.tick"),
        ('[reminders]\noffice_hours = ["09:00"]\n', "reminders.office_hours"),
        ('[reminders]\noffice_hours = ["9", "18:00"]\n', "reminders.office_hours.0"),
        ("[web]\nsession_hours = 1001\n", "web.session_hours"),
        ("[web]\nport = 70000\n", "web.port"),
        ('[web]\ntotp_required = ["boss"]\n', "web.totp_required.0"),
        ('[oidc]\ngroups = [{ group = "x" }]\n', "oidc.groups.0"),
        ('[oidc]\ngroups = [{ group = "x", access = "boss" }]\n', "oidc.groups.0.access"),
        ('[oidc]\nlog_out = "yes"\n', "oidc.log_out"),
        ('[logs]\nlevel = "loud"\n', "logs.level"),
    ],
)
def test_what_reading_refuses_an_editor_marks(text: str, key: str, tmp_path: Path) -> None:
    """A key that is not there, a value of the wrong kind, a word that is none of the few."""
    assert marked(text) == [key]
    assert refused(text, tmp_path)
