"""The explanation of a deadline as codes with arguments: its anchor, the days counted, its term, the act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from calendars import terms
from calendars.terms import Element
from workflow.cases.case import exemption_of
from workflow.deadlines.chain import Link
from workflow.deadlines.deadline import Deadline, holds_on, is_before_records
from workflow.law.procedure import Obligation, Procedure


def explanation(link: Link, judged: date | None, taken_up: date | None) -> Iterator[Element]:
    """Yield the elements for one link: due date, basis, force, period, anchor, days counted, day judged.
    `judged`: the day it is judged by; `taken_up`: as of the deadline (`Deadline.taken_up_on`).
    """
    chain, obligation, span = link.chain, link.obligation, link.span
    if (exemption := exemption_of(chain.case, link.id)) is not None:
        yield Element(code="exempted", arguments=exemption._asdict() | {"on": exemption.on}, on=exemption.on)
    yield from due_elements(obligation, link.counted.due or link.counted.closes)
    yield from _basis(chain.procedure, obligation)
    if span is not None:
        arguments = {"period": span.name, "first": span.first, "last": span.last}
        yield Element(code="period", arguments=arguments, on=span.last)
    yield from _anchor(link)
    if obligation.when is not None and not chain.is_branch_open(obligation, span):
        yield Element(code="branch_waits", arguments={"title": chain.procedure.by_id[obligation.when].title})
    if link.is_beyond:
        yield Element(code="beyond_horizon", arguments={"on": chain.calendar.last}, on=chain.calendar.last)
    yield from link.counted.elements
    if obligation.signed_by is not None and (may := obligation.signed_by.of(chain.case.kind)):
        yield Element(code="signed_by", arguments={"duties": may})
    yield from _bodies(chain.procedure, obligation)
    yield from _in_this_case(link, judged, taken_up)
    if obligation.note:
        yield Element(code="note", arguments={"text": obligation.note})


def due_elements(obligation: Obligation, due: date | None) -> Iterator[Element]:
    """Yield the answers of a decision, the last day of a duty or right, or that neither is there."""
    title = obligation.title
    if answers := tuple(option.title for option in obligation.options):
        yield Element(code="answers", arguments={"title": title, "answers": answers})
    elif due is None:
        yield Element(code="due_none", arguments={"title": title})
    if due is not None:
        code = "comes_on" if obligation.by_itself else "due_by"
        yield Element(code=code, arguments={"title": title, "on": due}, on=due)


def _basis(procedure: Procedure, obligation: Obligation) -> Iterator[Element]:
    """Yield act and paragraph, whether the term is assumed or practice, and its force."""
    act = procedure.acts[obligation.act]
    yield Element(code="basis", arguments={"act": act.short, "paragraph": obligation.paragraph}, act=act.id)
    if obligation.assumed:
        yield Element(code="assumed", arguments={"act": act.short}, act=act.id)
    if obligation.practice:
        yield Element(code="practice")
    if obligation.force != "obligatory":
        yield Element(code=obligation.force)


def _anchor(link: Link) -> Iterator[Element]:
    """Yield the element about the day a term counts from; none if it needs none or an embargo has not begun."""
    since, on, term = link.obligation.since, link.anchor.on, link.obligation.term
    if since is None or (on is None and isinstance(term, terms.Embargo)):
        return
    code = "anchor_none" if on is None else f"anchor_{link.anchor.state}"
    arguments: dict[str, object] = {"title": link.chain.procedure.by_id[since].title}
    if on is not None:
        arguments["on"] = on
        if isinstance(term, terms.YearlyDate | terms.Before | terms.AtOnce):
            code += "_moment"  # no days are counted from it: whether that day counts means nothing
        else:
            arguments["counted"] = isinstance(term, terms.Duration)
    yield Element(code=code, arguments=arguments, on=on)


def _bodies(procedure: Procedure, obligation: Obligation) -> Iterator[Element]:
    """Yield the bodies responsible by the act and those only by agreement; successors of abolished ones."""
    bodies = [procedure.bodies[body_id] for body_id in obligation.bodies]
    by_agreement = [body for body in bodies if body.once_planned and not body.kinds]
    named = [body for body in bodies if body not in by_agreement]
    for code, group in (("bodies", named), ("bodies_by_agreement", by_agreement)):
        if group:
            yield Element(code=code, arguments={"bodies": tuple(body.short for body in group)})
    for body in bodies:
        if body.abolished_on is not None:
            after = tuple(procedure.bodies[successor].title for successor in body.successors)
            arguments = {"body": body.short, "on": body.abolished_on, "successors": after}
            yield Element(code="body_succeeded", arguments=arguments, on=body.abolished_on)


def _in_this_case(link: Link, judged: date | None, taken_up: date | None) -> Iterator[Element]:
    """Yield what only this case makes of the date: taken up late, before its records, judged by publication."""
    case, due, fact = link.chain.case, link.counted.due, link.fact
    if taken_up:
        yield Element(code="taken_up_after", arguments={"due": due, "on": taken_up}, on=taken_up)
    if fact is not None:
        if judged != fact.on:
            arguments = {"title": link.obligation.title, "on": judged, "recorded": fact.on}
            yield Element(code="judged_published", arguments=arguments, on=judged)
    elif is_before_records(case, due):
        yield Element(code="due_before_records", arguments={"on": case.kept_from}, on=case.kept_from)
    elif due and not taken_up and link.anchor.state in ("happened", "none") and not link.obligation.by_itself:
        opened_on = case.opened_on or due
        if due < opened_on:
            yield Element(code="due_before_opening", arguments={"on": opened_on}, on=opened_on)


def awaited_elements(deadline: Deadline, procedure: Procedure, *, today: date) -> tuple[Element, ...]:
    """Return the elements that say what a deadline waits for, its planned or derived day, and whether the due
    date counted from it is still valid on `today`; none if it waits for nothing.

    A term that counts back from a day ahead does not wait for that day.
    """
    if deadline.waiting_for is None:
        return ()
    if deadline.due and deadline.anchor_on and deadline.due < deadline.anchor_on and holds_on(deadline, today):
        return ()
    fact, due = deadline.waiting_for.partition(".")[0], deadline.due
    arguments: dict[str, object] = {"title": procedure.by_id[fact].title}
    on = deadline.anchor_on if deadline.anchor_fact == fact else None
    kind = deadline.anchor if on is not None and deadline.anchor in ("planned", "derived") else "none"
    if kind != "none":
        arguments["on"] = on
    elements = [Element(code=f"waits.{kind}", arguments=arguments, on=on)]
    if due is not None and not holds_on(deadline, today):
        # A day that still lies ahead is out of date by what was to come before it.
        code = "waits.stale" if on is not None and on < today else "waits.stale_plan"
        elements.append(Element(code=code, arguments={"due": due}, on=due))
    return tuple(elements)


ANY_YEAR = 2001
"""A year for formatting a day and month as a date; the sentence does not show it."""


def rule_parts(obligation: Obligation, procedure: Procedure) -> Iterator[Element]:
    """Yield the parts of an obligation's rule: its term, how it recurs, on which condition; of a day that comes
    by itself, which nobody has to do anything for, that alone.
    """
    if obligation.by_itself:
        yield Element(code="term.by_itself")
        return
    if obligation.is_right:
        yield Element(code="term.right")
    since = procedure.by_id[obligation.since].title if obligation.since else None
    code, arguments = _term(obligation.term)
    yield Element(code=f"term.{code}", arguments={**arguments, "since": since} if since else arguments)
    if obligation.recurs and not isinstance(obligation.term, terms.PerPeriod | terms.Quota | terms.Target):
        yield Element(code=f"term.every.{obligation.recurs.every}")
    if obligation.when:
        yield Element(code="term.when", arguments={"fact": procedure.by_id[obligation.when].title})
    elif obligation.occasional:
        yield Element(code="term.occasional")


_WITHOUT_NUMBER: Mapping[type[terms.Term], str] = {
    terms.Before: "before",
    terms.AtOnce: "at_once",
    terms.OngoingDuty: "standing",
    terms.WithoutTerm: "none",
}
"""The codes of terms without number and day."""


def _term(term: terms.Term) -> tuple[str, dict[str, object]]:
    """Return code and arguments of a term."""
    match term:
        case terms.After(count):
            return term.code, {"count": abs(count)}
        case terms.Duration(count):
            return "at_most", {"count": count}
        case terms.Embargo(years):
            return "embargo", {"count": years}
        case terms.YearlyDate(month, day, years):
            return "by.next_year" if years else "by", {"on": date(ANY_YEAR, month, day)}
        case terms.DayAfterPeriod(day):
            return "day_of_month", {"day": day}
        case terms.InPeriod():
            code, numbers, _ = term.parts()
            return code, numbers
        case terms.OnDate(on):
            return "on", {"on": on}
        case terms.PerPeriod(count, period):
            return "at_least", {"count": count, "period": period}
        case terms.Quota(share, of, period):
            return "share", {"share": share, "of": of, "period": period}
        case terms.Target(years, better):
            return f"target.{better}", {"figures": years}
    return _WITHOUT_NUMBER[type(term)], {}
