"""The keys of the settings: what each takes, and which of them administrators may change in the browser."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from importlib import import_module
from inspect import Parameter, signature
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from merzim.services.configuration.settings import ORIGINS, AuthorisedBody, GroupAccess, Settings
from merzim.services.configuration.values import (
    DAY,
    DAYS,
    DECIMAL,
    HOURS,
    NAMES,
    NETWORKS,
    NOT_BLANK,
    NUMBER,
    OPTIONAL_DAY,
    OPTIONAL_PATH,
    OPTIONAL_PORT,
    OPTIONAL_TIME,
    PATH,
    TEXT,
    TIME_OF_DAY,
    YES_OR_NO,
    Kind,
    Network,
    is_not_blank,
    list_of,
    one_of,
    some_of,
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
    "sessions": tuple(
        f"web.{key}" for key in ("session_hours", "session_idle_minutes", "device_days", "invitation_hours")
    ),
    "backup": tuple(f"backup.{key}" for key in ("at", "daily", "weekly", "monthly")),
    "alarms": tuple(
        f"alarms.{key}" for key in ("backup_hours", "verify_days", "round_minutes", "queue_minutes")
    ),
    "retention": ("retention.people_years",),
}
"""What administrators change in the browser, by the part of the page. Everything else is the server's: how it
starts, who may log in by what, where files lie, which variables hold secrets. A name of a variable or of a file
here would let an administrator send the server's secrets to a machine of their own."""
CHANGEABLE_KEYS = frozenset(key for keys in CHANGEABLE.values() for key in keys)
SERVER_KEYS: Mapping[str, tuple[str, ...]] = {
    "channels.email.password": tuple(f"channels.email.{key}" for key in ("host", "port", "tls", "user")),
}
"""By password: what it is for. It is given to no other server and no other log-in, whatever is changed."""


def read_text(kind: Kind, text: str) -> object:
    """Return the value of a variable by the kind of its key. Raises TypeError, ValueError or UnknownChannel."""
    try:
        return kind.read(text)
    except (TypeError, ValueError):
        value = as_toml(text)
        if isinstance(value, str):
            raise
    return kind.read(value)


def is_number(channel: str, key: str) -> bool:
    """Return whether a key of a channel is a number; all others are texts."""
    parameters = signature(import_module(f"notifications.channels.{channel}").channel).parameters
    return key in parameters and parameters[key].annotation in ("int", "int | None", "float")


def kind_of(key: str) -> Kind:
    """Return what a key takes: "web.port", "channels.email.host"."""
    section, _, name = key.partition(".")
    if "." not in name:
        return SECTIONS[section][1][name]
    channel, _, name = name.partition(".")
    function = import_module(f"notifications.channels.{channel}").channel
    hint = get_type_hints(function)[name]
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        return one_of(allowed, "_".join(allowed))
    return OPTIONAL_PORT if name == "port" else {int: NUMBER, float: DECIMAL}.get(hint, TEXT)


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


def is_key(settings: Settings, key: str) -> bool:
    """Return whether settings have a key of that name, changeable or not."""
    try:
        value_of(settings, key) if key.startswith("channels.") else attrgetter(key)(settings)
    except (AttributeError, LookupError, ImportError):
        return False
    return True


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
        return json.dumps([text_of(item) for item in value], ensure_ascii=False)
    return "" if value is None else str(value)


def password_owner(settings: Settings, key: str) -> str:
    """Return what a password given in the browser is bound to: the server and the log-in it was given for."""
    values = [text_of(value_of(settings, server_key)) for server_key in SERVER_KEYS[key]]
    _, port, security, _ = values
    if not port:
        ports: Mapping[str, int] = import_module("notifications.channels.email").PORTS
        values[1] = text_of(ports.get(security))
    return ":".join([f"setting.{key}", *values])


def overlaid(settings: Settings, values: Mapping[str, str]) -> Settings:
    """Return the settings with texts laid over them, by key.

    A key the environment fixes stays as it is.

    Raises:
        ValueError, TypeError, UnknownChannel: a text is no value of its key.
    """
    values = {key: text for key, text in values.items() if key not in settings.from_environment}
    for key, text in values.items():
        value, (section, _, name) = read_text(kind_of(key), text), key.partition(".")
        if "." in name:
            channel, _, name = name.partition(".")
            sections = settings.channels.sections
            section_values = {**sections.get(channel, {}), name: value}
            new_section: object = replace(settings.channels, sections={**sections, channel: section_values})
        else:
            new_section = replace(getattr(settings, section), **{name: value})
        settings = replace(settings, **{section: new_section})  # type: ignore[arg-type]
    return replace(settings, from_browser=settings.from_browser | values.keys())


def as_toml(text: str) -> object:
    """Return the value a text has in TOML; the text itself if it is not TOML."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _bodies(value: object) -> tuple[AuthorisedBody, ...]:
    """Parse the authorised bodies, in date order, without overlaps."""
    if not isinstance(value, list):
        raise TypeError("bodies")
    bodies = tuple(sorted((_body(table) for table in value), key=lambda body: body.since))
    for body, following in pairwise(bodies):
        if following.since <= (body.until or body.since):
            raise ValueError("bodies")
    return bodies


def _body(value: object) -> AuthorisedBody:
    if not isinstance(value, dict) or not value.keys() <= {"name", "from", "until", "confirmed_on"}:
        raise TypeError("bodies")
    name, days = value.get("name"), [value.get(key) for key in ("from", "until", "confirmed_on")]
    if not isinstance(name, dict) or name.keys() != set(LANGUAGES) or not all(map(is_not_blank, name.values())):
        raise ValueError("bodies")
    since, until, confirmed = days
    if any(day is not None and type(day) is not date for day in days) or since is None:
        raise ValueError("bodies")
    if until is not None and until < since:
        raise ValueError("bodies")
    return AuthorisedBody(name=name, since=since, until=until, confirmed_on=confirmed)


def _group_accesses(value: object) -> tuple[GroupAccess, ...]:
    """Parse the accesses of groups: a list of tables with `group` and `access`."""
    if not isinstance(value, list):
        raise TypeError("groups")
    for row in value:
        if not isinstance(row, dict) or row.keys() != {"group", "access"} or not is_not_blank(row["group"]):
            raise ValueError("groups")
    return tuple(GroupAccess(group=row["group"], access=_access(row["access"])) for row in value)


def _access(value: object) -> Access:
    for access in ACCESSES:
        if value == access:
            return access
    raise ValueError("groups")


_BODY = {
    "type": "object",
    "properties": {
        "name": {
            "type": "object",
            "properties": dict.fromkeys(LANGUAGES, NOT_BLANK),
            "required": list(LANGUAGES),
            "additionalProperties": False,
        },
        **dict.fromkeys(("from", "until", "confirmed_on"), DAY),
    },
    "required": ["name", "from"],
    "additionalProperties": False,
}
_GROUP = {
    "type": "object",
    "properties": {"group": NOT_BLANK, "access": {"enum": list(ACCESSES)}},
    "required": ["group", "access"],
    "additionalProperties": False,
}
_KINDS: dict[object, Kind] = {
    str: TEXT,
    int: NUMBER,
    bool: YES_OR_NO,
    Path: PATH,
    Path | None: OPTIONAL_PATH,
    time: TIME_OF_DAY,
    time | None: OPTIONAL_TIME,
    tuple[time, time]: HOURS,
    tuple[str, ...]: NAMES,
    tuple[Network, ...]: NETWORKS,
    date | None: OPTIONAL_DAY,
    frozenset[date]: DAYS,
    frozenset[Access]: some_of(ACCESSES, "accesses"),
    tuple[AuthorisedBody, ...]: Kind(_bodies, list_of(_BODY)),
    tuple[GroupAccess, ...]: Kind(_group_accesses, list_of(_GROUP)),
}
"""What a key takes by the type of its field; a field that takes less names its kind itself."""


def _keys_of(section: type) -> dict[str, Kind]:
    """Return what each key of a section takes; a table of further sections is no key."""
    hints = get_type_hints(section, include_extras=True)
    named_kinds = {name: get_args(hint)[1] for name, hint in hints.items() if get_origin(hint) is Annotated}
    return {
        name: named_kinds.get(name) or _KINDS[hint]
        for name, hint in hints.items()
        if get_origin(hint) is not Mapping
    }


SECTIONS: Mapping[str, tuple[type, Mapping[str, Kind]]] = {
    name: (section, _keys_of(section))
    for name, section in get_type_hints(Settings).items()
    if name not in ORIGINS
}
"""By section of config.toml: the class of its values, and what each of its keys takes."""
