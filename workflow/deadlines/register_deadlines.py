"""Deadlines of a case's rows: measures by the terms of their plan, requests to a higher body, assignments.

Their due dates come from the words of the plan and not from the law, and each says so in its explanation. A
term without a day gives no due date but a finding (workflow/findings/of_risks.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from calendars import OutOfRange
from calendars.counting import CountedTerm, count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Element, OnDate, Term, YearlyDate, months_later
from workflow.cases.case import Case
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.entries import is_entry, number_of, row_kind
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.rows import RowOfCase, review_of, rows_of
from workflow.cases.states import AWAITED, State
from workflow.deadlines.deadline import AnchorDate, Deadline, knowledge_of, status_by
from workflow.deadlines.explanations import due_elements
from workflow.deadlines.late_entries import before_entry, entry_known_too_late
from workflow.deadlines.lateness import is_before_records, late_by
from workflow.law.library import ALONE
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.law.terms import AnchoredTerm
from workflow.periods import PeriodSpan, periods

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


def entry_deadlines(
    case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date, bare: bool = False
) -> tuple[Deadline, ...]:
    """Return the deadlines of a case's measures, then requests, then assignments, each by number.

    Args:
        today: local date; it decides whether the period of a recurring measure has begun, and which acts came
            too late for a due date.
        bare: without explanations.
    """
    if not any(event.kind in _TERMED for event in case.entries):
        return ()
    asked_of_rows = _asked_of_rows(case, procedure, today)
    return tuple(_deadline(case, asked, calendar, today, bare=bare) for asked in asked_of_rows)


def entry_obligation(case: Case, procedure: Procedure, name: str) -> Obligation:
    """Return the obligation with that id, of the procedure or of the case's registers, including withdrawn
    rows.

    Raises KeyError for an unknown id.
    """
    if not is_entry(name):
        return procedure.by_id.get(name) or procedure.by_id[name.partition(".")[0].partition("#")[0]]
    number, kind = number_of(name), row_kind(name)
    id = f"{kind}.{number}"
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
    one None where nothing recurs, the year has no first day yet, or no period ends in it.

    Args:
        since: the day (local date) the year of monitoring begins after.
    """
    if term.every is None or since is None:
        yield None
    elif isinstance(term.term, YearlyDate):
        year = since.year + (date(since.year, term.term.month, term.term.day) <= since)
        yield from periods("year", after=date(year - 1, 12, 31), until=date(year, 12, 31))
    else:
        yield from periods(term.every, after=since, until=months_later(since, 12))


def _reviewed(asked: _Asked, measure: RowOfCase, risk: RowOfCase | None, today: date) -> _Asked:
    """Return what a measure asks with its outcome: by its last review of the period, else by the removal of its
    risk.
    """
    span, removal = asked.span, risk.last("risk_removed") if risk else None
    review = review_of(measure, span.name if span else "")
    if review is not None and review["outcome"] == "executed":
        return asked._replace(state="done", done_on=review.day("done_on"), settled_on=review.on)
    if review is not None and review["outcome"] == "irrelevant":
        return asked._replace(state="not_required")
    if removal is not None:
        return asked._replace(state="done", settled_on=removal.on)
    return asked._replace(state="not_due_yet") if span and today < span.first else asked


def _plan_day(case: Case) -> AnchorDate:
    """Return the anchor of numbers of days and of periods: approval of the plan, else signing of the note."""
    for fact in (APPROVED, NOTED):
        if fact in case.facts:
            return AnchorDate(case.facts[fact].on, "happened", fact)
    for fact in (APPROVED, NOTED):
        if fact in case.planned:
            return AnchorDate(case.planned[fact], "planned", fact)
    return AnchorDate(None, "none")


def _deadline(case: Case, asked: _Asked, calendar: Kazakhstan, today: date, *, bare: bool) -> Deadline:
    """Return the deadline of what a row asks; unless it is done, it is not required in a case that is not
    active.
    """
    term, span, state = asked.term, asked.span, asked.state
    named = term.since or asked.sent_on
    anchor = AnchorDate(named, "happened") if named else _plan_day(case)
    start = anchor.on if term.every is None else span.last if span else None
    counted = _counted(term.term, start, calendar, today)
    if asked.sent_on is not None:
        anchor = AnchorDate(asked.sent_on, "happened")
    elif term.reading != "after" and term.every is None:
        anchor = AnchorDate(None, "happened")
    if case.status != "active" and state != "done":
        state = "not_required"
    due, done_on, knowledge = counted.due, asked.done_on, knowledge_of(counted, calendar)
    if done_on is None and asked.settled_on and (due is None or asked.settled_on <= due):
        # Settled after the due date, it was not necessarily done late.
        done_on = asked.settled_on
    # A number of days counts from the approval of the plan; until that happens the planned date is used.
    waits = anchor.state == "planned" and state in AWAITED and due is not None
    valid_until = min(filter(None, (anchor.on, due)), default=None) if waits else None
    return Deadline(
        id=f"{asked.obligation.id}.{span.name}" if span else asked.obligation.id,
        obligation=asked.obligation,
        period=span.name if span else None,
        due=due,
        earliest=due,
        latest=due,
        safe_by=due - timedelta(days=1) if due and term.day_in_doubt else counted.safe_by,
        anchor=anchor.state,
        anchor_fact=anchor.fact,
        anchor_on=anchor.on,
        calendar=knowledge,
        status=status_by(anchor.state, knowledge),
        state=state,
        waiting_for=anchor.fact if waits else None,
        counts_until=due if is_before_records(case, due) else valid_until,
        done_on=done_on,
        recorded_on=done_on,
        late_by=late_by(due, done_on, calendar),
        explanation=() if bare else tuple(_explanation(asked, counted, anchor)),
        span_first=counted.first,
        span_last=counted.last,
    )


def _counted(term: Term, start: date | None, calendar: Kazakhstan, today: date) -> CountedTerm:
    """Return a term counted from a day, without an act that came too late for it; nothing counted where it ends
    beyond the calendar's records.
    """
    try:
        counted = count(term, start, calendar)
    except OutOfRange:
        return CountedTerm()
    entry = entry_known_too_late(calendar, counted, today=today)
    if entry is None:
        return counted
    return before_entry(counted, count(term, start, calendar.as_known(counted.due)), entry)


def _explanation(asked: _Asked, counted: CountedTerm, anchor: AnchorDate) -> Iterator[Element]:
    """Yield the elements of a row's deadline: due date, the plan's words, anchor, days counted."""
    term, due, kind = asked.term, counted.due, row_kind(asked.obligation.id)
    yield from due_elements(asked.obligation, due)
    if term.written or kind != "measure":
        yield Element(code=f"risk.basis_{kind}", arguments={**asked.about, "written": term.written})
    if term.day_in_doubt:
        yield Element(code="risk.until", arguments={"on": due}, on=due)
    if term.since is not None:
        yield Element(code="risk.since_named", arguments={"on": term.since}, on=term.since)
    if anchor.fact is not None:
        code = "risk.since_approval" if anchor.fact == APPROVED else "risk.since_note"
        yield Element(code=code, arguments={"on": anchor.on}, on=anchor.on)
    if term.dateless:
        yield Element(code=f"risk.dateless.{term.reading}")
    else:
        yield from counted.elements
