"""The links of a case's chain: each obligation, or each period of it, counted from its anchor.

For an anchor counts: the fact; else the latest plan date; else the anchor's own due date ("if done on
its last day"). Everything is counted afresh; nothing is remembered between two questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from calendars.calendar import Calendar
from calendars.counting import Counted, count
from calendars.terms import DayAfterPeriod, PerPeriod, Quota
from workflow.case import Case
from workflow.deadline import AnchorState, Knowledge
from workflow.periods import Span, periods, years_later
from workflow.procedure import Obligation, Procedure

OF_THE_PERIOD = (DayAfterPeriod, PerPeriod, Quota)
_NOTHING = Counted(due=None, safe_by=None, opens=None, first=None, last=None, elements=())


@dataclass(frozen=True, slots=True)
class Expected:
    """The day a fact is counted from, and how sure it is."""

    on: date | None
    state: AnchorState


@dataclass(frozen=True, slots=True)
class Link:
    """One obligation, or one period of it, counted."""

    obligation: Obligation
    span: Span | None
    anchor: Expected
    counted: Counted
    knowledge: Knowledge
    beyond: bool

    @property
    def id(self) -> str:
        return f"{self.obligation.id}.{self.span.name}" if self.span else self.obligation.id

    @property
    def anchor_fact(self) -> str | None:
        """The fact it counts from."""
        if self.obligation.recurs and isinstance(self.obligation.term, OF_THE_PERIOD):
            return self.obligation.recurs.since
        return self.obligation.since


class Chain:
    """One walk over the anchors of a case; remembers what it has counted while it lasts."""

    def __init__(self, case: Case, procedure: Procedure, calendar: Calendar) -> None:
        self.case = case
        self.procedure = procedure
        self.calendar = calendar
        self._links: dict[str, Link] = {}

    def links(self) -> list[Link]:
        """All links, in the order of the procedure."""
        return [link for obligation in self.procedure.obligations for link in self.links_of(obligation)]

    def expected(self, fact: str, span: Span | None = None) -> Expected:
        """The day of a fact: happened, planned, derived from its own due date, or none."""
        obligation = self.procedure.by_id[fact]
        name = f"{fact}.{span.name}" if span and obligation.recurs else fact
        if name in self.case.facts:
            return Expected(self.case.facts[name].on, "happened")
        if name in self.case.planned:
            return Expected(self.case.planned[name], "planned")
        if obligation.recurs and not span:
            return Expected(None, "none")
        due = self.link(obligation, span if obligation.recurs else None).counted.due
        return Expected(due, "derived" if due else "none")

    def walked(self) -> tuple[Link, ...]:
        """Every link counted so far: those asked for, and their anchors."""
        return tuple(self._links.values())

    def links_of(self, obligation: Obligation) -> Iterator[Link]:
        """The obligation's one link, or one for each period."""
        recurs = obligation.recurs
        if recurs is None:
            yield self.link(obligation, None)
            return
        since = self.expected(recurs.since).on
        if since is None:
            yield Link(obligation, None, Expected(None, "none"), _NOTHING, "confirmed", beyond=False)
            return
        for span in periods(recurs.every, after=since, until=years_later(since, recurs.years)):
            yield self.link(obligation, span)

    def link(self, obligation: Obligation, span: Span | None) -> Link:
        """The obligation counted, in the given period when it recurs."""
        name = f"{obligation.id}.{span.name}" if span else obligation.id
        if name not in self._links:
            self._links[name] = self._counted(obligation, span)
        return self._links[name]

    def _counted(self, obligation: Obligation, span: Span | None) -> Link:
        if obligation.recurs and span and isinstance(obligation.term, OF_THE_PERIOD):
            anchor = self.expected(obligation.recurs.since)
            start: date | None = span.last
        elif obligation.since:
            anchor = self.expected(obligation.since, span)
            start = anchor.on
        else:
            anchor, start = Expected(None, "none"), None
        try:
            counted, beyond = count(obligation.term, start, self.calendar), False
        except OutOfRange:
            counted, beyond = _NOTHING, True
        knowledge: Knowledge = "confirmed"
        if counted.first is not None and counted.last is not None:
            knowledge = self.calendar.knowledge(counted.first, counted.last)
        if anchor.state == "derived" and obligation.since:
            derived_from = self.link(self.procedure.by_id[obligation.since], self._period_for(obligation, span))
            if derived_from.knowledge == "provisional":
                knowledge = "provisional"
        return Link(obligation, span, anchor, counted, knowledge, beyond)

    def _period_for(self, obligation: Obligation, span: Span | None) -> Span | None:
        assert obligation.since is not None
        return span if self.procedure.by_id[obligation.since].recurs else None
