"""The workload of the people of an intended analysis in its weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.context import Reads
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import is_ahead
from workflow.law.library import Library
from workflow.org.access import within
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, name_order

WEEKS = 12
"""Maximum number of weeks shown: the nearest in which something of the plan is due."""
WHOLE = 300
"""Maximum number of cases whose responsible texts are read; for more, only duties decide the assignees."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One person's week: open obligations of other cases, and those this plan adds. `heat` 0-4."""

    open: int
    added: int
    heat: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """One person's workload over the weeks."""

    person: Person
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """The workload table: people by weeks. `weeks`: their Mondays."""

    weeks: tuple[date, ...]
    people: tuple[Busy, ...]


def load(
    reads: Reads, library: Library, office: Office, *, deadlines: Sequence[Deadline], case: Case, today: date
) -> Load | None:
    """Return the workload of the people responsible in the plan; None if nobody is known.

    Args:
        case: the intended one: its unit, its responsible texts.
    """
    ahead = [one for one in deadlines if one.state == "open" and is_ahead(one, today=today)]
    added: Counter[tuple[str, date]] = Counter()
    people: dict[str, Person] = {}
    for one in ahead:
        for person in _asked(office, one.obligation.duty, case, one.id, today):
            people[person.key] = person
            added[person.key, _monday(one.due or today)] += 1
    weeks = tuple(sorted({week for _, week in added})[:WEEKS])
    if not weeks:
        return None
    root = _root(office, people)
    rows = [
        row
        for row in reads.due(weeks[0], weeks[-1] + timedelta(days=6), root)
        if row.due is not None and _monday(row.due) in weeks and not is_entry(row.obligation)
    ]
    names = {row.case for row in rows}
    cases = reads.whole(names) if len(names) <= WHOLE else reads.heads(names)
    known: dict[tuple[str, str, str, str], tuple[Person, ...]] = {}
    there: Counter[tuple[str, date]] = Counter()
    for row in rows:
        of = cases[row.case]
        obligation = library.named(of.edition).by_id[row.obligation.partition(".")[0]]
        said = of.responsible.get(row.obligation) or of.responsible.get(obligation.id) or ""
        key = (obligation.duty, of.unit, of.person, said)
        if key not in known:
            known[key] = _asked(office, obligation.duty, of, row.obligation, today, said)
        for person in known[key]:
            there[person.key, _monday(row.due or today)] += 1
    return Load(
        weeks=weeks,
        people=tuple(
            Busy(
                person=person,
                cells=tuple(_cell(there[person.key, week], added[person.key, week]) for week in weeks),
            )
            for person in sorted(people.values(), key=name_order)
        ),
    )


def _asked(
    office: Office, duty: str, case: Case, deadline: str, on: date, said: str | None = None
) -> tuple[Person, ...]:
    """Return the people responsible, without an officer who is notified only because nobody else is."""
    responsible = said if said is not None else case.responsible.get(deadline, "")
    found = resolve(office, duty=duty, unit=case.unit, on=on, responsible=responsible, person=case.person)
    if isinstance(found, Unresolved):
        return ()
    return tuple(one.person for one in found if one.why != "officer")


def _root(office: Office, people: dict[str, Person]) -> str | None:
    """Return the lowest unit that has all of the people below it; None for the whole office."""
    units = {person.unit for person in people.values()}
    first = next(iter(units))
    for unit in office.above(first):
        if all(within(office, other, unit) for other in units):
            return unit
    return None


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _cell(there: int, added: int) -> Cell:
    steps = (2, 4, 7, 11)
    return Cell(open=there, added=added, heat=sum(1 for step in steps if there + added >= step))
