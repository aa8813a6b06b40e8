"""Lays out the rows of a form as a table: flat, or in fixed groups in one of three layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from merzim.documents.forms.form import FormColumn, FormLine, FormTable, RowGroup, Wording
from workflow.languages import PAPER_LANGUAGES

Layout = Literal["fixed", "merged", "headed"]
BY_HAND = 0.9
"""Height of a row left for handwriting, in centimetres."""
NOTHING: Wording = dict.fromkeys(PAPER_LANGUAGES, "")


def flat_table(columns: Sequence[FormColumn]) -> FormTable:
    """Return a table with a heading and one row for each item."""
    return _table(columns, [FormLine(cells=_each(columns), each="rows", height=BY_HAND)])


def grouped_table(columns: Sequence[FormColumn], groups: Sequence[RowGroup], layout: Layout) -> FormTable:
    """Return a table of fixed groups.

    Layouts: `fixed` – the group's number and name in cells beside its rows, each told in one cell; `merged` –
    its name alone beside them; `headed` – a heading row above them.
    """
    lines: list[FormLine] = []
    for place, group in enumerate(groups):
        rows = group_variable(place)
        if layout == "headed":
            lines.append(
                FormLine(
                    cells=tuple(group.label if _is(column, "label") else NOTHING for column in columns),
                    bold=True,
                )
            )
            lines.append(FormLine(cells=_each(columns), each=rows, height=BY_HAND))
        elif layout == "merged":
            cells = tuple(
                group.label if _is(column, "label") else _cell(at) for at, column in enumerate(columns)
            )
            lines.append(FormLine(cells=cells, each=rows, merged=1, height=BY_HAND))
        else:
            fixed = {
                "number": _same(str(place + 1)),
                "label": group.label,
                "items": _same("{{ row.told }}"),
            }
            cells = tuple(fixed[column.shows[0]] for column in columns)
            lines.append(FormLine(cells=cells, each=rows, merged=len(columns) - 1, height=BY_HAND))
    return _table(columns, lines)


def fixed_rows(lines: Sequence[Mapping[str, Any]]) -> tuple[FormLine, ...]:
    return tuple(
        FormLine(
            cells=tuple(_same(cell) if isinstance(cell, str) else cell for cell in line["cells"]),
            each=line.get("each", ""),
            bold=line.get("bold", False),
            height=0.0 if line.get("bold") else BY_HAND,
        )
        for line in lines
    )


def group_variable(group: int) -> str:
    """Return the template's variable for the rows of the n-th group."""
    return f"group_{group + 1}"


def _table(columns: Sequence[FormColumn], lines: Sequence[FormLine]) -> FormTable:
    head = FormLine(cells=tuple(column.head for column in columns), bold=True)
    return FormTable(widths=tuple(column.width for column in columns), lines=(head, *lines), heads=1)


def _each(columns: Sequence[FormColumn]) -> tuple[Wording, ...]:
    return tuple(NOTHING if _is(column, "label") else _cell(at) for at, column in enumerate(columns))


def _cell(at: int) -> Wording:
    return _same(f"{{{{ row.c{at} }}}}")


def _same(text: str) -> Wording:
    return dict.fromkeys(PAPER_LANGUAGES, text)


def _is(column: FormColumn, content_kind: str) -> bool:
    return column.shows == (content_kind,)
