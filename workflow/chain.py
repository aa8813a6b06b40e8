"""The chain of a case: every obligation's deadline from facts, plan dates, the edition and the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from calendars.calendar import Calendar
from workflow.case import Case, Fact
from workflow.deadline import AnchorState, Deadline, Knowledge, State, Status
from workflow.explaining import explanation
from workflow.links import Chain, Link
from workflow.procedure import Obligation, Procedure


def deadlines(
    case: Case, procedure: Procedure, calendar: Calendar, *, today: date, bare: bool = False
) -> tuple[Deadline, ...]:
    """Every deadline of the case, in the order of the procedure, each with its explanation.

    Args:
        today: local date; it decides only whether the period of a recurring obligation has begun.
        bare: without explanations and windows: all that a row of the board needs, at half the cost.
    """
    chain = Chain(case, procedure, calendar)
    return tuple(_deadlines(chain, chain.links(), today=today, bare=bare))


def deadline(
    case: Case, procedure: Procedure, calendar: Calendar, obligation: str, *, today: date
) -> Deadline | None:
    """One deadline of the case by its id, at the cost of its own anchors; None when the case has none of it."""
    chain = Chain(case, procedure, calendar)
    asked = procedure.by_id.get(obligation.partition(".")[0])
    if asked is None:
        return None
    links = [link for link in chain.links_of(asked) if link.id == obligation]
    return next(_deadlines(chain, links, today=today), None)


def _deadlines(chain: Chain, links: list[Link], *, today: date, bare: bool = False) -> Iterator[Deadline]:
    ranges = _ranges(chain, links)
    versions = {"calendar": chain.calendar.version, "edition": chain.procedure.edition}
    for link in links:
        due = link.counted.due
        earliest, latest = ranges.get(link.id, (due, due))
        yield _deadline(
            chain, link, earliest=earliest, latest=latest, versions=versions, today=today, bare=bare
        )


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


def _ranges(chain: Chain, links: list[Link]) -> dict[str, tuple[date | None, date | None]]:
    """Earliest and latest due date by id, over the calendars in which a religious day moved by one day."""
    spans = [
        (link.counted.first, link.counted.last)
        for link in chain.walked()
        if link.counted.first and link.counted.last
    ]
    calendar = chain.calendar
    touched = [span for span in spans if calendar.uncertain(*span)]
    if not touched:
        return {}
    variants = calendar.variants(min(first for first, _ in touched), max(last for _, last in touched))
    dues: dict[str, list[date]] = {link.id: [link.counted.due] for link in links if link.counted.due}
    for variant in variants:
        moved = Chain(chain.case, chain.procedure, variant)
        for link in links:
            due = moved.link(link.obligation, link.span).counted.due
            if link.id in dues and due:
                dues[link.id].append(due)
    return {name: (min(days), max(days)) for name, days in dues.items()}


def _deadline(
    chain: Chain,
    link: Link,
    *,
    earliest: date | None,
    latest: date | None,
    versions: dict[str, str],
    today: date,
    bare: bool,
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
        opens=None if bare else _latest(chain, obligation.after, link.counted.opens),
        opens_in_practice=None if bare else _latest(chain, obligation.after_by_practice),
        anchor=link.anchor.state,
        anchor_fact=link.anchor_fact,
        anchor_on=link.anchor.on,
        calendar=knowledge,
        status=_status(link.anchor.state, knowledge),
        state=_state(case, link, today=today),
        planned_on=case.planned.get(link.id),
        done_on=judged,
        recorded_on=fact.on if fact else None,
        late_by=late_by(due, judged, chain.calendar),
        explanation=() if bare else tuple(explanation(chain, link, judged)),
        span_first=link.counted.first,
        span_last=link.counted.last,
        versions=versions,
    )


def late_by(due: date | None, on: date | None, calendar: Calendar) -> int | None:
    """Working days d with due < d <= on; None when there is no due date or it is not late."""
    if due is None or on is None or on <= due:
        return None
    return calendar.count(date.fromordinal(due.toordinal() + 1), on)


def _latest(chain: Chain, facts: tuple[str, ...], opens: date | None = None) -> date | None:
    """The first day it can be done: after what must come before it, and after an embargo."""
    days = [day for day in (*(chain.expected(fact).on for fact in facts), opens) if day is not None]
    return max(days, default=None)


def _status(anchor: AnchorState, knowledge: Knowledge) -> Status:
    if anchor != "happened":
        return "planned"
    return "provisional" if knowledge == "provisional" else "firm"


def _state(case: Case, link: Link, *, today: date) -> State:
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
