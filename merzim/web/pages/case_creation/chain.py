"""What planner and preview of opening show before a case exists: its deadlines, and the workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from calendars.kazakhstan import Kazakhstan
from merzim.services.context import Reads
from merzim.services.names import AssigneeNames, name_obligation_assignees
from merzim.web.ui.timeline import Timeline, build_timeline
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import (
    SOON_WORKING_DAYS,
    DeadlineStatus,
    is_ahead,
    status_on,
    working_days_between,
)
from workflow.findings.finding import Finding
from workflow.law.library import Library
from workflow.law.procedure import Procedure, Stage, Text
from workflow.org.access import within
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, name_order


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One obligation of the list. `working_days`: days left, or passed since."""

    deadline: Deadline
    look: DeadlineStatus
    who: AssigneeNames
    working_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The obligations of one stage."""

    stage: Stage
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """All required obligations by stage; those not required are left out.

    Attributes:
        latest_start: (target obligation, its date, the latest day to begin in order to reach it).
    """

    procedure: Procedure
    parts: tuple[Part, ...]
    timeline: Timeline | None
    findings: tuple[Finding, ...]
    titles: Mapping[str, Text]
    latest_start: tuple[tuple[Text, date, date], ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(link for part in self.parts for link in part.links)


def chain(
    case: Case,
    procedure: Procedure,
    deadlines: tuple[Deadline, ...],
    findings: tuple[Finding, ...],
    *,
    office: Office,
    calendar: Kazakhstan,
    today: date,
    latest_start: Mapping[str, date] | None = None,
    drawn: bool = True,
    dated: bool = False,
) -> Chain:
    """Return the obligations by stage for a page.

    Args:
        case: its unit and responsible texts decide the assignees.
        drawn: whether to include a timeline.
        dated: whether to include only deadlines with a due date.
    """
    soon = calendar.add_working_days(today, SOON_WORKING_DAYS)
    required = tuple(
        deadline
        for deadline in deadlines
        if deadline.state != "not_required" and (deadline.due is not None or not dated)
    )
    links = [
        Link(
            deadline=deadline,
            look=status_on(deadline, today=today, soon=soon),
            who=name_obligation_assignees(case, deadline.obligation, deadline.id, office, on=today),
            working_days=working_days_between(deadline.due, today, calendar),
        )
        for deadline in required
    ]
    titles = {
        **{name: obligation.title for name, obligation in procedure.by_id.items()},
        **{deadline.id: deadline.obligation.title for deadline in deadlines},
    }
    return Chain(
        procedure=procedure,
        parts=tuple(
            Part(stage=stage, links=tuple(link for link in links if link.deadline.obligation.stage == stage.id))
            for stage in procedure.stages
        ),
        timeline=build_timeline(required, calendar=calendar, today=today, soon=soon) if drawn else None,
        findings=findings,
        titles=titles,
        latest_start=tuple(
            (titles[fact], case.planned[fact], start) for fact, start in (latest_start or {}).items()
        ),
    )


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
    ahead = [deadline for deadline in deadlines if deadline.state == "open" and is_ahead(deadline, today=today)]
    added: Counter[tuple[str, date]] = Counter()
    people: dict[str, Person] = {}
    for deadline in ahead:
        for person in _responsible_people(office, deadline.obligation.duty, case, deadline.id, today):
            people[person.key] = person
            added[person.key, _monday(deadline.due or today)] += 1
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
    people_by_key: dict[tuple[str, str, str, str], tuple[Person, ...]] = {}
    open_counts: Counter[tuple[str, date]] = Counter()
    for row in rows:
        of = cases[row.case]
        obligation = library.named(of.edition).by_id[row.obligation.partition(".")[0]]
        person_key = of.responsible.get(row.obligation) or of.responsible.get(obligation.id) or ""
        key = (obligation.duty, of.unit, of.person, person_key)
        if key not in people_by_key:
            people_by_key[key] = _responsible_people(
                office, obligation.duty, of, row.obligation, today, person_key
            )
        for person in people_by_key[key]:
            open_counts[person.key, _monday(row.due or today)] += 1
    return Load(
        weeks=weeks,
        people=tuple(
            Busy(
                person=person,
                cells=tuple(_cell(open_counts[person.key, week], added[person.key, week]) for week in weeks),
            )
            for person in sorted(people.values(), key=name_order)
        ),
    )


def _responsible_people(
    office: Office, duty: str, case: Case, deadline: str, on: date, person_key: str | None = None
) -> tuple[Person, ...]:
    """Return the people responsible, without an officer who is notified only because nobody else is."""
    responsible = person_key if person_key is not None else case.responsible.get(deadline, "")
    recipients = resolve(office, duty=duty, unit=case.unit, on=on, responsible=responsible, person=case.person)
    if isinstance(recipients, Unresolved):
        return ()
    return tuple(recipient.person for recipient in recipients if recipient.why != "officer")


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


def _cell(open_count: int, added: int) -> Cell:
    steps = (2, 4, 7, 11)
    return Cell(open=open_count, added=added, heat=sum(1 for step in steps if open_count + added >= step))
