"""What a deadline waits for: the anchor or branch fact that must happen first, and until when its date is
valid.

A due date computed from a fact that has not happened makes nothing late by itself. It is valid as long as the
planned day of that fact lies ahead; after that day the deadline waits.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from calendars.terms import After, AtOnce, Duration, Embargo
from workflow.cases.case import exemption_of
from workflow.deadlines.anchors import AnchorDate, DueDateResolver, Link
from workflow.periods import PeriodSpan

COUNTED = frozenset({After, Duration, AtOnce})
"""Terms counted from their anchor; all others name a day of their own, or none."""


class Waiting(NamedTuple):
    """The fact a deadline waits for, and how long its due date stays valid.

    Attributes:
        fact: the unrecorded fact, with its period where it recurs.
        valid_until: the last day (local date) on which the due date computed from it is valid; None without a
            date.
    """

    fact: str
    valid_until: date | None


def waiting(resolver: DueDateResolver, link: Link) -> Waiting | None:
    """Return what the deadline of this link waits for; None if it can be late by itself.

    It waits for the fact that opens it (its branch, or the fact its periods begin with) and for its anchor. A
    term counted back from an anchor that is planned, or derived from facts by obligatory terms alone, can be
    late against the plan until the day of the anchor; any other is never late while it waits.
    """
    obligation, span = link.obligation, link.span
    if obligation.by_itself:
        return None
    if obligation.when is not None or obligation.recurs is not None:
        openers = [(obligation.when, span), (obligation.recurs.since if obligation.recurs else None, None)]
        for fact, of in openers:
            if fact is not None and (day := resolver.expected(fact, of)).state != "happened":
                return _waiting(resolver, fact, of, day, due=link.counted.due)
    since = obligation.since
    if since is None or link.anchor.state == "happened" or type(obligation.term) not in COUNTED:
        return None
    # What counts forward ends no earlier than its anchor, which is as long as it is valid anyway.
    late = link.anchor.state == "planned" or _sure(resolver, since, span)
    waits = _waiting(resolver, since, span, link.anchor, due=None if late else link.counted.due)
    due, ahead = link.counted.due, link.anchor.on
    if due is None or ahead is None or due >= ahead:
        return waits
    # It is to be done before its anchor: it does not wait for that, but for what the anchor waits for.
    held = _behind(resolver, since, span, link.anchor)
    return Waiting(held.fact, waits.valid_until) if held and held.valid_until == waits.valid_until else waits


def falls_away(resolver: DueDateResolver, link: Link) -> bool:
    """Return whether its anchor was missed or exempted: nothing is left to count from, no year to name a day
    of, and nothing to do before it. An embargo that never began closes no time, so what it delayed is asked.
    """
    obligation, since = link.obligation, link.obligation.since
    if not resolver.may_fall or (
        obligation.recurs is None and (since is None or link.anchor.state == "happened")
    ):
        return False
    has_fallen = resolver.fallen.get(link.id)
    if has_fallen is None:
        # Many terms depend on one chain of anchors; each of its links is checked once.
        has_fallen = bool(obligation.recurs and _gone(resolver, obligation.recurs.since, None)) or bool(
            since and type(obligation.term) is not Embargo and _gone(resolver, since, link.span)
        )
        resolver.fallen[link.id] = has_fallen
    return has_fallen


def _gone(resolver: DueDateResolver, fact: str, span: PeriodSpan | None) -> bool:
    """Return whether a fact will not come any more: exempted, missed, or with nothing left to count from."""
    obligation, case = resolver.procedure.by_id[fact], resolver.case
    name = obligation.name_in(span)
    if name in case.facts or obligation.by_itself:
        return False
    if exemption_of(case, name) is not None:
        return True
    if obligation.lapses_with and obligation.lapses_with in case.facts:
        return True
    if obligation.recurs and not span:
        return False
    return falls_away(resolver, resolver.link(obligation, span))


def _waiting(
    resolver: DueDateResolver, fact: str, span: PeriodSpan | None, day: AnchorDate, *, due: date | None
) -> Waiting:
    """Return a Waiting for this fact; the date is valid no longer than the fact's own day, nor than `due` where
    given.
    """
    in_its_turn = _behind(resolver, fact, span, day)
    until = _earlier(_earlier(day.on, due), in_its_turn.valid_until if in_its_turn else None)
    return Waiting(resolver.procedure.by_id[fact].name_in(span), until)


def _behind(resolver: DueDateResolver, fact: str, span: PeriodSpan | None, day: AnchorDate) -> Waiting | None:
    """Return what an unrecorded fact waits for in its turn; None if its day stands by itself.

    A slip travels down: what was planned, or derived, after a day that passed unrecorded stands no more than
    that day.
    """
    obligation = resolver.procedure.by_id[fact]
    if day.state == "derived" or (day.state == "planned" and type(obligation.term) in COUNTED):
        return waiting(resolver, resolver.link(obligation, span))
    return None


def _earlier(day: date | None, other: date | None) -> date | None:
    """Return the earlier of two days; the other one if one of them is None."""
    return other if day is None or (other is not None and other < day) else day


def _sure(resolver: DueDateResolver, fact: str, span: PeriodSpan | None) -> bool:
    """Return whether the day of an unrecorded fact follows from recorded facts by obligatory terms alone."""
    obligation = resolver.procedure.by_id[fact]
    day = resolver.expected(fact, span)
    if day.state != "derived":
        return day.state == "happened"
    if obligation.force != "obligatory":
        return False
    if obligation.since is None or type(obligation.term) not in COUNTED:
        return True
    return _sure(resolver, obligation.since, span)
