"""The data of a list of register rows: columns, filters and cells, made from the register's definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from merzim.services.inputs import build
from merzim.services.registers.results import FieldView, RegisterView, RowView
from merzim.services.registers.views import ListRows
from merzim.web.http import WebContext
from merzim.web.ui.name_fields import NameField, own_people, own_units, unit_filter
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import cell_of, row_title

PARTS = ("is", "from", "until", "has")
"""What the address says of a field, before its id: a value of a list, the ends of a range, a part of a text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFilter:
    """A filter by one field as typed, by PARTS; `names` for people, units."""

    field: FieldView
    typed: Mapping[str, str]
    names: NameField | None = None

    @property
    def is_set(self) -> bool:
        return any(self.typed.values())


def columns_of(register: RegisterView, fields: Sequence[FieldView]) -> list[FieldView]:
    """Return the fields shown as columns beside a row's title; all are on its own page and in the workbook."""
    fields_by_id = {field.id: field for field in fields}
    return [fields_by_id[name] for name in register.columns if name in fields_by_id]


def filters_of(ctx: WebContext, fields: Sequence[FieldView]) -> list[RowFilter]:
    """Return the filters of a list with what the address says of them.

    Translations of texts have none: pages would double theirs, and the search finds both.
    """
    finding: Mapping[str, Callable[[str], NameField]] = {
        "person": own_people(ctx).field,
        "unit": partial(unit_filter, ctx),
    }
    filters = []
    for field in fields:
        if field.filterable and not field.translation_of:
            typed = {part: ctx.query.get(f"{part}.{field.id}", "").strip() for part in PARTS}
            names = finding[field.kind](typed["is"]) if field.kind in finding else None
            filters.append(RowFilter(field=field, typed=typed, names=names))
    return filters


def list_command(
    ctx: WebContext, query: Mapping[str, object], filters: Sequence[RowFilter], **extra_fields: object
) -> ListRows:
    """Return the command of a list; `empty` in the address names a field that must be empty in the rows.

    Raises:
        InvalidForm: a text that names no person or unit.
    """
    conditions = list[dict[str, object]]()
    for row_filter in filters:
        value, typed = row_filter.typed["is"], row_filter.typed
        if value and row_filter.names:
            value = (own_people if row_filter.field.kind == "person" else own_units)(ctx).resolve(value)
        given = {"is": [value] if value else None, "from": typed["from"], "until": typed["until"]}
        if row_filter.is_set:
            conditions.append({"field": row_filter.field.id, "contains": typed["has"], **given})
    if empty := ctx.query.get("empty", ""):
        conditions.append({"field": empty, "empty": True})
    return build(ListRows, {**query, "filters": conditions, **extra_fields})


def line_of(
    register: RegisterView, row: RowView, columns: Sequence[FieldView], translator: Translator
) -> dict[str, object]:
    """Return a row of a list as templates read it: its name, its unit and a cell for each column."""
    return {
        "row": row,
        "name": row_title(register, row, translator),
        "unit": row.names.get(row.unit, row.unit),
        "cells": [cell_of(column, row, translator) for column in columns],
    }
