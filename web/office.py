"""Units and people as pages name them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from workflow.case import Case
from workflow.office import Office
from workflow.procedure import Obligation


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitName:
    """A unit as a list names it. `depth`: how far below the top it stands. No name: no unit at all."""

    id: str
    name: str
    depth: int = 0


def unit_name(office: Office, unit: str) -> UnitName:
    """The name of a unit; what a schedule wrote stays as it is when no unit of that id is known."""
    known = office.units.get(unit)
    return UnitName(id=unit, name=known.name if known else unit)


def units_in_order(office: Office, *, used: Collection[str]) -> tuple[UnitName, ...]:
    """All units by name, each followed by those below it; then those in `used` the office does not know."""
    below: dict[str | None, list[str]] = {}
    for unit in office.units.values():
        parent = unit.parent if unit.parent in office.units else None
        below.setdefault(parent, []).append(unit.id)
    ordered: list[UnitName] = []

    def walk(parent: str | None, depth: int) -> None:
        for unit in sorted(below.get(parent, ()), key=lambda known: (office.units[known].name, known)):
            ordered.append(UnitName(id=unit, name=office.units[unit].name, depth=depth))
            walk(unit, depth + 1)

    walk(None, 0)
    seen = {unit.id for unit in ordered}
    rest = [UnitName(id=id, name=office.units[id].name) for id in office.units if id not in seen]
    strangers = [UnitName(id=unit, name=unit) for unit in sorted(set(used) - set(office.units))]
    return (*ordered, *rest, *strangers)


def asked(case: Case, obligation: Obligation, office: Office) -> tuple[str, ...]:
    """Who is asked to do it: the case's own responsible, else people of its unit with that duty.

    A text of the schedule that was matched to a person or a unit is shown by that name.
    """
    text = case.responsible.get(obligation.id)
    if text:
        match = office.matches.get(text, text)
        if match in office.people:
            return (office.people[match].name,)
        if match in office.units:
            return (office.units[match].name,)
        return (text,)
    return tuple(
        person.name
        for person in office.people.values()
        if person.unit == case.unit and obligation.duty in person.duties
    )
