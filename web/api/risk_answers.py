"""The registers inside a case as answers: risks with their measures, positions, remarks."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from web.api.proofs import ProofAnswer, proof_answer
from web.pages.cases.risk_view import MeasureLine, RiskLine


class ReviewAnswer(BaseModel):
    on: date
    outcome: str
    period: str
    done_on: date | None
    comment: str
    evidence: list[ProofAnswer]


class MeasureAnswer(BaseModel):
    """A measure. `due`, `state`: of its deadline that comes next; null where its term names no day."""

    number: int
    recommendation: str
    action: str
    completion: str
    responsible: str
    term: str
    due: date | None
    state: str | None
    outcome: str | None
    reviews: list[ReviewAnswer]


class RankAnswer(BaseModel):
    likelihood: int
    effect: int
    points: int
    band: str | None
    scale: str


class RemovalAnswer(BaseModel):
    on: date
    completed: bool
    evidence: list[ProofAnswer]


class RequestAnswer(BaseModel):
    """What went up to a higher body, and what it answered."""

    body: str
    asked: str
    on: date
    term: str
    answered_on: date | None
    answer: str


class RiskAnswer(BaseModel):
    number: int
    description: str
    direction: str
    cause: str
    act: str
    body: str
    for_legal_monitoring: bool
    department: str
    district: str
    found_on: date | None
    rank: RankAnswer | None
    removal: RemovalAnswer | None
    request: RequestAnswer | None
    measures: list[MeasureAnswer]


class RemarkAnswer(BaseModel):
    number: int
    on: date
    text: str
    author: str
    source: str
    answered_on: date | None
    taken: bool | None
    answer: str


class PositionAnswer(BaseModel):
    number: int
    title: str
    holder: str
    why: str
    department: str
    district: str
    approved_on: date | None
    cleared_on: date | None


class RegisterAnswer(BaseModel):
    """The registers inside a case. `scale`: by which edition a rank given today would count."""

    case: str
    scale: str
    risks: list[RiskAnswer]
    positions: list[PositionAnswer]
    remarks: list[RemarkAnswer]


def risk_answer(line: RiskLine, language: str) -> RiskAnswer:
    """A risk with everything that hangs on it."""
    risk = line.risk
    rank, removal, request = risk.rank, risk.removal, risk.request
    return RiskAnswer(
        number=risk.number,
        description=risk.description,
        direction=risk.direction,
        cause=risk.cause,
        act=risk.act,
        body=risk.body,
        for_legal_monitoring=risk.for_legal_monitoring,
        department=risk.department,
        district=risk.district,
        found_on=risk.found_on,
        rank=RankAnswer(
            likelihood=rank.likelihood,
            effect=rank.effect,
            points=line.points or 0,
            band=line.band.title[language] if line.band else None,
            scale=rank.scale,
        )
        if rank
        else None,
        removal=RemovalAnswer(
            on=removal.on,
            completed=removal.completed,
            evidence=[proof_answer(one) for one in removal.evidence],
        )
        if removal
        else None,
        request=RequestAnswer(
            body=request.body,
            asked=request.asked,
            on=request.on,
            term=request.term.written,
            answered_on=request.answered_on,
            answer=request.answer,
        )
        if request
        else None,
        measures=[_measure(one) for one in line.measures],
    )


def _measure(line: MeasureLine) -> MeasureAnswer:
    measure, deadline = line.measure, line.entry.deadline if line.entry else None
    return MeasureAnswer(
        number=measure.number,
        recommendation=measure.recommendation,
        action=measure.action,
        completion=measure.completion,
        responsible=measure.responsible,
        term=measure.term.written,
        due=deadline.due if deadline else None,
        state=deadline.state if deadline else None,
        outcome=measure.outcome,
        reviews=[
            ReviewAnswer(
                on=one.on,
                outcome=one.outcome,
                period=one.period,
                done_on=one.done_on,
                comment=one.comment,
                evidence=[proof_answer(item) for item in one.evidence],
            )
            for one in measure.reviews
        ],
    )
