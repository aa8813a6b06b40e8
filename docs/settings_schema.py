"""The JSON Schema of config.toml (docs/schemas/config.json), from the readers of its keys and its comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from notifications.channels import names
from services.setting_keys import DIGESTS, SECTIONS, SYNC_KEYS, OneOf
from services.settings import PUBLIC_PARTS, SYNC_MODES
from workflow.languages import LANGUAGES
from workflow.org.access import ACCESSES

CONFIG = Path(__file__).parents[1] / "config.toml"
_TEXT = {"type": "string"}
_SAID = {"type": "string", "pattern": r"\S"}
_DAY = {"type": "string", "format": "date"}
_GROUP = {
    "type": "object",
    "properties": {"group": _SAID, "access": {"enum": list(ACCESSES)}},
    "required": ["group", "access"],
    "additionalProperties": False,
}
_BODY = {
    "type": "object",
    "properties": {
        "name": {
            "type": "object",
            "properties": dict.fromkeys(LANGUAGES, _SAID),
            "required": list(LANGUAGES),
            "additionalProperties": False,
        },
        **dict.fromkeys(("from", "until", "confirmed_on"), _DAY),
    },
    "required": ["name", "from"],
    "additionalProperties": False,
}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65_535}
_USUAL_PORT = {"anyOf": [{"const": ""}, _PORT]}
_HOUR = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}


def _list(items: Mapping[str, Any], **more: int) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


READERS: Mapping[str, dict[str, Any]] = {
    "_text": _TEXT,
    "_path": {**_TEXT, "minLength": 1},
    "_optional_path": _TEXT,
    "_language": {**_TEXT, "pattern": r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$"},
    "_number": {"type": "integer", "minimum": 1},
    "_port": _PORT,
    "_optional_port": _USUAL_PORT,
    "_to_thousand": {"type": "integer", "minimum": 1, "maximum": 1000},
    "_address": {**_TEXT, "pattern": r"^(https?://[^\s/?#@]+/?)?$"},
    "_networks": _list({**_TEXT, "pattern": r"^[0-9a-fA-F.:]+(/[1-9]\d{0,2})?$"}),
    "_receiver": {**_TEXT, "pattern": r"^((udp|tcp)://\S+:\d+)?$"},
    "_days": _list(_DAY),
    "_calendar_code": {**_TEXT, "pattern": r"^[A-Z]{2}(-[A-Z0-9]+)?$"},
    "_bodies": _list(_BODY),
    "_names": _list(_TEXT),
    "_channel_names": _list({"enum": sorted(names())}),
    "_digests": _list({"enum": sorted(DIGESTS)}),
    "_public_parts": _list({"enum": sorted(PUBLIC_PARTS)}),
    "_accesses": _list({"enum": list(ACCESSES)}),
    "_directory_address": {**_TEXT, "pattern": r"^(ldaps?://\S+)?$"},
    "_local_socket": {**_TEXT, "pattern": r"^wss://(127\.0\.0\.1|localhost):[1-9][0-9]{0,4}$"},
    "_issuer": {**_TEXT, "pattern": r"^(https?://\S+)?$"},
    "_group_accesses": _list(_GROUP),
    "_years": {"type": "integer", "minimum": 0, "maximum": 100},
    "_directory_sync": {
        "type": "object",
        "properties": {
            key: {"enum": list(SYNC_MODES)}
            if key == "mode"
            else {"type": "integer", "minimum": 1}
            if key in ("hours", "ceiling")
            else _TEXT
            for key in SYNC_KEYS
        },
        "additionalProperties": False,
    },
    "_yes_or_no": {"type": "boolean"},
    "_time_of_day": _HOUR,
    "_optional_time": {"anyOf": [{"const": ""}, _HOUR]},
    "_hours": _list(_HOUR, minItems=2, maxItems=2),
}
"""What a reader of a key takes, by its name in services/setting_keys.py."""
_TYPES = {str: _TEXT, int: {"type": "integer"}, float: {"type": "number"}, bool: {"type": "boolean"}}
_SECTION = re.compile(r"^(?:# )?\[([a-z._]+)\]$")
_MORE = re.compile(r"^# +# (.*)$")
"""A second line of what stands beside a key that is commented out."""
_KEY = re.compile(r"^(?:# )?([a-z_]+) = .*?(?:\s# (.*))?$")


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of config.toml, in the draft that TOML editors know."""
    comments = _comments(CONFIG.read_text(encoding="utf-8"))
    sections = {
        name: _table({key: _taken(reader) for key, reader in readers.items()}, name, comments)
        for name, (_, readers) in SECTIONS.items()
    }
    for name in sorted(names()):
        sections["channels"]["properties"][name] = _table(_channel(name), f"channels.{name}", comments)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "merzim config",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }


def _table(keys: Mapping[str, dict[str, Any]], section: str, comments: Mapping[str, str]) -> dict[str, Any]:
    described = {
        key: {**kind, "description": comments[f"{section}.{key}"]} if f"{section}.{key}" in comments else kind
        for key, kind in keys.items()
    }
    return {"type": "object", "properties": described, "additionalProperties": False}


def _taken(reader: Callable[[object], object]) -> dict[str, Any]:
    if isinstance(reader, OneOf):
        return {"enum": list(reader.allowed)}
    return READERS[getattr(reader, "__name__", "")]


def _channel(name: str) -> dict[str, dict[str, Any]]:
    """Return the keys of a channel's section: the keyword arguments that are plain values."""
    make = import_module(f"notifications.channels.{name}").channel
    hints = {key: hint for key, hint in get_type_hints(make).items() if key in signature(make).parameters}
    defaults = {key: one.default for key, one in signature(make).parameters.items()}
    found = {key: _plain(hint, defaults[key]) for key, hint in hints.items()}
    return {key: kind for key, kind in found.items() if kind is not None}


def _plain(hint: Any, default: object) -> dict[str, Any] | None:
    if get_origin(hint) is Literal:
        kind: dict[str, Any] | None = {"enum": list(get_args(hint))}
    elif Path in get_args(hint):
        kind, default = _TEXT, str(default) if default else ""
    elif hint == int | None:
        kind, default = _USUAL_PORT, ""
    else:
        kind = _TYPES.get(hint)
    return kind if kind is None or default is Parameter.empty else {**kind, "default": default}


def _comments(text: str) -> dict[str, str]:
    """Return what config.toml says of each key: the comment above it, or beside one that is commented out."""
    found: dict[str, str] = {}
    section, key, above = "", "", list[str]()
    for line in text.splitlines():
        if match := _SECTION.match(line):
            section, above = match[1], []
        elif match := _KEY.match(line):
            key = f"{section}.{match[1]}"
            said = match[2] if line.startswith("# ") and match[2] else " ".join(above)
            if said:
                found.setdefault(key, said)
            above = []
        elif match := _MORE.match(line):
            found[key] += " " + match[1]
        elif line.startswith("# "):
            above.append(line[2:])
        else:
            above = []
    return found
