"""The unit a list is narrowed to: chosen where they are few, typed where they are many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query

from web.auth.dependencies import Reading
from web.ui.form_values import InvalidForm
from web.ui.name_fields import (
    Field,
    few_units,
    people_suggested,
    person_field,
    person_meant,
    suggested,
    unit_field,
    unit_found,
    unit_typed,
)
from web.ui.org_names import units_to_narrow
from workflow.org.access import within
from workflow.org.office import Office

Typed = Annotated[str, Query(max_length=300)]


def known_unit(ctx: Reading, unit: Typed = "") -> str:
    """The id of the unit asked for; of few, what the list gave.

    Raises:
        BadForm: what was typed means none, or several.
    """
    if not unit.strip():
        return ""
    office = ctx.reads.office()
    return unit if few_units(office) else unit_found(office, unit, root=ctx.reader.root)


def asked_unit(ctx: Reading, unit: Typed = "") -> str:
    """The same; what means none or several stays as it was typed, and the field says why."""
    try:
        return known_unit(ctx, unit)
    except InvalidForm:
        return unit


def asked_person(ctx: Reading, person: Typed = "") -> str:
    """The key of the person asked for; what means nobody or several stays as it was typed."""
    try:
        return person_meant(ctx.reads.office(), person, root=ctx.reader.root) if person.strip() else ""
    except InvalidForm:
        return person


AskedPerson = Annotated[str, Depends(asked_person)]
AskedUnit = Annotated[str, Depends(asked_unit)]
KnownUnit = Annotated[str, Depends(known_unit)]


def narrowing_person(office: Office, chosen: str, near: Collection[str], *, own: str = "") -> Field:
    """The field a list is narrowed by to a person.

    Args:
        chosen: a key, or what was typed.
        near: keys of those the list shows, who are suggested first.
        own: the unit whose units the reader sees; "" is all. Nobody of another unit is offered.
    """
    field = person_field(office, chosen, root=own)
    if not field.wrong:
        theirs = [key for key in near if key in office.people and within(office, office.people[key].unit, own)]
        return field if field.options else replace(field, near=people_suggested(office, theirs))
    try:
        person_meant(office, chosen, root=own)
    except InvalidForm as refusal:
        return field.refused(refusal)
    return field


def narrowing(office: Office, chosen: str, *, root: str = "", own: str = "") -> Field:
    """The field a list is narrowed by.

    Args:
        chosen: the id of a unit, or what was typed.
        root: the unit whose units, with itself, are offered; "" is all.
        own: the same where all are too many for a list.
    """
    root = root if few_units(office) else root or own
    if few_units(office, root):
        return unit_field(office, chosen, root=root)
    if not chosen or chosen in office.units:
        down = units_to_narrow(office, chosen or root)
        near = tuple(suggested(office, one.id) for one in down if within(office, one.id, root))
        return Field(chosen=chosen, shown=unit_typed(office, chosen), finds="unit", near=near)
    try:
        unit_found(office, chosen, root=root)
    except InvalidForm as refusal:
        return unit_field(office, chosen, root=root).refused(refusal)
    return unit_field(office, chosen, root=root)
