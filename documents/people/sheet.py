"""Writes the office's units and people as a table that can be imported again."""

from __future__ import annotations

from collections.abc import Mapping

from documents.people import time as people_time
from documents.people.table import (
    AWAY,
    DEPUTY,
    DUTIES,
    EMAIL,
    IN_TWO,
    KIND,
    LANGUAGE,
    NAME,
    PARENT,
    POST,
    UNIT,
)
from documents.people.words import duty_title
from documents.sheets.listing import Table
from workflow.org.office import Office, Person, Unit

COLUMNS = (UNIT, PARENT, KIND, NAME, POST, DUTIES, EMAIL, LANGUAGE, DEPUTY, AWAY)


def people_table(office: Office, language: str) -> Table:
    """Return a table with one row for each person, ordered by unit; units without people get a row of their
    own.

    Columns for office time appear when a unit has its own, those for names in two languages when there are any.
    """
    rows: list[list[str]] = []
    times = any(unit.time for unit in office.units.values())
    named = any(unit.name_kk or unit.name_ru for unit in office.units.values())
    named = named or any(
        one.name_kk or one.name_ru or one.post_kk or one.post_ru for one in office.people.values()
    )
    by_unit: dict[str, list[Person]] = {id: [] for id in office.units}
    for person in office.by_name:
        by_unit.setdefault(person.unit, []).append(person)
    for unit, people in by_unit.items():
        place = _place(office.units, unit)
        of = office.units.get(unit)
        own = [of.name_kk, of.name_ru] if named and of else [""] * (2 * named)
        last = people_time.time_cells(of.time) if times and of else []
        rows += [
            place
            + _person(one, language)
            + own
            + [one.post_kk, one.post_ru, one.name_kk, one.name_ru] * named
            + last
            for one in people
        ] or [place + [""] * 7 + own + [""] * (4 * named) + last]
    columns = (*COLUMNS, *(IN_TWO if named else ()), *(people_time.COLUMNS if times else ()))
    return Table([column.title[language] for column in columns], rows)


def _place(units: Mapping[str, Unit], unit: str) -> list[str]:
    """Return the cells of a unit."""
    of = units.get(unit)
    if of is None:
        return [unit, "", ""]
    parent = units.get(of.parent or "")
    return [of.name, parent.name if parent else "", of.kind]


def _person(person: Person, language: str) -> list[str]:
    """Return the cells of a person."""
    duties = [duty_title(duty, language) for duty in person.duties]
    away = [f"{first:%d.%m.%Y} – {last:%d.%m.%Y}" for first, last in person.away]
    return [
        person.name,
        person.post,
        "; ".join(duties),
        person.email or "",
        person.language,
        person.deputy or "",
        "; ".join(away),
    ]
