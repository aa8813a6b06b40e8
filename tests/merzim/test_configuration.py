"""config.toml: every key documented, every unknown key refused by name."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

import i18n
from merzim.services.configuration import create_channel
from merzim.settings import SECTIONS, BadSetting
from merzim.settings_file import check, config_schema, read
from notifications.channels.email import Email
from tests.law import ROOT
from tests.workflow.test_edition_reading import as_json
from workflow.refusal import Refusal


def _written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_config_says_the_defaults(tmp_path: Path) -> None:
    """The values in config.toml are the defaults."""
    shipped = read(ROOT / "config.toml", at=tmp_path)
    built_in = read(at=tmp_path)

    assert shipped.office == built_in.office
    assert shipped.reminders == built_in.reminders
    assert shipped.web == built_in.web
    assert shipped.regulations == built_in.regulations
    assert shipped.channels.use == built_in.channels.use
    assert shipped.evidence.folder == ROOT / "var/evidence"
    assert built_in.evidence.folder == tmp_path / "var/evidence"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_a_mail_port_left_out_is_the_usual_one(tmp_path: Path, security: str, port: int) -> None:
    """RFC 8314 and RFC 6409; "" and no key are the same."""
    email = f'[channels.email]\nhost = "h"\nsender = "a@b.kz"\ntls = "{security}"\n'
    for line in ("", 'port = ""\n'):
        channel = create_channel("email", read(_written(tmp_path, email + line), at=tmp_path), pytest.fail)
        assert isinstance(channel, Email)
        assert channel.present_port == port


def test_the_shipped_config_shows_every_key_with_a_comment() -> None:
    """A setting nobody can read about does not exist."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)

    assert document.keys() == SECTIONS.keys()
    for name, section in SECTIONS.items():
        shown_keys = {key for key, value in document[name].items() if not isinstance(value, dict)}
        assert section.model_fields.keys() - {"sections"} == shown_keys
    blocks = re.findall(r"(?m)^(.*)\n(?:(?!#|\[).+\n)+", text)
    assert all(line.startswith("#") for line in blocks)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("office = 1\n", "office"),
        ("[office]\nname = 7\n", "office.name"),
        ("[office]\ndays_off = [2026-03-24T10:00:00]\n", "office.days_off"),
        ("[reminders]\ntick = 0\n", "reminders.tick"),
        ('[reminders]\noffice_hours = ["18:00", "09:00"]\n', "reminders.office_hours"),
        ("[reminders]\nsteps = [-61, 0]\n", "reminders.steps"),
        ("[reminders]\nsteps = []\n", "reminders.steps"),
        ('[reminders]\noffice_hours = ["09:00+05:00", "18:00"]\n', "reminders.office_hours"),
        ('[channels]\nuse = "folder"\n', "channels.use"),
        ('[evidence]\nfolder = ""\n', "evidence.folder"),
        ("[web]\nport = 65536\n", "web.port"),
        ("[office]\ndays_off = [2035-01-01]\n", "office.days_off"),
        ("[office]\nworking_days = [2026-03-24]\ndays_off = [2026-03-24]\n", "office.working_days"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(tmp_path: Path, text: str, key: str) -> None:
    """The refusal names the key; what is expected is said in words."""
    with pytest.raises(BadSetting) as refused:
        read(_written(tmp_path, text), at=tmp_path)

    assert refused.value.arguments["key"] == key
    assert f"config.toml: {key}" in i18n.refusal(refused.value, "en").replace("the key ", "")


def test_a_kind_of_organisation_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """By a wrong word nothing that is asked of some kinds alone would be asked for."""
    with pytest.raises(Refusal, match="paper_kind_unknown") as refused:
        read(_written(tmp_path, '[office]\nkind = "oblast"\n'), at=tmp_path)

    assert "oblast_akim_office" in i18n.refusal(refused.value, "en")
    assert (
        read(_written(tmp_path, '[office]\nkind = "quasi_state"\n'), at=tmp_path).office.kind == "quasi_state"
    )


@pytest.mark.parametrize(
    "value",
    [
        '"merzim.example.kz"',
        '"ftp://merzim.example.kz"',
        '"https://"',
        '"https://merzim.example.kz/office"',
        '"https://merzim.example.kz:70000"',
        '"https://user@merzim.example.kz"',
        '"https://merzim example.kz"',
        '"https://[::1"',
        "8000",
    ],
)
def test_a_public_address_no_browser_would_name_is_refused(tmp_path: Path, value: str) -> None:
    """Forms name it letter by letter: with another one nobody could log in, and the start says why."""
    with pytest.raises(BadSetting) as refused:
        read(_written(tmp_path, f"[web]\npublic_address = {value}\n"), at=tmp_path)

    for language in i18n.LANGUAGES:
        assert "web.public_address" in i18n.refusal(refused.value, language)


@pytest.mark.parametrize(
    "value",
    ['"10.0.0.2"', "[7]", '["proxy.example.kz"]', '["*"]', '["10.1.0.9/24"]', '["0.0.0.0/0"]', '["::/0"]'],
)
def test_proxies_that_are_no_addresses_or_all_of_them_are_refused(tmp_path: Path, value: str) -> None:
    """To believe everybody is to let everybody say who they are."""
    with pytest.raises(BadSetting) as refused:
        read(_written(tmp_path, f"[web]\ntrusted_proxies = {value}\n"), at=tmp_path)

    for language in i18n.LANGUAGES:
        sentence = i18n.refusal(refused.value, language)
        assert "web.trusted_proxies" in sentence
        assert "10.1.0.0/24" in sentence


@pytest.mark.parametrize("text", ["[office\n", "office = = 1", "\x00"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    """The reader's complaint, with its line, is passed on."""
    with pytest.raises(BadSetting) as refused:
        read(_written(tmp_path, text), at=tmp_path)

    assert refused.value.code == "cli.config_not_toml"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('[database]\nurl = "postgresql://merzim:geheim@db/office"\n', ("database.url",)),
        ('[database]\nurl = "postgresql://db/office?password=geheim"\n', ("database.url",)),
        ('[channels.telegram]\nbot = "MerzimBot"\ntoken = "1:geheim"\n', ("channels.telegram.token",)),
        ('[channels.telegram]\nbot = "MerzimBot"\ntoken_env = "TOKEN"\n', ()),
        ('[database]\nurl = "postgresql://merzim@db/office"\npassword_env = "DB"\n', ()),
        ("", ()),
    ],
)
def test_a_secret_in_clear_is_named_by_its_key(tmp_path: Path, text: str, keys: tuple[str, ...]) -> None:
    """A start warns of it in three languages, without saying the secret."""
    settings = read(_written(tmp_path, text), at=tmp_path)

    assert settings.in_clear == keys
    for language in i18n.LANGUAGES:
        for key in keys:
            sentence = i18n.say("cli.secret_in_clear", {"file": "config.toml", "key": key}, language)
            assert key in sentence
            assert "geheim" not in sentence


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
