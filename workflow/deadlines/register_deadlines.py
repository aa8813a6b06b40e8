"""Deadlines of a case's rows: measures by the terms of their plan, requests to a higher body, assignments.

Their due dates come from the words of the plan and not from the law, and each says so in its explanation. A
term without a day gives no due date but a finding (workflow/findings/of_risks.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from calendars import OutOfRange
from calendars.counting import CountedTerm, count
from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.terms import Element, OnDate, YearlyDate, months_later
from workflow.cases.case import Case
from workflow.cases.registers.assignments import Assignment, assignments
from workflow.cases.registers.entries import is_entry, number_of, row_kind
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.rows import RecordOnRow, RowOfCase, review_of, rows_of
from workflow.cases.states import AWAITED, State
from workflow.deadlines.deadline import AnchorState, Deadline, status_by
from workflow.deadlines.late_entries import before_entry, entry_known_too_late
from workflow.deadlines.lateness import is_before_records, late_by
from workflow.law.library import ALONE
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.law.terms import AnchoredTerm
from workflow.periods import PeriodSpan, periods

_DUTIES = {"measure": "object_unit", "request": "authorised_person", "assignment": "officer"}
"""The duty responsible for a measure, request or assignment that names nobody."""
APPROVED, NOTED = "plan_approved", "note_signed"
_NOTHING = CountedTerm()
_TERMED = frozenset({"measure_set", "request_sent", "assignment_given"})


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
    return tuple(_Entries(case, procedure, calendar, today, bare).all())


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


def withdrawn_deadline(
    case: Case, procedure: Procedure, calendar: Kazakhstan, name: str, *, due: date
) -> Deadline | None:
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
        id=name,
        obligation=obligation,
        period=None,
        due=due,
        earliest=due,
        latest=due,
        safe_by=None,
        anchor="none",
        calendar="confirmed",
        status="planned",
        state="not_required",
        versions={"calendar": calendar.version, "edition": procedure.edition},
    )


class _Anchor(NamedTuple):
    """The day (local date) a term counts from, and the fact of the case it belongs to, if any."""

    on: date | None
    state: AnchorState
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class _Entries:
    """Computes the deadlines of a case's register rows; attributes as the arguments of `entry_deadlines`."""

    case: Case
    procedure: Procedure
    calendar: Kazakhstan
    today: date
    bare: bool

    def all(self) -> Iterator[Deadline]:
        """Yield the deadlines of measures, then requests, then assignments."""
        risks = rows_of(self.case, "risk")
        for measure in rows_of(self.case, "measure").values():
            yield from self._measure(measure, risks.get(measure["risk"]))
        for risk in risks.values():
            if request := risk.last("request_sent"):
                yield self._request(risk, request)
        for assignment in assignments(self.case).values():
            yield self._assignment(assignment)

    def _assignment(self, assignment: Assignment) -> Deadline:
        """Return the deadline of an assignment."""
        term = MeasureTerm(term=OnDate(assignment.until), reading="date")
        obligation = _asking(self.procedure, f"assignment.{assignment.number}", assignment.text, term)
        counted_term, anchor = self._counted(term, None)
        state: State = "done" if assignment.answered_on else "not_required" if assignment.refused else "open"
        about: dict[str, object] = {"on": assignment.given_on, "until": assignment.until}
        return self._deadline(
            obligation, None, counted_term, anchor, state, assignment.answered_on, term, about
        )

    def _measure(self, measure: RowOfCase, risk: RowOfCase | None) -> Iterator[Deadline]:
        """Yield the deadline of a measure, or one for each of its periods. `risk`: the one it removes."""
        term, removal = measure.term, risk.last("risk_removed") if risk else None
        obligation = _asking(self.procedure, f"measure.{measure.number}", measure["action"], term)
        for span in self._spans(term):
            counted_term, anchor = self._counted(term, span)
            review = review_of(measure, span.name if span else "")
            state: State = "not_due_yet" if span and self.today < span.first else "open"
            done_on = None
            if review is not None and review["outcome"] == "executed":
                state, done_on = "done", review.day("done_on") or _in_time(review.on, counted_term.due)
            elif review is not None and review["outcome"] == "irrelevant":
                state = "not_required"
            elif removal is not None:
                state, done_on = "done", _in_time(removal.on, counted_term.due)
            yield self._deadline(
                obligation, span, counted_term, anchor, state, done_on, term, {"risk": measure["risk"]}
            )

    def _request(self, risk: RowOfCase, request: RecordOnRow) -> Deadline:
        """Return the deadline of the answer to a request."""
        obligation = _asking(self.procedure, f"request.{risk.number}", request["asked"], request.term)
        counted_term, _ = self._counted(request.term, None, request.on)
        answer = risk.last("request_answered")
        state: State = "done" if answer else "open"
        return self._deadline(
            obligation,
            None,
            counted_term,
            _Anchor(request.on, "happened"),
            state,
            answer.on if answer else None,
            request.term,
            {"risk": risk.number, "body": request["body"], "on": request.on},
        )

    def _spans(self, term: MeasureTerm) -> Iterator[PeriodSpan | None]:
        """Yield one span for each period of the year of monitoring, for a day of every year the first one
        alone; one None where nothing recurs, the year has no first day yet, or no period ends in it.
        """
        since = self._since().on
        if term.every is None or since is None:
            yield None
            return
        if isinstance(term.term, YearlyDate):
            year = since.year + (date(since.year, term.term.month, term.term.day) <= since)
            yield from periods("year", after=date(year - 1, 12, 31), until=date(year, 12, 31))
            return
        yield from periods(term.every, after=since, until=months_later(since, 12))

    def _since(self) -> _Anchor:
        """Return the anchor of numbers of days and of periods: approval of the plan, else signing of the
        note.
        """
        for fact in (APPROVED, NOTED):
            if fact in self.case.facts:
                return _Anchor(self.case.facts[fact].on, "happened", fact)
        for fact in (APPROVED, NOTED):
            if fact in self.case.planned:
                return _Anchor(self.case.planned[fact], "planned", fact)
        return _Anchor(None, "none")

    def _counted(
        self, term: MeasureTerm, span: PeriodSpan | None, since: date | None = None
    ) -> tuple[CountedTerm, _Anchor]:
        """Return the counted term of a row and its anchor. `since`: the day it counts from where the term names
        none.
        """
        named = term.since or since
        anchor = _Anchor(named, "happened") if named else self._since()
        start = anchor.on
        if term.every is not None:
            start = span.last if span else None
        if term.reading != "after" and term.every is None:
            anchor = _Anchor(None, "happened")
        try:
            counted = count(term.term, start, self.calendar)
        except OutOfRange:
            return _NOTHING, anchor
        entry = entry_known_too_late(self.calendar, counted, today=self.today)
        if entry is not None:
            earlier = count(term.term, start, self.calendar.as_known(counted.due))
            counted = before_entry(counted, earlier, entry)
        return counted, anchor

    def _deadline(
        self,
        obligation: Obligation,
        span: PeriodSpan | None,
        counted_term: CountedTerm,
        anchor: _Anchor,
        state: State,
        done_on: date | None,
        term: MeasureTerm,
        about: dict[str, object],
    ) -> Deadline:
        """Return the deadline of a row; unless it is done, it is not required in a case that is not active.

        Args:
            about: arguments of the sentence that says what the deadline rests on.
        """
        if self.case.status != "active" and state != "done":
            state = "not_required"
        knowledge: Knowledge = "confirmed"
        if counted_term.first is not None and counted_term.last is not None:
            knowledge = self.calendar.knowledge(counted_term.first, counted_term.last)
        due = counted_term.due
        safe_by = due - timedelta(days=1) if due and term.day_in_doubt else counted_term.safe_by
        # A number of days counts from the approval of the plan; until that happens the planned date is used.
        waits = anchor.state == "planned" and state in AWAITED and due is not None
        return Deadline(
            id=f"{obligation.id}.{span.name}" if span else obligation.id,
            obligation=obligation,
            period=span.name if span else None,
            due=due,
            earliest=due,
            latest=due,
            safe_by=safe_by,
            anchor=anchor.state,
            anchor_fact=anchor.fact,
            anchor_on=anchor.on,
            calendar=knowledge,
            status=status_by(anchor.state, knowledge),
            state=state,
            waiting_for=anchor.fact if waits else None,
            counts_until=due
            if is_before_records(self.case, due)
            else min(anchor.on, due)
            if waits and anchor.on and due
            else None,
            done_on=done_on,
            recorded_on=done_on,
            late_by=late_by(due, done_on, self.calendar),
            explanation=() if self.bare else tuple(_explained(obligation, counted_term, anchor, term, about)),
            span_first=counted_term.first,
            span_last=counted_term.last,
            versions={"calendar": self.calendar.version, "edition": self.procedure.edition},
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


def _in_time(on: date, due: date | None) -> date | None:
    """Return the day of a review or removal as that a measure was done on. None where it came after the due
    date, which does not by itself mean that the measure was late.
    """
    return on if due is None or on <= due else None


def _explained(
    obligation: Obligation,
    counted_term: CountedTerm,
    anchor: _Anchor,
    term: MeasureTerm,
    about: dict[str, object],
) -> Iterator[Element]:
    """Yield the elements of a row's deadline: due date, the plan's words, anchor, days counted."""
    if counted_term.due is None:
        yield Element(code="due_none", arguments={"title": obligation.title})
    else:
        yield Element(
            code="due_by", arguments={"title": obligation.title, "on": counted_term.due}, on=counted_term.due
        )
    kind = obligation.id.partition(".")[0]
    if term.written or kind != "measure":
        yield Element(code=f"risk.basis_{kind}", arguments={**about, "written": term.written})
    if term.day_in_doubt:
        yield Element(code="risk.until", arguments={"on": counted_term.due}, on=counted_term.due)
    if term.since is not None:
        yield Element(code="risk.since_named", arguments={"on": term.since}, on=term.since)
    if anchor.fact is not None:
        code = "risk.since_approval" if anchor.fact == APPROVED else "risk.since_note"
        yield Element(code=code, arguments={"on": anchor.on}, on=anchor.on)
    if term.dateless:
        yield Element(code=f"risk.dateless.{term.reading}")
    else:
        yield from counted_term.elements
