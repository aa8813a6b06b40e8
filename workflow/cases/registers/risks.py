"""Risks over many cases: recommendations by outcome, risks that several units share, ranks, the cartogram.

The scale risks are ranked by is ours. Act No. 488, p. 43, which ranks risks, could not be obtained; the file
says so, and so must every place that shows a rank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field

from workflow.cases.case import Case, Evidence, evidence_of
from workflow.cases.registers.rows import RowOfCase, measures_of, outcome_of, rows_of
from workflow.law.fields import Name
from workflow.law.files import Edition, Listed, Model
from workflow.law.procedure import Text

NOT_REVIEWED = "none"
"""Status of a measure before its first review."""
_NOT_A_WORD = re.compile(r"[\W_]+")


class RecommendationPlace(NamedTuple):
    """The place of a recommendation: its case, and the numbers of its risk and measure (0: it has none)."""

    case: str
    risk: int
    measure: int


Words = tuple[tuple[str, ...], ...]
"""Search words for register rows, each with its meanings: the text itself, or an option it names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecommendationFilter:
    """Filter for lists of recommendations; empty fields do not restrict.

    `legal`: those for legal monitoring alone; `late`: overdue ones alone. `search`: the text typed; `words`:
    its words, to be found in the risk or the measure.
    """

    unit: str = ""
    status: str = ""
    direction: str = ""
    legal: bool = False
    late: bool = False
    search: str = ""
    words: Words = ()

    def keeps(self, status: str, late: bool) -> bool:
        """Return whether a recommendation with that status and lateness matches."""
        return (not self.status or status == self.status) and (not self.late or late)


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskGroup:
    """A risk found in many cases: the number of units and cases, and the first of them.

    `unasked`: number of cases whose cause is an act of a higher body to which no request was sent; `asking`:
    the first of them.
    """

    units: int
    cases: int
    first: tuple[RecommendationPlace, ...]
    unasked: int
    asking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedRisk:
    """One risk of one case with one of its measures; None where it has no measure."""

    case: Case
    risk: RowOfCase
    measure: RowOfCase | None

    @property
    def status(self) -> str:
        """Status by the last review; "" where there is no measure to review."""
        return (outcome_of(self.measure) or NOT_REVIEWED) if self.measure else ""

    @property
    def place(self) -> RecommendationPlace:
        return RecommendationPlace(self.case.id, self.risk.number, self.measure.number if self.measure else 0)


def listed(cases: Iterable[Case]) -> Iterator[ListedRisk]:
    """Yield every risk with each of its measures, once without any, case by case, by number."""
    for case in cases:
        measures = rows_of(case, "measure")
        for risk in rows_of(case, "risk").values():
            of_risk = measures_of(measures, risk.number)
            yield from (ListedRisk(case, risk, measure) for measure in of_risk or (None,))


def likeness(risk: RowOfCase) -> tuple[str, ...]:
    """Return the key by which two risks count as the same: their words (ignoring letter case, punctuation and
    blanks), or the same place of the same act of a higher body as their cause.
    """
    above = (words_of(risk["body"]), words_of(risk["act"])) if risk["body"] and risk["act"] else ()
    return above or (words_of(risk["description"]),)


def unasked(risk: RowOfCase) -> bool:
    """Return whether its cause is an act of a higher body and no request was sent there."""
    return bool(risk["body"]) and risk.last("request_sent") is None


def words_of(text: str) -> str:
    """Return the words of a text in lower case, without punctuation, for comparing texts."""
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()


class Rank(NamedTuple):
    """A rank: levels of likelihood and effect on a scale (1 is the lowest), and the edition of the scale."""

    likelihood: int
    effect: int
    scale: str

    @property
    def points(self) -> int:
        """Likelihood times effect."""
        return self.likelihood * self.effect


def rank_of(risk: RowOfCase) -> Rank | None:
    """Return the rank of a risk; None before it is ranked."""
    ranked = risk.last("risk_ranked")
    return Rank(int(ranked["likelihood"]), int(ranked["effect"]), ranked["scale"]) if ranked else None


class Level(Model):
    """One level of likelihood or of effect."""

    title: Text
    meaning: Text


class Band(Model):
    """A band of ranks up to a product. `colour`: a colour of the risk map."""

    id: Name
    up_to: Annotated[int, Field(ge=1)]
    title: Text
    colour: Literal["calm", "watch", "high", "urgent"]


class RiskScale(Edition):
    """One edition of the scale; its levels begin with the lowest. `ours`: no act made it, as every place that
    shows it says; `note`: its author and reason.
    """

    ours: Literal[True]
    title: Text
    note: Text
    likelihood: Listed[Level]
    effect: Listed[Level]
    bands: Listed[Band] = Field(alias="band")

    def band(self, rank: Rank) -> Band:
        """Return the first band that reaches up to the points of a rank, else the last."""
        return next((band for band in self.bands if rank.points <= band.up_to), self.bands[-1])


Section = Literal["positions", "risks"]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The two sections of the cartogram: positions (1) and risks (2)."""


@dataclass(frozen=True, slots=True)
class CartogramLine:
    """One line of the cartogram: a position or a risk of a department (and district)."""

    section: Section
    department: str
    district: str
    text: str


@dataclass(frozen=True, slots=True)
class Cartogram:
    """The cartogram as published on a day."""

    on: date
    lines: tuple[CartogramLine, ...]
    evidence: tuple[Evidence, ...] = ()


def cartograms(case: Case) -> list[Cartogram]:
    """Return the cartograms of a case, the one recorded last at the end."""
    return [
        Cartogram(event.on, tuple(CartogramLine(*line) for line in event.payload["lines"]), evidence_of(event))
        for event in case.entries
        if event.kind == "cartogram_recorded" and event.on is not None
    ]


def lines_payload(lines: Iterable[CartogramLine]) -> list[list[str]]:
    return [[line.section, line.department, line.district, line.text] for line in lines]
