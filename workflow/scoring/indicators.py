"""The format of regulations/scoring/*.toml: indicators, how each is counted, readings; and numbers for them.

Only the product brings such a file: that its steps add up and its rows follow each other its tests see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from calendars.terms import Element
from workflow.law.fields import ById, Distinct, Name, NonBlank, Points, matching, one_of
from workflow.law.files import Edition, Listed, Mistake, Model, mistakes, path_text, wrong
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.refusal import Refusal, closest_first
from workflow.scoring import scales
from workflow.scoring.scales import (
    MAX_NUMBER,
    Answer,
    Earned,
    PointsScale,
    Present,
    Readings,
    Scale,
    sentence,
    some,
)

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

    by: Name
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
    """The units that a share is taken of, as the document names them for some kinds of body (`of`).

    `kinds`: of the units, at whatever depth below it; `itself`: whether its own apparatus is one of them;
    `inside`: whether its parts without a kind count even if there are units of those kinds.
    """

    of: Distinct[Kind]
    kinds: Distinct[Kind] = ()
    itself: bool = False
    inside: bool = False


# ------------------------------------------------------------------------------------------------ scoring


@dataclass(frozen=True, kw_only=True)
class Score(Earned):
    """The points of one indicator, and the readings they depend on.

    `lost`, `at_stake`: of an assessed year: the points lost for good, and those that may be earned or lost yet;
    None where the document names no ceiling and no deduction.
    """

    id: str
    title: Text
    readings: Readings
    lost: Fraction | None = None
    at_stake: Fraction | None = None


class Indicator(Model):
    """One indicator. Its id is its place in the document: project, task, subtask.

    `deduction`: points taken off where the thing is absent; `assessed`: kinds of organisation it is assessed
    for, empty means all; `readings`: those its points depend on.
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


class Scoring(Edition):
    """One edition of how execution is scored.

    `readings`: id -> its values with their texts, the first being used; `units`: what shares are taken of; for
    a body of a kind not named, its own parts.
    """

    in_force_assumed: bool = False
    last_checked_on: date
    title: Text
    indicators: ById[Indicator] = Field(default={}, alias="indicator")
    readings: dict[Name, dict[Name, Text]] = Field(default={}, alias="reading")
    notes: Listed[Text] = ()
    units: Listed[UnitKinds] = ()

    @property
    def usual(self) -> Readings:
        """The readings used where nobody chose others."""
        return {name: next(iter(values)) for name, values in self.readings.items()}

    def score(self, answers: Mapping[str, Answer], readings: Readings) -> tuple[Score, ...]:
        """Return the points of every indicator that has an answer. `readings`: how each place of the document
        that says two things is read.
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
        """Facts that count for the period in their name: yearly figures and reports are made after it."""
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


_CODES = {
    "dict_type": "wrong_form",
    "dataclass_type": "wrong_form",
    "int_type": "not_a_count",
    "greater_than_equal": "negative",
    "less_than_equal": "too_large",
    "bool_type": "not_yes_no",
    "tuple_type": "not_a_list",
    "too_short": "not_a_list",
}
"""Codes of the catalogues, by pydantic's names of the errors."""


def choose(chosen: Mapping[str, str], scoring: Scoring) -> Readings:
    """Return the value of each reading: the chosen one, else the usual. Raises Refusal for an unknown one."""
    for name, value in chosen.items():
        if name not in scoring.readings:
            allowed = closest_first(name, scoring.readings)
            raise Refusal("score.unknown_reading", reading=name, allowed=allowed)
        if value not in scoring.readings[name]:
            allowed = closest_first(value, scoring.readings[name])
            raise Refusal("score.unknown_reading_value", reading=name, value=value, allowed=allowed)
    return {**scoring.usual, **chosen}


# ------------------------------------------------------------------------------------------------- records


def _absent(answer: Present) -> Present:
    """Return an answer that says the thing is absent; refuse one that says it is present without numbers."""
    if answer.present:
        raise wrong("numbers_missing")
    return answer


def _events(record: scales.Events) -> scales.Events | Present:
    """Return the answer of a record of what was shown; one that says it is absent where nothing was."""
    # Anything with views on the internet was published there.
    if not record.present and (record.scaled or record.views):
        raise wrong("not_shown_but_scaled")
    if record.views and record.scaled is False:
        raise wrong("seen_but_not_scaled")
    return replace(record, scaled=bool(record.scaled or record.views)) if record.present else Present(False)


_DONE, _COUNT = '{"done": 19, "of": 20}', '{"count": 7}'
_RISKS = '{"found": 10, "removed": 4, "completed": 2}'
_INSIDE = {"coverage": _DONE, "per_quarter": _DONE, "risks": _RISKS}
"""Examples of records inside another one, by key."""


def _record(indicator: Indicator, values: object, readings: Readings) -> tuple[Any, str]:
    """Return the type of the record that an indicator's scale requires, and an example."""
    says_presence = isinstance(values, Mapping) and "present" in values
    match indicator.scale:
        case scales.Presence():
            return Present, '{"present": false}'
        case scales.Share() | scales.Each() if indicator.deduction is not None and says_presence:
            return Annotated[Present, AfterValidator(_absent)], '{"present": false}'
        case scales.Each() | scales.Brackets() as scale:
            kinds = tuple(scale.points) if isinstance(scale, scales.Each) else ("count",)
            counts: Any = dict.__class_getitem__((Annotated[str, one_of(*kinds)], scales.Whole))
            counted = Annotated[counts, some(*kinds), AfterValidator(scales.Counts)]
            return counted, _COUNT if kinds == ("count",) else json.dumps(dict.fromkeys(kinds, 2))
        case scales.Monthly():
            return scales.EachMonth, '{"per_month": [6, 0, 3]}'
        case scales.Sittings() if readings["commission_period"] == "quarter":
            return scales.Quarters, f'{{"per_quarter": [{_DONE}]}}'
        case scales.CoverageAndRisks():
            either: Any = Annotated[scales.Analyses, some("coverage", "risks")]
            return either, f'{{"coverage": {_DONE}, "risks": {_RISKS}}}'
        case scales.Propaganda():
            shown: Any = Annotated[scales.Events, AfterValidator(_events)]
            return shown, '{"present": true, "scaled": true, "views": 1500}'
    return scales.Done, _DONE


# ------------------------------------------------------------------------------------------------- reading


def read_inputs(raw_inputs: object, scoring: Scoring, readings: Readings) -> Mapping[str, Answer]:
    """Return the answer of each indicator from its numbers (JSON values); an absent one is not assessed.

    `readings`: the chosen ones; one of them decides whether numbers are given by year or by quarter.

    Raises Refusal: of the first mistake; its `errors` are all of them, each a refusal with its `place`.
    """
    if not isinstance(raw_inputs, Mapping):
        raise Refusal("score.not_inputs", place="", example=f'{{"P1.T1.S3": {_DONE}}}')
    errors: list[Refusal] = []
    answers: dict[str, Answer] = {}
    for name, values in raw_inputs.items():
        indicator = scoring.indicators.get(str(name))
        if indicator is None:
            allowed = closest_first(str(name), scoring.indicators)[:3]
            errors.append(Refusal("score.unknown_indicator", place=str(name), allowed=allowed))
            continue
        record, example = _record(indicator, values, readings)
        try:
            answers[indicator.id] = TypeAdapter(record).validate_python(values)
        except ValidationError as error:
            errors += _errors(indicator, example, list(mistakes(error, values)))
    if errors:
        refusal = Refusal(errors[0].code, **errors[0].arguments)
        refusal.errors = errors
        raise refusal
    return answers


def _errors(indicator: Indicator, example: str, mistakes: Sequence[Mistake]) -> Iterator[Refusal]:
    """Yield the mistakes of one record; missing keys of one place are reported together, and not at all where
    another key is misspelt; of a misspelt key nothing is said about its value.
    """
    misspelt = [mistake for mistake in mistakes if mistake.code == "unknown_key"]
    misspelt_at, unread = {each.path for each in misspelt}, {(*each.path, each.given) for each in misspelt}
    for mistake in mistakes:
        code, path = _CODES.get(mistake.code, mistake.code), mistake.path
        missing = tuple(other.given for other in mistakes if (other.code, other.path) == ("missing_key", path))
        if path in unread or (code == "missing_key" and (path in misspelt_at or mistake.given != missing[0])):
            continue
        record = next((_INSIDE[key] for key in path if key in _INSIDE), example)
        arguments = {
            "place": path_text((indicator.id, *path)),
            "value": _as_text(mistake.given),
            "example": record,
            "missing": missing,
            "most": MAX_NUMBER,
            "allowed": tuple(json.loads(record)),
            **mistake.arguments,
        }
        if code == "numbers_missing":
            arguments["example"] = _DONE if indicator.scale.kind == "share" else _COUNT
        elif code == "too_long":
            code = "too_many_quarters" if "per_quarter" in path else "too_many_months"
            arguments["count"] = arguments["actual_length"]
        yield Refusal(f"score.{code}", **arguments)


def _as_text(value: object) -> str:
    """Return a value as written in a file, shortened if long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
