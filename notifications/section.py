"""Sections of config.toml as models, and the values that several of them have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A section of config.toml. Relative paths are those beside the file, where the validation's context names
    its folder as `base`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, validate_default=True)


def refuse_bool(value: object) -> object:
    """Return a value. Raises an error for true and false, which Pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "true and false are no numbers")
    return value


def base_of(info: ValidationInfo) -> Path:
    """Return the folder of the settings file, where the validation knows it; else the present one, unnamed."""
    return Path((info.context or {}).get("base", ""))


def _beside(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return a path, a relative one as that beside the settings file."""
    return None if path is None else base_of(info) / path


def _filled(value: object) -> object:
    """Return a path. Raises an error for "", which Path takes for the present folder."""
    if value == "":
        raise PydanticCustomError("missing", "a path is missing")
    return value


EMPTY = BeforeValidator(lambda value: None if value == "" else value)
"""Takes "" for a key left out."""
BESIDE = AfterValidator(_beside)
NO_BOOL = BeforeValidator(refuse_bool)
Folder = Annotated[Path, Field(json_schema_extra={"minLength": 1}), BESIDE, BeforeValidator(_filled)]
OptionalPath = Annotated[Path | None, BESIDE, EMPTY, WithJsonSchema({"type": "string"})]
Port = Annotated[int, Field(ge=1, le=65_535), NO_BOOL]
Seconds = Annotated[float, Field(ge=0), NO_BOOL]
MAIL_PORTS = {"none": 25, "starttls": 587, "tls": 465}
"""The usual port of a mail server by kind of connection (RFC 8314, RFC 6409)."""
