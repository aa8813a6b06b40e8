"""Reads a TOML file as a table; mistakes are reported with their place and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from workflow.languages import LANGUAGES
from workflow.law.file_models import (
    MISTAKES_LIMIT,
    Mistake,
    Path,
    Table,
    mistakes,
    repeated,
    written,
)
from workflow.refusal import Refusal, closest_first, quoted

_TYPES = {
    "str_type": "text",
    "string_type": "text",
    "bool_type": "yes_no",
    "int_type": "integer",
    "number_type": "number",
    "date_type": "date",
    "dict_type": "table",
    "tuple_type": "list",
}
"""Names of expected types, under `regulation.type.` in the catalogues."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: `code` under `regulation.` in the catalogues, `place` as keys of the file."""

    code: str
    place: str
    arguments: Mapping[str, object] = field(default_factory=dict)

    @property
    def shown_place(self) -> str:
        """The place as shown to readers: a problem of the whole file is reported at the key it is about."""
        return self.place or str(self.arguments.get("value", ""))


class UnreadableRegulation(Refusal):
    """A regulation file cannot be read.

    Its code and arguments are those of the first problem; `problems` lists all that were found.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        first = problems[0]
        arguments = {**first.arguments, "file": file, "place": first.shown_place}
        super().__init__(f"regulation.{first.code}", **arguments)
        self.problems = tuple(replace(problem, arguments=quoted(problem.arguments)) for problem in problems)


def read_table(table: Table, name: str, text: bytes) -> Any:
    """Return the value a file describes.

    Raises:
        UnreadableRegulation: with all problems, those inside the lists of tables first.
    """
    data = parsed(name, text)
    unknown = [key for key in data if key not in table.fields][:MISTAKES_LIMIT]
    all_mistakes = [Mistake("unknown_key", (), key, {"allowed": tuple(table.fields)}) for key in unknown]
    try:
        value = table.adapter.validate_python({key: data[key] for key in table.fields if key in data})
    except ValidationError as error:
        # A key that is missing at the top is most likely the one that is misspelt there.
        all_mistakes += (
            mistake
            for mistake in mistakes(error, data)
            if mistake.path or mistake.code != "missing_key" or not unknown
        )
    all_mistakes.sort(key=lambda mistake: _listed_table(mistake.path, data) is None)
    problems = [*(_problem(mistake, data) for mistake in all_mistakes), *_duplicates(data)]
    if problems:
        raise UnreadableRegulation(name, problems)
    return value


def read_edition(
    table: Table, name: str, text: bytes, check: Callable[[Any], Iterable[Problem]] = lambda value: ()
) -> Any:
    """Return the value of a file named by its edition: `<id>.<in_force>.toml`.

    Args:
        name: of the file, or its path.
        text: its bytes, TOML in UTF-8.
        check: yields mistakes between the parts of the value.

    Raises:
        UnreadableRegulation: with all problems found, the first of them in its code and arguments.
    """
    value = read_table(table, name, text)
    problems = list(check(value))
    expected = f"{value.edition}.toml"
    if PurePath(name).name != expected:
        problems.append(Problem("file_name", "in_force", {"value": expected}))
    if problems:
        raise UnreadableRegulation(name, problems)
    return value


def parsed(name: str, text: bytes) -> dict[str, Any]:
    """Return the file as TOML. Raises UnreadableRegulation with the line of the first mistake."""
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise UnreadableRegulation(name, [Problem("not_utf8", str(line), {"line": line})]) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, tables within tables without end: no TOML either.
        raise UnreadableRegulation(name, [_syntax(str(error), text)]) from error


def _syntax(message: str, text: bytes) -> Problem:
    # Before Python 3.14 the position stands in the message alone, and "end of document" has none.
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    detail = match[1] if match else message
    if match and match[2]:
        line, column = int(match[2]), int(match[3])
    else:
        lines = text.decode("utf-8-sig").split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    return Problem("syntax", f"{line}:{column}", {"line": line, "column": column, "detail": detail})


def _problem(mistake: Mistake, data: Mapping[str, Any]) -> Problem:
    place, raw_value, arguments = place_of(mistake.path, data), mistake.given, mistake.arguments
    match mistake.code:
        case code if code in _TYPES:
            return Problem("wrong_type", place, {"value": _shown(raw_value), "expected": _TYPES[code]})
        case "missing_key" if raw_value in LANGUAGES:
            return Problem("missing_language", place, {"value": raw_value})
        case "unknown_term":
            return Problem("unknown_term", place, {"value": ", ".join(raw_value), **arguments})
        case "unknown_key" | "not_allowed":
            value = arguments.get("value", raw_value)
            allowed = closest_first(str(value), arguments["allowed"])
            return Problem(mistake.code, place, {"value": value, "allowed": allowed})
    return Problem(mistake.code, place, {"value": _shown(raw_value), **arguments})


def _shown(value: object) -> str:
    try:
        return str(value)
    except ValueError:
        # A number that is written in sixteens can be too long to be written in tens.
        return "…"


def _duplicates(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the top-level tables of the file that have the name of an earlier one."""
    for key, tables in data.items():
        names = [_name(table) for table in tables] if isinstance(tables, list) else []
        for number in repeated(names):
            if names[number]:
                yield Problem("duplicate", heading(key, number, names[number]), {"value": names[number]})


def place_of(path: Path, data: Mapping[str, Any]) -> str:
    """Return the place of a path in words: `obligation 3 "start_announced": term.in`."""
    table = _listed_table(path, data)
    if table is None:
        return written(path)
    inside = written(path[2:])
    return heading(str(path[0]), int(path[1]), _name(table)) + (f": {inside}" if inside else "")


def heading(key: str, number: int, name: str) -> str:
    """Return the name of a table in a top-level list of the file; `number` counts from 0."""
    return f'{key} {number + 1} "{name}"' if name else f"{key} {number + 1}"


def _listed_table(path: Path, data: Mapping[str, Any]) -> Mapping[str, object] | None:
    """Return the table in a top-level list of the file that the path leads into; None if it does not."""
    table = data[str(path[0])][path[1]] if len(path) > 1 and isinstance(path[1], int) else None
    return table if isinstance(table, dict) else None


def _name(table: Any) -> str:
    for key in ("id", "title", "obligation") if isinstance(table, dict) else ():
        if isinstance(table.get(key), str):
            return str(table[key])
    return ""
