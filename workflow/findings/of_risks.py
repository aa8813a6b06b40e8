"""Findings in a case's registers: measures, reviews, requests, positions, remarks, and the cartogram."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from calendars.terms import AtOnce, month_end
from workflow.cases.case import Case
from workflow.cases.registers.entries import measure_id
from workflow.cases.registers.exposure import Cartogram, CartogramLine, Position, Remark, exposure, remarks
from workflow.cases.registers.risk import Measure, Register, Risk, register
from workflow.deadlines.deadline import Deadline
from workflow.findings.finding import Finding, FindingKind
from workflow.law.procedure import Basis
from workflow.org.office import Office
from workflow.periods import years_later

# Roots of verbs that say effort and not a result, in Russian and Kazakh: a short measure of them alone can be
# made more concrete.
_EFFORT = (
    *(
        "усил",
        "активиз",
        "повыс",
        "улучш",
        "обеспеч",
        "принять мер",
        "продолж",
        "соверш",
        "не допуск",
        "держать",
    ),
    *("күшейт", "жандандыр", "арттыр", "жақсарт", "қамтамасыз", "шара қолдан", "шаралар қабылда", "жалғастыр"),
    *("жетілдір", "жол бермеу"),
)
_SHORT, _FEW = 6, 3
REVIEWED = "quarter_reviewed"
_QUARTER = re.compile(r"\d{4}Q[1-4]")


def risk_findings(case: Case, deadlines: Iterable[Deadline]) -> tuple[Finding, ...]:
    """Return every finding of the case's registers; none for empty registers.

    Args:
        deadlines: of the case (`workflow.deadlines.resolver.deadlines`), with the due dates of its measures.
    """
    if not case.entries:
        return ()
    known, seen = register(case), exposure(case)
    due = {one.obligation.id: one.due for one in deadlines if one.due is not None}
    found: list[Finding] = []
    for measure in known.measures.values():
        if measure.risk not in known.risks:
            found.append(_of(measure, "risk.measure_of_withdrawn_risk", kind="order", risk=measure.risk))
        found += quality(measure)
        found += _reviewed(case, measure)
        found += _within_the_year(case, measure, due.get(measure_id(measure.number)))
    for risk in known.risks.values():
        found += _risk(risk, known)
    found += _unranked(known)
    for position in seen.positions.values():
        found += _position(position)
    found += (one for remark in remarks(case).values() for one in _remark(case, remark))
    return tuple(found)


def quality(measure: Measure) -> Iterator[Finding]:
    """Yield what a measure lacks before it is signed: concreteness, a completion form, a responsible person, a
    date.
    """
    words = measure.action.casefold()
    few = len(words.split()) < _FEW
    if few or (len(words.split()) <= _SHORT and words.startswith(_EFFORT)):
        yield _of(measure, "risk.measure_general", basis="practice")
    if not measure.completion.strip():
        yield _of(measure, "risk.measure_no_completion")
    if not measure.responsible.strip():
        yield _of(measure, "risk.measure_no_responsible")
    if measure.term.dateless:
        basis: Basis = "practice" if isinstance(measure.term.term, AtOnce) else "law"
        term = measure.term
        if term.written:
            yield _of(measure, "risk.measure_no_date", basis=basis, said=term.said, written=term.written)
        else:
            yield _of(measure, "risk.measure_no_term", basis=basis)


def _reviewed(case: Case, measure: Measure) -> Iterator[Finding]:
    latest = measure.reviews[-1] if measure.reviews else None
    if latest is not None and latest.outcome == "executed":
        if not latest.evidence:
            yield _of(measure, "risk.executed_unproved", on=latest.on)
        if latest.done_on is None:
            yield _of(measure, "risk.executed_without_day", on=latest.on)
    ends = [one.on for one in measure.reviews if one.outcome in ("executed", "irrelevant") and not one.period]
    done = min(ends, default=None)
    for name, fact in sorted(case.facts.items()):
        fact_of, _, period = name.partition(".")
        if fact_of != REVIEWED or not _QUARTER.fullmatch(period) or (done is not None and done <= fact.on):
            continue
        if measure.set_on is not None and measure.set_on > fact.on:
            continue
        first, last = _quarter_after(period)
        if not any(first <= one.on <= last for one in measure.reviews):
            yield _of(measure, "risk.measure_not_reviewed", period=period)


def _quarter_after(period: str) -> tuple[date, date]:
    """Return the first and last day of the quarter in which the report for a quarter (`2026Q3`) is reviewed."""
    year, quarter = int(period[:4]), int(period[5])
    year, quarter = (year + 1, 1) if quarter == 4 else (year, quarter + 1)
    return date(year, 3 * quarter - 2, 1), month_end(year, 3 * quarter)


def _within_the_year(case: Case, measure: Measure, due: date | None) -> Iterator[Finding]:
    signed = case.facts.get("note_signed")
    if signed is None or due is None:
        return
    until = years_later(signed.on, 1)
    if due > until:
        yield _of(measure, "risk.measure_after_monitoring", kind="feasibility", due=due, until=until)


def _risk(risk: Risk, known: Register) -> Iterator[Finding]:
    name, said = f"risk.{risk.number}", {"risk": risk.number, "title": risk.description}
    if not known.measures_of(risk.number) and risk.removal is None and not risk.body:
        yield Finding(kind="evidence", obligation=name, code="risk.without_measure", arguments=said)
    if risk.body and risk.request is None:
        said_of = {**said, "body": risk.body}
        yield Finding(
            kind="evidence",
            obligation=name,
            code="risk.not_asked",
            arguments=said_of,
            basis="practice",
            force="may",
        )
    if risk.removal is not None and risk.removal.completed and not risk.removal.evidence:
        yield Finding(kind="evidence", obligation=name, code="risk.removal_unproved", arguments=said)


def _unranked(known: Register) -> Iterator[Finding]:
    """Yield one finding for all risks without a rank together: just after an import none has a rank."""
    numbers = tuple(str(risk.number) for risk in known.risks.values() if risk.rank is None and not risk.removal)
    if numbers:
        yield Finding(
            kind="evidence",
            obligation="risk",
            code="risk.unranked",
            arguments={"risks": numbers},
            basis="practice",
            force="recommended",
        )


def _position(position: Position) -> Iterator[Finding]:
    if position.cleared_on is not None:
        return
    name, said = f"position.{position.number}", {"position": position.number, "title": position.title}
    if not position.why.strip():
        yield Finding(kind="evidence", obligation=name, code="risk.position_without_reason", arguments=said)
    if position.approved_on is None:
        yield Finding(kind="evidence", obligation=name, code="risk.position_not_approved", arguments=said)


def _remark(case: Case, remark: Remark) -> Iterator[Finding]:
    """Yield findings about a remark that has neither been taken into the note nor answered, before and after
    its signing.
    """
    signed = case.facts.get("note_signed")
    if remark.answered_on is not None or (signed is not None and remark.on > signed.on):
        return
    if signed is None and not any(name in case.facts for name in ("discussion_held", "analysis_ended")):
        return
    said: dict[str, object] = {"remark": remark.number, "text": remark.text}
    yield Finding(
        kind="evidence",
        obligation=f"remark.{remark.number}",
        code="risk.remark_waits" if signed is None else "risk.remark_unanswered",
        arguments=said if signed is None else {**said, "on": signed.on},
        basis="practice",
        force="recommended",
    )


def _of(
    measure: Measure, code: str, *, kind: FindingKind = "evidence", basis: Basis = "law", **arguments: object
) -> Finding:
    return Finding(
        kind=kind,
        obligation=measure_id(measure.number),
        code=code,
        arguments={"measure": measure.number, "title": measure.action, **arguments},
        basis=basis,
        force="recommended" if basis == "practice" else "obligatory",
    )


UPDATED = "cartogram_updated"
"""The obligation of the internal analysis to update the cartogram."""
_NOT_A_WORD = re.compile(r"[\W_]+")


def results(cases: Iterable[Case]) -> tuple[CartogramLine, ...]:
    """Return the cartogram lines that follow from the results: listed positions and open risks, by department
    and district.

    A row without a department belongs to the unit of its case.
    """
    lines: list[CartogramLine] = []
    for case in cases:
        lines += [
            CartogramLine("positions", one.department or case.unit, one.district, one.title)
            for one in exposure(case).positions.values()
            if one.cleared_on is None
        ]
        lines += [
            CartogramLine("risks", one.department or case.unit, one.district, one.description)
            for one in register(case).risks.values()
            if one.removal is None
        ]
    return tuple(sorted(set(lines), key=lambda one: (one.section, one.department, one.district, one.text)))


def by_name(lines: Iterable[CartogramLine], office: Office) -> tuple[CartogramLine, ...]:
    """Return the lines with unit ids replaced by unit names."""
    units = office.units
    return tuple(
        replace(line, department=units[line.department].name) if line.department in units else line
        for line in lines
    )


def latest(cases: Iterable[Case]) -> Cartogram | None:
    """Return the cartogram recorded last, by its own date."""
    known = [found for case in cases if (found := exposure(case).cartogram) is not None]
    return max(known, key=lambda one: one.on, default=None)


def compared(told: Iterable[CartogramLine], cartogram: Cartogram | None) -> tuple[Finding, ...]:
    """Return findings, department by department: lines of the results the cartogram lacks, and lines it has
    beyond them.

    Two lines are equal if their words are, ignoring letter case, punctuation and blanks.
    """
    if cartogram is None:
        return (_finding("risk.cartogram_missing"),)
    should = {_key(line): line for line in told}
    does = {_key(line): line for line in cartogram.lines}
    lacking = [_of_line("risk.cartogram_lacks", should[key]) for key in sorted(should.keys() - does.keys())]
    besides = [_of_line("risk.cartogram_exceeds", does[key]) for key in sorted(does.keys() - should.keys())]
    return (*lacking, *besides)


def place_of(line: CartogramLine) -> str:
    """Return the name of the place (department, district) of a line, for people."""
    return ", ".join(filter(None, (line.department, line.district)))


def _of_line(code: str, line: CartogramLine) -> Finding:
    return _finding(code, place=place_of(line) or "–", section=line.section, text=line.text)


def _finding(code: str, **arguments: object) -> Finding:
    return Finding(kind="evidence", obligation=UPDATED, code=code, arguments=arguments)


def _key(line: CartogramLine) -> tuple[str, str, str, str]:
    return line.section, _plain(line.department), _plain(line.district), _plain(line.text)


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()
