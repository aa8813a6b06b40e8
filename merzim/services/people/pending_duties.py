"""What somebody who is to leave the list of people is still expected to do, and who gets it then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from merzim.services.board.lines import keys_of_person
from merzim.services.context import RequestContext
from merzim.services.names import assignees_of, cases_of
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.deadlines.deadline import is_overdue
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Text
from workflow.org.office import Office, Person

MOST = 20_000
"""Maximum number of deadlines that are looked through."""
_Duty: TypeAlias = "tuple[Text | None, str, tuple[str, ...]]"
"""Title, unit, and who gets it then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingDuty:
    """The open deadlines of one obligation and unit that would pass from a person to others.

    Attributes:
        title: None for confidential cases: administrators of people may not see them.
        unit: id of the unit, "" for confidential cases.
        count: how many open deadlines; `late`: how many of them are overdue.
        to: the people who would be notified instead; empty if nobody would.
    """

    title: Text | None
    unit: str
    count: int
    late: int
    to: tuple[Person, ...]


def pending_duties(ctx: RequestContext, person: str) -> Sequence[PendingDuty]:
    """Return the open deadlines a person is notified of, by obligation, unit and who gets them then, the most
    numerous first. Those of confidential cases are one entry: administrators of people may not see them.
    """
    reads, library, today = ctx.app.reads, ctx.app.library, ctx.today
    office = reads.office()
    without = _office_without(office, person)
    own = frozenset(keys_of_person(office, person, reads.assignees(), on=today))
    rows = reads.listed(DeadlineFilter(horizon=Horizon(today=today, soon=today), assignees=own), limit=MOST)
    cases = cases_of(reads, rows)
    counts, late = Counter[_Duty](), Counter[_Duty]()
    for row in rows:
        case = cases[row.case]
        duty: _Duty = (None, "", ())
        if not (case.confidential or library.of(case).confidential):
            to = assignees_of(without, row.assignee, on=today)
            title = entry_obligation(case, library.of(case), row.obligation).title
            duty = (title, case.unit, tuple(recipient.person.key for recipient in to))
        counts[duty] += 1
        late[duty] += is_overdue(row, today=today)
    return [
        PendingDuty(
            title=duty[0],
            unit=duty[1],
            count=count,
            late=late[duty],
            to=tuple(office.people[key] for key in duty[2]),
        )
        for duty, count in counts.most_common()
    ]


def _office_without(office: Office, person: str) -> Office:
    """Return the office as it is once a person has left: nobody's deputy, and not the officer."""
    people = {
        key: replace(member, deputy=None) if member.deputy == person else member
        for key, member in office.people.items()
        if key != person
    }
    officer = office.officer if office.officer != person else None
    return replace(office, people=people, officer=officer)
