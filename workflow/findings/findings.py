"""Finds departures in terms, order, evidence, duration, measured shares and targets, signatures; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from fractions import Fraction
from math import ceil

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import DayAfterPeriod, Duration, Embargo, Quota, Target
from workflow.cases.case import Case, Fact
from workflow.cases.states import AWAITED
from workflow.deadlines.applicability import with_answers
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import is_before_records, is_overdue, late_by
from workflow.findings.finding import Finding, departure
from workflow.law.procedure import Procedure, Text
from workflow.periods import periods

_CERTIFICATE = "document:certificate"
"""Kind of evidence: the certificate with the grounds of a restriction."""


def findings(
    case: Case,
    procedure: Procedure,
    deadlines: Iterable[Deadline],
    calendar: Kazakhstan,
    *,
    prove: bool = True,
    known_calendar: Kazakhstan | None = None,
) -> tuple[Finding, ...]:
    """Return every finding of a case.

    Args:
        prove: whether a fact without its evidence documents, or without those it must follow, is a finding
            (False for a what-if, which has none).
        known_calendar: the calendar as known when a past analysis began; what was in time by it is noted so.
    """
    findings: list[Finding] = []
    all_deadlines = tuple(deadlines)
    answered = with_answers(case, procedure)
    # A what-if and a table of past analyses name some facts: of all others nothing is known.
    unrecorded = frozenset(_unrecorded(case, all_deadlines)) if prove else frozenset[str]()
    for deadline in all_deadlines:
        findings += _term(deadline, calendar, known_calendar)
        findings += _embargo(deadline)
        if deadline.id in case.facts or deadline.id not in answered.facts:
            # What another fact answers besides is judged with that fact.
            findings += _order(deadline, answered, procedure, unrecorded)
            findings += _before_period_ends(deadline)
            findings += _without_basis(deadline, case, procedure)
        findings += _evidence(deadline, case, procedure, prove=prove)
        findings += _number_and_signature_findings(deadline, case, prove=prove)
    return (*findings, *_unasked(case, procedure, {deadline.id for deadline in all_deadlines}))


def feasibility(
    deadlines: Iterable[Deadline], calendar: Kazakhstan, *, today: date | None = None
) -> tuple[Finding, ...]:
    """Return the conflicts of a plan: too little time between two steps, a plan date after its due date, a term
    already over.

    `today` (local date): when given, a due date before it with nothing recorded is a conflict too.
    """
    findings = []
    for deadline in deadlines:
        if deadline.state not in AWAITED or deadline.due is None or deadline.taken_up_on:
            continue
        planned, due = deadline.planned_on, deadline.due
        if planned is not None and planned > due:
            findings.append(_planned_late(deadline, calendar, planned))
        elif deadline.opens is not None and deadline.opens > due:
            findings.append(departure(deadline, "feasibility", "no_room", opens=deadline.opens, due=due))
        elif deadline.opens_in_practice is not None and deadline.opens_in_practice > due:
            opens = deadline.opens_in_practice
            findings.append(
                departure(deadline, "feasibility", "no_room", basis="practice", opens=opens, due=due)
            )
        elif today is not None and is_overdue(deadline, today=today):
            findings.append(departure(deadline, "feasibility", "due_passed", due=due))
    return tuple(findings)


def before_first_edition(procedure: Procedure, on: date) -> Finding:
    """Return the finding that a day lies before the earliest edition, which is used nevertheless."""
    return Finding(
        kind="range",
        obligation=procedure.begins_with,
        code="before_first_edition",
        arguments={
            "title": procedure.by_id[procedure.begins_with].title,
            "on": on,
            "since": procedure.in_force,
        },
    )


def beyond_horizon(deadline: Deadline, last: date) -> Finding:
    """Return the finding that a due date lies beyond the calendar's records."""
    return departure(deadline, "range", "beyond_horizon_finding", last=last)


def _planned_late(deadline: Deadline, calendar: Kazakhstan, planned: date) -> Finding:
    """Return the finding that a plan date lies after its due date, or makes a duration too long."""
    term, start = deadline.obligation.term, deadline.anchor_on
    due = deadline.due
    if isinstance(term, Duration) and start is not None:
        return departure(
            deadline,
            "duration",
            "too_long_planned",
            late=late_by(due, planned, calendar),
            count=calendar.count_working_days(start, planned),
            limit=term.count,
        )
    late = late_by(due, planned, calendar)
    return departure(deadline, "feasibility", "planned_late", late=late, due=due, on=planned, late_by=late)


def _term(deadline: Deadline, calendar: Kazakhstan, known_calendar: Kazakhstan | None) -> Iterator[Finding]:
    """Yield what was done after its term, after the closing of its window, or over too many days."""
    done_on, due, closes = deadline.done_on, deadline.due, deadline.closes
    if done_on is not None and closes is not None and done_on > closes:
        yield departure(deadline, "term", "window_closed", closes=closes, on=done_on)
    if done_on is None or due is None or not deadline.is_done_late or deadline.obligation.by_itself:
        return
    late = late_by(due, done_on, calendar)
    term = deadline.obligation.term
    if isinstance(term, Duration) and deadline.anchor_on is not None:
        days = calendar.count_working_days(deadline.anchor_on, done_on)
        yield departure(deadline, "duration", "too_long", late=late, count=days, limit=term.count)
        return
    if known_calendar is not None and _in_time(deadline, known_calendar, done_on):
        code = "late_known"
    else:
        code = "late" if late else "late_day_off"
    yield departure(deadline, "term", code, late=late, due=due, on=done_on, late_by=late)


def _in_time(deadline: Deadline, known_calendar: Kazakhstan, done_on: date) -> bool:
    """Return whether it was done in time by the calendar known then."""
    due = count(deadline.obligation.term, deadline.anchor_on, known_calendar).due
    return due is not None and done_on <= due


def _unasked(case: Case, procedure: Procedure, deadline_ids: set[str]) -> Iterator[Finding]:
    """Yield a finding for each fact recorded for a period in which nothing was required."""
    for name in case.facts:
        obligation = procedure.by_id[name.partition(".")[0]]
        # A repetition (`#2`) belongs to its period.
        if obligation.recurs is not None and name.partition("#")[0] not in deadline_ids:
            period = name.partition(".")[2].partition("#")[0]
            yield Finding(
                kind="range",
                obligation=name,
                code="period_not_asked",
                arguments={"title": obligation.title, "period": period},
                force=obligation.force,
            )


def _embargo(deadline: Deadline) -> Iterator[Finding]:
    """Yield a finding for what was done, or is planned, before an embargo ends."""
    on = deadline.done_on or deadline.planned_on
    if not isinstance(deadline.obligation.term, Embargo) or on is None or deadline.anchor_on is None:
        return
    if deadline.opens is not None and on < deadline.opens:
        yield departure(deadline, "term", "embargo", until=deadline.opens)


def _unrecorded(case: Case, deadlines: Iterable[Deadline]) -> Iterator[str]:
    """Yield the steps that are required and not recorded, without those due before the office kept records."""
    for deadline in deadlines:
        if deadline.state in AWAITED and not is_before_records(case, deadline.due):
            yield deadline.id


def _order(
    deadline: Deadline, case: Case, procedure: Procedure, unrecorded: Collection[str]
) -> Iterator[Finding]:
    """Yield findings of order: facts, plan dates and our practice checks that came later than this one but must
    not, and those that have not come at all. What is not obligatory may be left out, but not before a decision.
    """
    on = deadline.recorded_on or deadline.planned_on
    if on is None or deadline.state == "not_required":
        return
    obligation = deadline.obligation
    happened = deadline.recorded_on is not None
    is_kept = case.kept_from is None or on >= case.kept_from

    def is_due_first(name: str) -> bool:
        fact, other = _in_period(name, deadline, procedure), procedure.by_id[name]
        left_out = other.force != "obligatory" and not obligation.options
        missing = happened and is_kept and fact in unrecorded and not left_out
        return missing or _later(case, fact, on, happened)

    def titles_of(names: Iterable[str]) -> tuple[Text, ...]:
        return tuple(procedure.by_id[name].title for name in names if is_due_first(name))

    suffix = "" if happened else "_planned"
    if titles := titles_of(obligation.after):
        yield departure(deadline, "order", f"order{suffix}", on=on, others=titles)
    yield from _after_what_it_precedes(deadline, case, procedure, on)
    if titles := titles_of(obligation.after_by_practice):
        code = f"order_practice{suffix}"
        yield departure(deadline, "order", code, basis="practice", on=on, others=titles)


def _before_period_ends(deadline: Deadline) -> Iterator[Finding]:
    """Yield a finding where a report of a period was made before the last day of the period."""
    obligation, on, due = deadline.obligation, deadline.recorded_on, deadline.due
    if not isinstance(obligation.term, DayAfterPeriod) or obligation.recurs is None or not (on and due):
        return
    for span in periods(obligation.recurs.every, after=on, until=due):
        if span.name == deadline.period:
            yield departure(deadline, "order", "before_period_ends", basis="practice", on=on, last=span.last)


def _after_what_it_precedes(
    deadline: Deadline, case: Case, procedure: Procedure, on: date
) -> Iterator[Finding]:
    """Yield a finding if it came, or is planned, after the first fact it must precede; without a fact the plan
    date counts.
    """
    days = {name: case.facts[name].on for name in deadline.obligation.precedes if name in case.facts}
    planned = {name: case.planned[name] for name in deadline.obligation.precedes if name in case.planned}
    first = min((day, name) for name, day in (planned | days).items()) if planned or days else None
    if first is not None and on > first[0]:
        code = "order_precedes" if deadline.recorded_on is not None else "order_precedes_planned"
        other = procedure.by_id[first[1]].title
        yield departure(deadline, "order", code, on=on, other=other, first=first[0])


def _without_basis(deadline: Deadline, case: Case, procedure: Procedure) -> Iterator[Finding]:
    """Yield findings for records counted from a fact, or in a branch opened by a fact, that was withdrawn
    since.
    """
    if deadline.recorded_on is None:
        return
    for name in dict.fromkeys((deadline.anchor_fact, deadline.obligation.when)):
        if (
            name
            and name in procedure.by_id
            and (fact := _in_period(name, deadline, procedure)) in case.withdrawn
        ):
            title = procedure.by_id[name].title
            on = case.withdrawn[fact].on
            yield departure(deadline, "order", "rests_on_withdrawn", other=title, on=on)


def _in_period(name: str, deadline: Deadline, procedure: Procedure) -> str:
    """Return the name of a preceding fact, with the period of this obligation where it recurs too."""
    recurs = procedure.by_id[name].recurs
    if recurs is None or recurs != deadline.obligation.recurs or deadline.period is None:
        return name
    return f"{name}.{deadline.period}"


def _later(case: Case, name: str, on: date, happened: bool) -> bool:
    """Return whether a fact came later than `on`, or has not happened and is planned for later.

    Args:
        happened: whether `on` is a recorded day. What came after a planned one has overtaken the plan: a
            question about the plan, not a departure.
    """
    fact = case.facts.get(name)
    day = case.planned.get(name) if fact is None else fact.on if happened else None
    return day is not None and day > on


def _evidence(deadline: Deadline, case: Case, procedure: Procedure, *, prove: bool) -> Iterator[Finding]:
    """Yield findings of missed checks, uncertified restrictions and missing documents."""
    obligation = deadline.obligation
    # A check without a day or a document stands in no table of past analyses: there it is not known.
    known = prove or deadline.due is not None or bool(obligation.evidence)
    if deadline.state == "missed" and known:
        assert obligation.lapses_with is not None
        lapsed = procedure.by_id[obligation.lapses_with].title
        yield departure(deadline, "evidence", "missed", lapsed=lapsed)
    if prove and _uncertified(deadline, case, procedure):
        yield departure(deadline, "evidence", "restricted_uncertified")
    if prove and obligation.evidence:
        for fact in case.occurrences(deadline.fact):
            evidence_kinds = {item.kind for item in fact.evidence}
            lacking = tuple(kind for kind in obligation.evidence if kind not in evidence_kinds)
            if lacking:
                yield departure(deadline, "evidence", "unproved", kinds=lacking)


def _uncertified(deadline: Deadline, case: Case, procedure: Procedure) -> bool:
    """Return whether a document here is restricted but the certificate the procedure asks for is lacking."""
    if not any(_CERTIFICATE in obligation.evidence for obligation in procedure.obligations):
        return False
    if not any(item.restricted for fact in case.occurrences(deadline.fact) for item in fact.evidence):
        return False
    kinds = (item.kind for fact in case.facts.values() for item in fact.evidence)
    return _CERTIFICATE not in kinds


def _number_and_signature_findings(deadline: Deadline, case: Case, *, prove: bool) -> Iterator[Finding]:
    """Yield findings about the numbers and signatures of a deadline's facts.

    `prove`: whether a fact without any number is a finding (False for a what-if, which has none).
    """
    obligation = deadline.obligation
    if not obligation.values and obligation.signed_by is None:
        return
    for fact in case.occurrences(deadline.id):
        if fact.values or prove:
            yield from _lacking(deadline, fact)
        yield from _signed(deadline, fact, case)
        term = obligation.term
        if isinstance(term, Quota):
            yield from _share(deadline, term, fact)
        elif isinstance(term, Target):
            yield from _figure(deadline, term, fact)


def _lacking(deadline: Deadline, fact: Fact) -> Iterator[Finding]:
    """Yield findings for the numbers a fact lacks."""
    term = deadline.obligation.term
    staff = term.of if isinstance(term, Quota) and deadline.obligation.values else None
    lacking = tuple(name for name in deadline.obligation.values if name not in fact.values)
    if staff in lacking or (staff is not None and fact.values.get(staff) == 0):
        yield departure(deadline, "term", "no_staff_number", of=staff)
    other_values = tuple(name for name in lacking if name != staff)
    if other_values:
        yield departure(deadline, "evidence", "no_value", values=other_values)


def _signed(deadline: Deadline, fact: Fact, case: Case) -> Iterator[Finding]:
    """Yield a finding where somebody signed who may not."""
    rule = deadline.obligation.signed_by
    if rule is None or not fact.signed_by:
        return
    allowed = rule.of(case.kind)
    if allowed and fact.signed_by not in allowed:
        yield departure(deadline, "evidence", "wrong_signatory", by=fact.signed_by, allowed=allowed)


def _share(deadline: Deadline, term: Quota, fact: Fact) -> Iterator[Finding]:
    """Yield a finding where a share of a period was not reached."""
    done = next(iter(deadline.obligation.values), "")
    if done not in fact.values or not fact.values.get(term.of):
        return
    done_number, of = fact.values[done], fact.values[term.of]
    if Fraction(done_number) < term.share * Fraction(of):
        needed = ceil(term.share * Fraction(of))
        yield departure(
            deadline, "term", "quota_missed", share=term.share, done=done_number, all=of, needed=needed
        )


def _figure(deadline: Deadline, term: Target, fact: Fact) -> Iterator[Finding]:
    """Yield a finding where the target of a year was not met."""
    figure = fact.values.get("measured")
    if figure is None or deadline.period is None:
        return
    year = int(deadline.period)
    if not term.met(year, Fraction(figure)):
        yield departure(
            deadline,
            "term",
            "target_missed",
            year=year,
            measured=figure,
            figure=term.of(year),
            better=term.better,
        )
