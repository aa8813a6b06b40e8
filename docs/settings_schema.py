"""The JSON Schema of config.toml (docs/schemas/config.json), from the readers of its keys and its comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from merzim.services.configuration.keys import SECTIONS
from merzim.services.configuration.values import OPTIONAL_PORT, TEXT
from notifications.channels import names

CONFIG = Path(__file__).parents[1] / "config.toml"
_TYPES = {str: TEXT.schema, int: {"type": "integer"}, float: {"type": "number"}, bool: {"type": "boolean"}}
_SECTION = re.compile(r"^(?:# )?\[([a-z._]+)\]$")
_MORE = re.compile(r"^# +# (.*)$")
"""A second line of what stands beside a key that is commented out."""
_KEY = re.compile(r"^(?:# )?([a-z_]+) = .*?(?:\s# (.*))?$")


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of config.toml, in the draft that TOML editors know."""
    comments = _comments(CONFIG.read_text(encoding="utf-8"))
    sections = {
        name: _table({key: kind.schema for key, kind in kinds.items()}, name, comments)
        for name, (_, kinds) in SECTIONS.items()
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


def _channel(name: str) -> dict[str, dict[str, Any]]:
    """Return the keys of a channel's section: the keyword arguments that are plain values."""
    make = import_module(f"notifications.channels.{name}").channel
    hints = {key: hint for key, hint in get_type_hints(make).items() if key in signature(make).parameters}
    defaults = {key: parameter.default for key, parameter in signature(make).parameters.items()}
    kinds = {key: _plain(hint, defaults[key]) for key, hint in hints.items()}
    return {key: kind for key, kind in kinds.items() if kind is not None}


def _plain(hint: Any, default: object) -> dict[str, Any] | None:
    if get_origin(hint) is Literal:
        kind: dict[str, Any] | None = {"enum": list(get_args(hint))}
    elif Path in get_args(hint):
        kind, default = TEXT.schema, str(default) if default else ""
    elif hint == int | None:
        kind, default = OPTIONAL_PORT.schema, ""
    else:
        kind = _TYPES.get(hint)
    return kind if kind is None or default is Parameter.empty else {**kind, "default": default}


def _comments(text: str) -> dict[str, str]:
    """Return what config.toml says of each key: the comment above it, or beside one that is commented out."""
    comments: dict[str, str] = {}
    section, key, above = "", "", list[str]()
    for line in text.splitlines():
        if match := _SECTION.match(line):
            section, above = match[1], []
        elif match := _KEY.match(line):
            key = f"{section}.{match[1]}"
            comment = match[2] if line.startswith("# ") and match[2] else " ".join(above)
            if comment:
                comments.setdefault(key, comment)
            above = []
        elif match := _MORE.match(line):
            comments[key] += " " + match[1]
        elif line.startswith("# "):
            above.append(line[2:])
        else:
            above = []
    return comments
