"""Renders the answer of any command: as JSON, or as text by the titles the catalogue has for its fields.

A field without a title (`head.<field>`) is for programs: --json alone has it. No colours, as it is piped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from textwrap import wrap

from pydantic import BaseModel

import i18n
from calendars.hours import almaty
from workflow.law.procedure import Text
from workflow.scoring.scales import as_decimal

Json = dict[str, object]
TITLES = ("head", "passport")
"""Prefixes of the catalogue under which a field may have its title."""
WORDS = {"force": "force", "status": "status", "kind": "day", "why": "why", "state": "notice"}
"""Prefixes of the catalogue by which the values of a field are said."""
VALUES = ({*i18n.LANGUAGES}, {"before", "after"}, {"key", "name"})
"""Fields of the records that are shown as a value: a text in each language, a change, a unit or person."""
LINE = 110
"""Readable length of a line."""
LONG = 60
"""Length of a text from which a list of texts has a line for each."""


class Renderer:
    """Renders answers in one language. `name` returns the name of a unit or person; `shows`: the fields to show
    at any depth, in this order, by default all that have a title; `words`: prefixes of the catalogue by which
    values of a field are said, over `WORDS`; `titles`: of fields that are the law's.
    """

    def __init__(
        self,
        language: str,
        name: Callable[[str], str],
        shows: Sequence[str],
        words: Mapping[str, str],
        titles: Mapping[str, str],
    ) -> None:
        self.language, self.name = language, name
        # A date that moved has two days, which are elsewhere those of a span.
        moved = {"from": self._say("head.before"), "to": self._say("head.after")} if "to" in shows else {}
        self.shows, self.words, self.titles = shows, {**WORDS, **words}, {**moved, **titles}

    def text(self, answer: object) -> str:
        """Return an answer as text; a sentence where there is nothing to show."""
        record = spoken(answer, self.language)
        lines = self._record(record, {}) if isinstance(record, dict) else ()
        return "\n".join(lines).strip("\n") or self._say("cli.none")

    def _record(self, record: Json, said: Json) -> Iterator[str]:
        """Yield the lines of a record, without the fields already `said`: a line a value, then the lists."""
        names = self._shown([record], said)
        values = {name: record[name] for name in names if not _is_block(record[name])}
        for name, value in values.items():
            yield f"{self._title(name)}: {self.cell(name, value)}"
        for name in (name for name in names if name not in values):
            block = self._block(name, record[name], {**said, **values})
            if len(names) == 1:
                yield from block
            else:
                yield from ("", f"{self._title(name)}:", *_indented(block))

    def _block(self, name: str, value: object, said: Json) -> Iterator[str]:
        """Yield the lines of a list or of a mapping."""
        if isinstance(value, list):
            yield from self._list(value, said)
        elif isinstance(value, dict) and self._shown([value], said):
            yield from self._record(value, said)
        elif isinstance(value, dict):
            for key, item in value.items():
                title = f"{self.cell(name, key)}:"
                if _is_block(item):
                    yield from (title, *_indented(self._block(name, item, said)))
                else:
                    yield f"{title} {self.cell(name, item)}"

    def _list(self, items: list[object], said: Json) -> Iterator[str]:
        """Yield a line a text or message, a table of records, or a block a record where they hold lists."""
        records = [item for item in items if isinstance(item, dict)]
        if not records:
            yield from map(str, items)
            return
        if "message" in records[0] and "message" not in self.shows:
            for record in records:
                yield from self._message(record)
            return
        names = self._shown(records, said)
        if any(_is_block(record.get(name)) for record in records for name in names):
            for record in records:
                yield from ("", *self._record(record, said))
            return
        rows = [[self.cell(name, record.get(name)) for name in names] for record in records]
        yield from table([self._title(name) for name in names], rows)

    def cell(self, name: str, value: object) -> str:
        """Return the value of a field in one line."""
        match value:
            case bool():
                return self._say("register.yes" if value else "register.no")
            case datetime():
                return f"{value.astimezone(almaty()):%Y-%m-%d %H:%M}"
            case Fraction():
                return i18n.number(as_decimal(value), self.language)
            case Decimal():
                return i18n.number(value, self.language)
            case str() if name == "act":
                return i18n.calendar_act(value, self.language)
            case str() if name in ("unit", "person"):
                return self.name(value)
            case str():
                code = f"{self.words.get(name)}.{value}"
                return self._say(code) if i18n.knows(code) else value
            case set() | frozenset():
                return self.cell(name, sorted(value, key=str))
            case list():
                return ", ".join(self.cell(name, item) for item in value)
            case dict() if value.keys() == {"before", "after"}:
                return " → ".join(self.cell(name, item) for item in value.values())
            case dict():
                known = value.get(self.language) or value.get("name") or value.get("title")
                return self.cell(name, known or [*value.values()])
        return "" if value is None else str(value)

    def _message(self, record: Json) -> list[str]:
        """Return what a record with a message says; of a finding also its kind and its force."""
        text = str(record["message"])
        if "basis" not in record:
            return [text]
        text = f"[{self._say('finding.kind.' + str(record['kind']))}] {text}"
        period = str(record["obligation"]).partition(".")[2]
        if len(period) > 3 and period[:4].isdigit():
            text += f" ({i18n.period(period, self.language)})"
        if record["basis"] == "practice" and not str(record["code"]).startswith("order_practice"):
            text += f" {self._say('cli.by_practice')}"
        elif record["force"] != "obligatory":
            text += f" {self._say(str(record['force']))}"
        return wrap(text, LINE - 2, break_long_words=False)

    def _shown(self, records: Sequence[Json], said: Json) -> list[str]:
        """Return the fields to show of records: those that have a value in any of them not `said` already."""
        names = self.shows or [name for name in records[0] if self._title(name)]

        def says(record: Json, name: str) -> bool:
            value = record.get(name)
            return value not in (None, "", [], {}, set()) and (name not in said or value != said[name])

        return [name for name in names if any(says(record, name) for record in records)]

    def _title(self, name: str) -> str:
        """Return the title of a field; "" where it has none."""
        if name in self.titles:
            return self.titles[name]
        code = next((code for prefix in TITLES if i18n.knows(code := f"{prefix}.{name}")), "")
        return self._say(code) if code else ""

    def _say(self, code: str) -> str:
        return i18n.say(code, {}, self.language)


def _is_block(value: object) -> bool:
    """Return whether a value takes more than a line."""
    if isinstance(value, list):
        return any(len(item) > LONG if isinstance(item, str) else _is_block(item) for item in value)
    return isinstance(value, dict) and value.keys() not in VALUES


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (line and f"  {line}" for line in lines)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of an aligned table: numbers on the right, no trailing spaces."""
    sizes = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    numbers = (
        all(not cell or cell.lstrip("-−").isdigit() for cell in column) for column in zip(*rows, strict=True)
    )
    sides = [">" if is_number else "<" for is_number in numbers]
    for cells in (heads, ["-" * size for size in sizes], *rows):
        line = (f"{cell:{side}{size}}" for cell, side, size in zip(cells, sides, sizes, strict=True))
        yield "  ".join(line).rstrip()


def paragraph(text: str, *, indent: int = 0) -> str:
    """Return a text wrapped to a readable line length."""
    blank = " " * indent
    return "\n".join(wrap(text, LINE, initial_indent=blank, subsequent_indent=blank, break_long_words=False))


def as_json(value: object, language: str, *, indent: int | None = 2) -> str:
    """Return a value as JSON, with ISO dates and without escaped letters."""
    return json.dumps(spoken(value, language), ensure_ascii=False, indent=indent, default=_json_value)


def _json_value(value: object) -> object:
    """Return what JSON has in place of a value it does not know."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case set() | frozenset():
            return sorted(value, key=str)
        case Fraction():
            return str(as_decimal(value))
    return str(value)


def spoken(value: object, language: str) -> object:
    """Return an answer as records and lists, its texts of the law and codes with arguments in a language."""
    if isinstance(value, Text):
        return value[language]
    if isinstance(code := getattr(value, "code", None), str) and hasattr(value, "arguments"):
        return i18n.say(code, value.arguments, language)
    if isinstance(value, list | tuple):
        return [spoken(item, language) for item in value]
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True)
    elif is_dataclass(value) and not isinstance(value, type):
        value = picked(value, *(field.name for field in fields(value)))
    if not isinstance(value, Mapping):
        return value
    return {str(key): spoken(item, language) for key, item in value.items()}


def picked(value: object, *names: str) -> Json:
    """Return these attributes of a value, by name."""
    return {name: getattr(value, name) for name in names}
