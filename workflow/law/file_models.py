"""Reads tables of TOML files with pydantic; each table is declared once, by the dataclass or function that
makes its value.

Mistakes have codes of the catalogues. The JSON Schema for editors comes from the same declarations.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    Tag,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from workflow.law.procedure import Text
from workflow.refusal import closest_first

T = TypeVar("T")
_STRICT = core_schema.CoreConfig(strict=True, extra_fields_behavior="forbid")


class Field(NamedTuple):
    """A key of a table: the type of its value, and the parameter it is passed as ("" for none)."""

    type_: Any
    parameter: str
    required: bool


@dataclass(frozen=True, eq=False)
class Table:
    """Annotation for a table of a file: only the given keys, with values of the given types.

    Attributes:
        fields: by key.
        make: function that makes the value from the table.
        description: text of the JSON Schema; least: minimum number of keys.
    """

    fields: Mapping[str, Field]
    make: Callable[..., Any]
    description: str
    least: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        fields = {
            key: core_schema.typed_dict_field(handler.generate_schema(field.type_), required=field.required)
            for key, field in self.fields.items()
        }
        table = core_schema.typed_dict_schema(fields, config=_STRICT)
        checked = core_schema.no_info_before_validator_function(self._only_known_keys, table)
        plain = all(key == field.parameter for key, field in self.fields.items())
        value = (lambda arguments: self.make(**arguments)) if plain else self._value
        return core_schema.no_info_after_validator_function(value, checked)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Return the pydantic adapter that validates a file or record of this table."""
        return TypeAdapter(Annotated[Any, self])

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        least = {"minProperties": self.least} if self.least else {}
        return {**handler(schema), "description": self.description, **least}

    def _only_known_keys(self, raw_value: object) -> object:
        for key in raw_value if isinstance(raw_value, dict) else ():
            if key not in self.fields:
                raise wrong("unknown_key", value=key, allowed=closest_first(key, self.fields))
        return raw_value

    def _value(self, table_values: Mapping[str, Any]) -> Any:
        passed = ((self.fields[key].parameter, value) for key, value in table_values.items())
        return self.make(**{parameter: value for parameter, value in passed if parameter})


def table(
    declared: Callable[..., Any],
    *,
    without: Collection[str] = (),
    make: Callable[..., Any] | None = None,
    **types: Any,
) -> Table:
    """Return the table whose keys are the fields of a dataclass or the parameters of a function.

    A parameter that ends in an underscore is a key without it.

    Args:
        declared: the dataclass or function; it is called with the values of the table.
        without: parameters that are not keys of the file.
        make: called instead of `declared`.
        types: narrower types of parameters, or annotations of them. Under other names they are keys that are
            not passed on; where the function takes any, keys that may be left out.
    """
    function = getattr(declared, "func", declared)
    hints = get_type_hints(function, include_extras=True)
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(declared).parameters.items()
        if name not in without
    }
    any_key = [name for name, parameter in parameters.items() if parameter.kind is parameter.VAR_KEYWORD]
    for name in any_key:
        del parameters[name]
    fields = {}
    for name in (*parameters, *(name for name in types if name not in parameters)):
        type_ = types[name] if name in types else _written(hints[name])
        key, type_ = type_ if isinstance(type_, Keyed) else (name.removesuffix("_"), type_)
        if name in parameters:
            fields[key] = Field(as_type(type_), name, parameters[name].default is inspect.Parameter.empty)
        else:
            fields[key] = Field(as_type(type_), name if any_key else "", not any_key)
    return Table(fields, make or declared, " ".join((function.__doc__ or "").partition("\n\n")[0].split()))


class Keyed(NamedTuple):
    """The key and type of a parameter that has another name in the file."""

    key: str
    type_: Any


def list_of(type_: Any, *annotations: object) -> Any:
    """Return the pydantic type of a TOML list whose items have this type."""
    values = tuple.__class_getitem__((as_type(type_), ...))
    return Annotated[values, Strict(False), *annotations]


def as_type(type_: Any) -> Any:
    """Return a type, or the type an annotation carries."""
    return Annotated[Any, type_] if isinstance(type_, Table | Reported) else type_


def _written(hint: Any) -> Any:
    """Return the type a field has in a file, from its type in the dataclass or function; a file has no null."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _written(arguments[0])
    if origin is Literal:
        return one_of(*arguments)
    if origin is Mapping:
        return dict.__class_getitem__(arguments)
    return _WRITTEN.get(hint, hint)


# --------------------------------------------------------------------------------------- types of fields


@dataclass(frozen=True, eq=False)
class Reported:
    """Annotation: a mistake in this value gets a code; a value not even of type `kind` is a type mistake."""

    schema: CoreSchema
    code: str
    kind: type
    arguments: Mapping[str, object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        context: dict[str, Any] = {"kind": self.kind, **self.arguments}
        return core_schema.custom_error_schema(
            self.schema,
            custom_error_type=self.code,
            custom_error_message=self.code,
            custom_error_context=context,
        )


def matching(pattern: str, example: str = "", code: str = "not_written_so") -> Reported:
    """Return an annotation for text that matches a pattern."""
    return Reported(core_schema.str_schema(pattern=pattern), code, str, {"example": example})


def named(pattern: str) -> Reported:
    """Return an annotation for a name that matches a pattern."""
    return matching(pattern, code="not_a_name")


def one_of(*texts: str, shown_texts: Collection[str] = ()) -> Reported:
    """Return an annotation for one of these texts; a mistake lists what is allowed."""
    return Reported(
        core_schema.literal_schema(list(texts)), "not_allowed", str, {"allowed": tuple(shown_texts or texts)}
    )


def within(least: int, maximum: int | None = None) -> Reported:
    """Return an annotation for a whole number within bounds."""
    schema = core_schema.int_schema(ge=least, le=maximum, strict=True)
    return Reported(schema, "out_of_bounds", int, {"least": least, "most": maximum})


def one_of_forms(
    forms: Mapping[str, Any], choose: Callable[[Any], str | None], code: str, **arguments: Any
) -> Any:
    """Return the type of a field that has one of several forms.

    Args:
        choose: returns the name of the form of a value; if None, the mistake gets the code.
    """

    choices = tuple(Annotated[as_type(form), Tag(f"<{name}>")] for name, form in forms.items())
    chosen = Discriminator(
        lambda raw_value: f"<{choose(raw_value)}>",
        custom_error_type=code,
        custom_error_message=code,
        custom_error_context=arguments,
    )
    return Annotated[Union[choices], chosen]  # noqa: UP007


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) < len(values):
        raise wrong("duplicate", next(repeated(values)))
    return values


def repeated(values: Iterable[object]) -> Iterator[int]:
    """Yield the positions of values that occurred earlier."""
    before = set[object]()
    for position, value in enumerate(values):
        if value in before:
            yield position
        before.add(value)


def _fraction(text: str) -> Fraction:
    if not Fraction(text):
        raise wrong("not_written_so", example='"0.3"')
    return Fraction(text)


Distinct = Annotated[tuple[T, ...], Strict(False), AfterValidator(_distinct)]
"""Annotation: a list without duplicates."""
BY_ID = AfterValidator(lambda values: {value.id: value for value in values})
"""Annotation: values by their id."""
NonBlank = Annotated[str, matching(r"\S", code="empty")]
Name = Annotated[str, named("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
"""Names of facts, stages and escalation policies: they become parts of ids, column names and command
arguments.
"""
DashedName = Annotated[str, named("^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Names of procedures and acts."""
Number = Annotated[Fraction, matching(r"^[0-9]{1,4}(\.[0-9]{1,4})?$", '"0.3"'), AfterValidator(_fraction)]
"""A positive decimal in quotes, because floats of TOML would not be exact."""
_WRITTEN: dict[object, object] = {str: NonBlank, Fraction: Number, tuple[str, ...]: Distinct[Name]}


def _text(kk: str | None = None, ru: str | None = None, en: str | None = None) -> Text:
    """A text in up to three languages; a missing one is filled from the first language that is given."""
    first = kk or ru or en
    if first is None:
        raise wrong("missing_language", "ru")
    return Text(kk or first, ru or first, en or first)


Texts = Annotated[Text, replace(table(_text), least=1)]
"""A text in the languages an office uses; shipped files have all three."""
_WRITTEN |= {Text: Texts, tuple[Text, ...]: list_of(Texts)}


# ------------------------------------------------------------------------------------------------ mistakes

Path = tuple[str | int, ...]
"""Keys of tables and positions in lists, from the top of a file."""
MISTAKES_LIMIT = 100
"""Maximum number of mistakes listed; a file with more is of another kind."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file: a code of ours, or pydantic's name of the error.

    Attributes:
        given: the value found; the key itself where it is missing or unknown.
    """

    code: str
    path: Path
    given: Any
    arguments: Mapping[str, Any]


def wrong(code: str, *keys: str | int, **arguments: object) -> PydanticCustomError:
    """Return the error that a validator raises for a table or list; the keys lead to the mistake in it."""
    return PydanticCustomError(code, code, {"keys": keys, **arguments})


def mistakes(error: ValidationError, data: object) -> Iterator[Mistake]:
    """Yield the mistakes pydantic found in the data."""
    for error_details in error.errors(include_url=False)[:MISTAKES_LIMIT]:
        code, raw_value, location = error_details["type"], error_details["input"], error_details["loc"]
        path, arguments = _path(location, data), dict(error_details.get("ctx", {}))
        keys, kind = arguments.pop("keys", ()), arguments.pop("kind", None)
        if code == "missing":
            code, raw_value = "missing_key", location[-1]
        elif location[-1:] == ("[key]",):
            code = "unknown_key" if code == "not_allowed" else code
            path, raw_value = path[:-1], path[-1]
        elif kind is not None and type(raw_value) is not kind:
            code, keys = f"{kind.__name__}_type", ()
        for key in keys:
            if isinstance(key, str) and key not in raw_value:
                code, raw_value = "missing_key", key
                break
            path, raw_value = (*path, key), raw_value[key]
        yield Mistake(code, path, raw_value, arguments)


def _path(location: Sequence[str | int], data: Any) -> Path:
    """Return the location of an error without the form names pydantic inserts, and without a missing key."""
    path: list[str | int] = []
    for part in location:
        if part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int):
            path.append(part)
            data = data[part]
    return tuple(path)


def written(path: Path) -> str:
    """Return a path in the notation of the file: `term.in`, `rungs[2].to[1]`."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
