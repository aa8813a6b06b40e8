"""The format of regulations/scoring/*.toml: indicators, how each is counted, and readings of unclear places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from calendars.terms import Element
from workflow.law.files import (
    As,
    ById,
    DashedName,
    Distinct,
    FileProblem,
    Listed,
    Model,
    Name,
    NonBlank,
    Points,
    heading,
    matching,
    one_of,
    read_file,
    repeated,
    wrong,
)
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.scoring.score import Answer, Earned, PointsScale, Present, Readings, Scale, sentence

READINGS: Mapping[str, frozenset[str]] = {
    "rounding": frozenset({"whole_steps", "linear"}),
    "commission_rounding": frozenset({"whole_steps", "linear"}),
    "commission_period": frozenset({"year", "quarter"}),
    "last_row": frozenset({"from_41", "above_41"}),
    "risks": frozenset({"found_and_higher", "sum", "highest"}),
    "propaganda": frozenset({"instead", "sum"}),
    "online_course": frozenset({"civil_servants", "employees"}),
    "deduction": frozenset({"nothing_at_all"}),
    "whole_body": frozenset({"covers"}),
    "embargo": frozenset({"at_year_end"}),
    "instruction": frozenset({"renewed"}),
    "own_compliance": frozenset({"own_too"}),
    "own_commission": frozenset({"districts"}),
}
"""The readings supported by the calculation. A file gives their texts and the value used."""

SCORED = "tbn4-2024"
"""The act whose projects are assessed in points: who did not adopt it has none to lose."""

Fact = Annotated[str, matching("^[a-z0-9-]+:[a-z0-9_]+$", '"tbn4-project-4:event_held"')]
ReadingId = Annotated[str, one_of(*READINGS)]
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
    "kinds",
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
            facts (how many); kinds (how many of each); months (how many in each month); analyses; cartogram
            (sub-sections brought up to date); propaganda.
        fact: `procedure:fact`; kinds: of `kinds` instead: kind -> its fact (`facts` in the file).
        also: facts that count as the fact does; of values, that give the number they are taken of.
        also_if: the reading and its value by which alone they do; empty: by any.
        needs: facts without which the fact does not count.
        evidence: kinds of evidence without which the fact does not count.
        data: facts that show that data were submitted, though there was nothing to count.
        scaled: the fact that what was shown was published on the internet.
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
    needs: Distinct[Fact] = ()
    evidence: Distinct[EvidenceKind] = ()
    data: Distinct[Fact] = ()
    scaled: Fact = ""
    for_year_of: Fact = ""
    runs_from: Fact = ""
    from_above: bool = False
    readings: Distinct[ReadingId] = ()
    done: NonBlank = ""
    of: NonBlank = ""

    @model_validator(mode="after")
    def _has_what_it_counts(self) -> Self:
        """Refuse one without the keys that its way of counting needs."""
        needed = {"kinds": ("facts",), "value": ("fact", "done"), "values": ("fact", "done", "of")}
        for key in needed.get(self.by, ("fact",)):
            if not getattr(self, "kinds" if key == "facts" else key):
                raise wrong("missing_key", key)
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts it counts: one, or one of each kind."""
        return tuple(self.kinds.values()) or (self.fact,)

    @property
    def every_fact(self) -> tuple[str, ...]:
        """Every fact that plays a part in counting it."""
        fact_names = (*self.facts, *self.also, *self.needs, *self.data, self.scaled, self.for_year_of)
        return tuple(filter(None, fact_names))


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


class AssessmentEmbargo(Model):
    """Facts that exclude some indicators from assessment in their year and the year after.

    Attributes:
        indicators: prefixes of their ids.
    """

    facts: Distinct[Fact]
    indicators: NonBlank


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
    readings: Distinct[ReadingId] = ()
    notes: Listed[Text] = ()

    def earned(self, answer: Answer, readings: Readings) -> Earned:
        """Return the points of an answer of the type that its scale asks for, or of mere presence."""
        scale: PointsScale = self.scale
        if isinstance(answer, Present):
            return scale.of_presence(answer, self.deduction, readings)
        return scale.earned(answer, readings)


class _Value(Model):
    id: NonBlank
    text: Text


class _Reading(Model):
    """A reading of an unclear place; its first value is the one used."""

    id: ReadingId
    value: Annotated[Listed[_Value], Field(min_length=1)]

    @model_validator(mode="after")
    def _supported(self) -> Self:
        names = [value.id for value in self.value]
        for number, name in enumerate(names):
            if name not in READINGS[self.id]:
                allowed = tuple(sorted(READINGS[self.id]))
                raise wrong("not_allowed", "value", number, "id", allowed=allowed)
        for number in repeated(names):
            raise wrong("duplicate", "value", number, value=names[number])
        return self


def _by_id(readings: tuple[_Reading, ...]) -> Mapping[str, Mapping[str, Text]]:
    """Return the texts of the values of each reading by its id and theirs."""
    return {reading.id: {value.id: value.text for value in reading.value} for reading in readings}


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
    readings: Annotated[Mapping[str, Mapping[str, Text]], As(Listed[_Reading], _by_id)] = Field(
        default={}, alias="reading"
    )
    notes: Listed[Text] = ()
    units: Listed[UnitKinds] = ()
    embargo: AssessmentEmbargo | None = None

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
        embargo = () if self.embargo is None else self.embargo.facts
        every_fact = (counting.every_fact for counting in self._countings)
        return frozenset(embargo).union(self.running.values(), *every_fact)

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
        return frozenset().union(*fact_groups, *(counting.data for counting in self._countings))

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
        embargo = () if self.embargo is None else self.embargo.facts
        return frozenset((*self.starting_facts, *embargo))

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
    return read_file(Scoring, name, text, _unexplained)


def _unexplained(scoring: Scoring) -> Iterator[FileProblem]:
    """Yield the readings used by indicators that the file does not define."""
    for number, indicator in enumerate(scoring.indicators.values()):
        for reading in indicator.readings:
            if reading not in scoring.readings:
                place = f"{heading('indicator', number, indicator.id)}: readings"
                yield FileProblem("not_allowed", place, {"value": reading, "allowed": tuple(scoring.readings)})
