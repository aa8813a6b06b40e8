"""Finds the due dates that move with changed calendar days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from calendars import FIRST
from calendars.kazakhstan import Day, Kazakhstan
from workflow.cases.case import Case
from workflow.cases.states import State
from workflow.deadlines.anchors import DueDateResolver, Link
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.register_deadlines import entry_deadlines
from workflow.deadlines.resolver import stands
from workflow.law.procedure import Obligation, Procedure

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
