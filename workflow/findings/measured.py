"""Findings from the numbers and signatures recorded with a fact: shares, targets, signatories."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from calendars.terms import Quota, Target
from workflow.cases.case import Case, Fact
from workflow.deadlines.deadline import Deadline
from workflow.findings.finding import Finding, departure


def measured(deadline: Deadline, case: Case, *, prove: bool) -> Iterator[Finding]:
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
    term = deadline.obligation.term
    staff = term.of if isinstance(term, Quota) and term.done else None
    lacking = tuple(name for name in deadline.obligation.values if name not in fact.values)
    if staff in lacking or (staff is not None and fact.values.get(staff) == 0):
        yield departure(deadline, "term", "no_staff_number", of=staff)
    other_values = tuple(name for name in lacking if name != staff)
    if other_values:
        yield departure(deadline, "evidence", "no_value", values=other_values)


def _signed(deadline: Deadline, fact: Fact, case: Case) -> Iterator[Finding]:
    rule = deadline.obligation.signed_by
    if rule is None or not fact.signed_by:
        return
    allowed = rule.of(case.kind)
    if allowed and fact.signed_by not in allowed:
        yield departure(deadline, "evidence", "wrong_signatory", by=fact.signed_by, allowed=allowed)


def _share(deadline: Deadline, term: Quota, fact: Fact) -> Iterator[Finding]:
    if term.done is None or term.done not in fact.values or not fact.values.get(term.of):
        return
    done_number, of = fact.values[term.done], fact.values[term.of]
    if Fraction(done_number) < term.share * Fraction(of):
        needed = ceil(term.share * Fraction(of))
        yield departure(
            deadline, "term", "quota_missed", share=term.share, done=done_number, all=of, needed=needed
        )


def _figure(deadline: Deadline, term: Target, fact: Fact) -> Iterator[Finding]:
    figure = fact.values.get("measured")
    if figure is None or deadline.period is None:
        return
    year = int(deadline.period)
    if not term.met(year, Fraction(figure)):
        target = term.of(year)
        yield departure(
            deadline,
            "term",
            "target_missed",
            year=year,
            measured=figure,
            figure=target,
            better=term.better,
        )
