"""Types of fields in files of the law: names, numbers, lists without duplicates, references to other tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, PlainValidator, Strict, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from calendars.records import wrong

T = TypeVar("T")


def repeated(values: Iterable[object]) -> Iterator[int]:
    """Yield the positions of values that occurred earlier."""
    before = set[object]()
    for position, value in enumerate(values):
        if value in before:
            yield position
        before.add(value)


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a list in which a value stands twice."""
    if len(set(values)) < len(values):
        raise wrong("duplicate", next(repeated(values)))
    return values


@dataclass(frozen=True, slots=True)
class As:
    """Annotation: the value is made from what the file has, which is of the type `written`."""

    written: Any
    make: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.make, handler.generate_schema(self.written))


class _ById:
    """Annotation: a list of tables in the file, a mapping by their ids as a value."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        tables = core_schema.tuple_variable_schema(handler.generate_schema(get_args(source)[1]), strict=False)
        return core_schema.no_info_after_validator_function(
            lambda values: {value.id: value for value in values}, tables
        )


@dataclass(frozen=True, slots=True)
class Refers:
    """Annotation: the value names something that the file describes elsewhere.

    Attributes:
        to: the property of the file's value that has it by name.
        kinds, public: of fields of a register: what kinds they may be (any where none are given); whether every
            reader of the list learns their values, so that none of them may be confidential.
        keys: of a mapping, its keys name it and not its values.
        of_period: a name may end in the period of a recurring obligation, which is not part of it.
    """

    kinds: tuple[str, ...] = ()
    to: str = "fields"
    public: bool = False
    keys: bool = False
    of_period: bool = False


ById = Annotated[Mapping[str, T], _ById()]
Distinct = Annotated[tuple[T, ...], Strict(False), AfterValidator(_distinct)]
"""Annotation: a list without duplicates."""
PATTERNS: dict[str, tuple[str, str]] = {}
"""Pattern -> the code and the example of the mistake of a text that does not match it."""


def matching(pattern: str, example: str = "", code: str = "not_written_so") -> Any:
    """Return the annotation of a text of this pattern; a mistake has this code, and shows the example."""
    PATTERNS[pattern] = code, example
    return Field(pattern=pattern)


def named(pattern: str) -> Any:
    """Return the annotation of a name of this pattern."""
    return matching(pattern, code="not_a_name")


def _positive(text: str) -> Fraction:
    """Return a decimal as an exact number; refuse zero."""
    if not Fraction(text):
        raise wrong("not_written_so", example='"0.3"')
    return Fraction(text)


def _decimal(value: Any) -> Decimal:
    """Return a whole or decimal number exactly as it is written; refuse anything else."""
    if type(value) not in (int, float):
        raise wrong("number_type")
    return Decimal(str(value))


NonBlank = Annotated[str, matching(r"\S", code="empty")]


def one_of(*texts: str) -> As:
    """Return the annotation of one of these texts."""
    return As(Literal.__getitem__(texts), str)


Name = Annotated[str, named("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
"""Names of facts, stages and fields: they become parts of ids, column names and command arguments."""
DashedName = Annotated[str, named("^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Names of procedures, registers and acts."""
Points = Annotated[Fraction, As(Annotated[str, matching(r"^[0-9]{1,4}(\.[0-9]{1,4})?$", '"0.3"')], _positive)]
"""A positive decimal in quotes, because floats of TOML would not be exact."""
Number = Annotated[Decimal, PlainValidator(_decimal), WithJsonSchema({"type": "number"})]
