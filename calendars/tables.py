"""A table of a TOML file as a frozen pydantic model; `workflow.law.files` says what is wrong in one."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T")
Listed = Annotated[tuple[T, ...], Strict(False)]
"""Annotation: a list of a file."""


class Model(BaseModel):
    """A table of a file: only the keys it declares, with values of exactly their types."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, table: Any) -> Any:
        """Refuse a key that a table of a file, of the law or the calendar, does not have; name those it has."""
        keys = cls.keys()
        for key in table if isinstance(table, dict) else ():
            if key not in keys:
                raise wrong("unknown_key", value=key, allowed=keys)
        return table

    @classmethod
    @cache
    def keys(cls) -> tuple[str, ...]:
        """Return the keys a file may give: every field but those `computed`."""
        fields = cls.model_fields.items()
        return tuple(field.alias or name for name, field in fields if not field.exclude)

    def replaced(self, **values: Any) -> Self:
        """Return a copy with other values, unchecked; nothing computed from the old ones is taken over."""
        copy = self.model_copy(update=values)
        for name in vars(copy).keys() - type(self).model_fields.keys():
            del vars(copy)[name]
        return copy


def wrong(code: str, *keys: str | int, **arguments: object) -> PydanticCustomError:
    """Return the error that a validator raises for a table or list; the keys lead to the mistake in it."""
    return PydanticCustomError(code, code, {"keys": keys, **arguments})
