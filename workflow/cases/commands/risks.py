"""Commands on the risk register of a case: what is found, ranked, set, reviewed, asked, removed.

Each becomes lines of the case's chain through the desk. Saying the same again writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from workflow.cases.case import Case, EventDraft, Evidence, evidence_payload
from workflow.cases.commands.desk import CaseCommands, Change
from workflow.cases.registers.entries import measure_id, next_number
from workflow.cases.registers.measure_term import MeasureTerm, as_data
from workflow.cases.registers.risk import DIRECTIONS, OUTCOMES, Measure, Register, Risk, register
from workflow.cases.registers.risk_scale import RiskScale
from workflow.closest_matches import closest_first
from workflow.deadlines.deadline import Deadline
from workflow.periods import period_of
from workflow.refusal import Refusal


class CannotEnter(Refusal, ValueError):
    """The line cannot be written as asked; the sentence says what is allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRisk:
    """A risk as told. `number`: None takes the next one; a known number describes that risk anew."""

    description: str
    number: int | None = None
    direction: str = "other"
    cause: str = ""
    act: str = ""
    body: str = ""
    for_legal_monitoring: bool = False
    department: str = ""
    district: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetMeasure:
    """A measure as told. `risk`: the number of the risk it removes; `number` as in FoundRisk."""

    risk: int
    action: str
    number: int | None = None
    recommendation: str = ""
    completion: str = ""
    responsible: str = ""
    term: MeasureTerm = field(default_factory=MeasureTerm)


class RiskCommands:
    """Commands. `now` is the UTC moment of the writing, `today` the local date of who writes."""

    def __init__(self, desk: CaseCommands) -> None:
        self._desk = desk

    def find(self, case_id: str, risk: FoundRisk, *, on: date, by: str, now: datetime, today: date) -> Change:
        """Enter a risk of the analytic note, or describe a known one anew."""
        return self.take_in(case_id, [risk], on=on, by=by, now=now, today=today)

    def take_in(
        self,
        case_id: str,
        lines: Sequence[FoundRisk | SetMeasure],
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """Risks and measures together, in order; all of them or none. A measure's risk is known or comes
        before.
        """
        return self.take_in_by(case_id, lambda _: lines, on=on, by=by, now=now, today=today)

    def take_in_by(
        self,
        case_id: str,
        lines: Callable[[Case], Sequence[FoundRisk | SetMeasure]],
        *,
        on: date,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """The same of lines that follow from the case as it stands at the moment of the writing."""
        happened(on, today)

        def events(case: Case) -> Sequence[EventDraft]:
            known = register(case)
            told: list[EventDraft] = []
            risks, measures = set(known.risks), set(known.measures)
            for line in lines(case):
                taken = risks if isinstance(line, FoundRisk) else measures
                kind = "risk" if isinstance(line, FoundRisk) else "measure"
                number = line.number or next_number(case, kind, taken)
                taken.add(number)
                if isinstance(line, FoundRisk):
                    told += _found(known, number, line, on)
                    continue
                if line.risk not in risks:
                    allowed = tuple(map(str, sorted(risks)))
                    raise CannotEnter("risk.unknown_risk", case=case_id, risk=line.risk, allowed=allowed)
                told += _set(known, number, line, on)
            return told

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def rank(
        self,
        case_id: str,
        number: int,
        *,
        likelihood: int,
        effect: int,
        scale: RiskScale,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """Rank a risk by levels of the scale, whose edition is kept with the rank."""

        def events(case: Case) -> Sequence[EventDraft]:
            risk = _risk(case, number)
            for what, level, levels in (
                ("likelihood", likelihood, scale.likelihood),
                ("effect", effect, scale.effect),
            ):
                if not 1 <= level <= len(levels):
                    raise CannotEnter("risk.no_such_level", what=what, level=level, last=len(levels))
            rank = risk.rank
            if rank and (rank.likelihood, rank.effect, rank.scale) == (likelihood, effect, scale.edition):
                return ()
            payload: dict[str, object] = {"likelihood": likelihood, "effect": effect, "scale": scale.edition}
            return [("risk_ranked", str(number), None, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def set_measure(self, case_id: str, measure: SetMeasure, *, by: str, now: datetime, today: date) -> Change:
        """Set a measure that removes a known risk, or set a known one anew; its reviews stay."""
        return self.take_in(case_id, [measure], on=today, by=by, now=now, today=today)

    def review(
        self,
        case_id: str,
        number: int,
        *,
        outcome: str,
        on: date,
        by: str,
        now: datetime,
        today: date,
        period: str = "",
        done_on: date | None = None,
        comment: str = "",
        evidence: Iterable[Evidence] = (),
    ) -> Change:
        """What had become of a measure on the day of a review.

        Args:
            period: of a measure that comes back (`2026Q3`); the one before the review where none is given.
            done_on: the day it was executed.
        """
        happened(on, today)
        if done_on is not None:
            happened(done_on, today)
        if outcome not in OUTCOMES:
            raise CannotEnter("risk.unknown_outcome", outcome=outcome, allowed=OUTCOMES)
        items = tuple(evidence)

        def events(case: Case) -> Sequence[EventDraft]:
            measure = _measure(case, number)
            payload: dict[str, object] = {"outcome": outcome}
            if measure.term.every is not None:
                deadlines = self._desk.looked_at(case, today=today).deadlines
                payload["period"] = _period(measure, period, on, deadlines)
            elif period:
                raise CannotEnter("risk.no_period", measure=number, period=period)
            if done_on is not None:
                payload["done_on"] = done_on.isoformat()
            if comment:
                payload["comment"] = comment
            if items:
                payload["evidence"] = evidence_payload(items)
            said = outcome, str(payload.get("period", "")), done_on, comment
            if any(
                one.on == on
                and (one.outcome, one.period, one.done_on, one.comment) == said
                and known_already(items, one.evidence)
                for one in measure.reviews
            ):
                return ()
            return [("measure_reviewed", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def remove(
        self,
        case_id: str,
        number: int,
        *,
        on: date,
        completed: bool,
        by: str,
        now: datetime,
        today: date,
        evidence: Iterable[Evidence] = (),
    ) -> Change:
        """A risk is removed; `completed`: to real completion, by the measure in its completion form."""
        happened(on, today)
        items = tuple(evidence)

        def events(case: Case) -> Sequence[EventDraft]:
            removal = _risk(case, number).removal
            known = removal is not None and (removal.on, removal.completed) == (on, completed)
            if removal is not None and known and known_already(items, removal.evidence):
                return ()
            payload: dict[str, object] = {"completed": completed}
            if items:
                payload["evidence"] = evidence_payload(items)
            return [("risk_removed", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def ask(
        self,
        case_id: str,
        number: int,
        *,
        body: str,
        asked: str,
        term: MeasureTerm,
        on: date,
        by: str,
        now: datetime,
        today: date,
    ) -> Change:
        """A request went up to the higher body whose act is the cause, with a term of its own."""
        happened(on, today)

        def events(case: Case) -> Sequence[EventDraft]:
            risk = _risk(case, number)
            to = body.strip() or risk.body
            if not to:
                raise CannotEnter("risk.no_body", risk=number)
            known = risk.request
            if known and (known.body, known.asked, known.on, known.term) == (to, asked, on, term):
                return ()
            payload: dict[str, object] = {"body": to, "asked": asked, "term": as_data(term)}
            return [("request_sent", str(number), on, payload)]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)

    def answer(
        self, case_id: str, number: int, *, text: str, on: date, by: str, now: datetime, today: date
    ) -> Change:
        """The higher body answered."""
        happened(on, today)

        def events(case: Case) -> Sequence[EventDraft]:
            request = _risk(case, number).request
            if request is None:
                raise CannotEnter("risk.no_request", risk=number)
            if on < request.on:
                raise CannotEnter("risk.answer_before_request", on=on, sent=request.on)
            if (request.answered_on, request.answer) == (on, text):
                return ()
            return [("request_answered", str(number), on, {"answer": text})]

        return self._desk.enter(case_id, events, by=by, now=now, today=today)


def happened(on: date, today: date) -> None:
    """Nothing, unless the day has not come. Raises CannotEnter."""
    if on > today:
        raise CannotEnter("risk.in_future", on=on, today=today)


def known_already(items: Iterable[Evidence], known: Iterable[Evidence]) -> bool:
    """Whether nothing of it is new."""
    there = tuple(known)
    return all(item in there for item in items)


def _found(known: Register, number: int, risk: FoundRisk, on: date) -> list[EventDraft]:
    if not risk.description.strip():
        raise CannotEnter("risk.nothing_described", risk=number)
    if risk.direction not in DIRECTIONS:
        allowed = closest_first(risk.direction, DIRECTIONS)
        raise CannotEnter("risk.unknown_direction", direction=risk.direction, allowed=allowed)
    payload = _told(
        description=risk.description.strip(),
        direction=risk.direction,
        cause=risk.cause,
        act=risk.act,
        body=risk.body,
        for_legal_monitoring=risk.for_legal_monitoring,
        department=risk.department,
        district=risk.district,
    )
    before = known.risks.get(number)
    if before is not None and payload == _told(
        description=before.description,
        direction=before.direction,
        cause=before.cause,
        act=before.act,
        body=before.body,
        for_legal_monitoring=before.for_legal_monitoring,
        department=before.department,
        district=before.district,
    ):
        return []
    return [("risk_found", str(number), on, payload)]


def _set(known: Register, number: int, measure: SetMeasure, on: date) -> list[EventDraft]:
    if not measure.action.strip():
        raise CannotEnter("risk.nothing_to_do", measure=number)
    payload = _plan(
        measure.risk,
        measure.recommendation,
        measure.action.strip(),
        measure.completion,
        measure.responsible,
        measure.term,
    )
    before = known.measures.get(number)
    if before is not None and payload == _plan(
        before.risk, before.recommendation, before.action, before.completion, before.responsible, before.term
    ):
        return []
    return [("measure_set", str(number), on, payload)]


def _plan(
    risk: int, recommendation: str, action: str, completion: str, responsible: str, term: MeasureTerm
) -> dict[str, object]:
    said = _told(recommendation=recommendation, action=action, completion=completion, responsible=responsible)
    return {"risk": risk, **said, "term": as_data(term)}


def _told(**values: object) -> dict[str, object]:
    """What is said of it; nothing empty."""
    return {key: value for key, value in values.items() if value not in ("", False, None)}


def _risk(case: Case, number: int) -> Risk:
    known = register(case).risks
    if number not in known:
        raise CannotEnter("risk.unknown_risk", case=case.id, risk=number, allowed=tuple(map(str, known)))
    return known[number]


def _measure(case: Case, number: int) -> Measure:
    known = register(case).measures
    if number not in known:
        raise CannotEnter("risk.unknown_measure", case=case.id, measure=number, allowed=tuple(map(str, known)))
    return known[number]


def _period(measure: Measure, period: str, on: date, deadlines: Iterable[Deadline]) -> str:
    """The period reviewed: the one named, else the last that has ended by the day of the review."""
    assert measure.term.every is not None
    id = measure_id(measure.number)
    asked = tuple(one.period for one in deadlines if one.obligation.id == id and one.period)
    first = period_of(on, measure.term.every).first
    before = period_of(date.fromordinal(first.toordinal() - 1), measure.term.every).name
    if period and asked and period not in asked:
        raise CannotEnter("risk.wrong_period", measure=measure.number, period=period, allowed=asked)
    return period or (before if before in asked or not asked else asked[0])
