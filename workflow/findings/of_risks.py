"""Findings in a case's registers: measures, reviews, requests, positions, remarks, and the cartogram."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from datetime import date, timedelta
from itertools import chain

from calendars.terms import AtOnce, month_end, months_later, period_of
from workflow.cases.case import Case, EntryKind
from workflow.cases.registers.risks import (
    Cartogram,
    CartogramLine,
    Section,
    cartograms,
    rank_of,
    unasked,
    words_of,
)
from workflow.cases.registers.rows import TITLE_OF, RowOfCase, measures_of, rows_of
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.register_deadlines import APPROVED
from workflow.findings.findings import Finding, FindingKind
from workflow.law.procedure import Basis
from workflow.org.office import Office

# Roots of verbs that say effort and not a result, in Russian and Kazakh: a short measure of them alone can be
# made more concrete.
_EFFORT = (
    *("усил", "активиз", "повыс", "улучш", "обеспеч", "принять мер", "продолж", "соверш", "не допуск"),
    *("держать", "күшейт", "жандандыр", "арттыр", "жақсарт", "қамтамасыз", "шара қолдан", "шаралар қабылда"),
    *("жалғастыр", "жетілдір", "жол бермеу"),
)
_SHORT, _MIN_WORDS = 6, 3
_QUARTER_REVIEWED = re.compile(r"quarter_reviewed\.((\d{4})Q([1-4]))")


def risk_findings(case: Case, deadlines: Iterable[Deadline]) -> tuple[Finding, ...]:
    """Return every finding of the case's registers; none for empty registers. `deadlines`: of the case
    (`workflow.deadlines.resolver.deadlines`), with the due dates of its measures.
    """
    if not case.entries:
        return ()
    risks, measures = rows_of(case, "risk"), rows_of(case, "measure")
    due = {deadline.obligation.id: deadline.due for deadline in deadlines if deadline.due is not None}
    findings = [
        *(_measure(case, measure, risks, due.get(f"measure.{number}")) for number, measure in measures.items()),
        *(_risk(case, risk, measures_of(measures, number)) for number, risk in risks.items()),
        _unranked(risks.values()),
        *(_position(position) for position in rows_of(case, "position").values()),
        *(_remark(case, remark) for remark in rows_of(case, "remark").values()),
    ]
    return tuple(chain.from_iterable(findings))


def _measure(case: Case, measure: RowOfCase, risks: Container[int], due: date | None) -> Iterator[Finding]:
    """Yield what is wrong with a measure: its risk is gone, its quality, its reviews, due after monitoring."""
    if measure["risk"] not in risks:
        yield _about(measure, "risk.measure_of_withdrawn_risk", kind="order", risk=measure["risk"])
    yield from quality(measure)
    yield from _reviewed(case, measure)
    signed = case.facts.get("note_signed")
    if signed is not None and due is not None and due > (until := months_later(signed.on, 12)):
        yield _about(measure, "risk.measure_after_monitoring", kind="feasibility", due=due, until=until)


def quality(measure: RowOfCase) -> Iterator[Finding]:
    """Yield what a measure lacks before it is signed: concreteness, form of completion, who, by when."""
    words = measure["action"].casefold()
    is_short = len(words.split()) < _MIN_WORDS
    if is_short or (len(words.split()) <= _SHORT and words.startswith(_EFFORT)):
        yield _about(measure, "risk.measure_general", basis="practice")
    if not measure["completion"].strip():
        yield _about(measure, "risk.measure_no_completion")
    if not measure["responsible"].strip():
        yield _about(measure, "risk.measure_no_responsible")
    term = measure.term
    if term.dateless:
        basis: Basis = "practice" if isinstance(term.term, AtOnce) else "law"
        if term.written:
            yield _about(measure, "risk.measure_no_date", basis=basis, said=term.reading, written=term.written)
        else:
            yield _about(measure, "risk.measure_no_term", basis=basis)


def _reviewed(case: Case, measure: RowOfCase) -> Iterator[Finding]:
    """Yield what is wrong with the reviews of a measure: the last one says executed without evidence or without
    a day, or there is none in a quarter in which the report for the one before was reviewed.
    """
    reviews, latest = measure.all("measure_reviewed"), measure.last("measure_reviewed")
    if latest is not None and latest["outcome"] == "executed":
        if not latest.evidence:
            yield _about(measure, "risk.executed_unproved", on=latest.on)
        if not latest["done_on"]:
            yield _about(measure, "risk.executed_without_day", on=latest.on)
    ended = [review for review in reviews if review["outcome"] in ("executed", "irrelevant")]
    first_on = measure.first_on or date.min
    last_on = min((review.on for review in ended if not review["period"]), default=date.max)
    for name, fact in sorted(case.facts.items()):
        quarter = _QUARTER_REVIEWED.fullmatch(name)
        if quarter is None or not first_on <= fact.on < last_on:
            continue
        period, year, number = quarter.groups()
        # The report for a quarter is reviewed in the next one.
        after = period_of(month_end(int(year), 3 * int(number)) + timedelta(days=1), "quarter")
        if not any(after.first <= review.on <= after.last for review in reviews):
            yield _about(measure, "risk.measure_not_reviewed", period=period)


def _risk(case: Case, risk: RowOfCase, measures: Sequence[RowOfCase]) -> Iterator[Finding]:
    """Yield a risk without a measure though there is a plan; a higher body not asked; an unproved removal."""
    removal = risk.last("risk_removed")
    has_plan = "plan_developed" in case.facts or APPROVED in case.facts
    if has_plan and not measures and removal is None and not risk["body"]:
        yield _about(risk, "risk.without_measure")
    if unasked(risk):
        yield replace(_about(risk, "risk.not_asked", basis="practice", body=risk["body"]), force="may")
    if removal is not None and removal["completed"] and not removal.evidence:
        yield _about(risk, "risk.removal_unproved")


def _unranked(risks: Iterable[RowOfCase]) -> Iterator[Finding]:
    """Yield one finding for all risks without a rank together: just after an import none has a rank."""
    numbers = tuple(
        str(risk.number) for risk in risks if rank_of(risk) is None and not risk.last("risk_removed")
    )
    if numbers:
        yield Finding(
            kind="evidence",
            obligation="risk",
            code="risk.unranked",
            arguments={"risks": numbers},
            basis="practice",
            force="recommended",
        )


def _position(position: RowOfCase) -> Iterator[Finding]:
    """Yield a listed position without a reason, or without an approved list."""
    if position.last("position_cleared"):
        return
    if not position["why"].strip():
        yield _about(position, "risk.position_without_reason")
    if not position["approved_on"]:
        yield _about(position, "risk.position_not_approved")


def _remark(case: Case, remark: RowOfCase) -> Iterator[Finding]:
    """Yield a finding about a remark neither taken into the note nor answered, before and after its signing."""
    signed, made_on = case.facts.get("note_signed"), remark.day("on")
    if remark.last("remark_answered") or (signed and made_on and made_on > signed.on):
        return
    if signed is None and not any(name in case.facts for name in ("discussion_held", "analysis_ended")):
        return
    if signed is None:
        yield _about(remark, "risk.remark_waits", basis="practice")
    else:
        yield _about(remark, "risk.remark_unanswered", basis="practice", on=signed.on)


def _about(
    row: RowOfCase, code: str, *, kind: FindingKind = "evidence", basis: Basis = "law", **arguments: object
) -> Finding:
    """Return a finding about a row; what our practice alone asks is recommended."""
    title = "text" if row.kind == "remark" else "title"
    return Finding(
        kind=kind,
        obligation=f"{row.kind}.{row.number}",
        code=code,
        arguments={row.kind: row.number, title: row[TITLE_OF[row.kind]], **arguments},
        basis=basis,
        force="recommended" if basis == "practice" else "obligatory",
    )


UPDATED = "cartogram_updated"
"""The obligation of the internal analysis to update the cartogram."""
_SECTIONS: Sequence[tuple[Section, str, EntryKind]] = (
    ("positions", "position", "position_cleared"),
    ("risks", "risk", "risk_removed"),
)
"""Sections of a cartogram: the kind of their rows, and of the record that takes a row off it."""


def expected_lines(cases: Iterable[Case]) -> tuple[CartogramLine, ...]:
    """Return the lines the cartogram should have: listed positions, then open risks, by department and
    district.

    A row without a department belongs to the unit (by id) of its case.
    """
    listed = (
        CartogramLine(section, row["department"] or case.unit, row["district"], row[TITLE_OF[kind]])
        for case in cases
        for section, kind, ended in _SECTIONS
        for row in rows_of(case, kind).values()
        if not row.last(ended)
    )
    return tuple(sorted(set(listed), key=astuple))


def with_unit_names(lines: Iterable[CartogramLine], office: Office) -> tuple[CartogramLine, ...]:
    """Return the lines with unit ids replaced by unit names."""
    units = office.units
    return tuple(
        replace(line, department=units[line.department].name) if line.department in units else line
        for line in lines
    )


def latest_cartogram(cases: Iterable[Case]) -> Cartogram | None:
    """Return the cartogram with the latest date of publication; None where none was recorded."""
    latest = (cartogram for case in cases for cartogram in cartograms(case)[-1:])
    return max(latest, key=lambda cartogram: cartogram.on, default=None)


def cartogram_findings(lines: Iterable[CartogramLine], cartogram: Cartogram | None) -> tuple[Finding, ...]:
    """Return a finding for each of the lines that the cartogram lacks, then for each it has beyond them; one
    finding where there is no cartogram.

    Two lines are equal if their words are, ignoring letter case, punctuation and blanks.
    """
    if cartogram is None:
        return (_finding("risk.cartogram_missing"),)
    should = {_key(line): line for line in lines}
    does = {_key(line): line for line in cartogram.lines}
    lacking = [("risk.cartogram_lacks", should[key]) for key in sorted(should.keys() - does.keys())]
    besides = [("risk.cartogram_exceeds", does[key]) for key in sorted(does.keys() - should.keys())]
    return tuple(
        _finding(code, place=place_of(line) or "–", section=line.section, text=line.text)
        for code, line in (*lacking, *besides)
    )


def place_of(line: CartogramLine) -> str:
    """Return the name of the place (department, district) of a line, for people."""
    return ", ".join(filter(None, (line.department, line.district)))


def _finding(code: str, **arguments: object) -> Finding:
    return Finding(kind="evidence", obligation=UPDATED, code=code, arguments=arguments)


def _key(line: CartogramLine) -> tuple[str, str, str, str]:
    """Return the key by which two lines of a cartogram count as the same."""
    return line.section, words_of(line.department), words_of(line.district), words_of(line.text)
