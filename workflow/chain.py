"""The chain of a case: every obligation's deadline from facts, plan dates, the edition and the calendar.

For an anchor counts: the fact; else the latest plan date; else the anchor's own due date ("if done on
its last day"). Everything is computed afresh; nothing is remembered between two questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from calendars.calendar import Calendar
from calendars.counting import Counted, count
from calendars.explanation import Element
from calendars.terms import DayAfterPeriod, Duration, Embargo, PerPeriod, Quota
from workflow.case import Case, Fact
from workflow.deadline import AnchorState, Deadline, Knowledge, State, Status
from workflow.periods import Span, periods, years_later
from workflow.procedure import Obligation, Procedure

_OF_THE_PERIOD = (DayAfterPeriod, PerPeriod, Quota)
_NOTHING = Counted(due=None, safe_by=None, opens=None, first=None, last=None, elements=())


@dataclass(frozen=True, slots=True)
class Expected:
    """The day a fact is counted from, and how sure it is."""

    on: date | None
    state: AnchorState


@dataclass(frozen=True, slots=True)
class _Link:
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


def deadlines(case: Case, procedure: Procedure, calendar: Calendar, *, today: date) -> tuple[Deadline, ...]:
    """Every deadline of the case, in the order of the procedure, each with its explanation.

    `today` (local date) decides one thing only: whether the period of a recurring obligation has begun.
    """
    chain = _Chain(case, procedure, calendar)
    return tuple(_deadlines(chain, chain.links(), today=today))


def deadline(
    case: Case, procedure: Procedure, calendar: Calendar, obligation: str, *, today: date
) -> Deadline | None:
    """One deadline of the case by its id, at the cost of its own anchors; None when the case has none of it."""
    chain = _Chain(case, procedure, calendar)
    asked = procedure.by_id.get(obligation.partition(".")[0])
    if asked is None:
        return None
    links = [link for link in chain.links_of(asked) if link.id == obligation]
    return next(_deadlines(chain, links, today=today), None)


def _deadlines(chain: _Chain, links: list[_Link], *, today: date) -> Iterator[Deadline]:
    ranges = _ranges(chain, links)
    versions = {"calendar": chain.calendar.version, "edition": chain.procedure.edition}
    for link in links:
        due = link.counted.due
        earliest, latest = ranges.get(link.id, (due, due))
        yield _deadline(chain, link, earliest=earliest, latest=latest, versions=versions, today=today)


def judged_on(obligation: Obligation, fact: Fact) -> date:
    """The day a term is judged by: the last required publication where the law names one, else the fact's.

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


class _Chain:
    """One walk over the anchors of a case; remembers what it has counted while it lasts."""

    def __init__(self, case: Case, procedure: Procedure, calendar: Calendar) -> None:
        self.case = case
        self.procedure = procedure
        self.calendar = calendar
        self._links: dict[str, _Link] = {}

    def links(self) -> list[_Link]:
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
        due = self._link(obligation, span if obligation.recurs else None).counted.due
        return Expected(due, "derived" if due else "none")

    def links_of(self, obligation: Obligation) -> Iterator[_Link]:
        recurs = obligation.recurs
        if recurs is None:
            yield self._link(obligation, None)
            return
        since = self.expected(recurs.since).on
        if since is None:
            yield _Link(obligation, None, Expected(None, "none"), _NOTHING, "confirmed", beyond=False)
            return
        for span in periods(recurs.every, after=since, until=years_later(since, recurs.years)):
            yield self._link(obligation, span)

    def _link(self, obligation: Obligation, span: Span | None) -> _Link:
        name = f"{obligation.id}.{span.name}" if span else obligation.id
        if name not in self._links:
            self._links[name] = self._counted(obligation, span)
        return self._links[name]

    def _counted(self, obligation: Obligation, span: Span | None) -> _Link:
        if obligation.recurs and span and isinstance(obligation.term, _OF_THE_PERIOD):
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
            derived_from = self._link(
                self.procedure.by_id[obligation.since], self._period_for(obligation, span)
            )
            if derived_from.knowledge == "provisional":
                knowledge = "provisional"
        return _Link(obligation, span, anchor, counted, knowledge, beyond)

    def _period_for(self, obligation: Obligation, span: Span | None) -> Span | None:
        assert obligation.since is not None
        return span if self.procedure.by_id[obligation.since].recurs else None


def _ranges(chain: _Chain, links: list[_Link]) -> dict[str, tuple[date | None, date | None]]:
    """Earliest and latest due date by id, over the calendars in which a religious day moved by one day."""
    spans = [
        (link.counted.first, link.counted.last) for link in links if link.counted.first and link.counted.last
    ]
    calendar = chain.calendar
    touched = [span for span in spans if calendar.uncertain(*span)]
    if not touched:
        return {}
    variants = calendar.variants(min(first for first, _ in touched), max(last for _, last in touched))
    dues: dict[str, list[date]] = {link.id: [link.counted.due] for link in links if link.counted.due}
    for variant in variants:
        for link in _Chain(chain.case, chain.procedure, variant).links():
            if link.id in dues and link.counted.due:
                dues[link.id].append(link.counted.due)
    return {name: (min(days), max(days)) for name, days in dues.items()}


def _deadline(
    chain: _Chain,
    link: _Link,
    *,
    earliest: date | None,
    latest: date | None,
    versions: dict[str, str],
    today: date,
) -> Deadline:
    obligation, case, due = link.obligation, chain.case, link.counted.due
    fact = case.facts.get(link.id)
    judged = judged_on(obligation, fact) if fact else None
    knowledge: Knowledge = "provisional" if earliest != latest else link.knowledge
    return Deadline(
        id=link.id,
        obligation=obligation,
        period=link.span.name if link.span else None,
        due=due,
        earliest=earliest,
        latest=latest,
        safe_by=link.counted.safe_by,
        opens=_latest(chain, obligation.after, link.counted.opens),
        opens_in_practice=_latest(chain, obligation.after_by_practice),
        anchor=link.anchor.state,
        anchor_fact=_anchor_fact(link),
        anchor_on=link.anchor.on,
        calendar=knowledge,
        status=_status(link.anchor.state, knowledge),
        state=_state(case, link, today=today),
        planned_on=case.planned.get(link.id),
        done_on=judged,
        recorded_on=fact.on if fact else None,
        late_by=late_by(due, judged, chain.calendar),
        explanation=tuple(_explanation(chain, link, judged)),
        span_first=link.counted.first,
        span_last=link.counted.last,
        versions=versions,
    )


def late_by(due: date | None, on: date | None, calendar: Calendar) -> int | None:
    """Working days d with due < d <= on; None when there is no due date or it is not late."""
    if due is None or on is None or on <= due:
        return None
    return calendar.count(date.fromordinal(due.toordinal() + 1), on)


def _latest(chain: _Chain, facts: tuple[str, ...], opens: date | None = None) -> date | None:
    """The first day it can be done: after what must come before it, and after an embargo."""
    days = [day for day in (*(chain.expected(fact).on for fact in facts), opens) if day is not None]
    return max(days, default=None)


def _anchor_fact(link: _Link) -> str | None:
    if link.obligation.recurs and isinstance(link.obligation.term, _OF_THE_PERIOD):
        return link.obligation.recurs.since
    return link.obligation.since


def _status(anchor: AnchorState, knowledge: Knowledge) -> Status:
    if anchor != "happened":
        return "planned"
    return "provisional" if knowledge == "provisional" else "firm"


def _state(case: Case, link: _Link, *, today: date) -> State:
    obligation = link.obligation
    if link.id in case.facts:
        return "done"
    if case.standing != "active" or obligation.id in case.exempted or link.id in case.exempted:
        return "not_required"
    if obligation.occasional and link.id not in case.planned:
        return "not_required"
    if obligation.lapses_with and obligation.lapses_with in case.facts:
        return "missed"
    if obligation.recurs and (link.span is None or today < link.span.first):
        return "not_due_yet"
    return "open"


def _explanation(chain: _Chain, link: _Link, judged: date | None) -> Iterator[Element]:
    obligation, procedure = link.obligation, chain.procedure
    act = procedure.acts[obligation.act]
    due = link.counted.due
    if due is None:
        yield Element(code="due_none", arguments={"title": obligation.title})
    else:
        yield Element(code="due_by", arguments={"title": obligation.title, "on": due}, on=due)
    basis = {"act": act.short, "paragraph": obligation.paragraph}
    yield Element(code="basis", arguments=basis, act=act.id)
    if obligation.assumed:
        yield Element(code="assumed", arguments={"act": act.short}, act=act.id)
    if obligation.force != "obligatory":
        yield Element(code=obligation.force)
    if link.span is not None:
        yield Element(
            code="period", arguments={"period": link.span.name, "last": link.span.last}, on=link.span.last
        )
    if obligation.since and (link.anchor.on or not isinstance(obligation.term, Embargo)):
        yield _anchor(chain, link)
    if link.beyond:
        yield Element(code="beyond_horizon", arguments={"on": chain.calendar.last}, on=chain.calendar.last)
    yield from link.counted.elements
    fact = chain.case.facts.get(link.id)
    if fact and judged != fact.on:
        yield Element(
            code="judged_published",
            arguments={"title": obligation.title, "on": judged, "recorded": fact.on},
            on=judged,
        )
    if obligation.note:
        yield Element(code="note", arguments={"text": obligation.note})


def _anchor(chain: _Chain, link: _Link) -> Element:
    assert link.obligation.since is not None
    title = chain.procedure.by_id[link.obligation.since].title
    if link.anchor.on is None:
        return Element(code="anchor_none", arguments={"title": title})
    return Element(
        code=f"anchor_{link.anchor.state}",
        arguments={
            "title": title,
            "on": link.anchor.on,
            "counted": isinstance(link.obligation.term, Duration),
        },
        on=link.anchor.on,
    )
