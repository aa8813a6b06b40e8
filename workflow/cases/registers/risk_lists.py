"""Lists over the registers of many cases: recommendations by outcome, and risks that several units share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workflow.cases.case import Case
from workflow.cases.registers.rows import RowOfCase, measures_of, outcome_of, rows_of

NOT_REVIEWED = "none"
"""Status of a measure before its first review."""
_NOT_A_WORD = re.compile(r"[\W_]+")


class RecommendationPlace(NamedTuple):
    """The place of a recommendation: its case, and the numbers of its risk and measure (0 where there is
    none).
    """

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
