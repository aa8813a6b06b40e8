"""Build commands from values; pydantic's errors become messages of the catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from services.verbs import Command
from workflow.refusal import Refusal

C = TypeVar("C", bound=Command)
MAX_QUOTED_CHARACTERS = 100
"""How much of a refused value its message repeats."""
_CODES: Mapping[str, str] = {
    "missing": "input.missing",
    "string_too_short": "input.missing",
    "too_short": "input.missing",
    "string_too_long": "input.too_long",
    "too_long": "input.too_many",
    "less_than_equal": "input.too_large",
    "extra_forbidden": "input.unknown_field",
}


class BadInput(Refusal, ValueError):
    """A field of a command has a value that is not allowed; the message names the field and what is allowed."""


def build(command: type[C], values: Mapping[str, object]) -> C:
    """Return the command with these values.

    Raises:
        BadInput: a value is missing or not allowed; the message names the first.
    """
    try:
        return command.model_validate(dict(values))
    except ValidationError as error:
        item = error.errors(include_url=False)[0]
        field = str(item["loc"][0]) if item["loc"] else ""
        if field == "ground" and _CODES.get(item["type"]) == "input.missing":
            raise BadInput("ground_missing") from None
        place = ".".join(str(part) for part in item["loc"])
        context = item.get("ctx", {})
        limit = context.get("max_length") or context.get("le") or ""
        code = _CODES.get(item["type"], "input.not_allowed")
        raise BadInput(
            code, field=place, text=str(item["input"])[:MAX_QUOTED_CHARACTERS], limit=limit
        ) from None
