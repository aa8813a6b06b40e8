"""The data of a list of register rows: columns, filters and cells, made from the register's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merzim.services.registers.queries import FilterInput
from merzim.services.registers.results import FieldView, RegisterView, RowView, values_view
from merzim.web.http import WebContext
from merzim.web.ui.name_fields import NameField, own_people, own_units, person_filter, unit_filter
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Content, cell_of, row_title

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
    """Return the filters of a list from the address.

    Translations of texts have none: pages would double theirs, and the search finds both.
    """
    return [_row_filter(ctx, field) for field in fields if field.filterable and not field.translation_of]


def _row_filter(ctx: WebContext, field: FieldView) -> RowFilter:
    """Return the filter by one field with what the address says of it."""
    typed = {part: ctx.query.get(f"{part}.{field.id}", "").strip() for part in PARTS}
    found = {"person": person_filter, "unit": unit_filter}.get(field.kind)
    return RowFilter(field=field, typed=typed, names=found(ctx, typed["is"]) if found else None)


def filter_inputs(ctx: WebContext, filters: Sequence[RowFilter]) -> list[FilterInput]:
    """Return the filters that are set as input of the list query.

    Raises:
        InvalidForm: a text that names no person or unit.
    """
    conditions = []
    for row_filter in filters:
        if not row_filter.is_set:
            continue
        value = row_filter.typed["is"]
        if value and row_filter.names:
            value = (own_people if row_filter.field.kind == "person" else own_units)(ctx).resolve(value)
        condition = {
            "field": row_filter.field.id,
            "is": [value] if value else None,
            "from": row_filter.typed["from"],
            "until": row_filter.typed["until"],
            "contains": row_filter.typed["has"],
        }
        conditions.append(FilterInput.model_validate(condition))
    return conditions


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


def typed_cell(
    field: FieldView, values: Mapping[str, object], translator: Translator, names: Mapping[str, str]
) -> Content:
    """Return the cell of a value read from a file, which no row has yet."""
    return cell_of(field, values_view(values, names), translator)
