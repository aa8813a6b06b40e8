"""From which day a duty without a due date is reminded of. The days are our practice, not the law's.

Acts name no number of days for half of what they oblige to. Such a duty is open from the day its condition is
met: the facts it follows have happened and its stage is reached. A duty required before a fact counts back from
that fact's expected day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from calendars.terms import AtOnce, Before, Embargo, WithoutTerm
from workflow.cases.states import AWAITED, State
from workflow.deadlines.anchors import AnchorDate, DueDateResolver, Link
from workflow.deadlines.lateness import is_before_records
from workflow.deadlines.waiting import waiting
from workflow.law.procedure import Obligation
from workflow.org.office import OUTSIDE

StateOf = Callable[[DueDateResolver, Link], State]


def reminds_from(chain: DueDateResolver, link: Link, state: State, state_of: StateOf) -> date | None:
    """Return the day (local date) the reminders of an obligation without a due date count from.

    Of one required before a fact that lies ahead, that fact's expected day; of all others the day since when it
    is open. None while its condition is not met, where it was open before the office kept records, and for
    what has a due date, obliges nobody, or is no duty of this organisation. A decision is asked whatever its
    force.

    Args:
        state_of: returns the state of any other obligation of the case.
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
    since = _open_since(chain, link, state_of)
    return None if is_before_records(chain.case, since) else since


def _still_ahead(fact: Link, ahead: AnchorDate) -> date | None:
    """Return the expected day of a fact that lies ahead; its due date where what it counts from comes only
    after the day it was planned for.
    """
    due, anchor = fact.counted.due, fact.anchor.on
    overtaken = due is not None and anchor is not None and ahead.on is not None and ahead.on < anchor <= due
    return due if overtaken else ahead.on


def valid_until(chain: DueDateResolver, link: Link) -> date | None:
    """Return the last day (local date) on which the expected day of the fact a duty must come before is valid;
    None without one.

    After it that fact waits for another itself, and there is nothing yet to do before it.
    """
    obligation = link.obligation
    if not isinstance(obligation.term, Before) or obligation.since is None:
        return None
    held = waiting(chain, chain.link(chain.procedure.by_id[obligation.since], link.span))
    return held.valid_until if held else None


def _open_since(chain: DueDateResolver, link: Link, state_of: StateOf) -> date | None:
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
    return case.opened_on if obligation.options else _stage_reached(chain, obligation, state_of)


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


def _stage_reached(chain: DueDateResolver, obligation: Obligation, state_of: StateOf) -> date | None:
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
        if fact is None and state_of(chain, link) in AWAITED:
            return None
        if fact is not None:
            reached = max(fact.on, reached or fact.on)
    return reached
