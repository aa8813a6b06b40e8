"""Yearly programmes: which cases to open for a year, and for which organisations. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case
from workflow.cases.commands.opening import Opening
from workflow.cases.states import AWAITED
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.org.kinds import among
from workflow.org.office import Office

OpeningKey = tuple[str, str]
"""A procedure and a unit that have their case of the year."""


def yearly(library: Library, year: int) -> Iterator[Procedure]:
    """Yield the editions for the cases of a year: in force on its first day, else the first one of that
    year.
    """
    for name in library.procedures():
        editions = library.editions_of(name)
        begun = [edition for edition in editions if edition.in_force <= date(year, 1, 1)]
        edition = begun[-1] if begun else editions[0]
        if edition.in_force <= date(year, 12, 31) and edition.opened == "yearly":
            yield edition


def still_due(
    before: Iterable[Opening],
    library: Library,
    office: Office,
    year: int,
    *,
    calendar: Kazakhstan,
    today: date,
    ground: str,
) -> Iterator[Opening]:
    """Yield the openings of the year before of which something is due in the year that begins, from today on.

    Obligations that are over or have no date are exempted: nothing due before the records began is required.

    Args:
        ground: of the exemptions.
    """
    last = max(date(year - 1, 12, 31), today - timedelta(days=1))
    awaited: dict[tuple[str, str], list[Deadline]] = {}
    for opening in before:
        kind = office.kind_of(opening.unit)
        if (opening.procedure, kind) not in awaited:
            edition = library.named(opening.edition)
            case = Case(
                id="",
                procedure=edition.id,
                edition=edition.edition,
                unit=opening.unit,
                kind=kind,
                planned=opening.planned,
            )
            chain = deadlines(case, edition, calendar, today=today, bare=True)
            awaited[opening.procedure, kind] = [each for each in chain if each.state in AWAITED]
        of_case = awaited[opening.procedure, kind]
        over = [each.id for each in of_case if each.due is None or each.due <= last]
        if len(over) < len(of_case):
            yield replace(opening, exempted=dict.fromkeys(over, ground))


def openings(
    library: Library,
    office: Office,
    year: int,
    *,
    units: Collection[str],
    known_openings: Collection[OpeningKey],
) -> Iterator[Opening]:
    """Yield the cases to open for the year: one of each yearly procedure for every unit of a kind it applies
    to.

    Args:
        units: organisations; "" stands for an office without any unit.
        known_openings: the cases opened already.
    """
    opened_keys = frozenset(known_openings)
    for procedure in yearly(library, year):
        for unit in units:
            if (
                library.is_adopted(procedure, office, unit)
                and (procedure.id, unit) not in opened_keys
                and among(office.kind_of(unit), procedure.applies_to)
            ):
                yield Opening(
                    procedure=procedure.id,
                    edition=procedure.edition,
                    unit=unit,
                    planned={procedure.begins_with: date(year, 1, 1)},
                )
