"""Risks of a case with their ranks, measures and requests, computed from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, cast

from workflow.cases.case import Case, Event, Evidence
from workflow.cases.registers.entries import folded, row_described, with_record
from workflow.cases.registers.measure_term import MeasureTerm, from_data

Outcome = Literal["executed", "partly", "not", "irrelevant"]
"""Executed: the risk removed in full by the measure in its completion form. Irrelevant: no longer relevant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rank:
    """A rank: levels of likelihood and effect on a scale (1 is the lowest), and the edition of the scale."""

    likelihood: int
    effect: int
    scale: str

    @property
    def points(self) -> int:
        """Likelihood times effect."""
        return self.likelihood * self.effect


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskRemoval:
    """The removal of a risk. `completed`: whether to real completion, in the completion form of its measure."""

    on: date
    completed: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request to the higher body whose act is the cause of a risk, and its answer."""

    body: str
    asked: str
    on: date
    term: MeasureTerm
    answered_on: date | None = None
    answer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """One risk of a case.

    Attributes:
        number: as the analytic note numbers it.
        cause: why it can happen; `act`: the act the cause lies in, where it lies in one.
        body: the higher body whose act that is; "" when the cause is the organisation's own.
        for_legal_monitoring: its recommendation touches legal acts.
        department, district: where it belongs in the cartogram.
    """

    number: int
    description: str
    direction: str = "other"
    cause: str = ""
    act: str = ""
    body: str = ""
    for_legal_monitoring: bool = False
    department: str = ""
    district: str = ""
    found_on: date | None = None
    rank: Rank | None = None
    removal: RiskRemoval | None = None
    request: Request | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """One review of a measure: its day, the outcome, and the evidence.

    Attributes:
        period: of a recurring measure: the period reviewed (2026Q3).
        done_on: the day it was executed, where that is known.
    """

    on: date
    outcome: Outcome
    period: str = ""
    done_on: date | None = None
    comment: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One row of the plan of measures.

    Attributes:
        risk: the number of the risk it removes.
        completion: the completion form it must end in.
        set_on: the local day it was first set; None where unknown.
    """

    number: int
    risk: int
    recommendation: str = ""
    action: str = ""
    completion: str = ""
    responsible: str = ""
    term: MeasureTerm = field(default_factory=MeasureTerm)
    set_on: date | None = None
    reviews: tuple[Review, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)

    def review(self, period: str = "") -> Review | None:
        """Return the last review of a period or of the whole measure, whichever was recorded later; None where
        there is neither.
        """
        return next((review for review in reversed(self.reviews) if review.period in (period, "")), None)

    @property
    def outcome(self) -> Outcome | None:
        """Outcome of the latest review; None before the first."""
        return self.reviews[-1].outcome if self.reviews else None


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskRegister:
    """The risk register of a case, by number."""

    risks: Mapping[int, Risk] = field(default_factory=dict)
    measures: Mapping[int, Measure] = field(default_factory=dict)

    def measures_of(self, risk: int) -> tuple[Measure, ...]:
        return tuple(measure for measure in self.measures.values() if measure.risk == risk)


def register(case: Case) -> RiskRegister:
    """Return the risks and measures of a case."""
    return RiskRegister(risks=folded(case, "risk", next_risk), measures=folded(case, "measure", next_measure))


def next_risk(risk: Risk | None, number: int, event: Event) -> Risk:
    """Return a risk after an event about it: found or described anew, ranked, removed, asked of a higher body,
    or answered by it. The same request again changes nothing, the same removal adds its evidence.
    """
    payload = event.payload
    if event.kind == "risk_found":
        return row_described(Risk, number, event, risk, ("rank", "removal", "request"), found_on=event.on)
    assert risk is not None
    assert event.on is not None or event.kind == "risk_ranked"
    match event.kind:
        case "risk_ranked":
            rank = Rank(
                likelihood=int(str(payload["likelihood"])),
                effect=int(str(payload["effect"])),
                scale=_text(payload, "scale"),
            )
            return replace(risk, rank=rank)
        case "risk_removed":
            assert event.on is not None
            removal = RiskRemoval(on=event.on, completed=bool(payload.get("completed")))
            *_, last = with_record((risk.removal,) if risk.removal else (), removal, event)
            return replace(risk, removal=last)
        case "request_sent":
            assert event.on is not None
            request = Request(
                body=_text(payload, "body"),
                asked=_text(payload, "asked"),
                on=event.on,
                term=from_data(payload.get("term")),
            )
            if risk.request and replace(risk.request, answered_on=None, answer="") == request:
                return risk
            return replace(risk, request=request, body=risk.body or request.body)
        case _:
            assert risk.request is not None
            answered = replace(risk.request, answered_on=event.on, answer=_text(payload, "answer"))
            return replace(risk, request=answered)


def next_measure(measure: Measure | None, number: int, event: Event) -> Measure:
    """Return a measure after an event about it: set (or set anew, which keeps the day it was first set and its
    reviews), or reviewed (the same review again only adds its evidence).
    """
    payload = event.payload
    if event.kind == "measure_set":
        return row_described(Measure, number, event, measure, ("set_on", "reviews"), set_on=event.on)
    assert measure is not None
    assert event.on is not None
    done_on = payload.get("done_on")
    review = Review(
        on=event.on,
        outcome=cast(Outcome, payload["outcome"]),
        period=_text(payload, "period"),
        done_on=date.fromisoformat(str(done_on)) if done_on else None,
        comment=_text(payload, "comment"),
    )
    return replace(measure, reviews=with_record(measure.reviews, review, event))


def _text(payload: Mapping[str, object], key: str) -> str:
    return str(payload.get(key, ""))
