"""Units and people as pages name them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from workflow.cases.case import Case
from workflow.law.procedure import Obligation
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office

AT_ONCE = 300
"""So many units are offered at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitName:
    """A unit as a list names it. `depth`: how far below the top it stands. No name: no unit at all."""

    id: str
    name: str
    depth: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """Who is to do something. `written`: the schedule's own words, where they decide or are all there is."""

    names: tuple[str, ...]
    duty: str
    written: str = ""


def unit_name(office: Office, unit: str) -> UnitName:
    """The name of a unit; what a schedule wrote stays as it is when no unit of that id is known."""
    known = office.units.get(unit)
    return UnitName(id=unit, name=known.name if known else unit)


def units_in_order(office: Office, *, used: Collection[str]) -> tuple[UnitName, ...]:
    """All units by name, each followed by those below it; then those in `used` the office does not know."""
    ordered: list[UnitName] = []

    def walk(units: Sequence[str], depth: int) -> None:
        for unit in units:
            ordered.append(UnitName(id=unit, name=office.units[unit].name, depth=depth))
            walk(office.children.get(unit, ()), depth + 1)

    walk(office.tops, 0)
    seen = {unit.id for unit in ordered}
    rest = [UnitName(id=id, name=office.units[id].name) for id in office.units if id not in seen]
    strangers = [UnitName(id=unit, name=unit) for unit in sorted(set(used) - set(office.units))]
    return (*ordered, *rest, *strangers)


def units_to_narrow(office: Office, chosen: str) -> tuple[UnitName, ...]:
    """What a list may be narrowed to: every unit; of a country the way to the chosen one and those right
    below it, so that one walks down and a page does not carry twenty thousand names.
    """
    if len(office.units) <= AT_ONCE:
        return units_in_order(office, used=())
    way = [unit for unit in office.above(chosen) if unit in office.units][::-1]
    known = [*way, *_right_below(office, way[-1] if way else None)[:AT_ONCE]]
    return tuple(
        UnitName(id=unit, name=office.units[unit].name, depth=min(depth, len(way)))
        for depth, unit in enumerate(known)
    )


def units_of_a_page(office: Office, chosen: str, number: int) -> tuple[tuple[UnitName, ...], int]:
    """A page of the tree: all of a small one; of a country the way to the chosen unit and some of those right
    below it. A number beyond the last page is the last page.

    Returns:
        the units, and how many pages there are.
    """
    if len(office.units) <= AT_ONCE:
        return units_in_order(office, used=()), 1
    way = [unit for unit in office.above(chosen) if unit in office.units][::-1]
    level = _right_below(office, way[-1] if way else None)
    pages = max(1, -(-len(level) // AT_ONCE))
    first = (min(number, pages) - 1) * AT_ONCE
    shown = [*enumerate(way), *((len(way), unit) for unit in level[first : first + AT_ONCE])]
    return tuple(UnitName(id=unit, name=office.units[unit].name, depth=depth) for depth, unit in shown), pages


def _right_below(office: Office, parent: str | None) -> Sequence[str]:
    return office.tops if parent is None else office.children.get(parent, ())


def asked(case: Case, obligation: Obligation, deadline: str, office: Office, *, on: date) -> Who:
    """Who is to do it: the same people a letter of that day would go to.

    The officer who is told for want of anybody else is not who is to do it.
    """
    responsible = case.responsible.get(deadline) or case.responsible.get(obligation.id) or ""
    found = resolve(
        office, duty=obligation.duty, unit=case.unit, on=on, responsible=responsible, person=case.person
    )
    told = () if isinstance(found, Unresolved) else tuple(one for one in found if one.why != "officer")
    by_name = any(one.why == "named" for one in told) or not told
    return Who(
        names=tuple(one.person.name for one in told),
        duty=obligation.duty,
        written=responsible if by_name else "",
    )


def person_name(office: Office, key: str) -> str:
    """The name of a person; the key when nobody of that key is left."""
    known = office.people.get(key)
    return known.name if known else key
