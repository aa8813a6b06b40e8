"""The data of a list of register rows: columns, filters and cells, made from the register's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.context import RequestContext
from services.registers.queries import FilterInput
from services.registers.results import FieldView, RegisterView, RowView
from web.ui.name_fields import NameField, resolve_person, resolve_unit
from web.ui.render import Translator
from web.ui.tables import Cell, cell_of, row_title
from web.ui.unit_filter import build_person_filter, build_unit_filter
from workflow.registers.definition import UNSORTED

MAX_COLUMNS = 6
"""Maximum number of columns besides the title; all fields are on the row's own page and in the workbook."""
RANGES = ("date", "number", "money")
"""Kinds of fields filtered by a range."""
LISTED = ("choice", "yes_no", "person", "unit")
"""Kinds of fields filtered by a chosen value; all others by a part of their text."""
LAST = ("text", "link")
"""Kinds of fields whose columns come last."""


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
        """Whether any value is set."""
        return bool(self.text or self.first or self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLine:
    """One row of a list: its name, its unit and a cell for each column."""

    row: RowView
    name: str
    unit: str
    cells: Sequence[Cell]


def columns_of(register: RegisterView, fields: Sequence[FieldView]) -> list[FieldView]:
    """Return the fields shown as columns beside a row's title: those the register's file names, else required
    fields first, then totals, choices and dates; in the order of the definition.
    """
    if register.columns:
        known = {one.id: one for one in fields}
        return [known[name] for name in register.columns if name in known]
    left_out = (*register.named_by, *(one.id for one in fields if one.translation_of))
    short = [one for one in fields if one.id not in left_out and one.kind not in UNSORTED]
    short.sort(key=lambda one: (one.confidential, not one.required, not one.total, one.kind in LAST))
    chosen = {one.id for one in short[:MAX_COLUMNS]}
    return [one for one in fields if one.id in chosen]


def filters_of(ctx: RequestContext, fields: Sequence[FieldView], asked: Mapping[str, str]) -> list[RowFilter]:
    """Return the filters of a list from the address: `is.F`, `from.F`, `until.F`, `has.F`.

    Translations of texts have none: pages would double theirs, and the search finds both.
    """
    return [_filter(ctx, one, asked) for one in fields if one.filterable and not one.translation_of]


def _filter(ctx: RequestContext, one: FieldView, asked: Mapping[str, str]) -> RowFilter:
    if one.kind in RANGES:
        first, last = (asked.get(f"{end}.{one.id}", "").strip() for end in ("from", "until"))
        return RowFilter(field=one, first=first, last=last)
    if one.kind not in LISTED:
        return RowFilter(field=one, text=asked.get(f"has.{one.id}", "").strip())
    text, names = asked.get(f"is.{one.id}", "").strip(), None
    office, root = ctx.reads.office(), ctx.reader.root
    if one.kind == "person":
        names = build_person_filter(office, text, (), own=root)
    elif one.kind == "unit":
        names = build_unit_filter(office, text, own=root)
    return RowFilter(field=one, text=text, names=names)


def filter_inputs(ctx: RequestContext, filters: Sequence[RowFilter]) -> list[FilterInput]:
    """Return the filters that are set as input of the list query.

    Raises:
        InvalidForm: a text that names no person or unit.
    """
    office, root = ctx.reads.office(), ctx.reader.root
    found = []
    for one in filters:
        if not one.is_set:
            continue
        condition: dict[str, object] = {"field": one.field.id}
        if one.field.kind in RANGES:
            condition |= {"from": one.first, "until": one.last}
        elif one.field.kind not in LISTED:
            condition["contains"] = one.text
        elif one.field.kind == "person":
            condition["is"] = [resolve_person(office, one.text, root=root)]
        elif one.field.kind == "unit":
            condition["is"] = [resolve_unit(office, one.text, root=root)]
        else:
            condition["is"] = [one.text]
        found.append(FilterInput.model_validate(condition))
    return found


def line_of(
    register: RegisterView, row: RowView, columns: Sequence[FieldView], translator: Translator
) -> RowLine:
    """Return a row as a line of a list."""
    return RowLine(
        row=row,
        name=row_title(register, row, translator),
        unit=row.names.get(row.unit, row.unit),
        cells=[cell_of(one, row, translator) for one in columns],
    )


def typed_cell(
    one: FieldView, values: Mapping[str, object], translator: Translator, names: Mapping[str, str]
) -> Cell:
    """Return the cell for a value of a row that is not written yet."""
    value = values.get(one.id)
    row = RowView.model_construct(id="", register_id="", values={one.id: value}, names=names)
    return cell_of(one, row, translator)
