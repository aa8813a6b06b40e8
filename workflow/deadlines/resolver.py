"""Computes every deadline of a case from facts, plan dates, the edition and the calendar, and which of them
move when calendar days change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from calendars import FIRST
from calendars.kazakhstan import Day, Kazakhstan
from calendars.terms import AtOnce, Before, Embargo, WithoutTerm
from workflow.cases.case import AWAITED, Case, State, exemption_of
from workflow.deadlines.applicability import taken_up_after
from workflow.deadlines.chain import CaseChain, Link, Waiting
from workflow.deadlines.deadline import Deadline, is_before_records, late_by
from workflow.deadlines.explanations import explanation
from workflow.deadlines.register_deadlines import RowLink, row_links
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import OUTSIDE

Ranges: TypeAlias = "dict[str, tuple[date | None, date | None]]"
"""The earliest and latest due date, by id."""
AnyLink: TypeAlias = Link | RowLink


def deadlines(
    case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date, bare: bool = False
) -> tuple[Deadline, ...]:
    """Return every deadline of the case with its explanation, in the order of the procedure; then those of the
    measures, requests and assignments of its registers.

    `today` (local date) decides whether a period, or a day that comes by itself, has begun, and which acts came
    too late for a due date. `bare`: without explanations and the days they open: enough for a row of the board.
    """
    chain = CaseChain(case, procedure, calendar, today=today)
    links = [link for obligation in procedure.obligations for link in chain.links_of(obligation)]
    ranges = _ranges(chain, links)
    of_rows: Iterator[AnyLink] = row_links(chain)
    return tuple(_deadline(link, ranges, bare=bare) for link in (*links, *of_rows))


def deadline(
    case: Case, procedure: Procedure, calendar: Kazakhstan, obligation: str, *, today: date
) -> Deadline | None:
    """Return one deadline of the case by its id, computing only its own anchors; None for an unknown id."""
    chain = CaseChain(case, procedure, calendar, today=today)
    known = procedure.by_id.get(obligation.partition(".")[0])
    links: Iterator[AnyLink] = chain.links_of(known) if known else row_links(chain)
    link = next((link for link in links if link.id == obligation), None)
    return _deadline(link, _ranges(chain, [link]), bare=False) if link else None


def _ranges(chain: CaseChain, links: Sequence[AnyLink]) -> Ranges:
    """Return the earliest and latest due date by id, over the calendars in which a religious day moved by one
    day; empty where none that may move touches a counted day.
    """
    counted_terms = [link.counted for link in chain.counted.values()]
    spans = [(counted.first, counted.last) for counted in counted_terms if counted.first and counted.last]
    if not any(chain.calendar.religious_windows(*span) for span in spans):
        return {}
    dues = {link.id: [link.counted.due] for link in links if link.counted.due}
    for shifted in chain.calendar.shifted:
        moved = CaseChain(chain.case, chain.procedure, shifted, today=chain.today)
        for link in links:
            due = moved.link(link.obligation.id, link.span).counted.due
            if link.id in dues and due:
                dues[link.id].append(due)
    return {name: (min(days), max(days)) for name, days in dues.items()}


def _deadline(link: AnyLink, ranges: Ranges, *, bare: bool) -> Deadline:
    """Return the deadline of a link; `bare` as in `deadlines`."""
    chain, obligation, counted = link.chain, link.obligation, link.counted
    case, due, judged, state = chain.case, counted.due, link.judged_on(), link.state()
    earliest, latest = ranges.get(link.id, (due, due))
    knowledge = "provisional" if earliest != latest else link.knowledge
    waits = link.waiting() if state in AWAITED and not is_before_records(case, due) else None
    taken_up = taken_up_after(case, chain.procedure, obligation, link.id, due)
    is_done = link.fact is not None and not taken_up and not obligation.by_itself
    said = link.explanation() if isinstance(link, RowLink) else explanation(link, judged, taken_up)
    return Deadline(
        id=link.id,
        obligation=obligation,
        period=link.span.name if link.span else None,
        due=due,
        earliest=earliest,
        latest=latest,
        safe_by=counted.safe_by,
        opens=None if bare else _first_possible_day(chain, obligation.after, counted.opens),
        opens_in_practice=None if bare else _first_possible_day(chain, obligation.after_by_practice),
        closes=counted.closes,
        anchor=link.anchor.state,
        anchor_fact=link.anchor_fact,
        anchor_on=link.anchor.on,
        calendar=knowledge,
        state=state,
        answer=obligation.answer(case.facts),
        planned_on=case.planned.get(link.id),
        done_on=judged,
        recorded_on=link.fact.on if link.fact else None,
        late_by=late_by(due, judged, chain.calendar) if is_done else None,
        waiting_for=waits.fact if waits else None,
        counts_until=_counts_until(link, state, waits, taken_up),
        reminds_from=_reminds_from(link, state),
        taken_up_on=taken_up,
        exempted=exemption_of(case, link.id),
        explanation=() if bare else tuple(said),
        span_first=counted.first,
        span_last=counted.last,
    )


def _first_possible_day(chain: CaseChain, facts: tuple[str, ...], opens: date | None = None) -> date | None:
    """Return the first day it can be done: the latest of the days of the facts that must come before it, as far
    as they are known, and of the end of an embargo; None where nothing decides that.
    """
    return max(filter(None, (opens, *(chain.day(fact).on for fact in facts))), default=None)


def _counts_until(link: AnyLink, state: State, waits: Waiting | None, taken_up: date | None) -> date | None:
    """Return the last day (local date) on which the due date holds; None where nothing limits it.

    Of one required before a fact, that is the last day on which that fact's expected day is valid: after it,
    the fact waits for another itself, and there is nothing yet to do before it.
    """
    chain, obligation, due = link.chain, link.obligation, link.counted.due
    # No delay here: what a body outside the office must do, what the term required of nobody, and what was due
    # before the office kept records.
    if obligation.duty == OUTSIDE or taken_up or is_before_records(chain.case, due):
        return due
    if waits is None and state in AWAITED and isinstance(obligation.term, Before) and obligation.since:
        waits = chain.link(obligation.since, link.span).waiting()
    return waits.valid_until if waits else None


def _reminds_from(link: AnyLink, state: State) -> date | None:
    """Return the day (local date) the reminders of an obligation without a due date count from: our practice,
    not the law's. Acts name no number of days for half of what they oblige to.

    Of one required before a fact that lies ahead, that fact's expected day; of all others the day since when it
    is open. None while its condition is not met, where that day lies before the office kept records, and for
    what has a due date, obliges nobody, or is no duty of this organisation. A decision is asked whatever its
    force.
    """
    obligation, chain = link.obligation, link.chain
    if isinstance(link, RowLink) or state not in AWAITED or link.counted.due is not None or link.is_beyond:
        return None
    is_binding = obligation.force == "obligatory" and not obligation.practice
    if obligation.by_itself or obligation.duty == OUTSIDE or not (is_binding or obligation.options):
        return None
    since = _open_since(link)
    if isinstance(obligation.term, Before) and obligation.since is not None:
        fact, ahead = chain.link(obligation.since, link.span), link.anchor
        is_undated = ahead.on is None and isinstance(fact.obligation.term, WithoutTerm)
        if ahead.state != "happened" and not is_undated:
            due, anchor = fact.counted.due, fact.anchor.on
            # Where what the fact counts from comes only after the day it was planned for, its due date counts.
            since = due if due and anchor and ahead.on and ahead.on < anchor <= due else ahead.on
    return None if is_before_records(chain.case, since) else since


def _open_since(link: Link) -> date | None:
    """Return the latest day of the facts it follows; of one that follows none, the day its stage was reached.

    None while one of them is not recorded, and for what counts from a day that is asked for by itself.
    """
    obligation, case, term = link.obligation, link.chain.case, link.obligation.term
    if obligation.id == link.chain.procedure.begins_with:
        # Everything counts from it: a case without its day is asked for it at once, else from that day on.
        return case.planned.get(link.id, case.opened_on)
    is_counted = not isinstance(term, WithoutTerm | AtOnce | Before | Embargo)
    if is_counted and link.anchor.state != "happened":
        return None
    since = None if isinstance(term, Before | Embargo) else obligation.since
    days = [_day_happened(link, fact) for fact in (obligation.when, since, *obligation.after) if fact]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return None
    if link.span is not None:
        # A duty of every period without a day of its own is asked for when the period is over.
        known.append(link.span.last)
    if known:
        return max(known)
    return case.opened_on if obligation.options else _stage_reached(link)


def _day_happened(link: Link, fact: str) -> date | None:
    """Return the day a fact happened in the period of a link; of a recurring one, seen from a link without
    period, the last day recorded. None where it has not happened.
    """
    chain = link.chain
    if chain.procedure.by_id[fact].recurs and link.span is None:
        days = (recorded.on for name, recorded in chain.case.facts.items() if name.startswith(f"{fact}."))
        return max(days, default=None)
    day = chain.day(fact, link.span)
    return day.on if day.state == "happened" else None


def _stage_reached(link: Link) -> date | None:
    """Return the day the stage of an obligation was reached: that of the last blocking fact before it, or of
    the case's opening; None while one of them is open.

    What recurs (the reports of a year) runs beside and holds nothing up; what is missed or not required
    neither.
    """
    chain = link.chain
    places = {stage.id: place for place, stage in enumerate(chain.procedure.stages)}
    reached = chain.case.opened_on
    for other in chain.procedure.obligations:
        if not other.blocking or other.recurs or places[other.stage] >= places[link.obligation.stage]:
            continue
        before = chain.link(other.id)
        if before.fact is None and before.state() in AWAITED:
            return None
        if before.fact is not None:
            reached = max(before.fact.on, reached or before.fact.on)
    return reached


class DayChange(NamedTuple):
    """The change of one calendar day: to a day off or to a working day."""

    on: date
    before: Day
    after: Day


class MovedDeadline(NamedTuple):
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
    """Return the spans of days over which deadlines may be affected, ascending.

    They are the changed days; whole years whose transfers are decided in one calendar alone; and religious days
    that move or become final, with the days they may fall on.
    """
    spans = [(change.on, change.on) for change in changed_days(before, after)]
    everything = before.first, before.last
    unsure = set(before.provisional_years(*everything)) ^ set(after.provisional_years(*everything))
    spans += [(date(year, 1, 1), date(year, 12, 31)) for year in unsure]
    moving = set(before.religious_windows(*everything)) ^ set(after.religious_windows(*everything))
    spans += [(day.earliest, day.latest) for day in moving]
    return tuple(sorted({*spans}))


def moved(
    case: Case,
    procedure: Procedure,
    before: Kazakhstan,
    after: Kazakhstan,
    *,
    today: date,
) -> tuple[MovedDeadline, ...]:
    """Return the case's due dates that move from one calendar to the other, in the order of the procedure.
    `today`: as in `deadlines`.
    """
    was, becomes = (
        {deadline.id: deadline for deadline in deadlines(case, procedure, calendar, today=today, bare=True)}
        for calendar in (before, after)
    )
    compared = (
        MovedDeadline(
            case=case.id,
            id=name,
            obligation=deadline.obligation,
            old=was[name].due if name in was else None,
            new=becomes[name].due if name in becomes else None,
            state=deadline.state,
        )
        for name, deadline in {**was, **becomes}.items()
    )
    return tuple(deadline for deadline in compared if deadline.old != deadline.new)
