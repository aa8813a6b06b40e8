"""The keys of the settings: what each takes, and which of them administrators may change in the browser."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, time
from importlib import import_module
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

from merzim.services.configuration.settings import ORIGINS, AuthorisedBody, GroupAccess, Settings
from merzim.services.configuration.values import (
    DAY,
    DAYS,
    HOURS,
    NAMES,
    NETWORKS,
    NOT_BLANK,
    NUMBER,
    OPTIONAL_DAY,
    OPTIONAL_PATH,
    OPTIONAL_TIME,
    PATH,
    TEXT,
    TIME_OF_DAY,
    YES_OR_NO,
    Kind,
    Network,
    is_not_blank,
    list_of,
    some_of,
)
from workflow.languages import LANGUAGES
from workflow.org.access import ACCESSES, Access


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
