"""Yearly programmes: what is to be opened for a year, and for which organisations. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from workflow.cases.commands.opening import Opening
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.org.kinds import among
from workflow.org.office import Office, acts_of

Known = tuple[str, str]
"""A procedure and a unit that have their case of the year."""


def yearly(library: Library, year: int) -> Iterator[Procedure]:
    """The editions the year's cases are opened with: in force on its first day, else the first of that year."""
    for name in library.procedures():
        editions = [one for one in library.all() if one.id == name and one.in_force <= date(year, 12, 31)]
        begun = [one for one in editions if one.in_force <= date(year, 1, 1)]
        if editions:
            edition = begun[-1] if begun else editions[0]
            if edition.opened == "yearly":
                yield edition


def openings(
    library: Library,
    office: Office,
    year: int,
    *,
    units: Collection[str],
    known: Collection[Known],
    acts: Collection[str] = (),
) -> Iterator[Opening]:
    """What is to be opened for the year: a case of each yearly procedure for every unit of a kind it is for.

    Args:
        units: organisations; "" stands for an office without any unit.
        known: what is opened already.
        acts: ids of acts of one organisation that the whole office adopted.
    """
    there = frozenset(known)
    for procedure in yearly(library, year):
        for unit in units:
            adopted = procedure.adopted_act in ("", *acts, *acts_of(office, unit))
            if (
                adopted
                and (procedure.id, unit) not in there
                and among(office.kind_of(unit), procedure.applies_to)
            ):
                yield Opening(
                    procedure=procedure.id,
                    edition=procedure.edition,
                    unit=unit,
                    planned={procedure.begins_with: date(year, 1, 1)},
                )
