"""Reads files of the law: TOML as frozen pydantic models, every mistake with its place and what is allowed.

The models are the file format, and JSON Schemas for editors come from them. Pure: the caller opens the files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema, SkipJsonSchema

from calendars.records import Listed as Listed, Model as Model, Records, RecordsFile, wrong as wrong
from workflow.languages import LANGUAGES
from workflow.law.fields import PATTERNS, DashedName, Refers, repeated
from workflow.refusal import Refusal, closest_first

T = TypeVar("T")
M = TypeVar("M", bound=Model)
E = TypeVar("E", bound="Edition")
MISTAKES_LIMIT = 100
"""Maximum number of mistakes listed; a file with more is of another kind."""

Path = tuple[str | int, ...]
"""Keys of tables and positions in lists, from the top of a file."""
_TYPES = {
    "string_type": "text",
    "bool_type": "yes_no",
    "int_type": "integer",
    "int_from_float": "integer",
    "number_type": "number",
    "date_type": "date",
    "dict_type": "table",
    "model_type": "table",
    "tuple_type": "list",
}
"""pydantic's names of errors -> names of the expected types, under `regulation.type.` in the catalogues."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in data, by a code of ours or pydantic's; `given`: the value found, or the missing key."""

    code: str
    path: Path
    given: Any
    arguments: Mapping[str, Any]


def problem(code: str, place: str, **arguments: object) -> Refusal:
    """Return one mistake in a file whose name the reader adds (`in_file`).

    `code`: under `regulation.` in the catalogues; `place`: as keys of the file, "" for the whole file.
    """
    return Refusal(f"regulation.{code}", place=place or str(arguments.get("value", "")), **arguments)


def in_file(name: str, problems: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Return mistakes with the name of the file they are in."""
    return tuple(Refusal(each.code, file=name, **each.arguments) for each in problems)


class UnreadableRegulation(Refusal):
    """A file of the law cannot be read: `problems` are all that were found; it says the first of them."""

    def __init__(self, file: str, problems: Iterable[Refusal]) -> None:
        self.problems = in_file(file, problems)
        super().__init__(self.problems[0].code, **self.problems[0].arguments)


def mistakes(error: ValidationError, data: object) -> Iterator[Mistake]:
    """Yield the first MISTAKES_LIMIT mistakes pydantic found in data, with their places and what is allowed."""
    for details in error.errors(include_url=False)[:MISTAKES_LIMIT]:
        code, value, location = details["type"], details["input"], details["loc"]
        path, arguments = _path(location, data), dict(details.get("ctx", {}))
        keys = arguments.pop("keys", ())
        if code == "missing":
            code, value = "missing_key", location[-1]
        elif code == "union_tag_invalid":
            path, value = (*path, arguments["discriminator"].strip("'")), arguments["tag"]
            code, arguments = "not_allowed", {"allowed": _listed(arguments["expected_tags"])}
        elif code == "union_tag_not_found":
            code, value = "missing_key", arguments["discriminator"].strip("'")
        elif code == "unexpected_keyword_argument":
            code, value, path = "unknown_key", location[-1], path[:-1]
        elif code == "literal_error" and isinstance(value, str):
            code, arguments = "not_allowed", {"allowed": _listed(arguments["expected"])}
        elif code == "literal_error":
            code = "string_type"
        elif code == "string_pattern_mismatch":
            code, example = PATTERNS[arguments["pattern"]]
            arguments = {"example": example}
        if location[-1:] == ("[key]",):
            code = "unknown_key" if code == "not_allowed" else code
            path, value = path[:-1], path[-1]
        for key in keys:
            if isinstance(key, str) and key not in value:
                code, value = "missing_key", key
                break
            path, value = (*path, key), value[key]
        yield Mistake(code, path, value, arguments)


def _listed(expected: str) -> tuple[str, ...]:
    """Return the quoted values in a text of pydantic: `'a', 'b' or 'c'`."""
    return tuple(re.findall("'([^']*)'", expected))


def _path(location: Sequence[str | int], data: Any) -> Path:
    """Return the location of an error without the tags pydantic inserts, and without a missing key."""
    path: list[str | int] = []
    for part in location:
        if part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int):
            path.append(part)
            data = data[part]
    return tuple(path)


def path_text(path: Path) -> str:
    """Return a path in the notation of the file: `term.in`, `steps[2].to[1]`."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


# ------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """What files of the law take from beside them.

    `acts`: those any file may name, as tables of TOML by id; a file's own `[[act]]` goes first. `editions`:
    names of editions that others may extend -> their texts. `named`: returns a text of a language with the
    bodies of the office named in it (`{detection_body}`), for a file in force since a day.
    """

    acts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    editions: Callable[[], Mapping[str, bytes]] = dict
    named: Callable[[str, str, date], str] = lambda text, language, in_force: text

    def completed(self, name: str, text: bytes) -> dict[str, Any]:
        """Return the TOML of a file with what it extends, the acts it names, and its bodies named in its texts.

        Raises UnreadableRegulation.
        """
        data = parsed(name, text)
        if "extends" in data:
            editions, extended = self.editions(), data.pop("extends")
            if not isinstance(extended, str) or extended not in editions:
                raise UnreadableRegulation(name, [unknown("extends", str(extended), editions)])
            # Laid over the other edition, the later of two tables of one name would replace the earlier unsaid.
            if duplicates := [*_duplicates(data)]:
                raise UnreadableRegulation(name, duplicates)
            base = parsed(f"{extended}.toml", editions[extended])
            base.pop("example", None)  # Their dates are those of the terms before the change.
            data = extend(base, data)
        own, in_use = data.get("act", []), _acts_named(data)
        if isinstance(own, list):
            declared = [table.get("id") for table in own if isinstance(table, dict)]
            shared = [table for act, table in self.acts.items() if act in in_use and act not in declared]
            data |= {"act": [*own, *shared]} if shared else {}
        in_force = data.get("in_force")
        if not isinstance(in_force, date):
            return data
        named: dict[str, Any] = _named(data, lambda said, language: self.named(said, language, in_force))
        return named

    def digest(self, name: str, text: bytes) -> str:
        """Return the SHA-256 of a file, and of the text it extends."""
        extended = parsed(name, text).get("extends") if b"\nextends" in text else None
        return sha256(text + (self.editions()[extended] if extended else b"")).hexdigest()


def _named(value: Any, name: Callable[[str, str], str]) -> Any:
    """Return a value of TOML whose texts in a language have passed through a function."""
    if isinstance(value, list):
        return [_named(part, name) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: name(part, key) if key in LANGUAGES and isinstance(part, str) else _named(part, name)
        for key, part in value.items()
    }


NOTHING_SHARED = Shared()
EXTENDED = ("edition", "register")
"""Kinds of files that may extend another."""


def _acts_named(table: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of acts that a table and the tables inside it name."""
    named = {table[key] for key in ("act", "rests_on", "adopted_act") if isinstance(table.get(key), str)}
    see_also = table["see_also"] if isinstance(table.get("see_also"), list) else ()
    named.update(act for act in see_also if isinstance(act, str))
    inner = (part for value in table.values() for part in (value if isinstance(value, list) else [value]))
    return frozenset(named).union(*(_acts_named(part) for part in inner if isinstance(part, dict)))


def extend(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of a file with another's changes.

    A table in a list is changed key by key where both have an `id`; one of a new id comes last. A list of
    anything else is replaced whole, and an empty table takes a key away.
    """
    extended = dict(base)
    for key, value in own.items():
        if value == {}:
            extended.pop(key, None)
        elif _with_ids(value) and _with_ids(extended.get(key)):
            tables = {_as_text(table["id"]): table for table in extended[key]}
            changes = {_as_text(table["id"]): table for table in value}
            tables |= {id: extend(tables.get(id, {}), table) for id, table in changes.items()}
            extended[key] = list(tables.values())
        else:
            extended[key] = value
    return extended


def _with_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) and "id" in table for table in value)


class Edition(Model):
    """What a file of the law says that is named by its edition, `<id>.<in_force>.toml`: one dated version.

    `digest`: SHA-256 of the file's text; cases and rows keep it, and `verify` compares.
    """

    id: DashedName
    in_force: date
    digest: SkipJsonSchema[str] = Field(default="", exclude=True)

    @property
    def edition(self) -> str:
        """Its name: `gifts.2025-09-18`."""
        return f"{self.id}.{self.in_force.isoformat()}"


class Editions(Generic[E]):
    """Editions by their ids, each in force from its date until the next one's."""

    def __init__(self, editions: Iterable[E]) -> None:
        ordered = sorted(editions, key=lambda edition: (edition.id, edition.in_force))
        self._named = {edition.edition: edition for edition in ordered}

    @cached_property
    def _by_id(self) -> Mapping[str, Sequence[E]]:
        by_id: dict[str, list[E]] = {}
        for edition in self._named.values():
            by_id.setdefault(edition.id, []).append(edition)
        return by_id

    def ids(self) -> tuple[str, ...]:
        return tuple(self._by_id)

    def all(self) -> tuple[E, ...]:
        """Return every edition, by id, then by date."""
        return tuple(self._named.values())

    def editions_of(self, id: str) -> Sequence[E]:
        """Return the editions of an id, by date; none if there is no such id."""
        return self._by_id.get(id, ())

    def on(self, id: str, day: date) -> E:
        """Return the edition in force on a day, or the first one for earlier days. Raises as `latest`."""
        editions = self._known(id)
        return next((edition for edition in reversed(editions) if edition.in_force <= day), editions[0])

    def find(self, edition: str) -> E | None:
        """Return the edition of that name; None where its file no longer exists."""
        return self._named.get(edition)

    def latest(self, id: str) -> E:
        """Return the last edition. Raises LookupError or a Refusal: there is no such id."""
        return self._known(id)[-1]

    def _known(self, id: str) -> Sequence[E]:
        """Return the editions of an id, by date. Raises LookupError or a Refusal: there is no such id."""
        if id not in self._by_id:
            raise self._unknown(id)
        return self._by_id[id]

    def _unknown(self, id: str) -> Exception:
        """Return what is raised for an id that no edition has."""
        return LookupError(id)


def read_file(
    model: type[E],
    name: str,
    text: bytes,
    check: Callable[[E], Iterable[Refusal]] = lambda _: (),
    shared: Shared = NOTHING_SHARED,
) -> E:
    """Return the value of a file (bytes of TOML) named by its edition: `<id>.<in_force>.toml`.

    `check`: yields mistakes between the parts of the value; `shared`: what it may take from beside it.

    Raises UnreadableRegulation: with all problems found, the first of them in its code and arguments.
    """
    value = _valid(model, name, shared.completed(name, text)).replaced(digest=shared.digest(name, text))
    problems = list(check(value))
    expected = f"{value.edition}.toml"
    if PurePath(name).name != expected:
        problems.append(problem("file_name", "in_force", value=expected))
    if problems:
        raise UnreadableRegulation(name, problems)
    return value


def read_act(name: str, text: bytes) -> Records:
    """Return the entries of a calendar act. Raises UnreadableRegulation with all problems found."""
    return _valid(RecordsFile, name, parsed(name, text)).records


def parsed(name: str, text: bytes) -> dict[str, Any]:
    """Return the file as TOML. Raises UnreadableRegulation with the line of the first mistake."""
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise UnreadableRegulation(name, [problem("not_utf8", str(line), line=line)]) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, tables within tables without end: no TOML either.
        raise UnreadableRegulation(name, [_syntax(str(error), text)]) from error


def references(table: Model, prefix: str = "") -> Iterator[tuple[str, Any, Refers]]:
    """Yield every name of something else in a table and the tables inside it, with its place and of what."""
    for name, declared in type(table).model_fields.items():
        value, place = getattr(table, name), prefix + (declared.alias or name)
        refers = next((note for note in declared.metadata if isinstance(note, Refers)), None)
        parts = (
            value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
        )
        for number, part in enumerate(parts):
            if isinstance(part, Model):
                inside = f"{place}." if part is value else heading(place, number, _name(vars(part))) + ": "
                yield from references(part, inside)
            elif refers and isinstance(part, tuple):
                yield from ((heading(place, number), one, refers) for one in part)
            elif refers and not refers.keys and part:
                yield place, part, refers
        if refers and refers.keys:
            yield from ((place, key, refers) for key in value)


def unknown_references(table: Model) -> Iterator[Refusal]:
    """Yield the names in a file of what it does not describe."""
    for place, named, refers in references(table):
        described = getattr(table, refers.to)
        name = getattr(named, "field", named)  # a condition names its field
        if (name.partition(".")[0] if refers.of_period else name) not in described:
            yield unknown(place, name, described)


def _syntax(message: str, text: bytes) -> Refusal:
    """Return the mistake of a text that is no TOML, with its line and column."""
    # Before Python 3.14 the position stands in the message alone, and "end of document" has none.
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    detail = match[1] if match else message
    if match and match[2]:
        line, column = int(match[2]), int(match[3])
    else:
        lines = text.decode("utf-8-sig").split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    return problem("syntax", f"{line}:{column}", line=line, column=column, detail=detail)


def _valid(model: type[M], name: str, data: dict[str, Any]) -> M:
    """Return the value of a file's data. Raises UnreadableRegulation with all mistakes."""
    keys = model.keys()
    unknown = [key for key in data if key not in keys][:MISTAKES_LIMIT]
    found = [Mistake("unknown_key", (), key, {"allowed": keys}) for key in unknown]
    try:
        value = model.model_validate({key: data[key] for key in keys if key in data})
    except ValidationError as error:
        # A key that is missing at the top is most likely the one that is misspelt there.
        found += (
            mistake
            for mistake in mistakes(error, data)
            if mistake.path or mistake.code != "missing_key" or not unknown
        )
    found.sort(key=lambda mistake: (mistake.code == "missing_key", _listed_table(mistake.path, data) is None))
    problems = [*(_problem(mistake, data) for mistake in found), *_duplicates(data)]
    if problems:
        raise UnreadableRegulation(name, problems)
    return value


def _problem(mistake: Mistake, data: Mapping[str, Any]) -> Refusal:
    """Return a mistake as shown to the author of the file."""
    place, value, arguments = _place(mistake.path, data), mistake.given, mistake.arguments
    match mistake.code:
        case code if code in _TYPES:
            return problem("wrong_type", place, value=_as_text(value), expected=_TYPES[code])
        case "greater_than_equal":
            return problem("too_small", place, value=_as_text(value), least=arguments["ge"])
        case "less_than_equal":
            return problem("too_large", place, value=_as_text(value), most=arguments["le"])
        case "too_short":
            return problem("empty", place)
        case "unknown_key" | "not_allowed":
            value = arguments.get("value", value)
            allowed = closest_first(str(value), arguments["allowed"])
            return problem(mistake.code, place, value=value, allowed=allowed)
    return problem(mistake.code, place, **{"value": _as_text(value), **arguments})


def _as_text(value: object) -> str:
    """Return a value as text for a message."""
    try:
        return str(value)
    except ValueError:
        # A number that is written in sixteens can be too long to be written in tens.
        return "…"


def _duplicates(data: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield the top-level tables of the file that have the name of an earlier one."""
    for key, tables in data.items():
        names = [_name(table) for table in tables] if isinstance(tables, list) else []
        for number in repeated(names):
            if names[number]:
                yield problem("duplicate", heading(key, number, names[number]), value=names[number])


def _place(path: Path, data: Mapping[str, Any]) -> str:
    """Return the place of a path in words: `obligation 3 "start_announced": term.in`."""
    table = _listed_table(path, data)
    if table is None:
        return path_text(path)
    inside = path_text(path[2:])
    return heading(str(path[0]), int(path[1]), _name(table)) + (f": {inside}" if inside else "")


def heading(key: str, number: int, name: str = "") -> str:
    """Return the name of a table in a top-level list of the file; `number` counts from 0."""
    return f'{key} {number + 1} "{name}"' if name else f"{key} {number + 1}"


def unknown(place: str, name: str, allowed: Iterable[str]) -> Refusal:
    """Return the problem of a name that is not there, with those that are, the most similar first."""
    return problem("unknown_reference", place, value=name, allowed=closest_first(name, allowed))


def _listed_table(path: Path, data: Mapping[str, Any]) -> Mapping[str, object] | None:
    """Return the table in a top-level list of the file that the path leads into; None if it does not."""
    table = data[str(path[0])][path[1]] if len(path) > 1 and isinstance(path[1], int) else None
    return table if isinstance(table, dict) else None


def _name(table: Any) -> str:
    """Return what a table is called in messages: its id or title; "" where it has none."""
    for key in ("id", "title", "obligation") if isinstance(table, dict) else ():
        if isinstance(table.get(key), str):
            return str(table[key])
    return ""


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles pydantic makes of keys, so that editors show the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, as TOML editors know it; one that extends may have any keys."""
    schema = model.model_json_schema(schema_generator=_WithoutTitles)
    if name in EXTENDED:
        whole = {key: schema.pop(key) for key in tuple(schema) if key != "$defs"}
        differences = {"required": ["extends"], "properties": {"extends": {"type": "string"}}}
        schema = {"anyOf": [whole, differences], **schema}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "title": f"merzim {name}"}
