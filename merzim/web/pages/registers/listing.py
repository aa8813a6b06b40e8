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

RANGES = ("date", "number", "money")
"""Kinds of fields filtered by a range."""
LISTED = ("choice", "yes_no", "person", "unit")
"""Kinds of fields filtered by a chosen value; all others by a part of their text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFilter:
    """A filter by one field as typed: for a range `first` and `last`, else `text`; `names` for people,
    units.
    """

    field: FieldView
    text: str = ""
    first: str = ""
    last: str = ""
    names: NameField | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.text or self.first or self.last)


def columns_of(register: RegisterView, fields: Sequence[FieldView]) -> list[FieldView]:
    """Return the fields shown as columns beside a row's title; all are on its own page and in the workbook."""
    fields_by_id = {field.id: field for field in fields}
    return [fields_by_id[name] for name in register.columns if name in fields_by_id]


def filters_of(ctx: WebContext, fields: Sequence[FieldView]) -> list[RowFilter]:
    """Return the filters of a list from the address: `is.F`, `from.F`, `until.F`, `has.F`.

    Translations of texts have none: pages would double theirs, and the search finds both.
    """
    return [_row_filter(ctx, field) for field in fields if field.filterable and not field.translation_of]


def _row_filter(ctx: WebContext, field: FieldView) -> RowFilter:
    """Return the filter by one field with what the address says of it."""
    if field.kind in RANGES:
        first, last = (ctx.query.get(f"{end}.{field.id}", "").strip() for end in ("from", "until"))
        return RowFilter(field=field, first=first, last=last)
    if field.kind not in LISTED:
        return RowFilter(field=field, text=ctx.query.get(f"has.{field.id}", "").strip())
    text, names = ctx.query.get(f"is.{field.id}", "").strip(), None
    if field.kind == "person":
        names = person_filter(ctx, text)
    elif field.kind == "unit":
        names = unit_filter(ctx, text)
    return RowFilter(field=field, text=text, names=names)


def filter_inputs(ctx: WebContext, filters: Sequence[RowFilter]) -> list[FilterInput]:
    """Return the filters that are set as input of the list query.

    Raises:
        InvalidForm: a text that names no person or unit.
    """
    conditions = []
    for row_filter in filters:
        if not row_filter.is_set:
            continue
        condition: dict[str, object] = {"field": row_filter.field.id}
        if row_filter.field.kind in RANGES:
            condition |= {"from": row_filter.first, "until": row_filter.last}
        elif row_filter.field.kind not in LISTED:
            condition["contains"] = row_filter.text
        elif row_filter.field.kind == "person":
            condition["is"] = [own_people(ctx).resolve(row_filter.text)]
        elif row_filter.field.kind == "unit":
            condition["is"] = [own_units(ctx).resolve(row_filter.text)]
        else:
            condition["is"] = [row_filter.text]
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
