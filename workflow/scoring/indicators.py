"""The format of regulations/scoring/*.toml: indicators, how each is counted, and readings of unclear places.

Only the product brings such a file: that its steps add up and its rows follow each other its tests see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from calendars.terms import Element
from workflow.law.files import (
    ById,
    DashedName,
    Distinct,
    Listed,
    Model,
    Name,
    NonBlank,
    Points,
    matching,
    one_of,
    read_file,
)
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.scoring.scales import Answer, Earned, PointsScale, Present, Readings, Scale, sentence

SCORED = "tbn4-2024"
"""The act whose projects are assessed in points: who did not adopt it has none to lose."""
EMBARGO = ("internal-analysis:external_analysis_ended", "tbn4-year:external_analysis_ended")
EMBARGOED = "P1."
"""These facts exclude the indicators of project 1 from assessment in their year and the year after."""

Fact = Annotated[str, matching("^[a-z0-9-]+:[a-z0-9_]+$", '"tbn4-project-4:event_held"')]
EvidenceKind = Annotated[str, matching("^(document|link):[a-z0-9_]+$", '"link:site"')]
IndicatorId = Annotated[str, matching(r"^P[0-9]\.T[0-9]\.S[0-9]$", '"P3.T2.S1"')]
Kind = Annotated[str, one_of(*KINDS)]

# ----------------------------------------------------------------------------------------------- counting

CountedBy = Literal[
    "presence",
    "units",
    "supervised",
    "supervised_quarters",
    "supervised_each",
    "below",
    "regions",
    "districts_quarters",
    "value",
    "values",
    "facts",
    "months",
    "analyses",
    "cartogram",
    "propaganda",
]

_OF_THE_PERIOD = ("value", "values", "propaganda")


class Counting(Model):
    """How an indicator is counted from the facts an office recorded in a year.

    Attributes:
        by: presence (whether the body has it at all); units (share of the body's units); supervised (share of
            the quasi-state subjects; `_quarters`: with it in each quarter that has ended; `_each`: how many);
            below (share of the organisations below it); regions (share of the oblast, its cities and
            districts); districts_quarters (of its districts); value, values (numbers recorded with the fact);
            facts (how many of each kind); months (how many in each month); analyses; cartogram (sub-sections
            brought up to date); propaganda.
        fact: `procedure:fact`; kinds: instead, kind -> its fact (`facts` in the file).
        also: facts that count as the fact does; of values, that give the number they are taken of.
        also_if: the reading and its value by which alone they do; empty: by any.
        besides: of a share: facts without which the fact does not count; of facts: those that show that data
            were submitted, though there was nothing to count; of propaganda: the one that it was published.
        evidence: kinds of evidence without which the fact does not count.
        for_year_of: if this fact of its case lies in the year, the fact itself may lie in the year before.
        runs_from: the fact its term counts from, maybe through others: where that happened in the year and the
            term still ran at its end, it is not absent.
        from_above: whether a fact recorded by a body above counts for the body too.
        readings: ids of the readings that decide what is counted.
        done, of: names of the values counted.
    """

    by: CountedBy
    fact: Fact = ""
    kinds: dict[str, Fact] = Field(default={}, alias="facts")
    also: Distinct[Fact] = ()
    also_if: Distinct[NonBlank] = ()
    besides: Distinct[Fact] = ()
    evidence: Distinct[EvidenceKind] = ()
    for_year_of: Fact = ""
    runs_from: Fact = ""
    from_above: bool = False
    readings: Distinct[Name] = ()
    done: NonBlank = ""
    of: NonBlank = ""

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts it counts: one of each kind, or one as `count`."""
        return self.kinds or {"count": self.fact}

    @property
    def every_fact(self) -> tuple[str, ...]:
        """Every fact that plays a part in counting it."""
        return tuple(filter(None, (*self.facts.values(), *self.also, *self.besides, self.for_year_of)))


class UnitKinds(Model):
    """The units that a share is taken of, as the document names them for some kinds of body.

    Attributes:
        of: kinds of the body.
        kinds: kinds of the units, at whatever depth below it.
        itself: whether the body's own apparatus is one of them.
        inside: whether the parts directly below it without a kind count too, even if there are units of those
            kinds.
    """

    of: Distinct[Kind]
    kinds: Distinct[Kind] = ()
    itself: bool = False
    inside: bool = False


# ------------------------------------------------------------------------------------------------ scoring


@dataclass(frozen=True, kw_only=True)
class Score(Earned):
    """The points of one indicator.

    Attributes:
        readings: the readings its points depend on, by id.
        lost, at_stake: of an assessed year: the points lost for good, and those that may still be earned or
            lost; None where the document names no ceiling and no deduction.
    """

    id: str
    title: Text
    readings: Readings
    lost: Fraction | None = None
    at_stake: Fraction | None = None


class Indicator(Model):
    """One indicator. Its id is its place in the document: project, task, subtask.

    Attributes:
        deduction: points taken from the total where the thing is absent.
        assessed: kinds of organisation it is assessed for; empty means all.
        readings: ids of the readings its points depend on.
    """

    id: IndicatorId
    title: Text
    scale: Scale
    counting: Counting = Field(alias="counted")
    deduction: Points | None = None
    assessed: Distinct[Name] = ()
    readings: Distinct[Name] = ()
    notes: Listed[Text] = ()

    def earned(self, answer: Answer, readings: Readings) -> Earned:
        """Return the points of an answer of the type that its scale asks for, or of mere presence."""
        scale: PointsScale = self.scale
        if isinstance(answer, Present):
            return scale.of_presence(answer, self.deduction, readings)
        return scale.earned(answer, readings)


class Scoring(Model):
    """One edition of how execution is scored.

    Attributes:
        readings: id of a reading -> its values with their texts; the first value is the one used.
        units: the units that shares are taken of; for a body of a kind not named, its own parts.
    """

    id: DashedName
    in_force: date
    in_force_assumed: bool = False
    last_checked_on: date
    title: Text
    indicators: ById[Indicator] = Field(default={}, alias="indicator")
    readings: dict[Name, dict[Name, Text]] = Field(default={}, alias="reading")
    notes: Listed[Text] = ()
    units: Listed[UnitKinds] = ()

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @property
    def usual(self) -> Readings:
        """The readings used where nobody chose others."""
        return {name: next(iter(values)) for name, values in self.readings.items()}

    def score(self, answers: Mapping[str, Answer], readings: Readings) -> tuple[Score, ...]:
        """Return the points of every indicator that has an answer, in the order of the document.

        Args:
            answers: by indicator; one without an answer is not assessed.
            readings: all readings (`score_inputs.choose`, or `usual`).
        """
        return tuple(
            self._score(indicator, answers[name], readings)
            for name, indicator in self.indicators.items()
            if name in answers
        )

    def _score(self, indicator: Indicator, answer: Answer, readings: Readings) -> Score:
        """Return the score of an indicator, with the readings its points depend on."""
        earned, of_scale = indicator.earned(answer, readings), not isinstance(answer, Present)
        used = {name: readings[name] for name in indicator.readings if of_scale}
        return Score(
            id=indicator.id,
            title=indicator.title,
            points=earned.points,
            maximum=earned.maximum,
            arithmetic=(*earned.arithmetic, *self.texts_of(used)),
            readings=used,
        )

    def texts_of(self, readings: Readings) -> Iterator[Element]:
        """Yield the sentence of each of these readings."""
        return (sentence("reading", text=self.readings[name][value]) for name, value in readings.items())

    @cached_property
    def facts(self) -> frozenset[str]:
        """All facts that are counted: `procedure:fact`."""
        return frozenset(EMBARGO).union(self.running.values(), *(each.every_fact for each in self._countings))

    @property
    def awaited(self) -> frozenset[str]:
        """Facts of indicators by presence: of these alone open obligations are counted too, not only facts."""
        return frozenset(counting.fact for counting in self._countings if counting.by == "presence")

    @cached_property
    def running(self) -> Mapping[str, str]:
        """Facts whose term may run on beyond the year -> the fact it counts from."""
        return {counting.fact: counting.runs_from for counting in self._countings if counting.runs_from}

    @cached_property
    def of_the_period(self) -> frozenset[str]:
        """Facts that count for the period in their name, not for the day they were recorded on: yearly figures
        and reports are made after the year.
        """
        fact_groups = [counting.every_fact for counting in self._countings if counting.by in _OF_THE_PERIOD]
        data = [counting.besides for counting in self._countings if counting.by == "facts"]
        return frozenset().union(*fact_groups, *data)

    @cached_property
    def starting_facts(self) -> Mapping[str, str]:
        """Facts that may lie in the year before -> the fact of their case that must then lie in the year."""
        countings = [counting for counting in self._countings if counting.for_year_of]
        return {
            fact: counting.for_year_of for counting in countings for fact in (counting.fact, *counting.also)
        }

    @cached_property
    def of_year_before(self) -> frozenset[str]:
        """Facts that may lie in the year before the one assessed."""
        return frozenset((*self.starting_facts, *EMBARGO))

    @cached_property
    def proofs(self) -> Mapping[str, frozenset[str]]:
        """Fact -> the kinds of evidence it must have to count."""
        return {
            counting.fact: frozenset(counting.evidence) for counting in self._countings if counting.evidence
        }

    @property
    def _countings(self) -> tuple[Counting, ...]:
        return tuple(indicator.counting for indicator in self.indicators.values())


def read_scoring(name: str, text: bytes) -> Scoring:
    """Return the scoring a file describes; raises UnreadableRegulation naming what is wrong."""
    return read_file(Scoring, name, text, lambda _: ())
