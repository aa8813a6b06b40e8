"""From columns to the lines of a table: flat, or with the fixed groups of a report in one of three layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from documents.forms.form import LANGUAGES, Column, Group, Line, Table, Wording

Layout = Literal["fixed", "merged", "headed"]
BY_HAND = 0.9
"""Height of a line left for handwriting, in centimetres."""
NOTHING: Wording = dict.fromkeys(LANGUAGES, "")


def laid_out(columns: Sequence[Column]) -> Table:
    """A heading and one line a row."""
    return _table(columns, [Line(cells=_each(columns), each="rows", height=BY_HAND)])


def grouped(columns: Sequence[Column], groups: Sequence[Group], layout: Layout) -> Table:
    """The fixed groups: `fixed` – one line each, its rows told in one cell; `merged` – the group's name beside
    its rows; `headed` – a heading line above them."""
    lines: list[Line] = []
    for place, group in enumerate(groups):
        rows = name_of(place)
        if layout == "headed":
            lines.append(
                Line(cells=tuple(group.label if _is(one, "label") else NOTHING for one in columns), bold=True)
            )
            lines.append(Line(cells=_each(columns), each=rows, height=BY_HAND))
        elif layout == "merged":
            cells = tuple(group.label if _is(one, "label") else _cell(at) for at, one in enumerate(columns))
            lines.append(Line(cells=cells, each=rows, merged=True, height=BY_HAND))
        else:
            fixed = {
                "number": _same(str(place + 1)),
                "label": group.label,
                "items": _same(f"{{{{ {rows}_told }}}}"),
            }
            lines.append(Line(cells=tuple(fixed[one.shows[0]] for one in columns), height=2.7))
    return _table(columns, lines)


def lines_of(lines: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Lines written out one by one in the shape."""
    return tuple(
        Line(
            cells=tuple(_same(cell) if isinstance(cell, str) else cell for cell in line["cells"]),
            each=line.get("each", ""),
            bold=line.get("bold", False),
            height=0.0 if line.get("bold") else BY_HAND,
        )
        for line in lines
    )


def name_of(group: int) -> str:
    """What a template calls the rows of the n-th group."""
    return f"group_{group + 1}"


def _table(columns: Sequence[Column], lines: Sequence[Line]) -> Table:
    head = Line(cells=tuple(column.head for column in columns), bold=True)
    return Table(widths=tuple(column.width for column in columns), lines=(head, *lines), heads=1)


def _each(columns: Sequence[Column]) -> tuple[Wording, ...]:
    return tuple(NOTHING if _is(one, "label") else _cell(at) for at, one in enumerate(columns))


def _cell(at: int) -> Wording:
    return _same(f"{{{{ row.c{at} }}}}")


def _same(text: str) -> Wording:
    return dict.fromkeys(LANGUAGES, text)


def _is(column: Column, what: str) -> bool:
    return column.shows == (what,)
