"""The form of a register row, made from the register's definition, and the values in a submitted form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.datastructures import ImmutableMultiDict

from merzim.services.context import RequestContext
from merzim.services.inputs import FileInput, build
from merzim.services.registers.results import FieldView, RowView, written_amount
from merzim.web.ui.command_forms import OF_KIND, FormField
from merzim.web.ui.form_values import InvalidForm, RejectedForm, file_of, is_same_text, typed_answers
from merzim.web.ui.name_fields import NameChoices, NameField, own_people, person_names, unit_names
from merzim.web.ui.render import Translator
from workflow.registers.definition import RegisterField

FIELD, WAS, CLEAR = "field.", "was.", "clear."
"""Prefixes of form fields: the value, the value when the page was made, and removal of a file."""
MAX_FILES = 20
Form = ImmutableMultiDict[str, Any]
"""The fields and files of a submitted form."""


def form_fields(
    ctx: RequestContext, fields: Sequence[FieldView], row: RowView | None, rejected_form: RejectedForm | None
) -> list[FormField]:
    """Return the fields of a form with a row's values, or with the typed ones after a refusal."""
    return [_form_field(ctx, field, row, rejected_form) for field in fields]


def _form_field(
    ctx: RequestContext, field: FieldView, row: RowView | None, rejected_form: RejectedForm | None
) -> FormField:
    """Return a field with the typed value after a refusal, else with the stored one."""
    stored = row.values.get(field.id) if row else None
    if field.kind == "file":
        return replace(row_field(field, ""), file=str(stored.get("name", "")) if stored else "")
    was = _amount(field, stored, ctx.language) if field.kind in ("number", "money") else _text(stored)
    value = rejected_form.answers.get(FIELD + field.id, "") if rejected_form else was
    return replace(row_field(field, value), was=was, names=_name_field(ctx, field, value))


def row_field(field: FieldView | RegisterField, value: str, last: date | None = None) -> FormField:
    """Return a field of a register's row with a value; `last`: the last day that may be typed."""
    own: Mapping[str, dict[str, object]] = {
        "long_text": {"rows": 3, "maxlength": 10000},
        "date": {"max": last.isoformat()} if last else {},
    }
    attributes = OF_KIND.get(field.kind, {"maxlength": 1000}) | own.get(field.kind, {})
    return FormField(view=field, name=FIELD + field.id, value=value, attributes=attributes)


def _amount(field: FieldView, value: object, language: str) -> str:
    """Return a number as lists show it in Kazakh and Russian, whose form is read back; else as stored."""
    if value is None or language not in ("kk", "ru"):
        return _text(value)
    return Translator(language).number(written_amount(field, Decimal(str(value))))


def _text(value: object) -> str:
    """Return a stored value as a form field has it: "yes", "no", items separated by `;`, "" for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return "" if value is None else str(value)


def _name_field(ctx: RequestContext, field: FieldView, value: str) -> NameField | None:
    """Return the field that finds a person, unit or row; None for other kinds."""
    if field.kind == "person":
        return _people(ctx).field(value)
    if field.kind == "unit":
        return unit_names(ctx.reads.office()).field(value)
    if field.kind == "row":
        return NameField(chosen=value, finds=f"row.{field.register_id}")
    return None


def _people(ctx: RequestContext) -> NameChoices:
    """Return the people a form offers: all for managers, else those of the reader's own unit and below."""
    return person_names(ctx.reads.office()) if ctx.reader.may("manage") else own_people(ctx)


def new_values(ctx: RequestContext, fields: Sequence[FieldView], form: Form) -> dict[str, object]:
    """Return the values in a form for a new row: the fields that are filled."""
    answers = typed_answers(form)
    values = {
        field.id: _parsed_value(ctx, field, answers[FIELD + field.id])
        for field in fields
        if field.kind != "file" and answers.get(FIELD + field.id, "").strip()
    }
    return values | _files(fields, form)


def changed_values(ctx: RequestContext, fields: Sequence[FieldView], form: Form) -> dict[str, object]:
    """Return the values in a form that differ from those it showed; None for a file to be removed."""
    answers, values = typed_answers(form), dict[str, object]()
    for field in fields:
        text, was = answers.get(FIELD + field.id, ""), answers.get(WAS + field.id)
        if was is not None and not is_same_text(text, was):
            value = _parsed_value(ctx, field, text)
            # A typed name may be that of the person or unit the form showed.
            if field.kind not in ("person", "unit") or value != was:
                values[field.id] = value
        elif field.kind == "file" and answers.get(CLEAR + field.id):
            values[field.id] = None
    return values | _files(fields, form)


def _parsed_value(ctx: RequestContext, field: FieldView, text: str) -> object:
    """Return the value of a field: the key of a person, the id of a unit, several options as a list, else the
    text; also of a person or unit that is not found, which the verb refuses.
    """
    try:
        if field.kind == "person":
            return _people(ctx).resolve(text)
        if field.kind == "unit":
            return unit_names(ctx.reads.office()).resolve(text)
    except InvalidForm:
        # Reported with all other mistakes, beside its field.
        return text
    return [part for part in text.split(";") if part] if field.several else text


def _files(fields: Sequence[FieldView], form: Form) -> dict[str, object]:
    """Return the files sent with a form, by field. Raises InvalidForm for an empty one."""
    sent = {field.id: file_of(form, FIELD + field.id) for field in fields if field.kind == "file"}
    return {name: build(FileInput, {"content": file}) for name, file in sent.items() if file}
