"""Field types of commands, building commands from values, and the files sent with them.

Dates are ISO strings or dates, never numbers; texts hold no NUL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from io import SEEK_END, BytesIO
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from merzim.documents.sheets.texts import is_web_address
from merzim.services.context import RequestContext
from merzim.services.verbs import Command, NotFound
from workflow.cases.case import Evidence
from workflow.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of a field name, for forms: a person or unit, an event by its number, a mailbox."""

    what: Literal["person", "unit", "event", "email"]


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _parse_day(value: object) -> date:
    """Return a day given as a date, or as a text like 2026-04-13; refuse anything else, moments too."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO.fullmatch(value):
        return date.fromisoformat(value)
    raise PydanticCustomError("bad_day", "a date is written as 2026-04-13")


def _parse_address(value: object) -> str:
    if isinstance(value, str) and is_web_address(value):
        return value
    raise PydanticCustomError("bad_address", "not a whole http or https address")


def _refuse_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("NUL stands in no text")
    return value


NO_NUL = AfterValidator(_refuse_nul)
"""Refuses NUL, which databases do not store. Not a pattern of the JSON schema, because validators are slow on
long texts.
"""
Day = Annotated[date, BeforeValidator(_parse_day), WithJsonSchema({"type": "string", "format": "date"})]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.#-]+$")]
OptionalName = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.#-]*$")]
CaseId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Person = Annotated[Key, Names("person")]
"""A person: key, e-mail or name."""
OptionalPerson = Annotated[Line, Names("person")]
OptionalUnit = Annotated[Line, Names("unit")]
"""A unit: id or name."""
Seq = Annotated[int, Field(ge=1, le=10**9), Names("event")]
"""The number of an event in the history of a case."""
Ground = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), NO_NUL]
Text = Annotated[str, StringConstraints(max_length=4000), NO_NUL]
Number = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=20, decimal_places=6)]
Values = dict[Name, Number]
Duty = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]*$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of a file."""
WebAddress = Annotated[
    str, BeforeValidator(_parse_address), WithJsonSchema({"type": "string", "format": "uri"})
]
EvidenceKind = Annotated[str, StringConstraints(max_length=60, pattern=r"^((link|document):[a-z_-]+)?$")]


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file sent with a command: its name and its bytes, not yet stored."""

    name: str
    content: BinaryIO


class EvidenceInput(Command):
    """A link or a file that proves a fact. `kind`: a kind the obligation asks for (`link:site`,
    `document:order`), or empty. `file`: the digest returned by `/files`. `restricted`: the ground for
    restricting access to the file.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    kind: EvidenceKind = ""
    address: WebAddress | None = None
    file: Digest | None = None
    published_on: Day | None = None
    written_on: Day | None = None
    restricted: Line = ""
    content: SkipJsonSchema[Annotated[Any, SkipValidation]] = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _exactly_one(self) -> EvidenceInput:
        if (self.address is None) == (self.file is None and self.content is None):
            raise PydanticCustomError("address_or_file", "either an address or a file")
        return self


class FileInput(Command):
    """A file sent with a command: the digest returned by `/files`, or (from a page) the file itself."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Digest | None = None
    content: SkipJsonSchema[Annotated[Any, SkipValidation]] = Field(default=None, exclude=True)


class CaseCommand(Command):
    """A command to one case."""

    case: CaseId


C = TypeVar("C", bound=Command)
MAX_QUOTED_CHARACTERS = 100
"""Number of characters of a refused value quoted in its message."""
_TYPES_BY_CODE = {
    "input.missing": "missing string_too_short too_short",
    "input.too_long": "string_too_long",
    "input.too_many": "too_long",
    "input.too_large": "less_than_equal",
    "input.too_small": "greater_than_equal",
    "input.unknown_field": "extra_forbidden",
    "input.pattern": "string_pattern_mismatch",
    "input.one_of": "literal_error enum",
    "input.not_json": "json_invalid",
    "input.day": "bad_day date_parsing date_type date_from_datetime_parsing date_from_datetime_inexact",
    "input.address": "bad_address",
    "input.address_or_file": "address_or_file",
    "input.nothing_with_promise": "nothing_with_promise",
    "input.type.text": "string_type path_type",
    "input.type.bool": "bool_type bool_parsing",
    "input.type.list": "list_type tuple_type set_type frozen_set_type",
    "input.type.object": "dict_type model_type model_attributes_type",
    "input.type.whole": "int_type int_parsing int_from_float int_parsing_size",
    "input.type.number": "decimal_type decimal_parsing float_type float_parsing",
    "input.digits": "finite_number decimal_max_digits decimal_whole_digits decimal_max_places",
}
_CODES = {kind: code for code, kinds in _TYPES_BY_CODE.items() for kind in kinds.split()}
"""Sentences by pydantic's type of an error; of any other the value alone is named."""
_QUOTED = re.compile(r"'([^']*)'")


class BadInput(Refusal, ValueError):
    """A field of a command has a value that is not allowed; the message names the field and what is allowed."""


def bad_input(item: Mapping[str, Any], *, without: Collection[str] = ()) -> BadInput:
    """Return the refusal for an error of pydantic's: the field, what is wrong, what is allowed. `without`:
    leading parts of its location that are no fields.
    """
    place = [str(part) for part in item["loc"]]
    field = ".".join(place[1:] if place[:1] and place[0] in without and len(place) > 1 else place)
    context = item.get("ctx") or {}
    limits = (context.get(name) for name in ("max_length", "le", "ge"))
    return BadInput(
        _CODES.get(item["type"], "input.not_allowed"),
        field=field,
        text=str(item.get("input", ""))[:MAX_QUOTED_CHARACTERS],
        limit=next((str(limit) for limit in limits if limit is not None), ""),
        pattern=str(context.get("pattern", "")),
        allowed=tuple(_QUOTED.findall(str(context.get("expected", "")))),
    )


def bad_inputs(error: ValidationError) -> Iterator[tuple[str, BadInput]]:
    """Yield what is wrong with the fields of a command in words for people, each with the name of the field."""
    for item in error.errors(include_url=False):
        field = str(item["loc"][0]) if item["loc"] else ""
        is_ground = field == "ground" and _CODES.get(item["type"]) == "input.missing"
        # Patterns are for programs: people are only told that the value is not allowed.
        kind = "" if item["type"] == "string_pattern_mismatch" else item["type"]
        yield field, BadInput("ground_missing") if is_ground else bad_input({**item, "type": kind})


def build(command: type[C], values: Mapping[str, object]) -> C:
    """Return the command with these values. Raises BadInput for the first that is missing or not allowed."""
    try:
        return command.model_validate(dict(values))
    except ValidationError as error:
        raise next(bad_inputs(error))[1] from None


MAX_NAME_LENGTH = 200
MAX_GROUND_LENGTH = 300


def store_evidence(ctx: RequestContext, items: Sequence[EvidenceInput]) -> tuple[Evidence, ...]:
    """Store the files sent as evidence once all are checked; return the evidence for the ledger. One whose
    `content` is evidence already was stored before, for several facts at once.

    Raises Refusal for a date in the future or a kind of file not accepted, NotFound for a file not uploaded.
    """
    stored = [item.content for item in items if isinstance(item.content, Evidence)]
    sent = [item for item in items if not isinstance(item.content, Evidence)]
    checked = [(_to_evidence(ctx, item), open_file(ctx, item)) for item in sent]
    return (*stored, *(_with_file(ctx, item, *file) if file else item for item, file in checked))


def only_kind(kinds: Collection[str], *, is_link: bool) -> str:
    """Return the kind of link, or of file, that a step asks for; "" where it asks for none or several."""
    fitting = [kind for kind in kinds if kind.startswith("link:" if is_link else "document:")]
    return fitting[0] if len(fitting) == 1 else ""


def clean_file_name(name: str) -> str:
    """Return the last MAX_NAME_LENGTH printable characters of a file's name, no folders; "file" for none."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    spaced = " ".join(last.split())
    clean = "".join(character for character in spaced if character.isprintable()).strip(" .")
    return clean[-MAX_NAME_LENGTH:] or "file"


def _to_evidence(ctx: RequestContext, item: EvidenceInput) -> Evidence:
    """Return evidence as sent, its file not stored yet. Raises Refusal for a document dated in the future."""
    if item.written_on is not None and item.written_on > ctx.today:
        raise Refusal("cli.attach.written_in_future", on=item.written_on, today=ctx.today)
    return Evidence(
        kind=item.kind,
        reference=item.address or "",
        published_on=item.published_on,
        written_on=item.written_on,
        restricted=" ".join(item.restricted.split())[:MAX_GROUND_LENGTH],
    )


def keep_upload(ctx: RequestContext, content: bytes, name: str) -> str:
    """Store a file of the reader's for a day, for them alone, until they decide about it; return its digest."""
    return ctx.app.uploads.keep(content, name, at=ctx.moment)


def uploaded_file(ctx: RequestContext, digest: str) -> tuple[bytes, str]:
    """Return bytes and name of a file the reader uploaded. Raises NotFound."""
    upload = ctx.app.uploads.stored_file(digest, at=ctx.moment)
    if upload is None:
        raise NotFound("web.problem.no_upload")
    return upload


def open_file(ctx: RequestContext, item: EvidenceInput | FileInput) -> tuple[BinaryIO, str] | None:
    """Return the file sent with a command and its cleaned name; None if none was sent. A file sent now, not
    uploaded before, counts towards what its sender may send in a day: beyond that it is refused.

    Raises NotFound for a digest that matches no file the reader uploaded.
    """
    if item.content is not None:
        _count(ctx, item.content.content)
        return item.content.content, clean_file_name(item.content.name)
    if item.file is None:
        return None
    content, name = uploaded_file(ctx, item.file)
    return BytesIO(content), clean_file_name(name)


def _count(ctx: RequestContext, content: BinaryIO) -> None:
    """Count a file sent by a user towards what they may send in a day. Raises Refusal."""
    if ctx.operator:
        return
    size = content.seek(0, SEEK_END)
    content.seek(0)
    ctx.app.uploads.count(size, at=ctx.moment)


def require_file(ctx: RequestContext, item: FileInput) -> tuple[BinaryIO, str]:
    """Return the file sent with a command, as `open_file`. Raises NotFound, also if none was sent."""
    opened_file = open_file(ctx, item)
    if opened_file is None:
        raise NotFound("web.problem.no_upload")
    return opened_file


def store_file(ctx: RequestContext, item: FileInput | None) -> dict[str, object]:
    """Store a file sent with a command; return its hash, name, type and size, {} if none was sent."""
    opened_file = open_file(ctx, item) if item is not None else None
    if opened_file is None:
        return {}
    file = ctx.app.evidence.keep(*opened_file)
    return {"sha256": file.reference, "name": opened_file[1], "type": file.type, "size": file.size}


def _with_file(ctx: RequestContext, item: Evidence, content: BinaryIO, name: str) -> Evidence:
    """Store the file of evidence; return the evidence with its reference (a hash), name, type and size."""
    file = ctx.app.evidence.keep(content, name)
    return replace(item, reference=file.reference, name=name, type=file.type, size=file.size)
