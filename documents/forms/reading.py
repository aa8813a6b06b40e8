"""From documents/forms/shapes/<form>.toml to a Form. The shapes are ours, and their tests read every one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from documents.forms.form import (
    LANGUAGES,
    Block,
    Column,
    Field,
    Form,
    Group,
    Lines,
    PageBreak,
    Rows,
    Signature,
    Table,
    Wording,
)
from documents.forms.tables import grouped, laid_out, lines_of
from workflow.closest_matches import closest_first
from workflow.law.procedure import Text
from workflow.refusal import Refusal

SHAPES = Path(__file__).parent / "shapes"


class UnknownForm(Refusal, LookupError):
    """There is no form of that name; `allowed` are those there are, the nearest first."""


def names() -> tuple[str, ...]:
    """The forms there are, in the order of their files."""
    return tuple(sorted(path.stem for path in SHAPES.glob("*.toml")))


@cache
def form(name: str) -> Form:
    """The form of a name.

    Raises:
        UnknownForm: there is none.
    """
    if name not in names():
        raise UnknownForm("form_unknown", form=name, allowed=closest_first(name, names()))
    document = tomllib.loads((SHAPES / f"{name}.toml").read_text(encoding="utf-8"))
    rows = _rows(document["rows"]) if "rows" in document else None
    columns: list[Column] = []
    blocks = tuple(_block(block, rows, columns) for block in document["block"])
    return Form(
        id=document["id"],
        title=Text(**document["title"]),
        origin=document["origin"],
        about=document["about"],
        annex=document.get("annex"),
        landscape=document.get("landscape", False),
        approvers=document.get("approvers", ""),
        fields={id: _field(id, asked) for id, asked in document["fields"].items()},
        rows=rows,
        blocks=blocks,
        columns=tuple(columns),
    )


def _field(id: str, asked: Mapping[str, Any]) -> Field:
    default = asked.get("default")
    return Field(
        **{
            **asked,
            "id": id,
            "default": default and {key: _frozen(value) for key, value in default.items()},
        }
    )


def _frozen(value: str | list[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def _rows(document: Mapping[str, Any]) -> Rows:
    parts = document["parts"]
    group_by = next((id for id, kind in parts.items() if kind == "group"), "")
    return Rows(
        parts=() if group_by else _parts(parts),
        groups=tuple(
            Group(id=one["id"], label=one["label"], parts=_parts(one["parts"]))
            for one in document.get("group", ())
        ),
        group_by=group_by,
        blank=document.get("blank", 5),
    )


def _parts(parts: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(id=id, kind=kind.removesuffix("?"), optional=kind.endswith("?")) for id, kind in parts.items()
    )


def _block(block: Mapping[str, Any], rows: Rows | None, columns: list[Column]) -> Block:
    if "signature" in block:
        signature = block["signature"]
        return Signature(post=_wording(signature["post"]), name=_wording(signature["name"]))
    if block.get("page_break"):
        return PageBreak()
    if "columns" in block:
        columns += [_column(one) for one in block["columns"]]
        if rows is not None and rows.groups:
            return grouped(columns, rows.groups, block["layout"])
        return laid_out(columns)
    if "lines" in block:
        return Table(widths=tuple(block["widths"]), lines=lines_of(block["lines"]))
    return Lines(style=block["style"], text=_wording(block.get("text", "")), each=block.get("each", ""))


def _column(column: Mapping[str, Any]) -> Column:
    shows = column["shows"]
    return Column(
        head=column["head"], width=column["width"], shows=(shows,) if isinstance(shows, str) else tuple(shows)
    )


def _wording(text: str | Mapping[str, str]) -> Wording:
    """A text in both languages; one without words of a language (`{{ name }}`) is written once."""
    if isinstance(text, str):
        return dict.fromkeys(LANGUAGES, text)
    return {language: said.strip("\n") for language, said in text.items()}
