"""The chain of a case: each obligation, or each period of it, is a link, counted from the day of its anchor.

The day of an anchor is that of its fact; else its latest plan date; else its own due date ("if done on its
last day"). A due date computed from a fact that has not happened makes nothing late by itself: it is valid as
long as the expected day of that fact lies ahead; after that day the link waits.

A term met under the calendar as it was told is met: an act that becomes known after the due date it brings
forward cannot be kept any more, and the date told before it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from calendars import OutOfRange, terms
from calendars.counting import CountedTerm, as_right, count
from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.records import Balance, ConfirmedYear, Entry, HolidayRule, Records
from calendars.terms import Element, PeriodSpan, months_later, periods
from workflow.cases.case import Case, Fact, State, exemption_of
from workflow.deadlines.applicability import is_asked_of, with_answers
from workflow.deadlines.deadline import AnchorDate, is_before_records, knowledge_of
from workflow.law.procedure import Obligation, Procedure

OF_THE_PERIOD = (terms.DayAfterPeriod, terms.PerPeriod, terms.Quota, terms.Target)
"""Terms that count from the last day of their period, whatever happened in it."""
COUNTED = (terms.After, terms.Duration, terms.AtOnce)
"""Terms counted from their anchor; all others name a day of their own, or none."""
_UNWAITED: dict[type[terms.Term], State] = {terms.OngoingDuty: "standing", terms.Target: "target"}
_NOTHING, _NEVER = CountedTerm(), AnchorDate(None, "none")


class Waiting(NamedTuple):
    """The fact a deadline waits for, and how long its due date stays valid. `fact`: the unrecorded fact, with
    its period where it recurs. `valid_until`: the last day (local date) on which the due date computed from it
    is valid; None without a date.
    """

    fact: str
    valid_until: date | None


class CaseChain:
    """The links of one case, each counted once.

    `today` (local date) decides whether a period, or a day that comes by itself, has begun, and which acts came
    too late for a due date.
    """

    def __init__(self, case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date) -> None:
        self.case = with_answers(case, procedure)
        self.procedure, self.by_id = procedure, procedure.by_id
        self.calendar = calendar
        self.today = today
        # Most cases have nothing a term could be left without: then no chain of anchors is looked into.
        lapsed = any(fact in self.case.facts for fact in procedure.lapse_facts)
        self.may_fall = bool(case.exempted) or lapsed
        self.counted: dict[str, Link] = {}

    def link(self, fact: str, span: PeriodSpan | None = None) -> Link:
        """Return the link of a fact, in a period where it recurs."""
        obligation = self.by_id[fact]
        name = obligation.name_in(span)
        if (link := self.counted.get(name)) is None:
            link = self.counted[name] = Link(self, obligation, span if obligation.recurs else None)
        return link

    def links_of(self, obligation: Obligation) -> Iterator[Link]:
        """Yield the obligation's one link, or one for each period: one without a period while no day is known
        from which its periods begin, none for periods without a target.
        """
        recurs, term = obligation.recurs, obligation.term
        since = self.day(recurs.since).on if recurs else None
        if recurs is None or since is None:
            yield self.link(obligation.id)
            return
        for span in periods(recurs.every, after=since, until=months_later(since, 12 * recurs.years)):
            if not isinstance(term, terms.Target) or term.of(span.last.year):
                yield self.link(obligation.id, span)

    def day(self, fact: str, span: PeriodSpan | None = None) -> AnchorDate:
        """Return the day of a fact (a recurring one needs `span`): happened, planned, derived from its own due
        date, or none. What is fulfilled by itself happens on its plan or due date.
        """
        obligation = self.by_id[fact]
        name = obligation.name_in(span)
        if recorded := self.case.facts.get(name):
            return AnchorDate(recorded.on, "happened")
        if planned := self.case.planned.get(name):
            return AnchorDate(planned, "happened" if obligation.by_itself else "planned")
        if (obligation.recurs and not span) or not self.is_branch_open(obligation, span):
            return _NEVER
        link = self.link(fact, span)
        if (due := link.counted.due) is None:
            return AnchorDate(link.span.last, "happened") if obligation.by_itself and link.span else _NEVER
        if obligation.by_itself:
            # The day comes whether anybody does anything or not: it is as sure as what it counts from.
            return AnchorDate(due, link.anchor.state if link.anchor.on else "happened")
        return AnchorDate(due, "derived")

    def is_branch_open(self, obligation: Obligation, span: PeriodSpan | None) -> bool:
        """Return whether the fact that opens its branch, if it needs one, is recorded or planned."""
        if obligation.when is None:
            return True
        fact = self.by_id[obligation.when].name_in(span)
        return fact in self.case.facts or fact in self.case.planned


class Link:
    """One obligation of a case, or one period of it, with its term counted from its anchor.

    Attributes:
        id: the obligation's, with the period.
        span: the period; None of an obligation that does not recur, or whose periods have no first day yet.
        is_of_the_period: whether it counts from the last day of its period.
        anchor: the day it counts from; anchor_fact: the name of its fact, None where it needs none.
        is_beyond: whether the term ends beyond the calendar's records: then nothing is counted.
        fact: the fact that fulfils it, of several required in a period the one that completes the number; None
            while it is not fulfilled.
    """

    def __init__(self, chain: CaseChain, obligation: Obligation, span: PeriodSpan | None) -> None:
        self.chain, self.obligation, self.span = chain, obligation, span
        self.id = obligation.name_in(span)
        self.is_of_the_period = obligation.recurs is not None and isinstance(obligation.term, OF_THE_PERIOD)
        recurs = obligation.recurs if self.is_of_the_period else None
        self.anchor_fact = recurs.since if recurs else obligation.since
        self.anchor, self.counted, self.is_beyond = _NEVER, _NOTHING, False
        self.knowledge: Knowledge = "confirmed"
        self.fact = self._fulfilling_fact()
        # What recurs is counted in its periods.
        if span is not None or not obligation.recurs:
            self._count()
            self._count_as_told()

    def _count(self) -> None:
        """Count the term from its anchor, before any act that came too late."""
        obligation, chain, span = self.obligation, self.chain, self.span
        if (fact := self.anchor_fact) is not None:
            self.anchor = chain.day(fact, None if self.is_of_the_period else span)
        start = span.last if span and self.is_of_the_period else self.anchor.on
        try:
            # A day that comes by itself is no deadline, to be moved off a day off.
            counted = count(obligation.term, start, chain.calendar, rolls=not obligation.by_itself)
            self.counted = as_right(counted) if obligation.is_right else counted
        except OutOfRange:
            self.is_beyond = True
        self.knowledge = knowledge_of(self.counted, chain.calendar)
        is_derived = self.anchor.state == "derived" and obligation.since
        if is_derived and chain.link(is_derived, span).knowledge == "provisional":
            self.knowledge = "provisional"

    def _count_as_told(self) -> None:
        """Count the term without an act that became known after the due date it brings forward."""
        chain, due = self.chain, self.counted.due
        if due is None or self.obligation.by_itself:
            return
        if (entry := entry_known_too_late(chain.calendar, self.counted, today=chain.today)) is None:
            return
        known_then = chain.calendar.as_known(due)
        before = CaseChain(chain.case, chain.procedure, known_then, today=chain.today)
        earlier = before.link(self.obligation.id, self.span)
        told = before_entry(self.counted, earlier.counted, entry)
        if told is not self.counted:
            self.counted, self.anchor = told, earlier.anchor
            self.knowledge, self.is_beyond = earlier.knowledge, earlier.is_beyond

    def _fulfilling_fact(self) -> Fact | None:
        """Return the fact that fulfils it."""
        obligation, case, term = self.obligation, self.chain.case, self.obligation.term
        if self.span is None:
            answer = obligation.answer(case.facts) if obligation.options else None
            return case.facts.get(answer.fact if answer else obligation.id)
        if not obligation.several and not isinstance(term, terms.PerPeriod):
            return case.facts.get(self.id)
        facts = case.occurrences(self.id)
        enough = term.count if isinstance(term, terms.PerPeriod) else 1
        return facts[enough - 1] if len(facts) >= enough else None

    def judged_on(self) -> date | None:
        """Return the day it is judged by: that of the fact that fulfils it, or the one that comes by itself,
        past or ahead; None while it is not fulfilled.
        """
        if self.fact is not None:
            return judged_on(self.obligation, self.fact)
        day = self.chain.day(self.obligation.id, self.span) if self.obligation.by_itself else _NEVER
        return day.on if day.state == "happened" else None

    def state(self) -> State:
        """Return its state in the case."""
        obligation, chain = self.obligation, self.chain
        if self.fact is not None:
            return "standing" if isinstance(obligation.term, terms.OngoingDuty) else "done"
        if not self._is_required():
            return "not_required"
        if obligation.by_itself:
            day = self.judged_on()
            return "not_required" if day is None else "done" if day <= chain.today else "not_due_yet"
        unwaited = "window" if obligation.is_right else _UNWAITED.get(type(obligation.term))
        if unwaited is not None:
            return unwaited
        if obligation.lapses_with and obligation.lapses_with in chain.case.facts:
            return "not_required" if is_before_records(chain.case, self.counted.due) else "missed"
        if obligation.recurs and (self.span is None or chain.today < self.span.first):
            return "not_due_yet"
        return "open"

    def _is_required(self) -> bool:
        """Return whether the obligation is required in its case."""
        obligation, chain = self.obligation, self.chain
        if chain.case.status != "active" or exemption_of(chain.case, self.id) is not None:
            return False
        if obligation.occasional and self.id not in chain.case.planned:
            return False
        if self.has_fallen() or not chain.is_branch_open(obligation, self.span):
            return False
        # Obligations required of everybody in every case, which most are, need no further checks.
        is_limited = obligation.only_for or obligation.bodies
        return not is_limited or is_asked_of(chain.case, chain.procedure, obligation, self.id)

    def has_fallen(self) -> bool:
        """Return whether its anchor was missed or exempted: nothing is left to count from, no year to name a
        day of, and nothing to do before it. An embargo that never began closes no time, so what it delayed is
        asked.
        """
        chain, recurs, since = self.chain, self.obligation.recurs, self.obligation.since
        if not chain.may_fall or (recurs is None and self.anchor.state == "happened"):
            return False
        if recurs and chain.link(recurs.since).is_gone():
            return True
        is_delayed = isinstance(self.obligation.term, terms.Embargo)
        return since is not None and not is_delayed and chain.link(since, self.span).is_gone()

    def is_gone(self) -> bool:
        """Return whether its fact will not come any more: exempted, missed, or with nothing to count from."""
        obligation, case = self.obligation, self.chain.case
        if self.id in case.facts or obligation.by_itself:
            return False
        if exemption_of(case, self.id) is not None:
            return True
        if obligation.lapses_with and obligation.lapses_with in case.facts:
            return True
        return (self.span is not None or not obligation.recurs) and self.has_fallen()

    def waiting(self) -> Waiting | None:
        """Return what it waits for: the fact that opens it (its branch, or the fact its periods begin with), or
        its anchor; None if it can be late by itself.

        A term counted back from an anchor that is planned, or derived from facts by obligatory terms alone, can
        be late against the plan until the day of the anchor; any other is never late while it waits.
        """
        chain, obligation, span, due = self.chain, self.obligation, self.span, self.counted.due
        if obligation.by_itself:
            return None
        recurs, since, ahead = obligation.recurs, obligation.since, self.anchor
        if obligation.when or recurs:
            for fact, of in ((obligation.when, span), (recurs and recurs.since, None)):
                if fact and (day := chain.day(fact, of)).state != "happened":
                    return chain.link(fact, of).awaited(day, due)
        if since is None or ahead.state == "happened" or not isinstance(obligation.term, COUNTED):
            return None
        # What counts forward ends no earlier than its anchor, which is as long as it is valid anyway.
        link = chain.link(since, span)
        waits = link.awaited(ahead, None if ahead.state == "planned" or link.is_sure() else due)
        if due is None or ahead.on is None or due >= ahead.on:
            return waits
        # It is to be done before its anchor: it does not wait for that, but for what the anchor waits for.
        held = link.held(ahead)
        return held if held and held.valid_until == waits.valid_until else waits

    def awaited(self, day: AnchorDate, due: date | None) -> Waiting:
        """Return what waits for its fact, expected on `day`: a due date valid no longer than that, or `due`."""
        held = self.held(day)
        days = filter(None, (day.on, due, held and held.valid_until))
        return Waiting(self.id, min(days, default=None))

    def held(self, day: AnchorDate) -> Waiting | None:
        """Return what this link's own fact waits for, if the day it is expected on (`day`) depends on that;
        else None.

        A derived day depends on what it was derived from; a planned day on the link's anchor, where a term
        counts from one: if the anchor's day passed unrecorded, the days after it slip, too.
        """
        is_planned = day.state == "planned" and isinstance(self.obligation.term, COUNTED)
        return self.waiting() if is_planned or day.state == "derived" else None

    def is_sure(self) -> bool:
        """Return whether the day of its fact follows from recorded facts by obligatory terms alone."""
        obligation, day = self.obligation, self.chain.day(self.obligation.id, self.span)
        if day.state != "derived":
            return day.state == "happened"
        if obligation.force != "obligatory":
            return False
        if obligation.since is None or not isinstance(obligation.term, COUNTED):
            return True
        return self.chain.link(obligation.since, self.span).is_sure()


def judged_on(obligation: Obligation, fact: Fact) -> date:
    """Return the day a recorded fact is judged by: its last required publication where the law judges by that,
    else the fact's own day.

    A publication without a kind (a column of a past analysis) counts as required.
    """
    published = [
        item.published_on
        for item in (fact.evidence if obligation.judged_by == "published" else ())
        if item.published_on is not None and (not item.kind or item.kind in obligation.evidence)
    ]
    return max(published, default=fact.on)


_LONGEST = timedelta(days=200)
"""The longest span counted in working days in which an act can come too late."""
_MOVES_ON = timedelta(days=3)
"""How far a day off that falls on a weekend moves on."""


def entry_known_too_late(calendar: Kazakhstan, counted: CountedTerm, *, today: date) -> Entry | None:
    """Return the entry on days of a counted span that became known last, after the due date; None if there is
    none. `today`: local date; a due date still ahead is none that an act came too late for.
    """
    due, first, last = counted.due, counted.first, counted.last
    if due is None or first is None or last is None or due >= today:
        return None
    late_entries = (
        entry
        for day, entry in _known_late(calendar.records)
        if first - _MOVES_ON <= day <= last and due < entry.known_from <= today
    )
    return max(late_entries, key=lambda entry: entry.known_from, default=None)


def before_entry(counted: CountedTerm, earlier: CountedTerm, entry: Entry) -> CountedTerm:
    """Return the term as it was told before an entry came too late, and why; `counted` where that is no later.
    `earlier`: the term counted without the entry.
    """
    if counted.due is None or earlier.due is None or earlier.due <= counted.due:
        return counted
    arguments: dict[str, object] = {"told": earlier.due, "on": counted.due, "known": entry.known_from}
    code, act = "told_before", None
    if entry.title is not None:
        code, act, arguments["act"] = "told_before_act", entry.act, entry.title
    element = Element(code=code, arguments=arguments, on=earlier.due, act=act)
    return replace(earlier, elements=(*earlier.elements, element))


@lru_cache(maxsize=64)
def _known_late(records: Records) -> Sequence[tuple[date, Entry]]:
    """Return the days that entries changed when a term with them may have passed, with its entry (cached)."""
    # Of an entry whose `known_at` is only assumed nobody can say that it came too late.
    days = ((day, entry) for entry in records.entries if entry.known_at is not None for day in _days(entry))
    return sorted(
        ((day, entry) for day, entry in days if entry.known_from > day - _LONGEST), key=lambda pair: pair[0]
    )


def _days(entry: Entry) -> Sequence[date]:
    """Return the days that an entry changes, before any moves on from a weekend: of a holiday rule those of its
    first year, of the confirmation of a year none.
    """
    if isinstance(entry, HolidayRule):
        days = (date(entry.applies_from.year, month, day) for month, day in entry.days)
        return [day for day in days if day >= entry.applies_from]
    return () if isinstance(entry, ConfirmedYear | Balance) else entry.dates
