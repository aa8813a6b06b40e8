"""Compares the rows of regulations/sources with the editions: which obligation carries out which requirement.

A regulation file names the rows each obligation carries out (`sources`). A gap is a row no obligation carries
out, a name without a row, a row named twice by one obligation, or a row named by an obligation that rests on
another document's act.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from workflow.law.library import Library
from workflow.law.procedure import Obligation, Procedure, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A requirement of the founding documents: its id ("seed:17"), its documents and places, and its summary in
    our words.
    """

    id: str
    of: tuple[str, ...]
    at: str
    gist: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A founding document; `acts`: the ids under which regulation files cite it."""

    id: str
    title: Text
    acts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """A contradiction between documents, how it is read, and the tests of that reading."""

    number: int
    between: Text
    reading: Text
    where: tuple[str, ...]
    proved_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """An obligation that carries out a row."""

    procedure: Procedure
    obligation: Obligation

    @property
    def examples(self) -> tuple[str, ...]:
        """Titles of the worked examples that give or expect something of the obligation."""
        return tuple(one.title for one in self.procedure.examples if self.obligation.id in _touched(one))


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap: a code (`coverage.gap.*`), the row, and the obligation concerned."""

    code: str
    row: str
    obligation: str = ""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The rows, and the obligations that carry them out."""

    rows: Mapping[str, Row]
    documents: Mapping[str, Document]
    library: Library

    @cached_property
    def carried(self) -> Mapping[str, tuple[CarriedRow, ...]]:
        """Row -> the obligations of all editions that name it, in the order of the library."""
        found: dict[str, list[CarriedRow]] = {}
        for procedure in self.library.all():
            for obligation in procedure.obligations:
                for row in dict.fromkeys(obligation.sources):
                    found.setdefault(row, []).append(CarriedRow(procedure, obligation))
        return {row: tuple(by) for row, by in found.items()}

    def gaps(self) -> Iterator[Gap]:
        """Yield every gap, those of rows first."""
        for row in self.rows:
            if row not in self.carried:
                yield Gap("missing", row)
        for procedure in self.library.all():
            for obligation in procedure.obligations:
                yield from self._wrong(obligation, f"{procedure.edition}: {obligation.id}")

    def _wrong(self, obligation: Obligation, place: str) -> Iterator[Gap]:
        for number, named in enumerate(obligation.sources):
            row = self.rows.get(named)
            if row is None:
                yield Gap("unknown", named, place)
            elif named in obligation.sources[:number]:
                yield Gap("twice", named, place)
            elif not any(obligation.act in self.documents[one].acts for one in row.of):
                yield Gap("other_act", named, place)


def coverage(library: Library) -> Coverage:
    """Return the coverage of the shipped rows by the editions of a library."""
    rows: dict[str, Row] = {}
    documents: dict[str, Document] = {}
    for told in _tables("sources"):
        documents |= {one["id"]: _document(one) for one in told["document"]}
        for one in told["rows"]:
            row = f"{told['id']}:{one['n']}"
            rows[row] = Row(id=row, of=tuple(one["of"]), at=one["at"], gist=one["gist"])
    return Coverage(rows=rows, documents=documents, library=library)


def contradictions() -> tuple[Contradiction, ...]:
    """Return every recorded contradiction, by number."""
    found = [one for told in _tables("readings") for one in told["contradiction"]]
    return tuple(_contradiction(one) for one in sorted(found, key=lambda one: int(one["n"])))


def _touched(example: Any) -> set[str]:
    named: Iterable[str] = (
        *(*example.planned, *example.facts, *example.due, *example.safe_by, *example.state),
        *(finding.partition(":")[2] for finding in example.findings or ()),
    )
    return {name.partition(".")[0] for name in named}


def _document(told: dict[str, Any]) -> Document:
    return Document(id=told["id"], title=Text(**told["title"]), acts=tuple(told["acts"]))


def _contradiction(told: dict[str, Any]) -> Contradiction:
    return Contradiction(
        number=told["n"],
        between=Text(**told["between"]),
        reading=Text(**told["reading"]),
        where=tuple(told["where"]),
        proved_by=tuple(told["proved_by"]),
    )


def _tables(folder: str) -> Iterator[dict[str, Any]]:
    """Yield the contents of the data files in a folder of the shipped regulations."""
    place: Traversable = files("regulations") / folder
    for file in sorted(place.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))
