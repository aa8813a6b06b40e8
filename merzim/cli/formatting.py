"""Text and JSON of the output: tables, paragraphs, plain values; no colours or boxes, as it is piped."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from pathlib import PurePath
from textwrap import wrap

Json = dict[str, object]


def width(text: str) -> int:
    """Return the number of screen columns of a text."""
    return sum(0 if unicodedata.combining(letter) else 1 for letter in text)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, indent: int = 0) -> str:
    """Return an aligned table: numbers on the right, no trailing spaces."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [
        bool(cells) and all(row[column].lstrip("-−").isdigit() or not row[column] for row in cells)
        for column in range(len(heads))
    ]
    lines = [list(heads), ["-" * width(head) for head in heads], *cells] if any(heads) else cells
    widths = [max((width(line[column]) for line in lines), default=0) for column in range(len(heads))]
    if any(heads):
        lines[1] = ["-" * size for size in widths]
    return "\n".join(" " * indent + _line(line, widths, right) for line in lines)


def paragraph(text: str, *, indent: int = 0, columns: int = 110) -> str:
    """Return a text wrapped to a readable line length."""
    blank = " " * indent
    return "\n".join(wrap(text, columns, initial_indent=blank, subsequent_indent=blank, break_long_words=False))


def as_json(value: object) -> str:
    """Return a value as JSON, with ISO dates and without escaped letters."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2)


def plain(value: object) -> object:
    """Return a value made of JSON types."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=str)
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {key.name: plain(getattr(value, key.name)) for key in fields(value)}
        case _ if hasattr(value, "model_dump"):
            return value.model_dump(mode="json", by_alias=True)
        case _:
            return str(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (size - width(cell)) + cell if to_right else cell + " " * (size - width(cell))
        for cell, size, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def picked(value: object, *names: str) -> Json:
    """Return these attributes of a value, by name."""
    return {name: getattr(value, name) for name in names}
