"""Recomputes a case: when calendar days change (the rows to write, due dates that move), and after new events.

Dates are computed once by each calendar. Those by the old calendar tell what moves and which rows cannot
change, so that these are not compared; those by the new one are the rows to write.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Event
from workflow.cases.states import State
from workflow.deadlines.anchors import DueDateResolver, Link
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.impact import MovedDeadline, Walk, inherited_days, moves, walk
from workflow.deadlines.resolver import walked
from workflow.deadlines.waiting import waiting
from workflow.law.procedure import EscalationPolicy, Obligation, Procedure
from workflow.machine import stage
from workflow.ports import CaseWrite
from workflow.reminders import asked_on

LAST_QUESTION = 16
"""Maximum working days between a plan date and its last question, delays included."""
Days = Sequence[tuple[date, date]]
"""Spans of days, both ends included (`workflow.deadlines.impact.reach`)."""


@dataclass(frozen=True, slots=True)
class RecalculatedCase:
    """A case computed by the new calendar, to be written, and the due dates that move."""

    written: CaseWrite
    moved: tuple[MovedDeadline, ...]


def recounted(
    case: Case, procedure: Procedure, before: Kazakhstan, after: Kazakhstan, *, reach: Days, today: date
) -> RecalculatedCase:
    """Return a case recomputed by a new calendar.

    Args:
        reach: the days over which the two calendars differ (`workflow.deadlines.impact.reach`).
        today: local date; it decides which reminder step comes next, and whether the period of a recurring
            obligation has begun.
    """
    was, becomes = (walk(case, procedure, days, today=today) for days in (before, after))
    chain = (*walked(becomes.chain, [*becomes.links.values()], bare=True), *becomes.entries.values())
    case_write = CaseWrite(
        events=(),
        case=case,
        stage=stage(procedure, case, chain),
        rows=rows(case, procedure, chain, after, today=today),
        touched=_touched(was, becomes, chain, reach),
    )
    return RecalculatedCase(case_write, moves(was, becomes))


def _touched(was: Walk, becomes: Walk, chain: Iterable[Deadline], reach: Days) -> frozenset[str] | None:
    """Return the ids of the obligations whose rows may change; None for all of them."""
    if any(obligation.by_itself for obligation in becomes.chain.procedure.obligations):
        # A day that comes by itself passes on what is uncertain in it without a trace in the links after it.
        return None
    names = {*was.entries, *becomes.entries, *becomes.chain.case.snoozed}
    names.update(was.links.keys() - becomes.links.keys())
    names.update(name for name, link in becomes.links.items() if not _alike(was.links.get(name), link))
    names.update(name for name, link in becomes.links.items() if _waits_otherwise(was, name, becomes, link))
    before, after = _inherited(was), _inherited(becomes)
    names.update(name for name in {**before, **after} if before.get(name) != after.get(name))
    names.update(
        deadline.id for deadline in chain if deadline.id not in names and _feels(becomes, deadline, reach)
    )
    return frozenset(names)


def _inherited(walk: Walk) -> dict[str, int]:
    """Return by how many working days late facts moved each due date, by one calendar."""
    chain, entries = walk.chain, walk.entries.values()
    dues = {name: link.counted.due for name, link in walk.links.items()}
    return inherited_days(chain.case, chain.procedure, chain.calendar, dues, entries, today=chain.today)


def _alike(link: Link | None, other: Link) -> bool:
    """Return whether two calendars give a link the same values in all that a row stores of it."""
    if link is None:
        return False
    if link.counted is not other.counted:
        was, becomes = link.counted, other.counted
        if (was.due, was.safe_by, was.first, was.last) != (
            becomes.due,
            becomes.safe_by,
            becomes.first,
            becomes.last,
        ):
            return False
    return link.knowledge == other.knowledge and link.anchor == other.anchor


def _waits_otherwise(was: Walk, name: str, becomes: Walk, link: Link) -> bool:
    """Return whether a link waits for another fact, or until another day; a changed day far up its chain can
    cause that.
    """
    before = was.links.get(name)
    return before is not None and waiting(was.chain, before) != waiting(becomes.chain, link)


def _feels(becomes: Walk, deadline: Deadline, reach: Days) -> bool:
    """Return whether a changed day lies among those that decide the row's values besides its due date:
    lateness, certainty, reminder days.
    """
    try:
        days = [*_days(becomes, deadline)]
    except OutOfRange:
        return True
    if not days:
        return False
    first, last = min(days), max(days)
    return any(begin <= last and end >= first for begin, end in reach)


def _days(becomes: Walk, deadline: Deadline) -> Iterator[date]:
    for day in (deadline.span_first, deadline.span_last, deadline.due, deadline.done_on):
        if day is not None:
            yield day
    if deadline.planned_on is not None and deadline.done_on is None:
        yield deadline.planned_on
        yield becomes.chain.calendar.find_previous_working_day(deadline.planned_on)
        yield becomes.chain.calendar.add_working_days(deadline.planned_on, LAST_QUESTION)
    asking_day = asked_on(becomes.chain.case, deadline.obligation) if deadline.due is None else None
    if asking_day is not None:
        # A decision without a term is asked on the first working day from then on.
        yield max(asking_day, becomes.chain.today)
        yield becomes.chain.calendar.find_following_working_day(max(asking_day, becomes.chain.today))
    if deadline.due is not None and deadline.done_on is None:
        policy = becomes.chain.procedure.ladders[deadline.obligation.ladder]
        for at in _ends(policy):
            yield becomes.chain.calendar.add_working_days(deadline.due, at)


def _ends(policy: EscalationPolicy) -> tuple[int, int]:
    """Return how many working days before (or after) the due date its first and last reminder steps lie."""
    # Of a due date that is no working day, what speaks on it speaks on the working day before.
    steps = [-1, *(step.at for step in policy.rungs)]
    return min(steps), max(steps)


_OF_A_FACT = frozenset({"fact", "corrected", "evidence", "planned", "notice"})
"""Kinds of events that change nothing but the fact they name."""


class _Stored(NamedTuple):
    """A deadline as its stored row has it (`workflow.machine.Owed`)."""

    obligation: Obligation
    due: date | None
    state: State


def recomputed(
    events: tuple[Event, ...],
    case: Case,
    procedure: Procedure,
    calendar: Kazakhstan,
    stored: Mapping[str, Row],
    *,
    today: date,
) -> CaseWrite | None:
    """Return a case after these events with the rows they can change computed, the others as stored.

    None where any row may differ: events of another kind, a case with registers, rows by another edition or
    calendar.

    Args:
        case: the case after the events.
        today: local date, as of `workflow.deadlines.resolver.deadlines` and `workflow.board.rows.rows`.
    """
    if any(event.kind not in _OF_A_FACT for event in events) or case.entries or not _holds(case, procedure):
        return None
    version = calendar.version
    if not stored or any(row.version != version for row in stored.values()):
        return None
    names = [event.name for event in events]
    resolver = DueDateResolver(case, procedure, calendar, today=today)
    chain, kept_rows, inherited = _walked(
        resolver, stored, procedure.resting_on(names, _settled(case, resolver, events, stored))
    )
    if inherited or any(row.inherited is not None for row in stored.values()):
        # What came late moves the first dates of what is settled too.
        chain, kept_rows, inherited = _walked(resolver, stored, procedure.resting_on(names))
    new_rows = rows(case, procedure, chain, calendar, today=today, inherited=inherited)
    return CaseWrite(
        events=events,
        case=case,
        stage=stage(procedure, case, (*chain, *_owed(kept_rows.values(), procedure))),
        rows=(*new_rows, *kept_rows.values()),
        touched=frozenset({row.obligation for row in new_rows} | (stored.keys() - kept_rows.keys())),
    )


def plan_dates_read(case: Case, procedure: Procedure) -> dict[str, list[str]]:
    """Return each obligation, in order, with the plan dates its rows rest on in a case without facts.

    What rests on a planned fact rests on its plan date, not on those before it.
    """
    planned = _unrepeated(case.planned.keys() - {answer.id for answer in procedure.answered_too}, procedure)
    readers = {name: procedure.resting_on([name], planned) for name in case.planned}
    return {
        obligation.id: [name for name in case.planned if obligation.id in readers[name]]
        for obligation in procedure.obligations
    }


def _unrepeated(facts: Iterable[str], procedure: Procedure) -> set[str]:
    """Return the names of the facts that do not recur."""
    return {name for name in facts if (obligation := procedure.by_id.get(name)) and obligation.recurs is None}


def _settled(
    case: Case, resolver: DueDateResolver, events: Iterable[Event], stored: Mapping[str, Row]
) -> set[str]:
    """Return the names of facts whose days these events cannot change: recorded ones; planned ones too, unless
    the events may decide which terms fall away with what they count from.
    """
    procedure, names = resolver.procedure, {*case.facts}
    if not resolver.may_fall or not any(_may_fell(event.name, case, procedure, stored) for event in events):
        names |= case.planned.keys() - {obligation.id for obligation in procedure.answered_too}
    return _unrepeated(names, procedure)


def _may_fell(fact: str, case: Case, procedure: Procedure, stored: Mapping[str, Row]) -> bool:
    """Return whether recording a fact may decide which terms fall away: it was given up, or others lapse with
    it.
    """
    row = stored.get(fact)
    return (
        row is None
        or row.state in ("missed", "not_required")
        or any(
            obligation.lapses_with == fact and obligation.id not in case.facts
            for obligation in procedure.obligations
        )
    )


def _walked(
    resolver: DueDateResolver, stored: Mapping[str, Row], ids: Container[str]
) -> tuple[tuple[Deadline, ...], dict[str, Row], dict[str, int]]:
    """Return the deadlines of these obligations, the stored rows of all others, and the inherited days."""
    procedure = resolver.procedure
    links = [
        link
        for obligation in procedure.obligations
        if obligation.id in ids
        for link in resolver.links_of(obligation)
    ]
    chain = tuple(walked(resolver, links, bare=True))
    kept_rows = {name: row for name, row in stored.items() if _base(name) not in ids}
    dues = {name: row.due for name, row in kept_rows.items()} | {
        deadline.id: deadline.due for deadline in chain
    }
    inherited = inherited_days(resolver.case, procedure, resolver.calendar, dues, today=resolver.today)
    return chain, kept_rows, inherited


def _holds(case: Case, procedure: Procedure) -> bool:
    """Return whether the case was opened by this very text of its edition."""
    return bool(case.digest) and case.digest == procedure.digest


def _base(name: str) -> str:
    """Return the id of an obligation without its period."""
    return name.partition(".")[0]


def _owed(kept_rows: Iterable[Row], procedure: Procedure) -> Iterable[_Stored]:
    """Yield what the stage may turn on of stored rows."""
    for row in kept_rows:
        if row.state in ("open", "target"):
            yield _Stored(procedure.by_id[_base(row.obligation)], row.due, row.state)
