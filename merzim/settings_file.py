"""Reads settings from config.toml and from the environment (`MERZIM__SECTION__KEY`).

An unknown key is refused with the closest valid one, as a misspelt and ignored setting would be noticed only
when a letter does not arrive.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from notifications.channels import UnknownChannel, names
from services.settings import (
    DIRECTORY_KINDS,
    FOLDER,
    HOME_CALENDAR,
    LANGUAGES,
    LOG_FORMATS,
    LOG_LEVELS,
    SYNC_MODES,
    AuditSettings,
    AuthorisedBody,
    BackupSettings,
    BadSetting,
    ChannelSettings,
    DatabaseSettings,
    EdsSettings,
    EvidenceSettings,
    GroupAccess,
    ImapSettings,
    LanguageSettings,
    LdapSettings,
    LogSettings,
    Network,
    OfficeSettings,
    OidcSettings,
    RegulationSettings,
    ReminderSettings,
    RetentionSettings,
    SecretSettings,
    Settings,
    SyncSettings,
    WebhookSettings,
    WebSettings,
)
from web.auth.origins import public_address
from workflow.org.access import ACCESSES, Access
from workflow.refusal import Refusal

DIGESTS = frozenset({"personal", "several", "unit", "managers"})
PATHS = frozenset({"path", "ca_file", "dkim_key"})
PREFIX = "MERZIM__"
"""Prefix of environment variables that override keys of the file: MERZIM__DATABASE__URL."""
_FURTHER = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_LOCAL_SOCKET = re.compile(r"wss://(127\.0\.0\.1|localhost):[1-9][0-9]{0,4}")
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
        readers = SECTIONS[name][1]
        self._refuse_unknown(keys, readers, section=name, where=str(self.file))
        for key in keys:
            if key not in readers:
                continue
            try:
                self.values[name][key] = readers[key](keys[key])
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
            self.channels.setdefault(name, {})[key] = _as_toml(text) if _is_number(name, key) else text
            self.sources[f"channels.{name}.{key}"] = variable
            return
        if section not in SECTIONS or not keys:
            self._refuse_unknown({section: text}, SECTIONS, section="", where=variable)
            if not keys and section in SECTIONS:
                self.problems.append(_wrong(variable, section, "table"))
            return
        readers = SECTIONS[section][1]
        if len(keys) > 1 or keys[0] not in readers:
            self._refuse_unknown({".".join(keys): text}, readers, section=section, where=variable)
            return
        try:
            self.values[section][keys[0]] = _read_text(readers[keys[0]], text)
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
        return Settings(file=self.file, from_environment=variables, **sections)  # type: ignore[arg-type]

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
            nearest = get_close_matches(key, allowed, n=1, cutoff=0.5)
            code = "cli.unknown_setting_nearest" if nearest else "cli.unknown_setting"
            arguments = {"nearest": nearest[0] if nearest else "", "allowed": tuple(allowed)}
            self.problems.append(BadSetting(code, file=where, key=name, **arguments))


def _read_text(reader: Callable[[object], object], text: str) -> object:
    """Return the value of a variable by its key's reader. Raises TypeError, ValueError or UnknownChannel."""
    try:
        return reader(text)
    except (TypeError, ValueError):
        value = _as_toml(text)
        if isinstance(value, str):
            raise
    return reader(value)


def _is_number(channel: str, key: str) -> bool:
    """Return whether a key of a channel is a number; all others are texts."""
    parameters = signature(import_module(f"notifications.channels.{channel}").channel).parameters
    return key in parameters and parameters[key].annotation in ("int", "float")


def _as_toml(text: str) -> object:
    """Return the value a text has in TOML; the text itself if it is not TOML."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _wrong(where: str, key: str, expected: str) -> BadSetting:
    """Return the error for a value of the wrong kind."""
    return BadSetting("cli.wrong_setting", file=where, key=key, expected=expected)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _path(value: object) -> Path:
    if not _text(value):
        raise ValueError("path")
    return Path(str(value))


def _optional_path(value: object) -> Path | None:
    return Path(_text(value)) if value else None


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError("number")
    return value


def _port(value: object) -> int:
    number = _number(value)
    if number > 65_535:
        raise ValueError("port")
    return number


def _address(value: object) -> str:
    if _text(value):
        public_address(str(value))
    return str(value)


def _networks(value: object) -> tuple[Network, ...]:
    """Parse addresses and networks; one that includes every address is refused."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError("networks")
    try:
        found = tuple(ip_network(one) for one in value)
    except ValueError:
        raise ValueError("networks") from None
    if any(one.prefixlen == 0 for one in found):
        raise ValueError("networks")
    return found


@dataclass(frozen=True, slots=True)
class OneOf:
    """Reader of a key with a few allowed words; `code` lists them in error messages."""

    allowed: tuple[str, ...]
    code: str

    def __call__(self, value: object) -> str:
        if value not in self.allowed:
            raise ValueError(self.code)
        return str(value)


def _receiver(value: object) -> str:
    """Parse the address of a receiver of syslog messages; "" for none."""
    address = urlsplit(_text(value))
    try:
        usable = address.scheme in ("udp", "tcp") and bool(address.hostname) and address.port is not None
    except ValueError:
        usable = False
    if value and not usable:
        raise ValueError("syslog")
    return str(value)


def _days(value: object) -> frozenset[date]:
    if not isinstance(value, list) or any(
        isinstance(day, datetime) or not isinstance(day, date) for day in value
    ):
        raise TypeError("dates")
    if value:
        from calendars import FIRST, LAST

        if not all(FIRST <= day <= LAST for day in value):
            raise ValueError("dates_on_record")
    return frozenset(value)


def _calendar_code(value: object) -> str:
    code = _text(value)
    if code != HOME_CALENDAR:
        # The library is asked for where its calendar is, and nowhere else.
        from calendars.registered import UnknownCalendar, by_code

        try:
            by_code(code)
        except UnknownCalendar:
            raise ValueError("calendar") from None
    return code


def _bodies(value: object) -> tuple[AuthorisedBody, ...]:
    """Parse the authorised bodies, in date order, without overlaps."""
    if not isinstance(value, list):
        raise TypeError("bodies")
    bodies = tuple(sorted((_body(one) for one in value), key=lambda body: body.since))
    for body, following in pairwise(bodies):
        if following.since <= (body.until or body.since):
            raise ValueError("bodies")
    return bodies


def _body(value: object) -> AuthorisedBody:
    if not isinstance(value, dict) or not value.keys() <= {"name", "from", "until", "confirmed_on"}:
        raise TypeError("bodies")
    name, days = value.get("name"), [value.get(key) for key in ("from", "until", "confirmed_on")]
    if not isinstance(name, dict) or name.keys() != set(LANGUAGES) or not all(map(_said, name.values())):
        raise ValueError("bodies")
    since, until, confirmed = days
    if any(day is not None and type(day) is not date for day in days) or since is None:
        raise ValueError("bodies")
    if until is not None and until < since:
        raise ValueError("bodies")
    return AuthorisedBody(name=name, since=since, until=until, confirmed_on=confirmed)


def _said(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _language(value: object) -> str:
    if _text(value) not in LANGUAGES and not _FURTHER.fullmatch(str(value)):
        raise ValueError("language")
    return str(value)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("names")
    return tuple(value)


def _channel_names(value: object) -> tuple[str, ...]:
    used = _names(value)
    for name in used:
        if name not in names():
            raise UnknownChannel(name)
    return used


def _digests(value: object) -> frozenset[str]:
    chosen = frozenset(_names(value))
    if not chosen <= DIGESTS:
        raise ValueError("digests")
    return chosen


def _accesses(value: object) -> frozenset[str]:
    chosen = frozenset(_names(value))
    if not chosen <= frozenset(ACCESSES):
        raise ValueError("accesses")
    return chosen


def _directory_address(value: object) -> str:
    if _text(value):
        try:
            parts = urlsplit(str(value))
            valid = parts.scheme in ("ldap", "ldaps") and parts.hostname and parts.port != 0
        except ValueError:
            valid = None
        if not valid or parts.path not in ("", "/") or parts.query or parts.username:
            raise ValueError("directory_address")
    return str(value)


def _issuer(value: object) -> str:
    """Parse the issuer address of an OpenID provider; "" for none."""
    if _text(value):
        try:
            parts = urlsplit(str(value))
            valid = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
        except ValueError:
            valid = None
        if not valid or parts.query or parts.fragment or parts.username:
            raise ValueError("issuer")
    return str(value)


def _local_socket(value: object) -> str:
    """Parse the address of NCALayer: a TLS web socket on the signer's own machine."""
    if not _LOCAL_SOCKET.fullmatch(_text(value)):
        raise ValueError("local_socket")
    return str(value)


def _group_accesses(value: object) -> tuple[GroupAccess, ...]:
    """Parse the accesses of groups: a list of tables with `group` and `access`."""
    if not isinstance(value, list):
        raise TypeError("groups")
    for row in value:
        if not isinstance(row, dict) or row.keys() != {"group", "access"} or not _said(row["group"]):
            raise ValueError("groups")
    return tuple(GroupAccess(group=row["group"], access=_access(row["access"])) for row in value)


def _access(value: object) -> Access:
    for access in ACCESSES:
        if value == access:
            return access
    raise ValueError("groups")


def _years(value: object) -> int:
    """Parse a number of years; 0 for none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        raise ValueError("years")
    return value


def _directory_sync(value: object) -> SyncSettings:
    """Parse the section `[ldap.sync]`."""
    if not isinstance(value, dict) or not value.keys() <= SYNC_KEYS.keys():
        raise ValueError("directory_sync")
    try:
        return SyncSettings(**{key: SYNC_KEYS[key](one) for key, one in value.items()})  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError("directory_sync") from None


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("yes_or_no")
    return value


def _time_of_day(value: object) -> time:
    try:
        found = time.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("time_of_day") from None
    if found.tzinfo:
        raise ValueError("time_of_day")
    return found


def _hours(value: object) -> tuple[time, time]:
    try:
        first, last = (time.fromisoformat(hour) for hour in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError("hours") from None
    # They are hours of Almaty: one with a zone of its own is none of them.
    if first.tzinfo or last.tzinfo or first >= last:
        raise ValueError("hours")
    return first, last


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
    scheme, mark, rest = url.partition(":///")
    if not scheme.startswith("sqlite") or not mark or not rest or rest.startswith((":", "/")):
        return url
    return f"{scheme}:///{(base / rest).as_posix()}"


_Readers = Mapping[str, Callable[[object], object]]
SYNC_KEYS: Mapping[str, Callable[[object], object]] = {
    "mode": OneOf(SYNC_MODES, "directory_sync"),
    "hours": _number,
    "base": _text,
    "filter": _text,
    "ceiling": _number,
    "given_name_attribute": _text,
    "surname_attribute": _text,
    "patronymic_attribute": _text,
    "title_attribute": _text,
    "unit_attribute": _text,
    "manager_attribute": _text,
    "language_attribute": _text,
    "leave_attribute": _text,
}
"""The keys of `[ldap.sync]`."""
SECTIONS: Mapping[str, tuple[type, _Readers]] = {
    "office": (
        OfficeSettings,
        {
            "name": _text,
            "name_kk": _text,
            "name_ru": _text,
            "kind": _text,
            "calendar": _calendar_code,
            "officer": _text,
            "language": _language,
            "authorised_body": _bodies,
            "days_off": _days,
            "working_days": _days,
            "rollover": OneOf(("propose", "open"), "rollover"),
        },
    ),
    "database": (
        DatabaseSettings,
        {
            "url": _text,
            "password_env": _text,
            "installation": _text,
            "answer_within": _number,
            "statement_limit": _number,
            "long_statement_limit": _number,
        },
    ),
    "evidence": (EvidenceSettings, {"folder": _path}),
    "channels": (ChannelSettings, {"use": _channel_names}),
    "reminders": (ReminderSettings, {"office_hours": _hours, "tick": _number, "digests": _digests}),
    "web": (
        WebSettings,
        {
            "host": _text,
            "port": _port,
            "public_address": _address,
            "trusted_proxies": _networks,
            "totp_required": _accesses,
            "public_page": _yes_or_no,
        },
    ),
    "secrets": (
        SecretSettings,
        {"key_env": _text, "old_keys_env": _text, "key_file": _optional_path},
    ),
    "ldap": (
        LdapSettings,
        {
            "address": _directory_address,
            "kind": OneOf(DIRECTORY_KINDS, "directory_kind"),
            "insecure": _yes_or_no,
            "ca_file": _optional_path,
            "bind": _text,
            "password_env": _text,
            "base": _text,
            "user_filter": _text,
            "group_filter": _text,
            "id_attribute": _text,
            "login_attribute": _text,
            "name_attribute": _text,
            "email_attribute": _text,
            "groups": _group_accesses,
            "match_email": _yes_or_no,
            "timeout": _number,
            "sync": _directory_sync,
        },
    ),
    "oidc": (
        OidcSettings,
        {
            "issuer": _issuer,
            "insecure": _yes_or_no,
            "ca_file": _optional_path,
            "client_id": _text,
            "secret_env": _text,
            "scopes": _names,
            "login_claim": _text,
            "groups_claim": _text,
            "groups": _group_accesses,
            "match_email": _yes_or_no,
            "label_kk": _text,
            "label_ru": _text,
            "label_en": _text,
            "log_out": _yes_or_no,
            "timeout": _number,
        },
    ),
    "retention": (RetentionSettings, {"people_years": _years}),
    "languages": (LanguageSettings, {"folder": _optional_path}),
    "regulations": (RegulationSettings, {"folder": _optional_path, "acts": _names}),
    "audit": (
        AuditSettings,
        {"syslog": _receiver, "format": OneOf(("cef", "jsonl"), "audit_format")},
    ),
    "backup": (
        BackupSettings,
        {
            "folder": _optional_path,
            "at": _time_of_day,
            "daily": _number,
            "weekly": _number,
            "monthly": _number,
        },
    ),
    "webhooks": (
        WebhookSettings,
        {"private": _yes_or_no, "ca_file": _optional_path, "timeout": _number, "give_up_days": _number},
    ),
    "eds": (
        EdsSettings,
        {
            "on": _yes_or_no,
            "address": _local_socket,
            "trust": _optional_path,
            "gost_check": _optional_path,
        },
    ),
    "imap": (
        ImapSettings,
        {
            "host": _text,
            "port": _port,
            "security": OneOf(("tls", "starttls", "none"), "imap_security"),
            "user": _text,
            "password_env": _text,
            "ca_file": _optional_path,
            "folder": _text,
            "address": _text,
            "period": _number,
            "timeout": _number,
        },
    ),
    "logs": (
        LogSettings,
        {
            "format": OneOf(LOG_FORMATS, "log_format"),
            "level": OneOf(LOG_LEVELS, "log_level"),
        },
    ),
}
