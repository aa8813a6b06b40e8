"""Deadlines of a case's rows: measures by the terms of their plan, requests to a higher body, assignments.

Their due dates come from the words of the plan and not from the law, and each says so in its explanation. A
term without a day gives no due date but a finding (workflow/findings/of_risks.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from calendars import OutOfRange
from calendars.counting import CountedTerm, count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Element, OnDate, PeriodSpan, YearlyDate, months_later, periods
from workflow.cases.case import Case, Fact, State
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.rows import (
    MeasureTerm,
    RowOfCase,
    is_entry,
    number_of,
    review_of,
    row_kind,
    rows_of,
)
from workflow.deadlines.chain import CaseChain, Waiting, before_entry, entry_known_too_late
from workflow.deadlines.deadline import AnchorDate, Deadline, knowledge_of
from workflow.deadlines.explanations import due_elements
from workflow.law.library import ALONE
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.law.terms import AnchoredTerm

_DUTIES = {"measure": "object_unit", "request": "authorised_person", "assignment": "officer"}
"""The duty responsible for a measure, request or assignment that names nobody."""
APPROVED, NOTED = "plan_approved", "note_signed"
_TERMED = frozenset({"measure_set", "request_sent", "assignment_given"})


class _Asked(NamedTuple):
    """What a row asks, of one period where it recurs, and what became of that.

    Attributes:
        about: arguments of the sentence that says what it rests on.
        sent_on: the local date a request was sent on, from which its term counts if it names no other day.
        done_on: the day it was done; settled_on: of a review or removal that names no such day, its own.
    """

    obligation: Obligation
    term: MeasureTerm
    about: Mapping[str, object]
    span: PeriodSpan | None = None
    sent_on: date | None = None
    state: State = "open"
    done_on: date | None = None
    settled_on: date | None = None


class RowLink:
    """What a row asks, of one period where it recurs, counted by the words of its plan: a link of its case as
    those of the law (`workflow.deadlines.chain.Link`).
    """

    def __init__(self, chain: CaseChain, asked: _Asked) -> None:
        term, span = asked.term, asked.span
        self.chain, self.asked, self.obligation, self.span = chain, asked, asked.obligation, span
        self.id = f"{asked.obligation.id}.{span.name}" if span else asked.obligation.id
        self.anchor = _anchor(chain.case, asked)
        self.anchor_fact = self.anchor.fact
        start = term.since or self.anchor.on if term.every is None else span.last if span else None
        self.counted = _counted(asked, start, chain.calendar, chain.today)
        self.knowledge = knowledge_of(self.counted, chain.calendar)
        due, settled_on, done_on = self.counted.due, asked.settled_on, asked.done_on
        if done_on is None and settled_on and (due is None or settled_on <= due):
            # Settled after the due date, it was not necessarily done late.
            done_on = settled_on
        self.fact = Fact(name=self.id, on=done_on) if done_on else None

    def judged_on(self) -> date | None:
        """Return the day it was done; None where none is known."""
        return self.fact.on if self.fact else None

    def state(self) -> State:
        """Return its state; unless it is done, it is not required in a case that is not active."""
        state = self.asked.state
        return state if state == "done" or self.chain.case.status == "active" else "not_required"

    def waiting(self) -> Waiting | None:
        """Return what it waits for: a number of days counts from the approval of the plan; until that happens
        the planned date is used.
        """
        anchor, due = self.anchor, self.counted.due
        if anchor.state != "planned" or anchor.fact is None or due is None:
            return None
        return Waiting(anchor.fact, min(filter(None, (anchor.on, due))))

    def explanation(self) -> Iterator[Element]:
        """Yield its elements: due date, the plan's words, anchor, days counted."""
        term, due, kind = self.asked.term, self.counted.due, row_kind(self.id)
        yield from due_elements(self.obligation, due)
        if term.written or kind != "measure":
            yield Element(code=f"risk.basis_{kind}", arguments={**self.asked.about, "written": term.written})
        if term.day_in_doubt:
            yield Element(code="risk.until", arguments={"on": due}, on=due)
        if term.since is not None:
            yield Element(code="risk.since_named", arguments={"on": term.since}, on=term.since)
        if self.anchor.fact is not None:
            code = "risk.since_approval" if self.anchor.fact == APPROVED else "risk.since_note"
            yield Element(code=code, arguments={"on": self.anchor.on}, on=self.anchor.on)
        if term.dateless:
            yield Element(code=f"risk.dateless.{term.reading}")
        else:
            yield from self.counted.elements


def row_links(chain: CaseChain) -> Iterator[RowLink]:
    """Yield the links of a case's measures, then requests, then assignments, each by number."""
    if any(event.kind in _TERMED for event in chain.case.entries):
        asked_of_rows = _asked_of_rows(chain.case, chain.procedure, chain.today)
        yield from (RowLink(chain, asked) for asked in asked_of_rows)


def entry_obligation(case: Case, procedure: Procedure, name: str) -> Obligation:
    """Return the obligation with that id, of the procedure or of the case's registers, including withdrawn
    rows.

    Raises KeyError for an unknown id.
    """
    if not is_entry(name):
        return procedure.by_id.get(name) or procedure.by_id[name.partition(".")[0].partition("#")[0]]
    number, kind = number_of(name), row_kind(name)
    id = f"{kind}.{number}"
    # Read by its number alone: what all rows ask is too much for one of them, asked for each.
    if kind == "assignment" and (assignment := assignments(case).get(number)):
        return _asking(procedure, id, assignment.text, MeasureTerm())
    risk = rows_of(case, "risk").get(number) if kind == "request" else None
    if request := risk and risk.last("request_sent"):
        return _asking(procedure, id, request["asked"], request.term)
    if kind == "measure" and (measure := rows_of(case, "measure").get(number)):
        return _asking(procedure, id, measure["action"], measure.term)
    withdrawal = case.withdrawn.get(id) or case.withdrawn[f"risk.{number}" if kind == "request" else id]
    return _asking(procedure, id, withdrawal.title, MeasureTerm())


def withdrawn_deadline(case: Case, procedure: Procedure, name: str, *, due: date) -> Deadline | None:
    """Return the deadline of a register row, no longer required, with this due date; None for an obligation of
    the procedure and for a row the case never had.
    """
    if not is_entry(name):
        return None
    try:
        obligation = entry_obligation(case, procedure, name)
    except KeyError:
        return None
    return Deadline(
        id=name, obligation=obligation, due=due, earliest=due, latest=due, anchor="none", state="not_required"
    )


def _asking(procedure: Procedure, id: str, title: str, term: MeasureTerm) -> Obligation:
    """Return the obligation a row makes: with this title and term, in the stage of monitoring."""
    stages = [stage.id for stage in procedure.stages]
    return Obligation.model_construct(
        id=id,
        stage="monitoring" if "monitoring" in stages else stages[-1],
        title=Text(title, title, title),
        anchored=AnchoredTerm(term.term),
        act="",
        paragraph="",
        force="obligatory",
        duty=_DUTIES[id.partition(".")[0]],
        # Given alone it is all that its case is about.
        blocking=procedure.id == ALONE.id,
    )


def _asked_of_rows(case: Case, procedure: Procedure, today: date) -> Iterator[_Asked]:
    """Yield what measures ask, then requests, then assignments."""
    risks = rows_of(case, "risk")
    for measure in rows_of(case, "measure").values():
        obligation = _asking(procedure, f"measure.{measure.number}", measure["action"], measure.term)
        asked = _Asked(obligation, measure.term, {"risk": measure["risk"]})
        for span in _spans(measure.term, _plan_day(case).on):
            yield _reviewed(asked._replace(span=span), measure, risks.get(measure["risk"]), today)
    for risk in risks.values():
        if request := risk.last("request_sent"):
            obligation = _asking(procedure, f"request.{risk.number}", request["asked"], request.term)
            about = {"risk": risk.number, "body": request["body"], "on": request.on}
            asked = _Asked(obligation, request.term, about, sent_on=request.on)
            answer = risk.last("request_answered")
            yield asked._replace(state="done", done_on=answer.on) if answer else asked
    for assignment in assignments(case).values():
        term = MeasureTerm(term=OnDate(assignment.until), reading="date")
        obligation = _asking(procedure, f"assignment.{assignment.number}", assignment.text, term)
        state: State = "done" if assignment.answered_on else "not_required" if assignment.refused else "open"
        about = {"on": assignment.given_on, "until": assignment.until}
        yield _Asked(obligation, term, about, state=state, done_on=assignment.answered_on)


def _spans(term: MeasureTerm, since: date | None) -> Iterator[PeriodSpan | None]:
    """Yield one span for each period of the year of monitoring, for a day of every year the first one alone;
    one None where nothing recurs, or the year has no first day yet. `since`: the day (local date) the year of
    monitoring begins after.
    """
    if term.every is None or since is None:
        yield None
    elif isinstance(term.term, YearlyDate):
        year = since.year + (date(since.year, term.term.month, term.term.day) <= since)
        yield from periods("year", after=date(year - 1, 12, 31), until=date(year, 12, 31))
    else:
        yield from periods(term.every, after=since, until=months_later(since, 12))


def _reviewed(asked: _Asked, measure: RowOfCase, risk: RowOfCase | None, today: date) -> _Asked:
    """Return what a measure asks with its outcome: its last review of the period, else its risk removed."""
    span, removal = asked.span, risk.last("risk_removed") if risk else None
    review = review_of(measure, span.name if span else "")
    if review is not None and review["outcome"] == "executed":
        return asked._replace(state="done", done_on=review.day("done_on"), settled_on=review.on)
    if review is not None and review["outcome"] == "irrelevant":
        return asked._replace(state="not_required")
    if removal is not None:
        return asked._replace(state="done", settled_on=removal.on)
    return asked._replace(state="not_due_yet") if span and today < span.first else asked


def _anchor(case: Case, asked: _Asked) -> AnchorDate:
    """Return the anchor of what a row asks: the day its request was sent, or that its term names; else the
    plan's. A term that is no number of days, and does not recur, needs none.
    """
    term, named = asked.term, asked.sent_on or asked.term.since
    if asked.sent_on is None and term.reading != "after" and term.every is None:
        return AnchorDate(None, "happened")
    return AnchorDate(named, "happened") if named else _plan_day(case)


def _plan_day(case: Case) -> AnchorDate:
    """Return the anchor of numbers of days and of periods: approval of the plan, else signing of the note."""
    for fact in (APPROVED, NOTED):
        if fact in case.facts:
            return AnchorDate(case.facts[fact].on, "happened", fact)
    planned = next((fact for fact in (APPROVED, NOTED) if fact in case.planned), None)
    return AnchorDate(case.planned[planned], "planned", planned) if planned else AnchorDate(None, "none")


def _counted(asked: _Asked, start: date | None, calendar: Kazakhstan, today: date) -> CountedTerm:
    """Return the term of a row counted from a day, without an act that came too late for it; nothing counted
    where it ends beyond the calendar's records.
    """
    term = asked.term.term
    try:
        counted = count(term, start, calendar)
    except OutOfRange:
        return CountedTerm()
    if entry := entry_known_too_late(calendar, counted, today=today):
        counted = before_entry(counted, count(term, start, calendar.as_known(counted.due)), entry)
    if counted.due is not None and asked.term.day_in_doubt:
        return replace(counted, safe_by=counted.due - timedelta(days=1))
    return counted
