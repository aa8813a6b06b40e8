"""Reads the values of a form from a file: a table of rows (CSV, XLSX), or JSON with `fields` and `rows`.

A table is headed with the parts' names (`responsible`) or their titles in any of the languages; JSON is a list
of rows, or {"fields": {...}, "rows": [...]}. Dates, amounts and hours are written as people write them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from i18n import LANGUAGES
from merzim.documents.forms.definitions import Field, Form, Rows
from merzim.documents.forms.definitions import form as form_named
from merzim.documents.forms.values import parse_value, title
from merzim.documents.sheets.rows import is_empty, text_of
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import Errors, RowError, UnreadableCell, UnreadablePaper
from merzim.documents.sheets.workbook import Source, contents, open_paper
from workflow.refusal import closest_first


@dataclass(frozen=True, slots=True)
class FormData:
    """Values of a form: its fields, its rows, and the groups whose register was looked up for them."""

    fields: Mapping[str, object] = field(default_factory=dict)
    rows: tuple[Mapping[str, object], ...] = ()
    looked_up: Collection[str] = ()


def read_data(source: Source, name: str | None = None, *, form: str) -> FormData:
    """Read the fields and rows of a file.

    Args:
        source: a path, or the bytes of a file.
        name: the file's name; its extension tells JSON from a table. A path's own name by default.
        form: the form's id.

    Raises:
        UnreadablePaper: it cannot be opened, names a part the form does not have, or holds unreadable values:
            every bad row is named.
    """
    name = name or ("" if isinstance(source, bytes) else Path(source).name)
    definition = form_named(form)
    if Path(name).suffix.lower() == ".json":
        return _json(contents(source, name), name, definition)
    if definition.rows is None:
        raise UnreadablePaper("form_without_rows", name=name, form=definition.id)
    paper = open_paper(source, name)
    head, *lines = paper.sheets[0].rows
    at = _columns(head.number, [text_of(cell) for cell in head.cells], definition.rows, paper.name)
    raw = [
        (row.number, {name: row.cell(place) for name, place in at.items() if not is_empty(row.cell(place))})
        for row in lines
    ]
    errors = Errors()
    rows = [_row(definition.rows, number, values, errors) for number, values in raw if values]
    errors.refuse(paper.name)
    return FormData(rows=tuple(rows))


def _json(data: bytes, name: str, form: Form) -> FormData:
    """Return the fields and rows in a JSON file. Raises UnreadablePaper."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as trouble:
        raise UnreadablePaper("form_not_json", name=name, problem=str(trouble)) from None
    if not isinstance(document, dict):
        document = {"rows": document}
    fields, rows = document.get("fields", {}), document.get("rows", [])
    shape = isinstance(fields, dict) and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not shape or set(document) - {"fields", "rows"}:
        raise UnreadablePaper("form_json_shape", name=name)
    if rows and form.rows is None:
        raise UnreadablePaper("form_without_rows", name=name, form=form.id)
    errors = Errors()
    values = {part: _value(form.fields.get(part), value, 0, errors) for part, value in fields.items()}
    read = [_row(form.rows, number, row, errors) for number, row in enumerate(rows, 1) if form.rows]
    errors.refuse(name)
    return FormData(values, tuple(read))


def _columns(number: int, heads: Sequence[str], rows: Rows, name: str) -> dict[str, int]:
    """Return name of part -> column index. Raises UnreadablePaper for an unknown heading, one that occurs
    twice, and a missing column of groups.
    """
    parts_by_title = {plain(title(part, language)): part for part in rows.columns for language in LANGUAGES}
    parts_by_title |= {plain(part): part for part in rows.columns}
    at: dict[str, int] = {}
    errors = Errors()
    for place, head in enumerate(heads):
        part = parts_by_title.get(plain(head))
        if part is None and head:
            errors.add(number, "form_column_unknown", text=head, allowed=closest_first(head, rows.columns))
        elif part in at:
            errors.add(number, "form_column_twice", text=head)
        elif part is not None:
            at[part] = place
    errors.refuse(name)
    if rows.group_by and rows.group_by not in at:
        error = RowError(number, "form_column_missing", {"column": rows.group_by})
        raise UnreadablePaper(error.code, errors=(error,), **error.arguments)
    return at


def _row(rows: Rows | None, number: int, values: Mapping[str, object], errors: Errors) -> dict[str, object]:
    """Return the values of one table row; unreadable ones become errors."""
    assert rows is not None
    fields, read = rows.parts, dict[str, object]()
    if rows.groups:
        text = values.get(rows.group_by)
        place = rows.group_called(text)
        if place is None:
            allowed = tuple(group.id for group in rows.groups)
            errors.add(
                number, "form_group_unknown", text=str(text or ""), column=rows.group_by, allowed=allowed
            )
            return {}
        fields, read = rows.groups[place].parts, {rows.group_by: rows.groups[place].id}
    for name, value in values.items():
        if name == rows.group_by:
            continue
        if name not in fields:
            errors.add(number, "form_part_not_here", field=name, allowed=tuple(fields))
        else:
            read[name] = _value(fields[name], value, number, errors)
    return read


def _value(field: Field | None, value: object, number: int, errors: Errors) -> object:
    """Parse one value; an unknown field stays unparsed, since `fill` refuses it by name."""
    if field is None or value is None:
        return value
    if isinstance(value, datetime):
        value = value.date().isoformat()
    try:
        match value:
            case bool():
                return value if field.kind == "box" else parse_value(field, [str(value).lower()])
            case list():
                return parse_value(field, [str(item) for item in value])
            case int() | Decimal():
                return parse_value(field, [str(value)])
            case dict():
                raise UnreadableCell("form_value_unreadable", text=str(value), field=field.id, kind=field.kind)
            case _:
                return parse_value(field, [text_of(value, field.id)])
    except UnreadableCell as refusal:
        errors.take(number, refusal)
        return None
