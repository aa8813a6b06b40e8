"""Reads settings from config.toml and from the environment (`MERZIM__SECTION__KEY`).

An unknown key is refused with the closest valid one, as a misspelt and ignored setting would be noticed only
when a letter does not arrive.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from merzim.services.configuration.keys import SECTIONS, as_toml, is_number, read_text
from merzim.services.configuration.settings import (
    FOLDER,
    BadSetting,
    DatabaseSettings,
    OfficeSettings,
    Settings,
)
from notifications.channels import UnknownChannel, names
from workflow.languages import LANGUAGES
from workflow.refusal import Refusal

PATHS = frozenset({"path", "ca_file", "dkim_key"})
PREFIX = "MERZIM__"
"""Prefix of environment variables that override keys of the file: MERZIM__DATABASE__URL."""
NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsCheck:
    """The result of reading a settings file and the environment.

    Attributes:
        file: the file that was read; None for the built-in settings.
        settings: the valid values; the built-in ones where there is a problem.
        problems: everything that is wrong, in the order of the file, then of the environment.
        sources: by key ("web.port"): the file or the variable its value comes from; others are built in.
    """

    file: Path | None
    settings: Settings
    problems: tuple[Refusal, ...]
    sources: Mapping[str, str]


def read(file: Path | None = None, *, at: Path, environment: Mapping[str, str] = NO_ENVIRONMENT) -> Settings:
    """Read the settings of a file and of the environment, or return the built-in ones.

    Args:
        file: config.toml; None for the one in `at`, if it exists.
        at: the base folder of built-in relative paths.
        environment: variables `MERZIM__SECTION__KEY`, which override the keys of the file.

    Raises:
        BadSetting: the file is missing or not TOML, an unknown key, or a value of the wrong kind.
    """
    result = check(file, at=at, environment=environment)
    if result.problems:
        raise result.problems[0]
    return result.settings


def check(file: Path | None, *, at: Path, environment: Mapping[str, str]) -> SettingsCheck:
    """Read the settings as `read` does, and collect every problem instead of stopping at the first.

    Raises:
        BadSetting: the file is missing or not TOML.
    """
    if file is None:
        default = at / "config.toml"
        file = default if default.is_file() else None
    document: dict[str, object] = {}
    if file is not None:
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise BadSetting("cli.no_config", file=str(file), problem=problem) from None
        except (ValueError, RecursionError) as trouble:
            raise BadSetting("cli.config_not_toml", file=str(file), problem=str(trouble)) from None
    return _Reading(file, file.resolve().parent if file is not None else at).check(document, environment)


class _Reading:
    """Collects values, their sources and problems while the settings are read once."""

    def __init__(self, file: Path | None, base: Path) -> None:
        self.file = file
        self.base = base
        self.values: dict[str, dict[str, object]] = {name: {} for name in SECTIONS}
        self.channels: dict[str, dict[str, object]] = {"folder": dict(FOLDER)}
        self.sources: dict[str, str] = {}
        self.problems: list[Refusal] = []

    def check(self, document: Mapping[str, object], environment: Mapping[str, str]) -> SettingsCheck:
        """Read a TOML document, then the variables that override it."""
        self._refuse_unknown(document, SECTIONS, section="", where=str(self.file))
        for name in SECTIONS:
            table = document.get(name, {})
            if not isinstance(table, dict):
                self.problems.append(_wrong(str(self.file), name, "table"))
                continue
            self._read_table(name, table)
        for variable in sorted(environment):
            if variable.startswith(PREFIX):
                self._read_variable(variable, environment[variable])
        settings = self._settings()
        folder, language = settings.languages.folder, settings.office.language
        if language not in LANGUAGES and not (folder and (folder / f"{language}.toml").is_file()):
            where = self.sources["office.language"]
            self.problems.append(_wrong(where, "office.language", "language"))
            settings = replace(settings, office=replace(settings.office, language=OfficeSettings().language))
        if not settings.reminders.is_digest_hour_in_office_hours:
            key = "reminders.digest_at"
            self.problems.append(_wrong(self.sources[key], key, "digest_hour"))
        return SettingsCheck(
            file=self.file,
            settings=settings,
            problems=tuple(self.problems),
            sources=self.sources,
        )

    def _read_table(self, name: str, table: Mapping[str, object]) -> None:
        keys = dict(table)
        if name == "channels":
            for channel, section in table.items():
                if isinstance(section, dict):
                    del keys[channel]
                    self._read_channel(channel, section)
        kinds = SECTIONS[name][1]
        self._refuse_unknown(keys, kinds, section=name, where=str(self.file))
        for key in keys:
            if key not in kinds:
                continue
            try:
                self.values[name][key] = kinds[key].read(keys[key])
            except (TypeError, ValueError) as trouble:
                self.problems.append(_wrong(str(self.file), f"{name}.{key}", str(trouble)))
            except UnknownChannel as trouble:
                self.problems.append(trouble)
            self.sources[f"{name}.{key}"] = str(self.file)

    def _read_channel(self, name: str, section: Mapping[str, object]) -> None:
        if name not in names():
            self.problems.append(UnknownChannel(name))
            return
        self.channels[name] = {**self.channels.get(name, {}), **section}
        self.sources |= {f"channels.{name}.{key}": str(self.file) for key in section}

    def _read_variable(self, variable: str, text: str) -> None:
        """Read a variable: a text unchanged, any other value in TOML notation."""
        section, *keys = variable.removeprefix(PREFIX).lower().split("__")
        if section == "channels" and len(keys) == 2 and keys[0] in names():
            name, key = keys
            self.channels.setdefault(name, {})[key] = as_toml(text) if is_number(name, key) else text
            self.sources[f"channels.{name}.{key}"] = variable
            return
        if section not in SECTIONS or not keys:
            self._refuse_unknown({section: text}, SECTIONS, section="", where=variable)
            if not keys and section in SECTIONS:
                self.problems.append(_wrong(variable, section, "table"))
            return
        kinds = SECTIONS[section][1]
        if len(keys) > 1 or keys[0] not in kinds:
            self._refuse_unknown({".".join(keys): text}, kinds, section=section, where=variable)
            return
        try:
            self.values[section][keys[0]] = read_text(kinds[keys[0]], text)
        except (TypeError, ValueError) as trouble:
            self.problems.append(_wrong(variable, f"{section}.{keys[0]}", str(trouble)))
        except UnknownChannel as trouble:
            self.problems.append(trouble)
        self.sources[f"{section}.{keys[0]}"] = variable

    def _settings(self) -> Settings:
        for section in self.channels.values():
            for key in PATHS & section.keys():
                section[key] = self.base / str(section[key])
        sections = {
            name: _beside(kind(**self.values[name], **self._channel_sections(name)), self.base)
            for name, (kind, _) in SECTIONS.items()
        }
        variables = frozenset(key for key, source in self.sources.items() if source.startswith(PREFIX))
        return Settings(
            file=self.file,
            from_environment=variables,
            from_file=frozenset(self.sources) - variables,
            **sections,  # type: ignore[arg-type]
        )

    def _channel_sections(self, name: str) -> dict[str, object]:
        return {"sections": self.channels} if name == "channels" else {}

    def _refuse_unknown(
        self, table: Mapping[str, object], allowed: Mapping[str, object], *, section: str, where: str
    ) -> None:
        """Refuse the unknown keys of a table, each with the closest known one."""
        for key in table:
            if key in allowed:
                continue
            name = f"{section}.{key}" if section else key
            suggestions = get_close_matches(key, allowed, n=1, cutoff=0.5)
            code = "cli.unknown_setting_nearest" if suggestions else "cli.unknown_setting"
            arguments = {"nearest": suggestions[0] if suggestions else "", "allowed": tuple(allowed)}
            self.problems.append(BadSetting(code, file=where, key=name, **arguments))


def _wrong(where: str, key: str, expected: str) -> BadSetting:
    """Return the error for a value of the wrong kind."""
    return BadSetting("cli.wrong_setting", file=where, key=key, expected=expected)


def _beside(section: object, base: Path) -> object:
    """Return a section with its relative paths resolved against the folder of the settings file."""
    absolute: dict[str, object] = {}
    for key in fields(section):  # type: ignore[arg-type]
        value = getattr(section, key.name)
        if isinstance(value, Path):
            absolute[key.name] = base / value
    if isinstance(section, DatabaseSettings):
        absolute["url"] = _database_beside(section.url, base)
    return replace(section, **absolute) if absolute else section  # type: ignore[type-var]


def _database_beside(url: str, base: Path) -> str:
    """Return the address of an SQLite file, resolved against the folder of the settings file."""
    scheme, mark, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not mark or not path or path.startswith((":", "/")):
        return url
    return f"{scheme}:///{(base / path).as_posix()}"
