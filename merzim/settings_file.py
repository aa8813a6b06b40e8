"""Reads the settings: config.toml, and over it the environment (`MERZIM__SECTION__KEY`).

An unknown key is refused with the closest valid one, as a misspelt and ignored setting would be noticed only
when a letter does not arrive.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from merzim.services.inputs import bad_input
from merzim.settings import PREFIX, SECTIONS, BadSetting, Settings
from notifications.channels import Section, channel_type, names
from workflow.org.kinds import KINDS
from workflow.refusal import Refusal

CHANNELS = "channels."


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsCheck:
    """The result of reading a settings file and the environment: the valid values, the built-in ones where
    there is a problem, and everything that is wrong. `sources`: by key ("web.port") the file or variable it
    comes from.
    """

    settings: Settings
    problems: tuple[Refusal, ...]
    sources: Mapping[str, str]


def read(file: Path | None = None, *, at: Path) -> Settings:
    """Read the settings of a file (None: of config.toml in `at`, if it is there) and of the environment. `at`
    is the base folder of built-in relative paths.

    Raises BadSetting: the file is missing or not TOML, an unknown key, or a value of the wrong kind.
    """
    result = check(file, at=at)
    if result.problems:
        raise result.problems[0]
    return result.settings


def check(file: Path | None, *, at: Path) -> SettingsCheck:
    """Read the settings as `read` does, and collect every problem; raise BadSetting only for a file that is
    missing or not TOML.
    """
    if file is None:
        default = at / "config.toml"
        file = default if default.is_file() else None
    tables = _tables(file) if file is not None else {}
    sources = {f"{name}.{key}": str(file) for name, table in tables.items() for key in _keys(table)}
    variables = _variables()
    for key, variable in variables.items():
        _lay_over(tables, key, os.environ[variable])
    reading = _Reading(str(file), file.resolve().parent if file is not None else at, sources | variables, [])
    names_read = dict.fromkeys((*tables, *SECTIONS, f"{CHANNELS}folder"))
    sections = {name: reading.section(name, tables.get(name, {})) for name in names_read}
    settings: dict[str, Any] = {name: sections.pop(name) for name in SECTIONS}
    if (kind := settings["office"].kind) not in ("", *KINDS):
        reading.problems.append(Refusal("paper_kind_unknown", text=kind, allowed=KINDS))
    channels = {
        name.removeprefix(CHANNELS): channel for name, channel in sections.items() if channel is not None
    }
    use = settings["channels"].use
    unknown = [name for name in use if name not in names()]
    reading.problems.extend(Refusal("unknown_channel", channel=name, allowed=names()) for name in unknown)
    usable = tuple(name for name in use if name in names())
    settings["channels"] = settings["channels"].model_copy(update={"use": usable, "sections": channels})
    return SettingsCheck(
        settings=Settings(**settings, file=file, from_environment=frozenset(variables)),
        problems=tuple(reading.problems),
        sources=reading.sources,
    )


def _tables(file: Path) -> dict[str, Any]:
    """Return the tables of a settings file by section ("web", "channels.email").

    Raises BadSetting: the file is missing or not TOML.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as trouble:
        problem = trouble.strerror or str(trouble)
        raise BadSetting("cli.no_config", file=str(file), problem=problem) from None
    except UnicodeDecodeError:
        raise BadSetting("cli.config_not_utf8", file=str(file)) from None
    except (ValueError, RecursionError) as trouble:
        raise BadSetting("cli.config_not_toml", file=str(file), problem=str(trouble)) from None
    below = {name: table for name, table in _keys(tables.get("channels")).items() if isinstance(table, dict)}
    if below:
        tables["channels"] = {key: value for key, value in tables["channels"].items() if key not in below}
    return tables | {f"{CHANNELS}{name}": table for name, table in below.items()}


def _keys(table: object) -> dict[str, Any]:
    """Return a table; an empty one for any other value."""
    return table if isinstance(table, dict) else {}


def _variables() -> dict[str, str]:
    """Return the variables of the environment by the key they set: of `OFFICE__NAME__KK` `office.name__kk`."""
    names = {name.removeprefix(PREFIX).lower(): name for name in sorted(os.environ) if name.startswith(PREFIX)}
    return {".".join(key.split("__", 1 + key.startswith("channels__"))): name for key, name in names.items()}


def _lay_over(tables: dict[str, Any], key: str, text: str) -> None:
    """Set a key of these tables to the value of a variable: a list as JSON, else its text."""
    value: object = text
    with suppress(ValueError):
        value = json.loads(text) if text.startswith("[") else text
    section, _, name = key.rpartition(".")
    if not section:
        tables[name] = value
    else:
        tables[section] = {**_keys(tables.get(section)), name: value}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Where each value comes from (by key the file or variable; `file` where neither is known, in the folder
    `base`), and what was found wrong so far.
    """

    file: str
    base: Path
    sources: Mapping[str, str]
    problems: list[Refusal]

    def section(self, name: str, table: object) -> Section | None:
        """Return a section with the valid values of its table, None where there is no such section; what is
        wrong is reported, and left out.
        """
        model = _section_type(name)
        if model is None:
            allowed = names() if name.startswith(CHANNELS) else SECTIONS
            self.problems.append(_unknown(self._where(name), name, allowed))
            return None
        try:
            return model.model_validate(table, context={"base": self.base})
        except ValidationError as trouble:
            order = [*_keys(table)]
            wrong = {str(error["loc"][0]): error for error in reversed(trouble.errors()) if error["loc"]}
            for key in sorted(wrong, key=lambda key: order.index(key) if key in order else len(order)):
                self.problems.append(self._problem(model, f"{name}.{key}", wrong[key]))
            if not wrong:
                self.problems.append(_wrong(self._where(name), name, trouble.errors()[0]))
            return self.section(name, {key: value for key, value in _keys(table).items() if key not in wrong})

    def _problem(self, model: type[Section], key: str, error: ErrorDetails) -> Refusal:
        """Return the refusal of a key's error, with the file or variable it comes from."""
        where = self._where(key)
        if error["type"] == "extra_forbidden":
            return _unknown(where, key, model.model_fields)
        expected = error.get("ctx", {}).get("error")
        if isinstance(expected, ValueError):
            return BadSetting("cli.wrong_setting", file=where, key=key, expected=str(expected))
        return _wrong(where, key, error)

    def _where(self, key: str) -> str:
        """Return where a key or a section is set."""
        below = (where for found, where in self.sources.items() if found.startswith(f"{key}."))
        return self.sources.get(key) or next(below, self.file)


def _section_type(name: str) -> type[Section] | None:
    """Return the model of a section; None where there is none."""
    channel = name.removeprefix(CHANNELS)
    return channel_type(channel) if channel != name and channel in names() else SECTIONS.get(name)


def _unknown(where: str, key: str, allowed: Iterable[str]) -> BadSetting:
    """Return the refusal of a key that does not exist; it names the nearest one if there is one."""
    allowed = tuple(allowed)
    nearest = get_close_matches(key.rpartition(".")[2], allowed, n=1, cutoff=0.5)
    code = "cli.unknown_setting_nearest" if nearest else "cli.unknown_setting"
    return BadSetting(code, file=where, key=key, nearest=nearest[0] if nearest else "", allowed=allowed)


def _wrong(where: str, key: str, error: Mapping[str, Any]) -> BadSetting:
    """Return the refusal of a key's value for an error of pydantic's, said as of any other input."""
    refusal = bad_input({**error, "loc": [f"{where}: {key}"]})
    return BadSetting(refusal.code, **refusal.arguments, key=key)


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of config.toml, for editors."""
    fields: dict[str, Any] = {name: (section, None) for name, section in SECTIONS.items()}
    schema = create_model("Sections", __base__=Section, **fields).model_json_schema()
    sections = {name: {"$ref": f"#/$defs/{section.__name__}"} for name, section in SECTIONS.items()}
    for definition in schema["$defs"].values():
        for key in definition["properties"].values():
            if isinstance(key.get("default"), list):
                del key["default"]  # of a set, which has no order
    channels = schema["$defs"]["ChannelSettings"]["properties"]
    del channels["sections"]
    for name in names():
        channels[name] = channel_type(name).model_json_schema()
    return {**schema, "properties": sections, "title": "merzim config"}
