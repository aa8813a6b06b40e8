"""Finds the due dates that move with changed calendar days, and those moved because steps were done late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from calendars import FIRST, OutOfRange
from calendars.counting import count
from calendars.kazakhstan import Day, Kazakhstan
from workflow.cases.case import Case
from workflow.cases.states import State
from workflow.deadlines.anchors import AnchorDate, DueDateResolver, Link
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import late_by
from workflow.deadlines.register_deadlines import entry_deadlines
from workflow.deadlines.resolver import stands
from workflow.deadlines.waiting import COUNTED
from workflow.law.procedure import Obligation, Procedure
from workflow.periods import Span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayChange:
    """The change of one calendar day: to a day off or to a working day."""

    on: date
    before: Day
    after: Day


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedDeadline:
    """A due date that moves when the calendar or the rules change.

    Attributes:
        id: the obligation's id with its period.
        old, new: the due date by the calendar before and after; None where there is none.
        state: status of the deadline; one that is done or not required needs no attention.
    """

    case: str
    id: str
    obligation: Obligation
    old: date | None
    new: date | None
    state: State


def changed_days(before: Kazakhstan, after: Kazakhstan) -> tuple[DayChange, ...]:
    """Return the days that are working days in one calendar and not in the other, in order."""
    pairs = zip(before.days(FIRST, before.last), after.days(FIRST, after.last), strict=True)
    return tuple(DayChange(old.on, old, new) for old, new in pairs if old.working != new.working)


def reach(before: Kazakhstan, after: Kazakhstan) -> tuple[tuple[date, date], ...]:
    """Return the spans of days over which deadlines may be affected, ascending and without overlap.

    Changed days, years that become confirmed, and religious days that become confirmed or move, each with the
    neighbouring days they could have affected.
    """
    spans = [(change.on, change.on) for change in changed_days(before, after)]
    everything = before.first, before.last
    unsure = set(before.provisional_years(*everything)) ^ set(after.provisional_years(*everything))
    spans += [(date(year, 1, 1), date(year, 12, 31)) for year in unsure]
    moving = set(before.religious_windows(*everything)) ^ set(after.religious_windows(*everything))
    spans += [(day.earliest, day.latest) for day in moving]
    return tuple(_apart(spans))


def moved(
    case: Case,
    procedure: Procedure,
    before: Kazakhstan,
    after: Kazakhstan,
    *,
    today: date,
) -> tuple[MovedDeadline, ...]:
    """Return the case's due dates that move from one calendar to the other, in the order of the procedure.

    Args:
        today: local date; it decides only whether the period of a recurring obligation has begun.
    """
    was = walk(case, procedure, before, today=today)
    return moves(was, walk(case, procedure, after, today=today))


@dataclass(frozen=True, slots=True)
class Walk:
    """The due dates of one case by one calendar: its links, and the deadlines of its registers, by id.

    Only due dates are computed; the resolver gives more about single links.
    """

    chain: DueDateResolver
    links: Mapping[str, Link]
    entries: Mapping[str, Deadline]

    def due(self, name: str) -> date | None:
        """Return the due date of the obligation with that id; None where it has none."""
        link = self.links.get(name)
        if link is not None:
            return link.counted.due
        entry = self.entries.get(name)
        return entry.due if entry is not None else None

    def names(self) -> Iterator[str]:
        """Yield every id, in the order of the procedure."""
        yield from self.links
        yield from self.entries

    def status_of(self, name: str) -> tuple[Obligation, State] | None:
        """Return the obligation with that id and its status; None where there is none."""
        link = self.links.get(name)
        if link is not None:
            return link.obligation, stands(self.chain, link)
        entry = self.entries.get(name)
        return (entry.obligation, entry.state) if entry is not None else None


def walk(case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date) -> Walk:
    """Return the due dates of a case by a calendar. `today` as in `moved`."""
    chain = DueDateResolver(case, procedure, calendar, today=today)
    entries = entry_deadlines(case, procedure, calendar, today=today, bare=True)
    return Walk(chain, {link.id: link for link in chain.links()}, {entry.id: entry for entry in entries})


def moves(was: Walk, becomes: Walk) -> tuple[MovedDeadline, ...]:
    """Return the due dates that differ between two computations of one case."""
    moved_deadlines = []
    for name in dict.fromkeys((*was.names(), *becomes.names())):
        old, new = was.due(name), becomes.due(name)
        if old == new:
            continue
        status = becomes.status_of(name) or was.status_of(name)
        assert status is not None
        obligation, state = status
        moved_deadlines.append(
            MovedDeadline(case=was.chain.case.id, id=name, obligation=obligation, old=old, new=new, state=state)
        )
    return tuple(moved_deadlines)


def _apart(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Return the same days as the smallest number of spans, overlapping ones merged."""
    joined_spans: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if joined_spans and first <= joined_spans[-1][1] + _DAY:
            joined_spans[-1] = (joined_spans[-1][0], max(joined_spans[-1][1], last))
        else:
            joined_spans.append((first, last))
    return joined_spans


class _FirstCounted(DueDateResolver):
    """Counts the terms of a case as if no fact had come after its own due date."""

    def expected(self, fact: str, span: Span | None = None) -> AnchorDate:
        day = super().expected(fact, span)
        if day.on is None or day.state != "happened":
            return day
        obligation = self.procedure.by_id[fact]
        due = self.link(obligation, span).counted.due
        if due is None and fact in self.procedure.answered_by:
            due = self.link(self.procedure.answered_by[fact], None).counted.due
        return day if due is None or day.on <= due else day._replace(on=due)


def inherited_days(
    case: Case,
    procedure: Procedure,
    calendar: Kazakhstan,
    dues: Mapping[str, date | None],
    entries: Iterable[Deadline] = (),
    *,
    today: date,
) -> dict[str, int]:
    """Return by how many working days late facts moved later due dates, by id of the deadline.

    Due dates that did not move are left out.

    Args:
        dues: the due dates of the procedure's obligations as they stand, by id with period.
        entries: the deadlines of the case's registers; those of measures count from the approval of their plan.
        today: local date, as of the resolver.
    """
    chain = _FirstCounted(case, procedure, calendar, today=today)
    if not any(_is_late(fact.on, name, procedure, dues) for name, fact in chain.case.facts.items()):
        return {}
    first = {link.id: link.counted.due for link in chain.links()}
    days_late = {name: late_by(first.get(name), due, chain.calendar) for name, due in dues.items()}
    for entry in entries:
        days_late[entry.id] = late_by(_first_due(entry, chain, calendar), entry.due, calendar)
    return {name: days for name, days in days_late.items() if days}


def _is_late(on: date, name: str, procedure: Procedure, dues: Mapping[str, date | None]) -> bool:
    """Return whether a fact on that day came after its due date, or after the due date of the decision it
    answers.
    """
    decision = procedure.answered_by.get(name)
    due = dues.get(name) or (dues.get(decision.id) if decision else None)
    return due is not None and on > due


def _first_due(entry: Deadline, chain: DueDateResolver, calendar: Kazakhstan) -> date | None:
    """Return the original due date of a register's deadline: counted from its fact's original due date."""
    if entry.anchor != "happened" or entry.anchor_fact is None or type(entry.obligation.term) not in COUNTED:
        return entry.due
    try:
        return count(entry.obligation.term, chain.expected(entry.anchor_fact).on, calendar).due
    except OutOfRange:
        return entry.due
