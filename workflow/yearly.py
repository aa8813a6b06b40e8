"""What an organisation does each year: the cases of its yearly programmes, and its next analysis. Pure.

That every organisation must hold an analysis ("per unit") is practice, not law. "Once a year" is read as once
in each calendar year (contradictions 3, 19 and 20).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Embargo
from workflow.cases.case import AWAITED, Case
from workflow.cases.commands.case_commands import Opening
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


TurnState = Literal["closed", "overdue", "running", "planned", "waiting"]
"""An analysis is running; else the embargo holds (`closed`); else the last day for the next one has passed;
else it is planned, or not even that (`waiting`).
"""
STARTED, ENDED, EXTERNAL = "analysis_started", "analysis_ended", "external_analysis_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The status of one organisation in the yearly cycle of analyses.

    Attributes:
        last, last_case: the day the last internal analysis ended.
        closed_until: the last day on which no internal one may run after an external one by the authorised
            body; instead the plan after the external one is assessed.
        due: the last day for the next one to end.
        postponed: whether `due` is counted from the end of the embargo (our reading).
        next_on: the day the next one started or is planned to start.
        next_closed: whether it starts (or is planned) during the embargo.
    """

    unit: str
    state: TurnState
    last: date | None = None
    last_case: str = ""
    closed_until: date | None = None
    due: date
    postponed: bool = False
    next_on: date | None = None
    next_case: str = ""
    next_closed: bool = False


def days_of(cases: Sequence[Case], fact: str, today: date) -> list[tuple[date, str]]:
    """Return the days up to today on which a fact happened, each with its case."""
    days = ((case.facts[fact].on, case.id) for case in cases if fact in case.facts)
    return [(on, case) for on, case in days if on <= today]


def turn(unit: str, analyses: Sequence[Case], *, embargo: Embargo, calendar: Kazakhstan, today: date) -> Turn:
    """Return the status of an organisation on a local date, by the cases of its analyses.

    Args:
        embargo: how long after an external analysis no internal one may start, from the edition.
    """
    ended = days_of(analyses, ENDED, today)
    last, last_case = max(ended, default=(None, ""))
    external, _ = max(days_of(analyses, EXTERNAL, today), default=(None, ""))
    opens = count(embargo, external, calendar).opens if external else None
    closed = opens - timedelta(days=1) if opens else None
    # Without any on record this year is required, since none is known to have been held before.
    due = date(last.year + 1 if last else today.year, 12, 31)
    postponed = closed is not None and due <= closed
    if opens is not None and postponed:
        # Counted anew from the end of the embargo, during which the external analysis took its place.
        due = date(opens.year, 12, 31)
    over = {case for _, case in ended}
    open_ones = [case for case in analyses if case.id not in over]
    running = days_of(open_ones, STARTED, today)
    planned = [
        (case.planned[STARTED], case.id)
        for case in open_ones
        if STARTED in case.planned and STARTED not in case.facts
    ]
    next_on, next_case = min(running or planned, default=(None, ""))
    state: TurnState
    if running:
        state = "running"
    elif closed and today <= closed:
        state = "closed"
    elif due < today:
        state = "overdue"
    else:
        state = "planned" if planned else "waiting"
    return Turn(
        unit=unit,
        state=state,
        last=last,
        last_case=last_case,
        closed_until=closed,
        due=due,
        postponed=postponed,
        next_on=next_on,
        next_case=next_case,
        next_closed=bool(closed and external and next_on and external < next_on <= closed),
    )
