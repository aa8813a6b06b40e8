"""What somebody who is to leave the list of people is still expected to do, and who gets it then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.names import assignee_key, assignees_of
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.lateness import is_overdue
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Text
from workflow.org.office import Office, Person, Recipient

CHUNK_SIZE = 500
"""Cases read together."""


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
    """Return the open deadlines a person is notified of, by obligation and unit, the most numerous first.

    Confidential cases are counted without a title: administrators of people may not see them.
    """
    app, today = ctx.app, ctx.today
    office = app.reads.office()
    without = _office_without(office, person)
    duty_counts: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
    late: Counter[tuple[str, str, str, tuple[str, ...]]] = Counter()
    titles: dict[tuple[str, str], Text] = {}
    by_case: dict[str, list[Row]] = {}
    for row in app.reads.due(app.calendar.first, app.calendar.last):
        by_case.setdefault(row.case, []).append(row)
    names = sorted(by_case)
    for start in range(0, len(names), CHUNK_SIZE):
        for case in app.ledger.cases(names[start : start + CHUNK_SIZE]).values():
            secret = case.confidential or app.library.of(case).confidential
            for row in by_case[case.id]:
                obligation = _find_obligation(app, case, row.obligation)
                if obligation is None:
                    continue
                assignee = assignee_key(case, obligation, row.obligation)
                if person not in _keys(assignees_of(office, assignee, on=today)):
                    continue
                to = () if secret else _keys(assignees_of(without, assignee, on=today))
                key = ("", "", "", ()) if secret else (case.procedure, obligation.id, case.unit, to)
                titles[key[0], key[1]] = obligation.title
                duty_counts[key] += 1
                late[key] += is_overdue(row, today=today)
    return [
        PendingDuty(
            title=titles[key[0], key[1]] if key[0] else None,
            unit=key[2],
            count=count,
            late=late[key],
            to=tuple(office.people[person] for person in key[3]),
        )
        for key, count in duty_counts.most_common()
    ]


def _office_without(office: Office, person: str) -> Office:
    """Return the office as it is once a person has left."""
    people = {
        key: replace(member, deputy=None) if member.deputy == person else member
        for key, member in office.people.items()
        if key != person
    }
    officer = office.officer if office.officer != person else None
    return replace(office, people=people, officer=officer)


def _keys(recipients: Iterable[Recipient]) -> tuple[str, ...]:
    return tuple(recipient.person.key for recipient in recipients)


def _find_obligation(app: AppContext, case: Case, name: str) -> Obligation | None:
    """Return an obligation of a case; None if it has no such one any more."""
    try:
        return entry_obligation(case, app.library.of(case), name)
    except KeyError:
        return None
