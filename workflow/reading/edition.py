"""From the text of a regulation file to a procedure. Pure: whoever calls has opened the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import PurePath
from typing import TypeVar, cast

from workflow.kinds import NAMES
from workflow.law.procedure import OPENED, Opened, Procedure
from workflow.reading import items
from workflow.reading.checks import problems as problems_between
from workflow.reading.examples import example
from workflow.reading.table import Problem, Table, UnreadableRegulation, Wrong, texts

__all__ = ["Problem", "UnreadableRegulation", "parsed", "read"]

T = TypeVar("T")

_TOP = (
    *("id", "in_force", "in_force_assumed", "last_checked_on", "begins_with", "title", "notes"),
    *("applies_to", "opened", "confidential"),
    *("act", "stage", "ladder", "indicator", "body", "obligation", "example"),
)


def read(name: str, text: bytes) -> Procedure:
    """The procedure a regulation file describes.

    Args:
        name: name of the file (or its path); it must be `<id>.<in_force>.toml`.
        text: its bytes, TOML in UTF-8; their SHA-256 becomes the edition's digest.

    Raises:
        UnreadableRegulation: with all problems found, the first of them in its code and arguments.
    """
    reader = _Reader(Table(parsed(name, text)))
    procedure = reader.procedure(sha256(text).hexdigest())
    if procedure is None or reader.problems:
        raise UnreadableRegulation(name, reader.problems)
    found = list(problems_between(procedure, reader.places))
    expected = f"{procedure.edition}.toml"
    if PurePath(name).name != expected:
        found.append(Problem("file_name", "in_force", {"value": expected}))
    if found:
        raise UnreadableRegulation(name, found)
    return procedure


def parsed(name: str, text: bytes) -> dict[str, object]:
    """The file as TOML. Raises UnreadableRegulation with the line of the first mistake."""
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
    said = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    detail = said[1] if said else message
    if said and said[2]:
        line, column = int(said[2]), int(said[3])
    else:
        lines = text.decode("utf-8-sig").split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    return Problem("syntax", f"{line}:{column}", {"line": line, "column": column, "detail": detail})


class _Reader:
    """Reads on after a problem, so that one reading names them all."""

    def __init__(self, top: Table) -> None:
        self.top = top
        self.problems: list[Problem] = []
        self.places: dict[str, str] = {}

    def procedure(self, digest: str) -> Procedure | None:
        top = self.top
        acts = self._all("act", items.act, lambda act: act.id)
        stages = self._all("stage", items.stage, lambda stage: stage.id)
        ladders = self._all("ladder", items.ladder, lambda ladder: ladder.id)
        indicators = self._all("indicator", items.indicator, lambda indicator: indicator.id)
        bodies = self._all("body", items.body, lambda body: body.id)
        obligations = self._all("obligation", items.obligation, lambda obligation: obligation.id)
        examples = self._all("example", example, lambda example: example.title)
        try:
            top.only(*_TOP)
            for key in ("act", "stage", "ladder", "obligation"):
                if key not in top:
                    raise Wrong("missing_key", "", value=key)
            return Procedure(
                id=top.name("id", items.DASHED),
                in_force=top.day("in_force"),
                in_force_assumed=top.flag("in_force_assumed"),
                last_checked_on=top.day("last_checked_on"),
                title=top.texts("title"),
                begins_with=top.text("begins_with"),
                acts=acts,
                stages=tuple(stages.values()),
                obligations=tuple(obligations.values()),
                ladders=ladders,
                indicators=indicators,
                examples=tuple(examples.values()),
                notes=tuple(texts(note) for note in top.tables("notes")),
                applies_to=top.names("applies_to", allowed=NAMES),
                opened=cast(Opened, top.choice("opened", OPENED, "event")),
                confidential=top.flag("confidential"),
                bodies=bodies,
                digest=digest,
            )
        except Wrong as wrong:
            self.problems.append(wrong.problem)
            return None

    def _all(self, key: str, build: Callable[[Table], T], name: Callable[[T], str]) -> dict[str, T]:
        found: dict[str, T] = {}
        for table in self._tables(key):
            try:
                item = build(table)
                if name(item) in found:
                    raise Wrong("duplicate", table.place, value=name(item))
            except Wrong as wrong:
                self.problems.append(wrong.problem)
                continue
            found[name(item)] = item
            if key == "obligation":
                self.places[name(item)] = table.place
        return found

    def _tables(self, key: str) -> Iterator[Table]:
        try:
            yield from self.top.tables(key)
        except Wrong as wrong:
            self.problems.append(wrong.problem)
