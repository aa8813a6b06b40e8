"""One table of a regulation file, read key by key; what is wrong is said with its place and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from workflow.law.procedure import Text
from workflow.nearest import nearest_first
from workflow.refusal import Refusal, quoted

T = TypeVar("T")
_LANGUAGES = ("kk", "ru", "en")
_NAMES: Mapping[type, str] = {
    str: "text",
    bool: "yes_no",
    int: "integer",
    date: "date",
    dict: "table",
    list: "list",
}
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""Facts, stages, ladders, duties: they become parts of ids, columns of tables and words of commands."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: `code` under `regulation.` in the catalogues, `place` as keys of the file."""

    code: str
    place: str
    arguments: Mapping[str, object] = field(default_factory=dict)


class UnreadableRegulation(Refusal):
    """A regulation file that cannot be understood.

    Its code and arguments say the first problem; `problems` holds all that could be found in one reading.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        first = problems[0]
        # A problem of the file as a whole stands at the key it is about.
        place = first.place or str(first.arguments.get("value", ""))
        super().__init__(f"regulation.{first.code}", **{**first.arguments, "file": file, "place": place})
        self.problems = tuple(replace(one, arguments=quoted(one.arguments)) for one in problems)


class Wrong(Exception):
    """One problem on its way from the key it was found at to the list of all of them."""

    def __init__(self, code: str, place: str, **arguments: object) -> None:
        super().__init__(code, place, arguments)
        self.problem = Problem(code, place, arguments)


class Table:
    """A TOML table and where it stands in the file.

    Every method raises Wrong: a key that is missing, of another type, or not among what is allowed.
    """

    def __init__(self, values: Mapping[str, object], heading: str = "", path: str = "") -> None:
        self.values = values
        self._heading = heading
        self._path = path

    def __contains__(self, key: object) -> bool:
        return key in self.values

    @property
    def place(self) -> str:
        """Where the table itself stands: `obligation 3 "start_announced": term`."""
        return ": ".join(part for part in (self._heading, self._path) if part)

    def at(self, key: str) -> str:
        """Where a key of it stands: `obligation 3 "start_announced": term.in`."""
        path = f"{self._path}.{key}" if self._path else key
        return f"{self._heading}: {path}" if self._heading else path

    def only(self, *allowed: str) -> None:
        """No key besides these; the nearest allowed one is named first."""
        for key in self.values:
            if key not in allowed:
                raise Wrong("unknown_key", self.place, value=key, allowed=nearest_first(key, allowed))

    def text(self, key: str) -> str:
        """A text that says something."""
        value = self._typed(key, str)
        if not value.strip():
            raise Wrong("empty", self.at(key))
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self else None

    def name(self, key: str, pattern: re.Pattern[str] = NAME) -> str:
        """A text that can be a name: small Latin letters and digits, joined."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise Wrong("not_a_name", self.at(key), value=value)
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of the allowed texts."""
        if default is not None and key not in self:
            return default
        value = self._typed(key, str)
        if value not in allowed:
            raise Wrong("not_allowed", self.at(key), value=value, allowed=nearest_first(value, allowed))
        return value

    def names(
        self, key: str, pattern: re.Pattern[str] = NAME, *, allowed: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """A list of names, of the allowed ones where there are some; none twice; empty without the key."""
        if key not in self:
            return ()
        values = self._typed(key, list)
        for place, value in enumerate(values, 1):
            if type(value) is not str:
                raise Wrong("wrong_type", f"{self.at(key)}[{place}]", value=str(value), expected="text")
            if not pattern.fullmatch(value):
                raise Wrong("not_a_name", f"{self.at(key)}[{place}]", value=value)
            if allowed is not None and value not in allowed:
                raise Wrong(
                    "not_allowed",
                    f"{self.at(key)}[{place}]",
                    value=value,
                    allowed=nearest_first(value, allowed),
                )
            if value in values[: place - 1]:
                raise Wrong("duplicate", f"{self.at(key)}[{place}]", value=value)
        return tuple(values)

    def flag(self, key: str) -> bool:
        """Yes or no; no when the key is absent."""
        return self._typed(key, bool) if key in self else False

    def whole(self, key: str, *, least: int | None = None, most: int | None = None) -> int:
        """A whole number, within bounds where there are some."""
        value = self._typed(key, int)
        if (least is not None and value < least) or (most is not None and value > most):
            raise Wrong("out_of_bounds", self.at(key), value=value, least=least, most=most)
        return value

    def wholes(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        """A list of whole numbers within bounds."""
        values = self._typed(key, list)
        for place, value in enumerate(values, 1):
            if type(value) is not int:
                raise Wrong("wrong_type", f"{self.at(key)}[{place}]", value=str(value), expected="integer")
            if not least <= value <= most:
                raise Wrong("out_of_bounds", f"{self.at(key)}[{place}]", value=value, least=least, most=most)
        return tuple(values)

    def day(self, key: str) -> date:
        """A date of TOML itself (2024-01-01), not a text and not a moment."""
        return self._typed(key, date)

    def texts(self, key: str) -> Text:
        """A text in all three languages."""
        return texts(self.table(key))

    def table(self, key: str) -> Table:
        path = f"{self._path}.{key}" if self._path else key
        return Table(self._typed(key, dict), self._heading, path)

    def tables(self, key: str) -> list[Table]:
        """A list of tables: headed `obligation 3 "start_announced"` at the top of the file, else `rungs[2]`."""
        if key not in self:
            return []
        found = []
        for place, value in enumerate(self._typed(key, list), 1):
            if not isinstance(value, dict):
                raise Wrong("wrong_type", f"{self.at(key)}[{place}]", value=str(value), expected="table")
            if self.place:
                found.append(Table(value, self._heading, f"{self._path}.{key}[{place}]".lstrip(".")))
            else:
                named = value.get("id", value.get("title"))
                found.append(
                    Table(value, f'{key} {place} "{named}"' if type(named) is str else f"{key} {place}")
                )
        return found

    def _typed(self, key: str, kind: type[T]) -> T:
        if key not in self.values:
            raise Wrong("missing_key", self.place, value=key)
        value = self.values[key]
        # type() and not isinstance(): True is an int in Python, and a moment is a date.
        if type(value) is not kind:
            raise Wrong("wrong_type", self.at(key), value=str(value), expected=_NAMES[kind])
        return value


def texts(table: Table) -> Text:
    """The table as a text in three languages."""
    table.only(*_LANGUAGES)
    for language in _LANGUAGES:
        if language not in table:
            raise Wrong("missing_language", table.place, value=language)
    return Text(kk=table.text("kk"), ru=table.text("ru"), en=table.text("en"))
