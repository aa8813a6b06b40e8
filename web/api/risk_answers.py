"""Answer models of the registers of a case: risks with their measures, positions, remarks."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from web.api.documents import ProofAnswer, proof_answer
from web.pages.cases.risk_view import MeasureLine, RiskLine


class ReviewAnswer(BaseModel):
    on: date
    outcome: str
    period: str
    done_on: date | None
    comment: str
    evidence: list[ProofAnswer]


class MeasureAnswer(BaseModel):
    """A measure. `due`, `state`: of its next deadline; null when its term names no day."""

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
    """A request to a higher body, and its answer."""

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
    """The registers of a case. `scale`: the edition whose scale applies to a rank given today."""

    case: str
    scale: str
    risks: list[RiskAnswer]
    positions: list[PositionAnswer]
    remarks: list[RemarkAnswer]


def risk_answer(line: RiskLine, language: str) -> RiskAnswer:
    """Return a risk with its measures, reviews, requests and removal as an answer."""
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
            evidence=[proof_answer(item) for item in removal.evidence],
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
        measures=[_measure_answer(measure) for measure in line.measures],
    )


def _measure_answer(line: MeasureLine) -> MeasureAnswer:
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
                on=review.on,
                outcome=review.outcome,
                period=review.period,
                done_on=review.done_on,
                comment=review.comment,
                evidence=[proof_answer(item) for item in review.evidence],
            )
            for review in measure.reviews
        ],
    )
