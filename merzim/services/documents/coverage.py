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

import i18n
from workflow.deadlines.term_elements import wording
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
        return tuple(
            example.title for example in self.procedure.examples if self.obligation.id in _touched(example)
        )


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
        carried_rows: dict[str, list[CarriedRow]] = {}
        for procedure in self.library.all():
            for obligation in procedure.obligations:
                for row in dict.fromkeys(obligation.sources):
                    carried_rows.setdefault(row, []).append(CarriedRow(procedure, obligation))
        return {row: tuple(by) for row, by in carried_rows.items()}

    def gaps(self) -> Iterator[Gap]:
        """Yield every gap, those of rows first."""
        for row in self.rows:
            if row not in self.carried:
                yield Gap("missing", row)
        for procedure in self.library.all():
            for obligation in procedure.obligations:
                yield from self._wrong(obligation, f"{procedure.edition}: {obligation.id}")

    def _wrong(self, obligation: Obligation, place: str) -> Iterator[Gap]:
        for number, source in enumerate(obligation.sources):
            row = self.rows.get(source)
            if row is None:
                yield Gap("unknown", source, place)
            elif source in obligation.sources[:number]:
                yield Gap("twice", source, place)
            elif not any(obligation.act in self.documents[document].acts for document in row.of):
                yield Gap("other_act", source, place)


def coverage(library: Library) -> Coverage:
    """Return the coverage of the shipped rows by the editions of a library."""
    rows: dict[str, Row] = {}
    documents: dict[str, Document] = {}
    for source in _tables("sources"):
        documents |= {document["id"]: _document(document) for document in source["document"]}
        for row_table in source["rows"]:
            row = f"{source['id']}:{row_table['n']}"
            rows[row] = Row(id=row, of=tuple(row_table["of"]), at=row_table["at"], gist=row_table["gist"])
    return Coverage(rows=rows, documents=documents, library=library)


def contradictions() -> tuple[Contradiction, ...]:
    """Return every recorded contradiction, by number."""
    contradiction_tables = [table for source in _tables("readings") for table in source["contradiction"]]
    return tuple(
        _contradiction(table) for table in sorted(contradiction_tables, key=lambda table: int(table["n"]))
    )


def _touched(example: Any) -> set[str]:
    row_names: Iterable[str] = (
        *(*example.planned, *example.facts, *example.due, *example.safe_by, *example.state),
        *(finding.partition(":")[2] for finding in example.findings or ()),
    )
    return {name.partition(".")[0] for name in row_names}


def _document(table: dict[str, Any]) -> Document:
    return Document(id=table["id"], title=Text(**table["title"]), acts=tuple(table["acts"]))


def _contradiction(table: dict[str, Any]) -> Contradiction:
    return Contradiction(
        number=table["n"],
        between=Text(**table["between"]),
        reading=Text(**table["reading"]),
        where=tuple(table["where"]),
        proved_by=tuple(table["proved_by"]),
    )


def _tables(folder: str) -> Iterator[dict[str, Any]]:
    """Yield the contents of the data files in a folder of the shipped regulations."""
    place: Traversable = files("regulations") / folder
    for file in sorted(place.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))


EXAMPLES_NAMED = 2


def page(coverage: Coverage, readings: Iterable[Contradiction], language: str) -> str:
    """Return the whole page in a language. The summaries of the rows are in English only."""
    return "\n".join(_lines(coverage, tuple(readings), language)) + "\n"


def term(carried: CarriedRow, language: str) -> str:
    """Return the term of an obligation as a rule in words."""
    parts = wording(carried.obligation, carried.procedure)
    return "; ".join(i18n.say(part.code, part.arguments, language) for part in parts)


def _lines(coverage: Coverage, readings: tuple[Contradiction, ...], language: str) -> Iterator[str]:
    def say(code: str, **arguments: object) -> str:
        return i18n.say(f"coverage.{code}", arguments, language)

    yield f"# {say('title')}\n"
    yield say("generated") + "\n"
    yield say("how") + "\n"
    yield from _table((say("document"), say("rows"), say("carried_rows")), _summary(coverage, language))
    for documents, rows in _sections(coverage).items():
        title = "; ".join(coverage.documents[document].title[language] for document in documents)
        yield f"\n## {title}\n"
        heads = tuple(say(column) for column in ("row", "place", "gist", "carried_by", "term", "proved_by"))
        yield from _table(heads, (_row(coverage, row, language) for row in rows))
    yield f"\n## {say('decisions')}\n"
    yield say("decisions_how") + "\n"
    heads = tuple(say(column) for column in ("edition", "decision", "answers", "asked_of", "place"))
    yield from _table(heads, _decisions(coverage, language))
    yield f"\n## {say('moved_terms')}\n"
    yield say("moved_terms_how") + "\n"
    heads = tuple(say(column) for column in ("edition", "obligation", "answered_by"))
    yield from _table(heads, _shared_obligations(coverage, language))
    yield f"\n## {say('contradictions')}\n"
    yield say("contradictions_how") + "\n"
    heads = tuple(say(column) for column in ("number", "between", "reading", "where", "proved_by"))
    yield from _table(heads, (_reading(reading, language) for reading in readings))


def _summary(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    for documents, rows in _sections(coverage).items():
        title = "; ".join(coverage.documents[document].title[language] for document in documents)
        carried_count = sum(row.id in coverage.carried for row in rows)
        yield title, str(len(rows)), str(carried_count)


def _sections(coverage: Coverage) -> Mapping[tuple[str, ...], list[Row]]:
    """Return rows grouped by their documents, each row under its first document."""
    sections: dict[tuple[str, ...], list[Row]] = {}
    for row in coverage.rows.values():
        sections.setdefault(row.of[:1], []).append(row)
    return sections


def _row(coverage: Coverage, row: Row, language: str) -> tuple[str, ...]:
    carried = coverage.carried.get(row.id, ())
    nobody = i18n.say("coverage.nobody", {}, language)
    return (
        row.id,
        row.at,
        row.gist,
        _each(f"`{carried_row.procedure.edition}`: {_label(carried_row, language)}" for carried_row in carried)
        or nobody,
        _each(dict.fromkeys(term(carried_row, language) for carried_row in carried)),
        _each(dict.fromkeys(_proof(carried_row, language) for carried_row in carried)),
    )


def _label(carried: CarriedRow, language: str) -> str:
    title: Text = carried.obligation.title
    force = carried.obligation.force
    marks = [i18n.say(f"cli.force.{force}", {}, language)] if force != "obligatory" else []
    if carried.obligation.assumed:
        marks.append(i18n.say("coverage.assumed", {}, language))
    text = f"`{carried.obligation.id}` {title[language]}"
    return f"{text} ({', '.join(marks)})" if marks else text


def _proof(carried: CarriedRow, language: str) -> str:
    examples = carried.examples
    if not examples:
        return i18n.say("coverage.every_obligation", {}, language)
    titles = "; ".join(examples[:EXAMPLES_NAMED])
    further_count = len(examples) - EXAMPLES_NAMED
    code = "coverage.examples_more" if further_count > 0 else "coverage.examples"
    return i18n.say(code, {"titles": titles, "more": further_count}, language)


def _decisions(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the decisions of all editions, with the facts by which their options are recorded."""
    for procedure in coverage.library.all():
        for decision in procedure.decisions.values():
            yield (
                f"`{procedure.edition}`",
                f"`{decision.id}` {decision.title[language]}",
                _each(
                    f"`{answer.id}` {answer.title[language]}: `{answer.fact}`" for answer in decision.options
                ),
                i18n.say(f"duty.{decision.duty}", {}, language),
                f"{procedure.acts[decision.act].short[language]}, {decision.paragraph}",
            )


def _shared_obligations(coverage: Coverage, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the obligations of all editions that are also fulfilled by another obligation's fact."""
    for procedure in coverage.library.all():
        for obligation in procedure.answered_too:
            facts = ((name, procedure.by_id[name].title[language]) for name in obligation.also_by)
            yield (
                f"`{procedure.edition}`",
                f"`{obligation.id}` {obligation.title[language]}",
                _each(f"`{name}` {title}" for name, title in facts),
            )


def _reading(reading: Contradiction, language: str) -> tuple[str, ...]:
    return (
        str(reading.number),
        reading.between[language],
        reading.reading[language],
        _each(f"`{name}`" for name in reading.where) or "–",
        _each(f"`{name}`" for name in reading.proved_by) or i18n.say("coverage.held_by_nothing", {}, language),
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _cells(heads)
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield _cells(row)


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _each(texts: Iterable[str]) -> str:
    return "<br>".join(texts)
