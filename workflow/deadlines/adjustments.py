"""Applies extensions and pauses to a counted term: an extension moves its last day, a pause stops the count.

Both are applied to the counted term at each computation, in the order they were decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from calendars.calendar import Calendar
from calendars.counting import CountedTerm, count
from calendars.terms import (
    CalendarDays,
    Duration,
    Element,
    Explanation,
    Months,
    Term,
    Weeks,
    WorkingDays,
    Years,
)
from workflow.cases.case import Extended, Pause
from workflow.law.procedure import Obligation, Procedure

_DAY = timedelta(days=1)
RunningTerm = WorkingDays | CalendarDays | Weeks | Months | Years | Duration
"""Terms that run on a clock from their anchor; counted forward, they can be paused."""
_UNITS: Mapping[type, str] = {
    WorkingDays: "working_days",
    CalendarDays: "calendar_days",
    Weeks: "weeks",
    Months: "months",
    Years: "years",
}


def adjustments(elements: Explanation) -> Explanation:
    """Return the elements of an explanation that state an extension or a pause."""
    return tuple(
        element
        for element in elements
        if element.code.partition(".")[0] in ("extended", "paused", "pause_ended")
    )


def decision_elements(prefix: str, *, decided_by: str = "", document: str = "") -> Explanation:
    """Return the explanation elements that say who decided a pause, a resumption or an extension, and by which
    document.

    Args:
        prefix: "paused", "resumed" or "extended".
        decided_by: duty, "" where unknown or already stated; `document` likewise.
    """
    by = Element(code=f"decision.{prefix}_by", arguments={"duty": decided_by})
    paper = Element(code=f"decision.{prefix}_document", arguments={"document": document.rstrip(".")})
    return (*((by,) if decided_by else ()), *((paper,) if document else ()))


def can_pause(obligation: Obligation, procedure: Procedure) -> bool:
    """Return whether the term of this obligation stops while the case is paused.

    Fixed days and terms counted back never pause; the edition may name the obligations that do.
    """
    rule, term = procedure.pause, obligation.term
    if rule is None or not isinstance(term, RunningTerm) or term.count < 0:
        return False
    return not rule.obligations or obligation.id in rule.obligations


def adjust(
    counted_term: CountedTerm,
    term: Term,
    start: date | None,
    calendar: Calendar,
    *,
    pauses: Sequence[Pause],
    extensions: Sequence[Extended],
) -> CountedTerm:
    """Return a counted term with pauses and extensions applied.

    Args:
        start: the day the term counts from (local date); None for a date the act names.
        pauses: those that stop this term, in order; `extensions`: those of this deadline, in order.

    Raises:
        OutOfRange: a day lies outside the calendar's records.
    """
    running: RunningTerm | None = None
    if isinstance(term, RunningTerm) and start is not None:
        running, counted_term = term, _paused(counted_term, term, start, pauses, calendar)
    for extension in extensions:
        before = counted_term.due
        if before is None:
            return counted_term
        if extension.by is None:
            running, counted_term = None, _extended_to(counted_term, extension, before)
            continue
        safe_by = counted_term.safe_by or before
        if start is not None and running is not None and type(running) is type(extension.by):
            # A month extended by two is three months, whatever its last day was.
            running = replace(running, count=running.count + extension.by.count)
        else:
            start, running = before, extension.by
            safe_by = count(running, safe_by, calendar).safe_by or safe_by
        extended_term = _paused(count(running, start, calendar), running, start, pauses, calendar)
        counted_term = _extended(
            counted_term, extended_term, extension, before, safe_by=None if start != before else safe_by
        )
    return counted_term


def _arguments(extension: Extended, before: date) -> dict[str, object]:
    return {
        "before": before,
        "on": extension.on,
        "duty": extension.decided_by,
        "ground": extension.ground.rstrip("."),
    }


def _extended_to(counted_term: CountedTerm, extension: Extended, before: date) -> CountedTerm:
    due = max(before, extension.to or before)
    element = Element(code="extended.to", arguments={**_arguments(extension, before), "due": due}, on=due)
    rests = decision_elements("extended", document=extension.document)
    return replace(counted_term, due=due, safe_by=due, elements=(*counted_term.elements, element, *rests))


def _extended(
    counted_term: CountedTerm,
    extended_term: CountedTerm,
    extension: Extended,
    before: date,
    *,
    safe_by: date | None,
) -> CountedTerm:
    assert extension.by is not None
    arguments = {
        **_arguments(extension, before),
        "count": extension.by.count,
        "due": extended_term.due or before,
    }
    element = Element(code=f"extended.{_UNITS[type(extension.by)]}", arguments=arguments, on=extended_term.due)
    # The days counted are in the sentence of the extension; days off and pauses not named yet follow it.
    follow = (
        next_element for next_element in extended_term.elements[1:] if next_element not in counted_term.elements
    )
    return replace(
        extended_term,
        safe_by=min((day for day in (extended_term.safe_by, safe_by) if day), default=None)
        if extended_term.due
        else None,
        first=min((day for day in (counted_term.first, extended_term.first) if day), default=None),
        last=max((day for day in (counted_term.last, extended_term.last) if day), default=None),
        elements=(
            *(*counted_term.elements, element),
            *decision_elements("extended", document=extension.document),
            *follow,
        ),
    )


def _paused(
    counted_term: CountedTerm, term: RunningTerm, start: date, pauses: Sequence[Pause], calendar: Calendar
) -> CountedTerm:
    """Return the term without the days of the pauses."""
    if not pauses or counted_term.due is None:
        return counted_term
    working = isinstance(term, WorkingDays | Duration)
    rolls = not isinstance(term, WorkingDays | Duration) and term.roll == "next"
    begins = start if isinstance(term, Duration) else start + _DAY
    nominal: date | None = counted_term.due
    if not isinstance(term, WorkingDays | Duration):
        # A day off at the end of a calendar term rolls once, after everything is counted.
        nominal = count(replace(term, roll="none"), start, calendar).due
    for pause in pauses:
        due = counted_term.due
        assert due is not None
        assert nominal is not None
        if pause.first > due or (pause.resumed is not None and pause.resumed <= begins):
            # It was due before the pause, or begins after it.
            continue
        first = max(pause.first, begins)
        rests = decision_elements("paused", decided_by=pause.decided_by, document=pause.document)
        arguments: dict[str, object] = {"on": pause.first, "before": due, "ground": pause.ground.rstrip(".")}
        if pause.resumed is None:
            days_left = calendar.count(first, due) if working else (due - first).days + 1
            unit = "working_days" if working else "calendar_days"
            element = Element(code=f"paused.{unit}", arguments={**arguments, "left": days_left}, on=pause.first)
            elements = (*counted_term.elements, element, *rests)
            return CountedTerm(first=counted_term.first, last=counted_term.last, elements=elements)
        last = pause.resumed - _DAY
        if working:
            nominal = moved_due = safe_by = calendar.add(due, calendar.count(first, last))
        else:
            nominal = (nominal if first <= nominal else due) + (last - first + _DAY)
            moved_due = calendar.next_working(nominal) if rolls else nominal
            safe_by = calendar.previous_working(nominal) if rolls else nominal
        element = Element(
            code="pause_ended",
            arguments={**arguments, "resumed": pause.resumed, "due": moved_due},
            on=moved_due,
        )
        days = [day for day in (counted_term.first, counted_term.last, first, moved_due) if day]
        counted_term = CountedTerm(
            due=moved_due,
            safe_by=safe_by,
            first=min(days),
            last=max(days),
            elements=(
                *(*counted_term.elements, element, *rests),
                *decision_elements("resumed", decided_by=pause.resumed_by, document=pause.resumed_document),
            ),
        )
    return counted_term
