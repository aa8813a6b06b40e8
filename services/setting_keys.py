"""The keys of the settings: what each takes, and which of them administrators may change in the browser."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from importlib import import_module
from inspect import Parameter, signature
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from notifications.channels import UnknownChannel, names
from services.origins import public_address
from services.settings import (
    DIRECTORY_KINDS,
    HOME_CALENDAR,
    LOG_FORMATS,
    LOG_LEVELS,
    PUBLIC_PARTS,
    SYNC_MODES,
    AlarmSettings,
    AuditSettings,
    AuthorisedBody,
    BackupSettings,
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
from workflow.languages import LANGUAGES
from workflow.org.access import ACCESSES, Access

CHANGEABLE: Mapping[str, tuple[str, ...]] = {
    "organisation": tuple(
        f"office.{key}" for key in ("name", "name_kk", "name_ru", "officer", "language", "rollover")
    ),
    "mail": (
        "channels.use",
        *(f"channels.email.{key}" for key in ("host", "port", "tls", "user", "sender", "timeout")),
    ),
    "reminders": ("reminders.office_hours", "reminders.digests", "reminders.digest_at"),
    "public": ("web.public_page", "web.public_parts"),
    "sessions": tuple(
        f"web.{key}" for key in ("session_hours", "session_idle_minutes", "device_days", "invitation_hours")
    ),
    "replies": tuple(
        f"imap.{key}" for key in ("host", "port", "security", "user", "folder", "address", "period", "timeout")
    ),
    "backup": tuple(f"backup.{key}" for key in ("at", "daily", "weekly", "monthly")),
    "alarms": tuple(
        f"alarms.{key}" for key in ("backup_hours", "verify_days", "round_minutes", "queue_minutes")
    ),
    "retention": ("retention.people_years",),
    "webhooks": ("webhooks.timeout", "webhooks.give_up_days"),
    "eds": ("eds.on",),
}
"""What administrators change in the browser, by the part of the page. Everything else is the server's: how it
starts, who may log in by what, where files lie, which variables hold secrets. A name of a variable or of a file
here would let an administrator send the server's secrets to a machine of their own."""
CHANGEABLE_KEYS = frozenset(key for keys in CHANGEABLE.values() for key in keys)
SERVER_KEYS: Mapping[str, tuple[str, ...]] = {
    "channels.email.password": tuple(f"channels.email.{key}" for key in ("host", "port", "tls", "user")),
    "imap.password": tuple(f"imap.{key}" for key in ("host", "port", "security", "user")),
}
"""By password: what it is for. It is given to no other server and no other log-in, whatever is changed."""
DIGESTS = frozenset({"personal", "several", "unit", "managers"})
_FURTHER = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_LOCAL_SOCKET = re.compile(r"wss://(127\.0\.0\.1|localhost):[1-9][0-9]{0,4}")


def read_text(reader: Callable[[object], object], text: str) -> object:
    """Return the value of a variable by its key's reader. Raises TypeError, ValueError or UnknownChannel."""
    try:
        return reader(text)
    except (TypeError, ValueError):
        value = as_toml(text)
        if isinstance(value, str):
            raise
    return reader(value)


def is_number(channel: str, key: str) -> bool:
    """Return whether a key of a channel is a number; all others are texts."""
    parameters = signature(import_module(f"notifications.channels.{channel}").channel).parameters
    return key in parameters and parameters[key].annotation in ("int", "int | None", "float")


def reader_of(key: str) -> Callable[[object], object]:
    """Return the reader of a key: "web.port", "channels.email.host"."""
    section, _, name = key.partition(".")
    if "." not in name:
        return SECTIONS[section][1][name]
    channel, _, name = name.partition(".")
    function = import_module(f"notifications.channels.{channel}").channel
    kind = get_type_hints(function)[name]
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        return OneOf(allowed, "_".join(allowed))
    return _optional_port if name == "port" else {int: _number, float: _decimal}.get(kind, _text)


def value_of(settings: Settings, key: str) -> object:
    """Return the value of a key; a key of a channel that is set nowhere has its default, if there is one."""
    section, _, name = key.partition(".")
    if "." not in name:
        return getattr(getattr(settings, section), name)
    channel, _, name = name.partition(".")
    values = settings.channels.sections.get(channel, {})
    if name in values:
        return values[name]
    default = signature(import_module(f"notifications.channels.{channel}").channel).parameters[name].default
    return "" if default is Parameter.empty else default


def text_of(value: object) -> str:
    """Return a value as the text that is read as this value: what a variable of the environment would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return json.dumps([text_of(one) for one in value], ensure_ascii=False)
    return "" if value is None else str(value)


def password_owner(settings: Settings, key: str) -> str:
    """Return what a password given in the browser is bound to: the server and the log-in it was given for."""
    values = [text_of(value_of(settings, one)) for one in SERVER_KEYS[key]]
    _, port, security, _ = values
    if not port:
        values[1] = text_of(_mail_ports(key).get(security))
    return ":".join([f"setting.{key}", *values])


def _mail_ports(key: str) -> Mapping[str, int]:
    """Return the usual port of each kind of connection to the server of a password."""
    module = "notifications.wire.imap" if key == "imap.password" else "notifications.channels.email"
    ports: Mapping[str, int] = import_module(module).PORTS
    return ports


def overlaid(settings: Settings, values: Mapping[str, str]) -> Settings:
    """Return the settings with texts laid over them, by key.

    A key the environment fixes stays as it is.

    Raises:
        ValueError, TypeError, UnknownChannel: a text is no value of its key.
    """
    values = {key: text for key, text in values.items() if key not in settings.from_environment}
    for key, text in values.items():
        value, (section, _, name) = read_text(reader_of(key), text), key.partition(".")
        if "." in name:
            channel, _, name = name.partition(".")
            sections = settings.channels.sections
            own = {**sections.get(channel, {}), name: value}
            changed: object = replace(settings.channels, sections={**sections, channel: own})
        else:
            changed = replace(getattr(settings, section), **{name: value})
        settings = replace(settings, **{section: changed})  # type: ignore[arg-type]
    return replace(settings, from_browser=settings.from_browser | values.keys())


def as_toml(text: str) -> object:
    """Return the value a text has in TOML; the text itself if it is not TOML."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


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


def _decimal(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise TypeError("decimal")
    return value


def _port(value: object) -> int:
    number = _number(value)
    if number > 65_535:
        raise ValueError("port")
    return number


def _optional_port(value: object) -> int | None:
    """Parse a port; "" for the usual one."""
    return None if value in ("", None) else _port(value)


def _to_thousand(value: object) -> int:
    number = _number(value)
    if number > 1000:
        raise ValueError("to_thousand")
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


def _public_parts(value: object) -> frozenset[str]:
    chosen = frozenset(_names(value))
    if not chosen <= PUBLIC_PARTS:
        raise ValueError("public_parts")
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


def _optional_time(value: object) -> time | None:
    return _time_of_day(value) if value else None


def _hours(value: object) -> tuple[time, time]:
    try:
        first, last = (time.fromisoformat(hour) for hour in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError("hours") from None
    # They are hours of Almaty: one with a zone of its own is none of them.
    if first.tzinfo or last.tzinfo or first >= last:
        raise ValueError("hours")
    return first, last


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
    "reminders": (
        ReminderSettings,
        {"office_hours": _hours, "tick": _number, "digests": _digests, "digest_at": _optional_time},
    ),
    "web": (
        WebSettings,
        {
            "host": _text,
            "port": _port,
            "public_address": _address,
            "trusted_proxies": _networks,
            "totp_required": _accesses,
            "public_page": _yes_or_no,
            "public_parts": _public_parts,
            "session_hours": _to_thousand,
            "session_idle_minutes": _to_thousand,
            "device_days": _to_thousand,
            "invitation_hours": _to_thousand,
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
    "alarms": (
        AlarmSettings,
        {
            "backup_hours": _to_thousand,
            "verify_days": _to_thousand,
            "round_minutes": _to_thousand,
            "queue_minutes": _to_thousand,
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
            "port": _optional_port,
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
