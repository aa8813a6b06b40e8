"""Computes every deadline of a case from facts, plan dates, the edition and the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.terms import AtOnce, Before, Embargo, OngoingDuty, Target, Term, WithoutTerm
from workflow.cases.case import Case, Fact, exemption_of
from workflow.cases.registers.entries import is_entry
from workflow.cases.states import AWAITED, State
from workflow.deadlines.anchors import AnchorDate, DueDateResolver, Link
from workflow.deadlines.applicability import is_asked_of, is_branch_open, taken_up_after
from workflow.deadlines.deadline import Deadline, status_by
from workflow.deadlines.explanations import explanation
from workflow.deadlines.lateness import is_before_records, late_by
from workflow.deadlines.register_deadlines import entry_deadlines
from workflow.deadlines.waiting import Waiting, falls_away, waiting
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import OUTSIDE

_UNWAITED: Mapping[type[Term], State] = {OngoingDuty: "standing", Target: "target"}


def deadlines(
    case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date, bare: bool = False
) -> tuple[Deadline, ...]:
    """Return every deadline of the case with its explanation, in the order of the procedure; then those of the
    measures, requests and assignments of its registers.

    Args:
        today: local date; it decides whether a period, or a day that comes by itself, has begun, and which acts
            came too late for a due date.
        bare: without explanations and the days they open: enough for a row of the board, at half the cost.
    """
    chain = DueDateResolver(case, procedure, calendar, today=today)
    own_deadlines = _deadlines_of(chain, chain.links(), bare=bare)
    return (*own_deadlines, *entry_deadlines(case, procedure, calendar, today=today, bare=bare))


def deadline(
    case: Case, procedure: Procedure, calendar: Kazakhstan, obligation: str, *, today: date
) -> Deadline | None:
    """Return one deadline of the case by its id, computing only its own anchors; None for an unknown id."""
    if is_entry(obligation):
        entries = entry_deadlines(case, procedure, calendar, today=today)
        return next((entry for entry in entries if entry.id == obligation), None)
    chain = DueDateResolver(case, procedure, calendar, today=today)
    known_obligation = procedure.by_id.get(obligation.partition(".")[0])
    if known_obligation is None:
        return None
    links = [link for link in chain.links_of(known_obligation) if link.id == obligation]
    return next(_deadlines_of(chain, links), None)


def _deadlines_of(chain: DueDateResolver, links: Sequence[Link], *, bare: bool = False) -> Iterator[Deadline]:
    """Yield the deadlines of these links, in their order; `bare` as in `deadlines`."""
    ranges = _ranges(chain, links)
    versions = {"calendar": chain.calendar.version, "edition": chain.procedure.edition}
    for link in links:
        due = link.counted.due
        earliest, latest = ranges.get(link.id, (due, due))
        yield _deadline(chain, link, earliest=earliest, latest=latest, versions=versions, bare=bare)


def _day_judged(chain: DueDateResolver, link: Link, fact: Fact | None) -> date | None:
    """Return the day a link is judged by: that of the fact that fulfils it, or the one that comes by itself."""
    if fact is not None:
        return judged_on(link.obligation, fact)
    return _day_by_itself(chain, link) if link.obligation.by_itself else None


def judged_on(obligation: Obligation, fact: Fact) -> date:
    """Return the day a recorded fact is judged by: its last required publication where the law judges by that,
    else the fact's own day.

    A publication without a kind (a column of a past analysis) counts as required.
    """
    if obligation.judged_by == "published":
        published = [
            item.published_on
            for item in fact.evidence
            if item.published_on is not None and (not item.kind or item.kind in obligation.evidence)
        ]
        if published:
            return max(published)
    return fact.on


def _ranges(chain: DueDateResolver, links: Sequence[Link]) -> dict[str, tuple[date | None, date | None]]:
    """Return the earliest and latest due date by id, over the calendars in which a religious day moved by one
    day; empty where none that may move touches a counted day.
    """
    spans = [
        (link.counted.first, link.counted.last)
        for link in chain.counted_links()
        if link.counted.first and link.counted.last
    ]
    calendar = chain.calendar
    if not any(calendar.religious_windows(*span) for span in spans):
        return {}
    dues: dict[str, list[date]] = {link.id: [link.counted.due] for link in links if link.counted.due}
    for shifted in calendar.shifted:
        moved_resolver = DueDateResolver(chain.case, chain.procedure, shifted, today=chain.today)
        for link in links:
            due = moved_resolver.link(chain.procedure.by_id[link.obligation.id], link.span).counted.due
            if link.id in dues and due:
                dues[link.id].append(due)
    return {name: (min(days), max(days)) for name, days in dues.items()}


def _deadline(
    chain: DueDateResolver,
    link: Link,
    *,
    earliest: date | None,
    latest: date | None,
    versions: dict[str, str],
    bare: bool,
) -> Deadline:
    """Return the deadline of a link; `bare` as in `deadlines`."""
    obligation, case, due = link.obligation, chain.case, link.counted.due
    fact = chain.fulfilling_fact(link)
    judged = _day_judged(chain, link, fact)
    knowledge: Knowledge = "provisional" if earliest != latest else link.knowledge
    state = _state(chain, link, fact, judged)
    waits = waiting(chain, link) if state in AWAITED else None
    name = link.id
    taken_up = taken_up_after(case, chain.procedure, obligation, name, due)
    result = Deadline(
        id=name,
        obligation=obligation,
        period=link.span.name if link.span else None,
        due=due,
        earliest=earliest,
        latest=latest,
        safe_by=link.counted.safe_by,
        opens=None if bare else _first_possible_day(chain, obligation.after, link.counted.opens),
        opens_in_practice=None if bare else _first_possible_day(chain, obligation.after_by_practice),
        closes=link.counted.closes,
        anchor=link.anchor.state,
        anchor_fact=link.anchor_fact,
        anchor_on=link.anchor.on,
        calendar=knowledge,
        status=status_by(link.anchor.state, knowledge),
        state=state,
        answer=obligation.answer(case.facts),
        planned_on=case.planned.get(name),
        done_on=judged,
        recorded_on=fact.on if fact else None,
        waiting_for=waits.fact if waits else None,
        counts_until=_counts_until(chain, link, state, waits, taken_up),
        reminds_from=_reminds_from(chain, link, state),
        taken_up_on=taken_up,
        exempted=exemption_of(case, name),
        explanation=() if bare else tuple(explanation(chain, link, judged)),
        span_first=link.counted.first,
        span_last=link.counted.last,
        versions=versions,
    )
    if judged is None or obligation.by_itself or not result.is_done_late:
        return result
    return result._replace(late_by=late_by(due, judged, chain.calendar))


def _counts_until(
    chain: DueDateResolver, link: Link, state: State, waits: Waiting | None, taken_up: date | None
) -> date | None:
    """Return the last day (local date) on which the due date holds; None where nothing limits it."""
    due = link.counted.due
    # No delay here: what a body outside the office must do, what the term required of nobody, and what was due
    # before the office kept records.
    if link.obligation.duty == OUTSIDE or taken_up or is_before_records(chain.case, due):
        return due
    if waits:
        return waits.valid_until
    return _valid_until(chain, link) if state in AWAITED else None


def _first_possible_day(
    chain: DueDateResolver, facts: tuple[str, ...], opens: date | None = None
) -> date | None:
    """Return the first day it can be done: the latest of the days of the facts that must come before it, as far
    as they are known, and of the end of an embargo; None where nothing decides that.
    """
    if not facts:
        return opens
    days = [day for day in (*(chain.expected(fact).on for fact in facts), opens) if day is not None]
    return max(days, default=None)


def _day_by_itself(chain: DueDateResolver, link: Link) -> date | None:
    """Return the day on which an obligation is fulfilled by the passing of time, past or ahead; None while it
    counts from what has not happened.
    """
    expected = chain.expected(link.obligation.id, link.span)
    return expected.on if expected.state == "happened" else None


def _state(chain: DueDateResolver, link: Link, fact: Fact | None, judged: date | None) -> State:
    """Return the state of a link. `judged`: the day it is judged by; None while it is not fulfilled."""
    obligation, case = link.obligation, chain.case
    if fact is not None:
        return "standing" if isinstance(obligation.term, OngoingDuty) else "done"
    if not _required(chain, link):
        return "not_required"
    if obligation.by_itself:
        if judged is None:
            return "not_required"
        return "done" if judged <= chain.today else "not_due_yet"
    unwaited = "window" if obligation.is_right else _UNWAITED.get(type(obligation.term))
    if unwaited is not None:
        return unwaited
    if obligation.lapses_with and obligation.lapses_with in case.facts:
        return "not_required" if is_before_records(case, link.counted.due) else "missed"
    if obligation.recurs and (link.span is None or chain.today < link.span.first):
        return "not_due_yet"
    return "open"


def _required(chain: DueDateResolver, link: Link) -> bool:
    """Return whether the obligation of a link is required in its case."""
    obligation, case = link.obligation, chain.case
    if case.status != "active" or exemption_of(case, link.id) is not None:
        return False
    if obligation.occasional and link.id not in case.planned:
        return False
    # Obligations required of everybody in every case, which most are, need no further checks.
    if obligation.when is not None and not is_branch_open(case, chain.procedure, obligation, link.span):
        return False
    if falls_away(chain, link):
        return False
    limited = obligation.only_for or obligation.bodies
    return not limited or is_asked_of(case, chain.procedure, obligation, link.id)


def _reminds_from(chain: DueDateResolver, link: Link, state: State) -> date | None:
    """Return the day (local date) the reminders of an obligation without a due date count from: our practice,
    not the law's. Acts name no number of days for half of what they oblige to.

    Of one required before a fact that lies ahead, that fact's expected day; of all others the day since when it
    is open. None while its condition is not met, where it was open before the office kept records, and for
    what has a due date, obliges nobody, or is no duty of this organisation. A decision is asked whatever its
    force.
    """
    obligation = link.obligation
    if state not in AWAITED or link.counted.due is not None or link.beyond or obligation.by_itself:
        return None
    is_binding = obligation.force == "obligatory" and not obligation.practice
    if obligation.duty == OUTSIDE or not (is_binding or obligation.options):
        return None
    if isinstance(obligation.term, Before) and obligation.since is not None:
        ahead, fact = chain.expected(obligation.since, link.span), chain.procedure.by_id[obligation.since]
        is_undated = isinstance(fact.term, WithoutTerm)
        if ahead.state != "happened" and not (ahead.on is None and is_undated):
            return _still_ahead(chain.link(fact, link.span), ahead)
    since = _open_since(chain, link)
    return None if is_before_records(chain.case, since) else since


def _still_ahead(fact: Link, ahead: AnchorDate) -> date | None:
    """Return the expected day of a fact that lies ahead; its due date where what it counts from comes only
    after the day it was planned for.
    """
    due, anchor = fact.counted.due, fact.anchor.on
    overtaken = due is not None and anchor is not None and ahead.on is not None and ahead.on < anchor <= due
    return due if overtaken else ahead.on


def _valid_until(chain: DueDateResolver, link: Link) -> date | None:
    """Return the last day (local date) on which the expected day of the fact a duty must come before is valid;
    None without one.

    After it that fact waits for another itself, and there is nothing yet to do before it.
    """
    obligation = link.obligation
    if not isinstance(obligation.term, Before) or obligation.since is None:
        return None
    held = waiting(chain, chain.link(chain.procedure.by_id[obligation.since], link.span))
    return held.valid_until if held else None


def _open_since(chain: DueDateResolver, link: Link) -> date | None:
    """Return the latest day of the facts it follows; of one that follows none, the day its stage was reached.

    None while one of them is not recorded, and for what counts from a day that is asked for by itself.
    """
    obligation, case = link.obligation, chain.case
    if obligation.id == chain.procedure.begins_with:
        # Everything counts from it: a case without its day is asked for it at once, else from that day on.
        return case.planned.get(link.id, case.opened_on)
    is_counted = not isinstance(obligation.term, WithoutTerm | AtOnce | Before | Embargo)
    if is_counted and link.anchor.state != "happened":
        return None
    lies_ahead = isinstance(obligation.term, Before | Embargo)
    since = None if lies_ahead else obligation.since
    days = [_day_happened(chain, fact, link) for fact in (obligation.when, since, *obligation.after) if fact]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return None
    if link.span is not None:
        # A duty of every period without a day of its own is asked for when the period is over.
        known.append(link.span.last)
    if known:
        return max(known)
    return case.opened_on if obligation.options else _stage_reached(chain, obligation)


def _day_happened(chain: DueDateResolver, fact: str, link: Link) -> date | None:
    """Return the day a fact happened in the period of a link; of a recurring one, seen from a link without
    period, the last day recorded. None where it has not happened.
    """
    obligation = chain.procedure.by_id[fact]
    if obligation.recurs and link.span is None:
        periods = (other for name, other in chain.case.facts.items() if name.startswith(f"{fact}."))
        return max((other.on for other in periods), default=None)
    day = chain.expected(fact, link.span)
    return day.on if day.state == "happened" else None


def _stage_reached(chain: DueDateResolver, obligation: Obligation) -> date | None:
    """Return the day the stage of an obligation was reached: that of the last blocking fact before it, or of
    the case's opening; None while one of them is open.

    What recurs (the reports of a year) runs beside and holds nothing up; what is missed or not required
    neither.
    """
    places = {stage.id: place for place, stage in enumerate(chain.procedure.stages)}
    reached = chain.case.opened_on
    for other in chain.procedure.obligations:
        if not other.blocking or other.recurs or places[other.stage] >= places[obligation.stage]:
            continue
        link = chain.link(other, None)
        fact = chain.fulfilling_fact(link)
        if fact is None and _state(chain, link, fact, _day_judged(chain, link, fact)) in AWAITED:
            return None
        if fact is not None:
            reached = max(fact.on, reached or fact.on)
    return reached
