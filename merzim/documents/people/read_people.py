"""The content of a table of people, and its merge with the units and people on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.unreadable import RowNote
from workflow.org.office import Office, Person, Unit


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """The content of a table: units, parents before children; people, in table order; notes on the days
    that texts of absences became, and on columns that were not read.
    """

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    notes: tuple[RowNote, ...] = ()


def merge_people(read: ReadPeople, office: Office) -> ReadPeople:
    """Return a table of people under the ids and keys on record, filled up with what it leaves out of them.

    A renamed unit is still the same unit, and its parent, kind or office time left out stays; a person keeps
    their key though the e-mail, or unit and name, it was made of changed since. A new unit of which neither
    parent nor kind is said is part of the only organisation there is.
    """
    unit_ids = {plain(unit.name): unit.id for unit in office.units.values()}

    def known(unit: str) -> str:
        return unit if unit in office.units else unit_ids.get(plain(unit), unit)

    units = [
        replace(unit, id=known(unit.id), parent=known(unit.parent) if unit.parent else None)
        for unit in read.units
    ]
    organisation = _only_organisation(units, office)
    units.sort(key=lambda unit: unit.id != organisation)  # parents before children
    keys = {person.email.casefold(): person.key for person in office.people.values() if person.email}
    places = {
        (person.unit, plain(person.name)): person.key for person in office.people.values() if not person.email
    }
    same = {
        person.key: keys.get(person.email.casefold(), person.key)
        if person.email
        else places.get((known(person.unit), plain(person.name)), person.key)
        for person in read.people
    }
    people = tuple(
        replace(
            person,
            key=same[person.key],
            unit=known(person.unit),
            deputy=same.get(person.deputy, person.deputy) if person.deputy else None,
        )
        for person in read.people
    )
    return ReadPeople(
        tuple(
            _unit_with_kept(unit, office.units[unit.id])
            if unit.id in office.units
            else _unit_below(organisation, unit)
            for unit in units
        ),
        tuple(
            _with_kept(person, office.people[person.key]) if person.key in office.people else person
            for person in people
        ),
        read.notes,
    )


def _only_organisation(units: Sequence[Unit], office: Office) -> str | None:
    """Return the id of the only top-level unit on record or, by its kind, in the table; None unless there is
    exactly one.
    """
    in_table = (unit.id for unit in units if unit.kind and not unit.parent and unit.id not in office.units)
    tops = {*office.tops, *in_table}
    return tops.pop() if len(tops) == 1 else None


def _unit_below(organisation: str | None, unit: Unit) -> Unit:
    """Return a new unit as part of the organisation, unless the table says its parent or its kind."""
    return unit if unit.parent or unit.kind else replace(unit, parent=organisation)


def _unit_with_kept(unit: Unit, existing: Unit) -> Unit:
    """Return a unit with the recorded data the table lacks."""
    return replace(
        unit,
        parent=unit.parent or existing.parent,
        kind=unit.kind or existing.kind,
        uploads_through=existing.uploads_through,
        acts=existing.acts,
        time=existing.time,
        name_kk=unit.name_kk or existing.name_kk,
        name_ru=unit.name_ru or existing.name_ru,
    )


def _with_kept(person: Person, existing: Person) -> Person:
    """Return a person with the recorded data the table lacks: digest choice; name and post in two languages, if
    name or post are unchanged.
    """
    same, same_name = person.post == existing.post, person.name == existing.name
    return replace(
        person,
        digest=existing.digest,
        name_kk=person.name_kk or (existing.name_kk if same_name else ""),
        name_ru=person.name_ru or (existing.name_ru if same_name else ""),
        post_kk=person.post_kk or (existing.post_kk if same else ""),
        post_ru=person.post_ru or (existing.post_ru if same else ""),
    )
