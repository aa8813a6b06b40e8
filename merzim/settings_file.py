"""Reads the settings: config.toml, and over it the environment (`MERZIM__SECTION__KEY`).

An unknown key is refused with the closest valid one, as a misspelt and ignored setting would be noticed only
when a letter does not arrive.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, create_model
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from merzim.services.inputs import bad_input
from merzim.settings import (
    EMPTY,
    FOLDER,
    PREFIX,
    SECTIONS,
    BadSetting,
    DatabaseSettings,
    Port,
    Sections,
    Settings,
    SettingsSection,
    refuse_bool,
)
from notifications.channels import names
from workflow.org.kinds import KINDS
from workflow.refusal import Refusal


class _Environment(Sections, BaseSettings):
    """How variables name the sections and keys they set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", enable_decoding=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsCheck:
    """The result of reading a settings file and the environment.

    Attributes:
        settings: the valid values; the built-in ones where there is a problem.
        problems: everything that is wrong.
        sources: by key ("web.port"): the file or the variable its value comes from; others are built in.
    """

    settings: Settings
    problems: tuple[Refusal, ...]
    sources: Mapping[str, str]


def read(file: Path | None = None, *, at: Path) -> Settings:
    """Read the settings of a file and of the environment, or return the built-in ones.

    Args:
        file: config.toml; None for the one in `at`, if it exists.
        at: the base folder of built-in relative paths.

    Raises:
        BadSetting: the file is missing or not TOML, an unknown key, or a value of the wrong kind.
    """
    result = check(file, at=at)
    if result.problems:
        raise result.problems[0]
    return result.settings


def check(file: Path | None, *, at: Path) -> SettingsCheck:
    """Read the settings as `read` does, and collect every problem instead of stopping at the first.

    Raises:
        BadSetting: the file is missing or not TOML.
    """
    if file is None:
        default = at / "config.toml"
        file = default if default.is_file() else None
    document = _document(file) if file is not None else {}
    variables, problems = _variables()
    sources = {key: str(file) for key in _keys_set(document) if key not in variables} | variables
    tables = EnvSettingsSource(_Environment)().items()
    values = _merged(document, {name: table for name, table in tables if isinstance(table, dict)})
    reading = _SettingsRead(str(file), sources, [])
    sections = reading.channel_sections(values)
    base = file.resolve().parent if file is not None else at
    settings = dict(_beside(reading.validated(Sections, values), base))
    if (kind := settings["office"].kind) not in ("", *KINDS):
        reading.problems.append(Refusal("paper_kind_unknown", text=kind, allowed=KINDS))
    channels = {name: _beside(table, base).model_dump(exclude_unset=True) for name, table in sections.items()}
    update = {"use": reading.usable_channels(settings["channels"].use), "sections": channels}
    settings["channels"] = settings["channels"].model_copy(update=update)
    return SettingsCheck(
        settings=Settings(**settings, file=file, from_environment=frozenset(variables)),
        problems=(*sorted(reading.problems, key=reading.place), *problems),
        sources=sources,
    )


def _document(file: Path) -> dict[str, Any]:
    """Return the tables of a settings file. Raises BadSetting for one that is missing or not TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as trouble:
        problem = trouble.strerror or str(trouble)
        raise BadSetting("cli.no_config", file=str(file), problem=problem) from None
    except (ValueError, RecursionError) as trouble:
        raise BadSetting("cli.config_not_toml", file=str(file), problem=str(trouble)) from None


def _keys_set(document: Mapping[str, Any]) -> list[str]:
    """Return the keys of a document: "web.port", "channels.email.host"."""
    keys: list[str] = []
    for section, table in document.items():
        for key, value in table.items() if isinstance(table, dict) else ():
            if section == "channels" and isinstance(value, dict):
                keys += [f"{section}.{key}.{name}" for name in value]
            else:
                keys.append(f"{section}.{key}")
    return keys


def _merged(document: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the values of variables over its own, table by table."""
    merged = dict(document)
    for key, value in variables.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _variables() -> tuple[dict[str, str], list[Refusal]]:
    """Return the variables by the key they set, and a refusal for each that names no section or no key."""
    variables: dict[str, str] = {}
    problems: list[Refusal] = []
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX)):
        section, *keys = variable.removeprefix(PREFIX).lower().split("__")
        if section not in SECTIONS:
            problems.append(_unknown(variable, section, SECTIONS))
        elif not keys:
            problems.append(_wrong(variable, section, {"type": "model_type"}))
        else:
            variables[".".join((section, *keys[: 2 if section == "channels" else 1]))] = variable
    return variables, problems


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _SettingsRead:
    """Where each value comes from, and what was found wrong so far.

    Attributes:
        file: named where no variable is.
        sources: by key: the file or the variable.
    """

    file: str
    sources: Mapping[str, str]
    problems: list[Refusal]

    def channel_sections(self, values: dict[str, Any]) -> dict[str, SettingsSection]:
        """Take the sections of channels out of the values, each read by the model its file makes."""
        channels = values.get("channels", {})
        if not isinstance(channels, dict):
            return {}
        tables = {"folder": {}} | {name: table for name, table in channels.items() if isinstance(table, dict)}
        values["channels"] = {key: value for key, value in channels.items() if key not in tables}
        sections: dict[str, SettingsSection] = {}
        for name, table in tables.items():
            if name not in names():
                key = f"channels.{name}"
                places = [place for found, place in self.sources.items() if found.startswith(key)]
                self.problems.append(_unknown((*places, self.file)[0], key, names()))
                continue
            whole = {**FOLDER, **table} if name == "folder" else dict(table)
            sections[name] = self.validated(channel_section(name), whole, within=("channels", name))
        return sections

    def validated(self, model: type[_Model], values: dict[str, Any], *, within: tuple[str, ...] = ()) -> _Model:
        """Return the model of these values; what is wrong is reported, and left out."""
        try:
            return model.model_validate(values)
        except ValidationError as trouble:
            for error in trouble.errors():
                *tables, key = [str(part) for part in error["loc"][: 2 - len(within) // 2]]
                self.problems.append(self._problem(model, (*within, *tables, key), error))
                table = values
                for name in tables:
                    table[name] = table = dict(table[name])
                table.pop(key, None)
            return self.validated(model, values, within=within)

    def _problem(self, model: type[BaseModel], path: tuple[str, ...], error: ErrorDetails) -> Refusal:
        """Return the refusal of a key's error, with the file or variable it comes from."""
        key = ".".join(path)
        where = self.sources.get(key, self.file)
        if error["type"] == "extra_forbidden":
            table = SECTIONS[path[0]] if model is Sections and len(path) > 1 else model
            return _unknown(where, key, table.model_fields)
        expected = error.get("ctx", {}).get("error")
        if isinstance(expected, ValueError):
            return BadSetting("cli.wrong_setting", file=where, key=key, expected=str(expected))
        return _wrong(where, key, error)

    def place(self, problem: Refusal) -> int:
        """Return where the key of a problem stands among all keys: first the file's, then the variables'."""
        key = str(problem.arguments.get("key", ""))
        places = [place for place, found in enumerate(self.sources) if f"{found}.".startswith(f"{key}.")]
        return min(places, default=len(self.sources))

    def usable_channels(self, use: Iterable[str]) -> tuple[str, ...]:
        """Return those of these channels that exist; the others are reported."""
        unknown = [name for name in use if name not in names()]
        self.problems.extend(Refusal("unknown_channel", channel=name, allowed=names()) for name in unknown)
        return tuple(name for name in use if name not in unknown)


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


def _beside(model: _Model, base: Path) -> _Model:
    """Return a model with its relative paths resolved against the folder of the settings file."""
    absolute: dict[str, object] = {}
    for name, value in model:
        if isinstance(value, Path):
            absolute[name] = base / value
        elif isinstance(value, SettingsSection):
            absolute[name] = _beside(value, base)
    if isinstance(model, DatabaseSettings):
        absolute["url"] = _database_beside(model.url, base)
    return model.model_copy(update=absolute)


def _database_beside(url: str, base: Path) -> str:
    """Return the address of an SQLite file, resolved against the folder of the settings file."""
    scheme, mark, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not mark or not path or path.startswith((":", "/")):
        return url
    return f"{scheme}:///{(base / path).as_posix()}"


def channel_section(name: str) -> type[SettingsSection]:
    """Return the section of a channel: the arguments of its function, but for what comes from the database.

    What has no default may be left out here and given in the browser; `create_channel` asks for it.
    """
    make = import_module(f"notifications.channels.{name}").channel
    hints = get_type_hints(make)
    arguments = {key: value for key, value in signature(make).parameters.items() if key != "links"}
    fields: dict[str, Any] = {
        key: (_kind(key, hints[key]), None if argument.default is argument.empty else argument.default)
        for key, argument in arguments.items()
    }
    return create_model(f"{name.capitalize()}Section", __base__=SettingsSection, **fields)


def _kind(key: str, hint: Any) -> Any:
    """Return the type of a channel's setting: by its key where that is special, else by its argument's type."""
    if key == "port":
        return Annotated[Port | None, EMPTY]
    if hint is float:
        return Annotated[float, Field(ge=0), BeforeValidator(refuse_bool)]
    return hint if hint is str or key == "tls" else Annotated[Path | None, EMPTY]


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of config.toml, for editors."""
    schema = Sections.model_json_schema()
    sections = {name: {"$ref": section["$ref"]} for name, section in schema["properties"].items()}
    for definition in schema["$defs"].values():
        for key in definition["properties"].values():
            if isinstance(key.get("default"), list):
                del key["default"]  # of a set, which has no order
    channels = schema["$defs"]["ChannelSettings"]["properties"]
    del channels["sections"]
    for name in names():
        channels[name] = channel_section(name).model_json_schema()
    return {**schema, "properties": sections, "title": "merzim config"}
