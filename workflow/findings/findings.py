"""A finding is a departure from what was required, neutrally worded, never an accusation: in terms, order,
evidence, duration, measured shares and targets, signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import chain
from math import ceil
from typing import Literal, NamedTuple

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import DayAfterPeriod, Duration, Embargo, Quota, Target, periods
from workflow.cases.case import AWAITED, Case, Fact
from workflow.deadlines.applicability import with_answers
from workflow.deadlines.deadline import Deadline, is_before_records, is_overdue, late_by
from workflow.law.procedure import Basis, Force, Procedure, Text

_CERTIFICATE = "document:certificate"
"""Kind of evidence: the certificate with the grounds of a restriction."""


class _Judging(NamedTuple):
    """What the deadlines of a case are judged by.

    Attributes:
        answered: the case with the facts that others answer besides.
        known_calendar, prove: as of `findings`.
        lacks_certificate: whether the procedure asks for the certificate of a restriction, and there is none.
        unrecorded: the steps that are required and not recorded, without those due before the office kept
            records; none for a what-if, which knows nothing of facts that are not named.
    """

    case: Case
    answered: Case
    procedure: Procedure
    calendar: Kazakhstan
    known_calendar: Kazakhstan | None
    prove: bool
    lacks_certificate: bool
    unrecorded: frozenset[str]

    def is_own(self, deadline: Deadline) -> bool:
        """Return whether its own fact answers a deadline, if any does; else it is judged with the other one."""
        return deadline.id in self.case.facts or deadline.id not in self.answered.facts

    def in_period(self, name: str, deadline: Deadline) -> str:
        """Return the name of a fact, with the period of a deadline where it recurs as that does."""
        recurs, period = self.procedure.by_id[name].recurs, deadline.period
        is_alike = recurs is not None and recurs == deadline.obligation.recurs
        return f"{name}.{period}" if is_alike and period else name


def findings(
    case: Case,
    procedure: Procedure,
    deadlines: Iterable[Deadline],
    calendar: Kazakhstan,
    *,
    prove: bool = True,
    known_calendar: Kazakhstan | None = None,
) -> tuple[Finding, ...]:
    """Return every finding of a case. `prove`: whether a fact without its evidence documents, or without those
    it must follow, is a finding (False for a what-if, which has none). `known_calendar`: the calendar as known
    when a past analysis began; what was in time by it is noted so.
    """
    deadlines = tuple(deadlines)
    proofs = {item.kind for fact in case.facts.values() for item in fact.evidence}
    is_certified = any(_CERTIFICATE in obligation.evidence for obligation in procedure.obligations)
    judging = _Judging(
        case=case,
        answered=with_answers(case, procedure),
        procedure=procedure,
        calendar=calendar,
        known_calendar=known_calendar,
        prove=prove,
        lacks_certificate=is_certified and _CERTIFICATE not in proofs,
        unrecorded=frozenset(
            deadline.id
            for deadline in deadlines
            if prove and deadline.state in AWAITED and not is_before_records(case, deadline.due)
        ),
    )
    of_each = (rule(deadline, judging) for deadline in deadlines for rule in _RULES)
    ids = {deadline.id for deadline in deadlines}
    return (*chain.from_iterable(of_each), *_unasked(case, procedure, ids))


def of_fact(found: Iterable[Finding], procedure: Procedure, fact: str) -> tuple[Finding, ...]:
    """Return the findings that name a fact as out of order with others, either way, or as lacking evidence."""
    question, obligation = procedure.answered_by.get(fact), procedure.by_id.get(fact.partition(".")[0])
    name = question.id if question else fact

    def concerns(finding: Finding) -> bool:
        others = finding.arguments.get("others")
        titles = others if isinstance(others, tuple) else ()
        return finding.obligation == name or (obligation is not None and obligation.title in titles)

    return tuple(finding for finding in found if finding.kind in ("order", "evidence") and concerns(finding))


def feasibility(
    deadlines: Iterable[Deadline], calendar: Kazakhstan, *, today: date | None = None
) -> tuple[Finding, ...]:
    """Return the conflicts of a plan: too little time between two steps, a plan date after its due date, a term
    already over.

    `today` (local date): when given, a due date before it with nothing recorded is a conflict too.
    """
    conflicts = []
    for deadline in deadlines:
        planned, due = deadline.planned_on, deadline.due
        opens, opens_in_practice = deadline.opens, deadline.opens_in_practice
        if deadline.state not in AWAITED or due is None or deadline.taken_up_on:
            continue
        if planned is not None and planned > due:
            conflicts.append(_late(deadline, planned, late_by(due, planned, calendar), calendar))
        elif opens is not None and opens > due:
            conflicts.append(departure(deadline, "feasibility", "no_room", opens=opens, due=due))
        elif opens_in_practice is not None and opens_in_practice > due:
            opens = opens_in_practice
            conflicts.append(
                departure(deadline, "feasibility", "no_room", basis="practice", opens=opens, due=due)
            )
        elif today is not None and is_overdue(deadline, today=today):
            conflicts.append(departure(deadline, "feasibility", "due_passed", due=due))
    return tuple(conflicts)


def _late(deadline: Deadline, on: date, late: int | None, calendar: Kazakhstan, code: str = "") -> Finding:
    """Return the finding that a day lies after the due date, or makes a duration too long. `late`: working
    days; `code`: of its sentence, "" for a plan date.
    """
    term, start = deadline.obligation.term, deadline.anchor_on
    if isinstance(term, Duration) and start is not None:
        days, code = calendar.count_working_days(start, on), "too_long" if code else "too_long_planned"
        return departure(deadline, "duration", code, late=late, count=days, limit=term.count)
    kind: FindingKind = "term" if code else "feasibility"
    return departure(deadline, kind, code or "planned_late", late=late, due=deadline.due, on=on, late_by=late)


def _term(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield what was done after its term, after the closing of its window, or over too many days."""
    done_on, closes, late = deadline.done_on, deadline.closes, deadline.late_by
    if done_on is not None and closes is not None and done_on > closes:
        yield departure(deadline, "term", "window_closed", closes=closes, on=done_on)
    if done_on is None or late is None:
        return
    code = "late" if late else "late_day_off"
    if by.known_calendar is not None:
        known_due = count(deadline.obligation.term, deadline.anchor_on, by.known_calendar).due
        code = "late_known" if known_due is not None and done_on <= known_due else code
    yield _late(deadline, done_on, late, by.calendar, code)


def _embargo(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield a finding for what was done, or is planned, before an embargo ends."""
    on, opens = deadline.done_on or deadline.planned_on, deadline.opens
    is_embargo = isinstance(deadline.obligation.term, Embargo) and deadline.anchor_on is not None
    if is_embargo and on is not None and opens is not None and on < opens:
        yield departure(deadline, "term", "embargo", until=opens)


def _order(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield findings of order: facts, plan dates and our practice checks that came later than this one but must
    not, and those that have not come at all. What is not obligatory may be left out, but not before a decision.
    """
    case, by_id, obligation = by.answered, by.procedure.by_id, deadline.obligation
    is_recorded, on = deadline.recorded_on is not None, deadline.recorded_on or deadline.planned_on
    if on is None or deadline.state == "not_required" or not by.is_own(deadline):
        return
    is_kept = case.kept_from is None or on >= case.kept_from

    def is_due_first(name: str) -> bool:
        fact = by.in_period(name, deadline)
        may_be_left_out = by_id[name].force != "obligatory" and not obligation.options
        if is_recorded and is_kept and fact in by.unrecorded and not may_be_left_out:
            return True
        # What came after a planned day has overtaken the plan: a question about the plan, not a departure.
        day = case.day_of(fact) if is_recorded or fact not in case.facts else None
        return day is not None and day > on

    def titles_of(names: Iterable[str]) -> tuple[Text, ...]:
        return tuple(by_id[name].title for name in names if is_due_first(name))

    planned = "" if is_recorded else "_planned"
    if titles := titles_of(obligation.after):
        yield departure(deadline, "order", f"order{planned}", on=on, others=titles)
    days = ((case.day_of(name), name) for name in obligation.precedes)
    first, name = min(((day, name) for day, name in days if day is not None), default=(on, ""))
    if on > first:
        yield departure(
            deadline, "order", f"order_precedes{planned}", on=on, other=by_id[name].title, first=first
        )
    if titles := titles_of(obligation.after_by_practice):
        yield departure(deadline, "order", f"order_practice{planned}", basis="practice", on=on, others=titles)


def _before_period_ends(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield a finding where a report of a period was made before the last day of the period."""
    obligation, on, due = deadline.obligation, deadline.recorded_on, deadline.due
    is_report = isinstance(obligation.term, DayAfterPeriod) and by.is_own(deadline)
    if is_report and obligation.recurs is not None and on and due:
        for span in periods(obligation.recurs.every, after=on, until=due):
            if span.name == deadline.period:
                last = span.last
                yield departure(deadline, "order", "before_period_ends", basis="practice", on=on, last=last)


def _without_basis(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield findings for records whose anchor, or the fact that opened their branch, was withdrawn since."""
    by_id, withdrawn = by.procedure.by_id, by.case.withdrawn
    if deadline.recorded_on is None or not withdrawn or not by.is_own(deadline):
        return
    for name in dict.fromkeys((deadline.anchor_fact, deadline.obligation.when)):
        if name in by_id and name and (withdrawal := withdrawn.get(by.in_period(name, deadline))):
            title = by_id[name].title
            yield departure(deadline, "order", "rests_on_withdrawn", other=title, on=withdrawal.on)


def _evidence(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield findings of missed checks, uncertified restrictions and missing documents."""
    obligation, prove = deadline.obligation, by.prove
    # A check without a day or a document stands in no table of past analyses: there it is not known.
    is_known = prove or deadline.due is not None or bool(obligation.evidence)
    if deadline.state == "missed" and is_known and obligation.lapses_with is not None:
        lapsed = by.procedure.by_id[obligation.lapses_with].title
        yield departure(deadline, "evidence", "missed", lapsed=lapsed)
    if not prove or not (obligation.evidence or by.lacks_certificate):
        return
    facts = by.case.occurrences(deadline.fact)
    if by.lacks_certificate and any(item.restricted for fact in facts for item in fact.evidence):
        yield departure(deadline, "evidence", "restricted_uncertified")
    for fact in facts if obligation.evidence else ():
        kinds = {item.kind for item in fact.evidence}
        if lacking := tuple(kind for kind in obligation.evidence if kind not in kinds):
            yield departure(deadline, "evidence", "unproved", kinds=lacking)


def _numbers_and_signature(deadline: Deadline, by: _Judging) -> Iterator[Finding]:
    """Yield findings about the numbers and signatures of a deadline's facts: numbers that lack (of a what-if,
    only beside others), a signatory who may not sign, a share or a target not reached.
    """
    rule = deadline.obligation.signed_by
    if not deadline.obligation.values and rule is None:
        return
    allowed = rule.of(by.case.kind) if rule is not None else ()
    for fact in by.case.occurrences(deadline.id):
        if fact.values or by.prove:
            yield from _lacking(deadline, fact)
        if allowed and fact.signed_by and fact.signed_by not in allowed:
            yield departure(deadline, "evidence", "wrong_signatory", by=fact.signed_by, allowed=allowed)
        yield from _measured(deadline, fact)


def _lacking(deadline: Deadline, fact: Fact) -> Iterator[Finding]:
    """Yield findings for the numbers a fact lacks."""
    obligation = deadline.obligation
    staff = obligation.term.of if isinstance(obligation.term, Quota) and obligation.values else None
    lacking = [name for name in obligation.values if name not in fact.values]
    if staff in lacking or (staff is not None and fact.values.get(staff) == 0):
        yield departure(deadline, "term", "no_staff_number", of=staff)
    if others := tuple(name for name in lacking if name != staff):
        yield departure(deadline, "evidence", "no_value", values=others)


def _measured(deadline: Deadline, fact: Fact) -> Iterator[Finding]:
    """Yield a finding where a share of a period was not reached, or the target of a year not met."""
    term, values = deadline.obligation.term, fact.values
    if isinstance(term, Quota):
        done, of = values.get(next(iter(deadline.obligation.values), "")), values.get(term.of)
        if done is not None and of and Fraction(done) < (least := term.share * Fraction(of)):
            share, needed = term.share, ceil(least)
            yield departure(deadline, "term", "quota_missed", share=share, done=done, all=of, needed=needed)
    elif isinstance(term, Target) and deadline.period is not None and "measured" in values:
        year, figure = int(deadline.period), values["measured"]
        if not term.met(year, Fraction(figure)):
            target, better = term.of(year), term.better
            code = "target_missed"
            yield departure(deadline, "term", code, year=year, measured=figure, figure=target, better=better)


def _unasked(case: Case, procedure: Procedure, deadline_ids: set[str]) -> Iterator[Finding]:
    """Yield a finding for each fact recorded for a period in which nothing was required."""
    for name in case.facts:
        # A repetition (`#2`) belongs to its period.
        of_period = name.partition("#")[0]
        fact, _, period = of_period.partition(".")
        obligation = procedure.by_id[fact]
        if obligation.recurs is not None and of_period not in deadline_ids:
            yield Finding(
                kind="range",
                obligation=name,
                code="period_not_asked",
                arguments={"title": obligation.title, "period": period},
                force=obligation.force,
            )


_RULES: tuple[Callable[[Deadline, _Judging], Iterable[Finding]], ...] = (
    _term,
    _embargo,
    _order,
    _before_period_ends,
    _without_basis,
    _evidence,
    _numbers_and_signature,
)
"""What each deadline is judged by, in the order of the findings."""


FindingKind = Literal["term", "order", "evidence", "feasibility", "duration", "range"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One departure.

    Attributes:
        code: code of its sentence in the catalogues of i18n/.
        late_by: working days d with due < d <= on; 0 is possible for a late fact; None for findings that are
            not about lateness.
        basis: the law, or our own practice check.
    """

    kind: FindingKind
    obligation: str
    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    late_by: int | None = None
    basis: Basis = "law"
    force: Force = "obligatory"


def departure(
    deadline: Deadline,
    kind: FindingKind,
    code: str,
    *,
    late: int | None = None,
    basis: Basis = "law",
    **arguments: object,
) -> Finding:
    """Return a finding about one deadline; its sentence names the obligation, and an assumed term as such."""
    obligation = deadline.obligation
    return Finding(
        kind=kind,
        obligation=deadline.id,
        code=code,
        arguments={"title": obligation.title, "assumed": obligation.assumed, **arguments},
        late_by=late,
        basis="practice" if obligation.practice else basis,
        force=obligation.force,
    )
