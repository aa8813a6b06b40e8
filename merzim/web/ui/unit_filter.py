"""Query parameters and fields that filter a list by unit or person: a list for few, a text field for many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query

from merzim.services.context import RequestContext
from merzim.services.names import unit_text, units_to_filter_by
from merzim.web.auth.dependencies import Reading
from merzim.web.ui.form_values import InvalidForm
from merzim.web.ui.name_fields import (
    NameField,
    are_units_listed,
    build_person_field,
    build_unit_field,
    people_suggestions,
    resolve_person,
    resolve_unit_text,
    unit_suggestion,
)
from workflow.org.access import within
from workflow.org.office import Office

NameText = Annotated[str, Query(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


def require_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit in the query; if units are few enough for a list, its value unchanged.

    Raises:
        InvalidForm: the text matches no unit, or several.
    """
    if not unit.strip():
        return ""
    office = ctx.reads.office()
    return unit if are_units_listed(office) else resolve_unit_text(office, unit, root=ctx.reader.root)


def parse_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit in the query; the text itself when it matches none or several."""
    try:
        return require_unit(ctx, unit)
    except InvalidForm:
        return unit


def parse_person(ctx: Reading, person: NameText = "") -> str:
    """Return the key of the person in the query; the text itself when it matches nobody or several."""
    try:
        return resolve_person(ctx.reads.office(), person, root=ctx.reader.root) if person.strip() else ""
    except InvalidForm:
        return person


PersonParam = Annotated[str, Depends(parse_person)]
UnitParam = Annotated[str, Depends(parse_unit)]
RequiredUnit = Annotated[str, Depends(require_unit)]


def build_person_filter(office: Office, chosen: str, near: Collection[str], *, own_unit: str = "") -> NameField:
    """Build the field that filters a list by person.

    Args:
        chosen: a key, or the text that was typed.
        near: keys of the people in the list, who are suggested first.
        own_unit: the unit the reader sees with all below it; "" is all. Nobody of another unit is offered.
    """
    field = build_person_field(office, chosen, root=own_unit)
    if not field.wrong:
        people_listed = [
            key for key in near if key in office.people and within(office, office.people[key].unit, own_unit)
        ]
        return field if field.options else replace(field, near=people_suggestions(office, people_listed))
    try:
        resolve_person(office, chosen, root=own_unit)
    except InvalidForm as refusal:
        return field.with_refusal(refusal)
    return field


def unit_choices(ctx: RequestContext, chosen: str) -> NameField:
    """Build the field for choosing a unit: the reader's own and those below."""
    office, own_unit = ctx.reads.office(), ctx.reader.root
    return build_unit_filter(office, chosen or own_unit, root=own_unit)


def build_unit_filter(office: Office, chosen: str, *, root: str = "", own_unit: str = "") -> NameField:
    """Build the field that filters a list by unit.

    Args:
        chosen: the id of a unit, or the text that was typed.
        root: the unit offered with all below it; "" is all.
        own_unit: the root to use if there are too many units for a list.
    """
    root = root if are_units_listed(office) else root or own_unit
    if are_units_listed(office, root):
        return build_unit_field(office, chosen, root=root)
    if not chosen or chosen in office.units:
        units = units_to_filter_by(office, chosen or root)
        near = tuple(unit_suggestion(office, unit.id) for unit in units if within(office, unit.id, root))
        return NameField(chosen=chosen, shown=unit_text(office, chosen), finds="unit", near=near)
    try:
        resolve_unit_text(office, chosen, root=root)
    except InvalidForm as refusal:
        return build_unit_field(office, chosen, root=root).with_refusal(refusal)
    return build_unit_field(office, chosen, root=root)
