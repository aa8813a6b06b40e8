"""Renders the answer of any command: as JSON, or as text by the titles the catalogue has for its fields.

A field without a title (`head.<field>`) is for programs: --json alone has it. No colours, as it is piped.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from textwrap import wrap

from pydantic import BaseModel

import i18n
from calendars.hours import almaty
from i18n.numbers import figure
from workflow.law.procedure import Text

Json = dict[str, object]
TITLES = ("head", "passport")
"""Prefixes of the catalogue under which a field may have its title."""
WORDS = {
    "force": "force",
    "status": "status",
    "kind": "day",
    "why": "why",
    "state": "notice",
}
"""Prefixes of the catalogue by which the values of a field are said."""
TEXT, CHANGED, REFERENCE = {*i18n.LANGUAGES}, {"before", "after"}, {"key", "name"}
"""Fields of the records that are shown as a value: a text in each language, a change, a unit or person."""
POINTS = frozenset({"points", "max", "total", "lost", "at_stake", "gain", "projects"})
"""Fields with decimal strings."""
NAMED = frozenset({"unit", "person"})
"""Fields with the key of a unit or person, who is shown by name."""
LONG = 60
"""Length of a text from which a list of texts has a line for each."""


class Renderer:
    """Renders answers in one language.

    Attributes:
        name: returns the name of a unit or person.
        shows: the fields to show, in this order, at any depth; all that have a title where there are none.
        words: prefixes of the catalogue by which the values of a field are said, over `WORDS`.
        titles: titles of fields that are the law's.
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
        self.shows, self.words, self.titles = shows, {**WORDS, **words}, titles

    def text(self, answer: object) -> str:
        """Return an answer as text; a sentence where there is nothing to show."""
        record = record_of(spoken(answer, self.language)) or {}
        return "\n".join(self._record(record, 0, {})).strip("\n") or self._say("cli.none")

    def cell(self, name: str, value: object) -> str:
        """Return the value of a field in one line."""
        match value:
            case None:
                return ""
            case bool():
                return self._say("register.yes" if value else "register.no")
            case datetime():
                return f"{value.astimezone(almaty()):%Y-%m-%d %H:%M}"
            case Decimal():
                return i18n.number(value, self.language)
            case str() if name in POINTS:
                return figure(value, self.language)
            case str() if name == "act":
                return i18n.calendar_act(value, self.language)
            case str() if name in NAMED:
                return self.name(value)
            case str():
                code = f"{self.words.get(name)}.{value}"
                return self._say(code) if i18n.knows(code) else value
            case list() | tuple() | set() | frozenset():
                items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
                return ", ".join(self.cell(name, item) for item in items)
        record = record_of(value)
        if record is None:
            return str(value)
        if record.keys() == CHANGED:
            return " → ".join(self.cell(name, item) for item in record.values())
        known = record.get(self.language) or record.get("name") or record.get("title")
        return self.cell(name, known) if known else ", ".join(self.cell(name, item) for item in record.values())

    def _record(self, record: Json, indent: int, said: Json) -> Iterator[str]:
        """Yield the lines of a record, without the fields already `said`: a line a value, then the lists."""
        names, blank = self._shown([record], said), " " * indent
        values = [name for name in names if not self._is_block(record[name])]
        for name in values:
            yield f"{blank}{self._title(name)}: {self.cell(name, record[name])}"
        for name in names:
            if name in values:
                continue
            if len(names) > 1:
                yield from ("", f"{blank}{self._title(name)}:")
            here = {**said, **{value: record[value] for value in values}}
            yield from self._block(name, record[name], indent + 2 * (len(names) > 1), here)

    def _block(self, name: str, value: object, indent: int, said: Json) -> Iterator[str]:
        """Yield the lines of a list or of a mapping."""
        record = record_of(value)
        if record is not None and self._shown([record], said):
            yield from self._record(record, indent, said)
        elif record is not None:
            for key, item in record.items():
                title = f"{' ' * indent}{self.cell(name, key)}:"
                if self._is_block(item):
                    yield title
                    yield from self._block(name, item, indent + 2, said)
                else:
                    yield f"{title} {self.cell(name, item)}"
        else:
            yield from self._list(list(value), indent, said)  # type: ignore[call-overload]

    def _list(self, items: list[object], indent: int, said: Json) -> Iterator[str]:
        """Yield a line for each text and message of a list, a table of its records, or a block for each record
        where they hold lists.
        """
        records = [record for item in items if (record := record_of(item)) is not None]
        if not records or ("message" in records[0] and "message" not in self.shows):
            yield from (" " * indent + str(item) for item in items if not records)
            yield from (self._message(record, indent) for record in records)
            return
        names = self._shown(records, said)
        if any(self._is_block(record.get(name)) for record in records for name in names):
            for record in records:
                yield from ("", *self._record(record, indent, said))
            return
        rows = [[self.cell(name, record.get(name)) for name in names] for record in records]
        yield table([self._title(name) for name in names], rows, indent=indent)

    def _message(self, record: Json, indent: int) -> str:
        """Return what a record with a message says; of a finding also its kind and its force."""
        text = str(record["message"])
        if "basis" not in record:
            return " " * indent + text
        text = f"[{self._say('finding.kind.' + str(record['kind']))}] {text}"
        period = str(record["obligation"]).partition(".")[2]
        if len(period) > 3 and period[:4].isdigit():
            text += f" ({i18n.period(period, self.language)})"
        if record["basis"] == "practice" and not str(record["code"]).endswith("_own"):
            text += f" {self._say('cli.by_practice')}"
        elif record["force"] != "obligatory":
            text += f" {self._say(str(record['force']))}"
        return paragraph(text, indent=indent)

    def _shown(self, records: Sequence[Json], said: Json) -> list[str]:
        """Return the fields to show of records: those that have a value in any of them not `said` already."""
        names = self.shows or [name for name in records[0] if self._title(name)]
        given = {
            name
            for record in records
            for name, value in record.items()
            if _is_given(value) and (name not in said or value != said[name])
        }
        return [name for name in names if name in given]

    def _is_block(self, value: object) -> bool:
        """Return whether a value takes more than a line."""
        if isinstance(value, list | tuple):
            return any(len(item) > LONG if isinstance(item, str) else self._is_block(item) for item in value)
        record = record_of(value)
        return record is not None and record.keys() not in (TEXT, CHANGED, REFERENCE)

    def _title(self, name: str) -> str:
        """Return the title of a field; "" where it has none."""
        if name in self.titles:
            return self.titles[name]
        known = (code for prefix in TITLES if i18n.knows(code := f"{prefix}.{name}"))
        return self._say(code) if (code := next(known, "")) else ""

    def _say(self, code: str) -> str:
        return i18n.say(code, {}, self.language)


def _is_given(value: object) -> bool:
    """Return whether a value is neither None nor empty."""
    return value is not None and (not isinstance(value, Collection) or bool(value))


def record_of(value: object) -> Json | None:
    """Return the fields of a record by name; None for any other value."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def width(text: str) -> int:
    """Return the number of screen columns of a text."""
    return sum(0 if unicodedata.combining(letter) else 1 for letter in text)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, indent: int = 0) -> str:
    """Return an aligned table: numbers on the right, no trailing spaces."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    right = [
        bool(cells) and all(row[column].lstrip("-−").isdigit() or not row[column] for row in cells)
        for column in range(len(heads))
    ]
    widths = [max(width(line[column]) for line in (heads, *cells)) for column in range(len(heads))]
    lines = [heads, ["-" * size for size in widths], *cells]
    return "\n".join(" " * indent + _line(line, widths, right) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """Return a line of a table: each cell as wide as its column, at its left or right edge."""
    padded = [
        " " * (size - width(cell)) + cell if to_right else cell + " " * (size - width(cell))
        for cell, size, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def paragraph(text: str, *, indent: int = 0, columns: int = 110) -> str:
    """Return a text wrapped to a readable line length."""
    blank = " " * indent
    return "\n".join(wrap(text, columns, initial_indent=blank, subsequent_indent=blank, break_long_words=False))


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
    return str(value)


def spoken(value: object, language: str) -> object:
    """Return an answer made of plain records and lists, in which each text of the law, and each code with its
    arguments, is said in a language.
    """
    if isinstance(value, Text):
        return value[language]
    if isinstance(code := getattr(value, "code", None), str) and hasattr(value, "arguments"):
        return i18n.say(code, value.arguments, language)
    if isinstance(value, list | tuple):
        return [spoken(item, language) for item in value]
    record = record_of(value)
    return value if record is None else {key: spoken(item, language) for key, item in record.items()}


def picked(value: object, *names: str) -> Json:
    """Return these attributes of a value, by name."""
    return {name: getattr(value, name) for name in names}
