"""Computes the links of a case: each obligation, or each period of it, counted from its anchor.

The day of an anchor is that of its fact; else its latest plan date; else its own due date ("if done on its last
day").
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from calendars import OutOfRange
from calendars.counting import CountedTerm, as_right, count
from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.terms import DayAfterPeriod, PerPeriod, Quota, Target, months_later
from workflow.cases.case import Case, Fact
from workflow.deadlines.applicability import is_branch_open, with_answers
from workflow.deadlines.deadline import AnchorState
from workflow.deadlines.late_entries import before_entry, entry_known_too_late
from workflow.law.procedure import Obligation, Procedure
from workflow.periods import PeriodSpan, periods

OF_THE_PERIOD = (DayAfterPeriod, PerPeriod, Quota, Target)
"""Terms that count from the last day of their period, whatever happened in it."""
_NOTHING = CountedTerm()


class AnchorDate(NamedTuple):
    """The day a term counts from, and whether it has happened, is planned or derived, or not known ("none")."""

    on: date | None
    state: AnchorState


_NEVER = AnchorDate(None, "none")


class Link(NamedTuple):
    """One obligation, or one period of it, with its counted term.

    Attributes:
        id: the obligation's, with the period.
        span: the period; None of an obligation that does not recur, or whose periods have no first day yet.
        beyond: whether the term ends beyond the calendar's records: then nothing is counted.
    """

    id: str
    obligation: Obligation
    span: PeriodSpan | None
    anchor: AnchorDate
    counted: CountedTerm
    knowledge: Knowledge
    beyond: bool

    @property
    def anchor_fact(self) -> str | None:
        """Name of the fact it counts from."""
        if self.obligation.recurs and isinstance(self.obligation.term, OF_THE_PERIOD):
            return self.obligation.recurs.since
        return self.obligation.since


class DueDateResolver:
    """Computes the links of one case; caches what it has counted as long as it exists.

    `today` (local date) decides which acts came too late for a due date. `may_fall`: whether anything was
    recorded by which an obligation can lose its basis; `fallen`: by link, whether it did
    (`workflow.deadlines.waiting`).
    """

    def __init__(self, case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date) -> None:
        self.case = with_answers(case, procedure)
        self.procedure = procedure
        self.calendar = calendar
        self.today = today
        # Most cases have nothing a term could be left without: then no chain of anchors is looked into.
        lapsed = any(fact in self.case.facts for fact in procedure.lapse_facts)
        self.may_fall = bool(case.exempted) or lapsed
        self._links: dict[str, Link] = {}
        self.fallen: dict[str, bool] = {}

    def links(self) -> list[Link]:
        """Return all links, in the order of the procedure."""
        return [link for obligation in self.procedure.obligations for link in self.links_of(obligation)]

    def expected(self, fact: str, span: PeriodSpan | None = None) -> AnchorDate:
        """Return the day of a fact (a recurring one needs `span`): happened, planned, derived from its own due
        date, or none. What is fulfilled by itself happens on its plan or due date.
        """
        obligation = self.procedure.by_id[fact]
        name = obligation.name_in(span)
        if name in self.case.facts:
            recorded = self.case.facts[name]
            return AnchorDate(recorded.on, "happened")
        if name in self.case.planned:
            return AnchorDate(self.case.planned[name], "happened" if obligation.by_itself else "planned")
        if obligation.recurs and not span:
            return _NEVER
        if obligation.when is not None and not is_branch_open(self.case, self.procedure, obligation, span):
            return _NEVER
        link = self.link(obligation, span)
        due = link.counted.due
        if due is None and obligation.by_itself and obligation.recurs and span:
            return AnchorDate(span.last, "happened")
        if due is None:
            return _NEVER
        if obligation.by_itself:
            # The day comes whether anybody does anything or not: it is as sure as what it counts from.
            return AnchorDate(due, link.anchor.state if link.anchor.on else "happened")
        return AnchorDate(due, "derived")

    def fulfilling_fact(self, link: Link) -> Fact | None:
        """Return the fact that fulfils a link, of several required in a period the one that completes the
        number; None while it is not fulfilled.
        """
        obligation = link.obligation
        if link.span is None:
            answer = obligation.answer(self.case.facts)
            return self.case.facts.get(answer.fact if answer else obligation.id)
        term = obligation.term
        if not obligation.several and not isinstance(term, PerPeriod):
            return self.case.facts.get(link.id)
        facts = self.case.occurrences(link.id)
        enough = term.count if isinstance(term, PerPeriod) else 1
        return facts[enough - 1] if len(facts) >= enough else None

    def counted_links(self) -> tuple[Link, ...]:
        """Return every link counted so far: those requested, and their anchors."""
        return tuple(self._links.values())

    def links_of(self, obligation: Obligation) -> Iterator[Link]:
        """Yield the obligation's one link, or one for each period: an empty one while no day is known from
        which its periods begin, none for periods without a target.
        """
        recurs = obligation.recurs
        if recurs is None:
            yield self.link(obligation, None)
            return
        since = self.expected(recurs.since).on
        if since is None:
            yield Link(obligation.id, obligation, None, _NEVER, _NOTHING, "confirmed", beyond=False)
            return
        term = obligation.term
        for span in periods(recurs.every, after=since, until=months_later(since, 12 * recurs.years)):
            if not isinstance(term, Target) or term.of(span.last.year):
                yield self.link(obligation, span)

    def link(self, obligation: Obligation, span: PeriodSpan | None) -> Link:
        """Return the link of an obligation (of a period, when it recurs), counted once: without an act that
        became known after the due date it brings forward.
        """
        span = span if obligation.recurs else None
        name = obligation.name_in(span)
        if name not in self._links:
            self._links[name] = self._before_late_entry(self._counted(name, obligation, span))
        return self._links[name]

    def _before_late_entry(self, link: Link) -> Link:
        """Return the link as it was counted before an act that became known after the due date it brings
        forward; else the link.
        """
        entry = entry_known_too_late(self.calendar, link.counted, today=self.today)
        if entry is None or link.counted.due is None or link.obligation.by_itself:
            return link
        known_then = self.calendar.as_known(link.counted.due)
        before = DueDateResolver(self.case, self.procedure, known_then, today=self.today)
        earlier = before.link(self.procedure.by_id[link.obligation.id], link.span)
        counted = before_entry(link.counted, earlier.counted, entry)
        return link if counted is link.counted else earlier._replace(counted=counted)

    def _counted(self, name: str, obligation: Obligation, span: PeriodSpan | None) -> Link:
        """Return the link of an obligation (in a period) counted from its anchor, before any act that came too
        late.
        """
        if obligation.recurs and span and isinstance(obligation.term, OF_THE_PERIOD):
            anchor = self.expected(obligation.recurs.since)
            start: date | None = span.last
        elif obligation.since:
            anchor = self.expected(obligation.since, span)
            start = anchor.on
        else:
            anchor, start = _NEVER, None
        try:
            # A day that comes by itself is no deadline, to be moved off a day off.
            counted_term = count(obligation.term, start, self.calendar, rolls=not obligation.by_itself)
            counted_term, beyond = as_right(counted_term) if obligation.is_right else counted_term, False
        except OutOfRange:
            counted_term, beyond = _NOTHING, True
        knowledge: Knowledge = "confirmed"
        if counted_term.first is not None and counted_term.last is not None:
            knowledge = self.calendar.knowledge(counted_term.first, counted_term.last)
        if anchor.state == "derived" and obligation.since:
            derived_from = self.link(self.procedure.by_id[obligation.since], span)
            if derived_from.knowledge == "provisional":
                knowledge = "provisional"
        return Link(name, obligation, span, anchor, counted_term, knowledge, beyond)
