"""What moves when the calendar does: days, how far they are felt, and the due dates that move with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from calendars.calendar import Calendar, Day
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
    """The change of one calendar day: it becomes a day off or a working day."""

    on: date
    before: Day
    after: Day


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedDeadline:
    """A due date that moves.

    Attributes:
        id: the obligation's id with its period.
        old, new: the due date by the calendar before and after; None where there is none.
        state: where the deadline stands; one that is done or not required is waited for by nobody.
    """

    case: str
    id: str
    obligation: Obligation
    old: date | None
    new: date | None
    state: State


def changed_days(before: Calendar, after: Calendar) -> tuple[DayChange, ...]:
    """The days that count in one calendar and not in the other, in order."""
    days, was = before.span(before.first, before.last)
    _, becomes = after.span(after.first, after.last)
    return tuple(
        DayChange(on, before.day(on), after.day(on))
        for on, one, two in zip(days, was, becomes, strict=True)
        if one != two and before.is_working(on) != after.is_working(on)
    )


def reach(before: Calendar, after: Calendar) -> tuple[tuple[date, date], ...]:
    """The spans of days over which a deadline may come out otherwise, ascending and apart.

    Days that change; years that become certain; religious days that become certain or turn out elsewhere, with
    the days they could still have moved.
    """
    spans = [(change.on, change.on) for change in changed_days(before, after)]
    everything = before.first, before.last
    unsure = set(before.provisional_years(*everything)) ^ set(after.provisional_years(*everything))
    spans += [(date(year, 1, 1), date(year, 12, 31)) for year in unsure]
    moving = set(before.uncertain(*everything)) ^ set(after.uncertain(*everything))
    spans += [(day.earliest, day.latest) for day in moving]
    return tuple(_apart(spans))


def moved(
    case: Case,
    procedure: Procedure,
    before: Calendar,
    after: Calendar,
    *,
    today: date,
    becomes: Procedure | None = None,
) -> tuple[MovedDeadline, ...]:
    """The case's due dates that move from one calendar to the other, in the order of the procedure.

    Args:
        today: local date; it decides only whether the period of a recurring obligation has begun.
        becomes: the edition with other rules of the organisation's own, where those move the dates.
    """
    was = walk(case, procedure, before, today=today)
    return moves(was, walk(case, becomes or procedure, after, today=today))


@dataclass(frozen=True, slots=True)
class Walk:
    """A case walked through by one calendar: its links, and the deadlines of its register, by id.

    Only days are counted; whoever wants more of a few of them asks the chain.
    """

    chain: DueDateResolver
    links: Mapping[str, Link]
    entries: Mapping[str, Deadline]

    def due(self, name: str) -> date | None:
        """The due date of the obligation of that id; None where it has none."""
        link = self.links.get(name)
        if link is not None:
            return link.counted.due
        entry = self.entries.get(name)
        return entry.due if entry is not None else None

    def names(self) -> Iterator[str]:
        """Every id, in the order of the procedure."""
        yield from self.links
        yield from self.entries

    def standing(self, name: str) -> tuple[Obligation, State] | None:
        """What is asked under that id, and what has become of it; None where nothing is."""
        link = self.links.get(name)
        if link is not None:
            return link.obligation, stands(self.chain, link)
        entry = self.entries.get(name)
        return (entry.obligation, entry.state) if entry is not None else None


def walk(case: Case, procedure: Procedure, calendar: Calendar, *, today: date) -> Walk:
    """A case walked through by a calendar. `today` as in `moved`."""
    chain = DueDateResolver(case, procedure, calendar, today=today)
    entries = entry_deadlines(case, procedure, calendar, today=today, bare=True)
    return Walk(chain, {link.id: link for link in chain.links()}, {one.id: one for one in entries})


def moves(was: Walk, becomes: Walk) -> tuple[MovedDeadline, ...]:
    """The due dates that differ between two walks through one case."""
    found = []
    for name in dict.fromkeys((*was.names(), *becomes.names())):
        old, new = was.due(name), becomes.due(name)
        if old == new:
            continue
        asked = becomes.standing(name) or was.standing(name)
        assert asked is not None
        obligation, state = asked
        found.append(
            MovedDeadline(case=was.chain.case.id, id=name, obligation=obligation, old=old, new=new, state=state)
        )
    return tuple(found)


def _apart(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days in as few spans as hold them."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + _DAY:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
