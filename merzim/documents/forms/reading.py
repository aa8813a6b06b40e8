"""Reads form definitions from documents/forms/shapes/<form>.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from merzim.documents.forms.form import (
    Block,
    Field,
    Form,
    FormColumn,
    FormTable,
    Lines,
    PageBreak,
    RecordedFacts,
    RegisterRows,
    RowGroup,
    Rows,
    Signature,
    Wording,
)
from merzim.documents.forms.tables import fixed_rows, flat_table, grouped_table
from workflow.languages import PAPER_LANGUAGES
from workflow.law.procedure import Text
from workflow.refusal import Refusal, closest_first

SHAPES = Path(__file__).parent / "shapes"


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in SHAPES.glob("*.toml")))


@cache
def case_forms() -> tuple[Form, ...]:
    """Return the forms about a case, in file order (cached)."""
    return tuple(about for about in map(form, names()) if about.about == "case")


@cache
def person_forms() -> tuple[Form, ...]:
    """Return the forms about a person, in file order (cached)."""
    return tuple(about for about in map(form, names()) if about.about == "person")


@cache
def form(name: str) -> Form:
    """Return the form of a name (cached)."""
    if name not in names():
        raise Refusal("form_unknown", form=name, allowed=closest_first(name, names()))
    document = tomllib.loads((SHAPES / f"{name}.toml").read_text(encoding="utf-8"))
    rows = _rows(document["rows"]) if "rows" in document else None
    columns: list[FormColumn] = []
    blocks = tuple(_block(block, rows, columns) for block in document["block"])
    return Form(
        id=document["id"],
        title=Text(**document["title"]),
        origin=document["origin"],
        about=document["about"],
        annex=document.get("annex"),
        steps=tuple(document.get("steps", ())),
        landscape=document.get("landscape", False),
        approvers=document.get("approvers", ""),
        fields={id: _field(id, definition) for id, definition in document["fields"].items()},
        rows=rows,
        blocks=blocks,
        columns=tuple(columns),
        source=_source(document.get("from")),
        quarterly=document.get("quarterly", False),
    )


def _field(id: str, table: Mapping[str, Any]) -> Field:
    default = table.get("default")
    return Field(
        **{
            **table,
            "id": id,
            "default": default and {key: _frozen(value) for key, value in default.items()},
        }
    )


def _frozen(value: str | list[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def _rows(document: Mapping[str, Any]) -> Rows:
    """Read the rows of a form: their parts, or their groups where a part groups them."""
    parts = document["parts"]
    group_by = next((id for id, kind in parts.items() if kind == "group"), "")
    return Rows(
        parts=() if group_by else _parts(parts),
        groups=tuple(
            RowGroup(
                id=group["id"],
                label=group["label"],
                parts=_parts(group["parts"]),
                source=_source(group.get("from")),
                recorded=_recorded(group.get("recorded")),
            )
            for group in document.get("group", ())
        ),
        group_by=group_by,
        blank=document.get("blank", 1 if group_by else 5),
        source=_source(document.get("from")),
        nothing=document.get("nothing"),
        recorded=_recorded(document.get("recorded")),
    )


def _recorded(table: Mapping[str, Any] | None) -> RecordedFacts | None:
    """Read the facts that speak against an empty group or table: `procedure:fact`, one or several."""
    if table is None:
        return None
    procedure, _, _ = _several(table["facts"])[0].partition(":")
    facts = tuple(name.removeprefix(f"{procedure}:") for name in _several(table["facts"]))
    return RecordedFacts(
        procedure=procedure, facts=facts, value=table.get("value", ""), of=_several(table.get("of", []))
    )


def _source(table: Mapping[str, Any] | None) -> RegisterRows | None:
    """Read the register that rows come from; a single field or value needs no brackets."""
    if table is None:
        return None
    return RegisterRows(
        register=table["register"],
        dates=_several(table.get("date", [])),
        parts={part: _several(fields) for part, fields in table["parts"].items()},
        where={name: _several(values) for name, values in table.get("where", {}).items()},
        unanswered=table.get("unanswered", {}),
        settled={name: _several(values) for name, values in table.get("settled", {}).items()},
    )


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _parts(parts: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(id=id, kind=kind.removesuffix("?"), optional=kind.endswith("?")) for id, kind in parts.items()
    )


def _block(block: Mapping[str, Any], rows: Rows | None, columns: list[FormColumn]) -> Block:
    """Read a block of the page: lines, table, signature or page break."""
    if "signature" in block:
        signature = block["signature"]
        return Signature(post=_wording(signature["post"]), name=_wording(signature["name"]))
    if block.get("page_break"):
        return PageBreak()
    if "columns" in block:
        columns += [_column(column) for column in block["columns"]]
        if rows is not None and rows.groups:
            return grouped_table(columns, rows.groups, block["layout"])
        return flat_table(columns)
    if "lines" in block:
        return FormTable(widths=tuple(block["widths"]), lines=fixed_rows(block["lines"]))
    conditions = {key: block[key] for key in ("each", "when", "unless") if key in block}
    return Lines(style=block["style"], text=_wording(block.get("text", "")), **conditions)


def _column(column: Mapping[str, Any]) -> FormColumn:
    return FormColumn(head=column["head"], width=column["width"], shows=_several(column["shows"]))


def _wording(text: str | Mapping[str, str]) -> Wording:
    """Return a text in both languages; a text without words (`{{ name }}`) is written once."""
    if isinstance(text, str):
        return dict.fromkeys(PAPER_LANGUAGES, text)
    return {language: wording.strip("\n") for language, wording in text.items()}
