"""Rows of the reports about a year, from the registers their forms name: those the reader sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from i18n import date_long, number, say
from services.documents.rows import Row
from services.register_views import (
    MAX_PAGE_SIZE,
    FieldView,
    FilterInput,
    ListRows,
    RowView,
    cell_value,
    list_rows,
)
from workflow.registers.definition import UnknownField, UnknownRegister

if TYPE_CHECKING:
    from documents.forms import Form
    from documents.forms.form import Field, RegisterRows
    from services.context import RequestContext


def report_rows(
    ctx: RequestContext, form: Form, *, unit: str, year: int, language: str
) -> tuple[list[Row], Sequence[str]]:
    """Return the rows of a report, the earliest of a group first, and the groups whose register was read.

    Of a register whose lists the reader does not see nothing is said, not even that it is empty.
    """
    rows, looked_up = list[Row](), list[str]()
    for group, source in form.rows.sources.items() if form.rows else ():
        try:
            found = list(_rows(ctx, source, form.rows.parts_of(group), unit, year, language))
        except (UnknownRegister, UnknownField):
            continue
        looked_up.append(group)
        key = form.rows.group_by if form.rows and group else ""
        rows += [{key: group, **row} if key else row for row in found]
    return rows, looked_up


def _rows(
    ctx: RequestContext, source: RegisterRows, parts: Sequence[Field], unit: str, year: int, language: str
) -> Iterator[Row]:
    kinds = {part.id: part.kind for part in parts}
    conditions = [{"field": source.date, "from": f"{year}-01-01", "until": f"{year}-12-31"}]
    filters = [FilterInput.model_validate(one) for one in conditions]
    filters += [
        FilterInput.model_validate({"field": name, "is": [*values]}) for name, values in source.where.items()
    ]
    page, pages = 1, 1
    while page <= pages:
        listed = list_rows(
            ctx,
            ListRows(
                register_id=source.register,
                unit=unit,
                filters=filters,
                sort=source.date,
                page=page,
                size=MAX_PAGE_SIZE,
            ),
        )
        fields = {field.id: field for field in listed.fields}
        for row in listed.rows:
            cells = {
                part: _cell(row, [fields[name] for name in names if name in fields], kinds[part], language)
                for part, names in source.parts.items()
            }
            yield {part: value for part, value in cells.items() if value is not None}
        page, pages = page + 1, listed.pages


def _cell(row: RowView, fields: Sequence[FieldView], kind: str, language: str) -> object:
    """Return the value of a part of a form: a date or number as it is, else the words of its fields."""
    values = [
        (field, value) for field in fields if (value := cell_value(field, row, language)) not in (None, "")
    ]
    if len(values) == 1 and kind in ("date", "number", "amount"):
        return values[0][1]
    return ", ".join(_words(field, value, language) for field, value in values) or None


def _words(field: FieldView, value: object, language: str) -> str:
    match value:
        case bool():
            return say("register.yes" if value else "register.no", {}, language)
        case date():
            return date_long(value, language)
        case Decimal():
            unit = f" {field.unit[language]}" if field.unit else ""
            return number(value, language) + unit
    return str(value)
