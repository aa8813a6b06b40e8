"""The scales points are given by, and the answers a score is counted from: values with exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Literal

from workflow.law.procedure import Text

Readings = Mapping[str, str]
"""Which reading of an unclear place is used: its id -> the id of the reading."""

# ------------------------------------------------------------------------------------------------- scales


@dataclass(frozen=True, slots=True)
class Presence:
    """Scale without points to earn: if the thing is absent, the indicator's deduction applies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Points for a share of counts.

    Attributes:
        maximum: points at `full` per cent; more earns no more.
        step: per cent that make one whole step.
        per_step: points for each whole step.
        nothing_below: per cent below which nothing is earned at all.
    """

    maximum: Fraction
    step: Fraction
    per_step: Fraction
    full: Fraction = Fraction(100)
    nothing_below: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Each:
    """Points for every fact, without a ceiling."""

    points: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Kinds:
    """Points for every fact, by its kind, without a ceiling."""

    points: Mapping[str, Fraction]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """From `first` to `last` facts, both included; no last: any number more."""

    first: int
    last: int | None
    points: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Brackets:
    """Points by the number of facts, the fewer the more. The rows follow each other without a gap, from 0."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Monthly:
    """Points for every fact, at most `at_most` points in one month."""

    points: Fraction
    at_most: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Sittings:
    """Scale that starts at `maximum`, less `per_step` for every whole `step` per cent of members without a
    sitting.
    """

    maximum: Fraction
    step: Fraction
    per_step: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageAndRisks:
    """A share of units, and points for every risk found, removed, removed to real completion."""

    units: Share
    found: Fraction
    removed: Fraction
    completed: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Propaganda:
    """Points for events shown, for publishing them on the internet, and for at least `views` views."""

    shown: Fraction
    scaled: Fraction
    viewed: Fraction
    views: int


Scale = Presence | Share | Each | Kinds | Brackets | Monthly | Sittings | CoverageAndRisks | Propaganda

# ------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True)
class Present:
    """Answer: whether the thing is present; for an indicator with a deduction."""

    present: bool


@dataclass(frozen=True, slots=True)
class Done:
    """Answer: `done` of `of`, which is at least 1; `done` may be larger."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Quarters:
    """Answer: `done` of `of` in each quarter, at most four."""

    quarters: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Answer: a number of facts."""

    count: int


@dataclass(frozen=True, slots=True)
class CountByKind:
    """Answer: a number of facts of each kind."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Months:
    """Answer: a number of facts in each month, at most twelve."""

    counts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Risks:
    """Numbers of risks found, removed but not to real completion, and removed to real completion."""

    found: int = 0
    removed: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Analyses:
    """Answer: units covered by an analysis, risks, or both; None is not assessed."""

    coverage: Done | None
    risks: Risks | None


@dataclass(frozen=True, slots=True)
class Events:
    """Answer: whether events were shown in the report, whether they were published, and the number of views."""

    scaled: bool
    views: int


Answer = Present | Done | Quarters | Count | CountByKind | Months | Analyses | Events

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """How an indicator is counted from the facts an office recorded in a year.

    Attributes:
        by: presence (whether the body has it at all); units (share of the body's units); supervised (share of
            the quasi-state subjects; `_quarters`: with it in each quarter that has ended; `_each`: how many);
            below (share of the organisations below it); regions (share of the oblast, its cities and
            districts); districts_quarters (of its districts); value, values (numbers recorded with the fact);
            facts (how many); kinds (how many of each); months (how many in each month); analyses; cartogram
            (sub-sections brought up to date); propaganda.
        facts: kind, or "" where there is one -> `procedure:fact`.
        also: facts that count as the fact does; of values, that give the number they are taken of.
        also_if: the reading and its value by which alone they do; empty: by any.
        needs: facts without which the fact does not count.
        evidence: kinds of evidence without which the fact does not count.
        data: facts that show that data were submitted, though there was nothing to count.
        scaled: the fact that what was shown was published on the internet.
        for_year_of: if this fact of its case lies in the year, the fact itself may lie in the year before.
        from_above: whether a fact recorded by a body above counts for the body too.
        readings: ids of the readings that decide what is counted.
        done, of: names of the values counted.
    """

    by: CountedBy
    facts: Mapping[str, str]
    also: tuple[str, ...] = ()
    also_if: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    scaled: str = ""
    for_year_of: str = ""
    from_above: bool = False
    readings: tuple[str, ...] = ()
    done: str = ""
    of: str = ""

    @property
    def fact(self) -> str:
        """The only fact it counts: `procedure:fact`."""
        return next(iter(self.facts.values()))

    @property
    def every_fact(self) -> tuple[str, ...]:
        """All facts it uses."""
        fact_names = (*self.facts.values(), *self.also, *self.needs, *self.data, self.scaled, self.for_year_of)
        return tuple(filter(None, fact_names))


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitKinds:
    """The units that a share is taken of, as the document names them for some kinds of body.

    Attributes:
        of: kinds of the body.
        kinds: kinds of the units, at whatever depth below it.
        itself: whether the body's own apparatus is one of them.
        inside: whether the parts directly below it without a kind count too, even if there are units of those
            kinds.
    """

    of: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    itself: bool = False
    inside: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Embargo:
    """Facts that exclude some indicators from assessment in their year and the year after.

    Attributes:
        indicators: prefixes of their ids.
    """

    facts: tuple[str, ...]
    indicators: str


# ------------------------------------------------------------------------------------------------ scoring


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One indicator. Its id is its place in the document: project, task, subtask.

    Attributes:
        deduction: points taken from the total where the thing is absent.
        assessed: kinds of organisation it is assessed for; empty means all.
        readings: ids of the readings its points depend on.
    """

    id: str
    title: Text
    scale: Scale
    counting: Counting
    deduction: Fraction | None = None
    assessed: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """One edition of how execution is scored.

    Attributes:
        readings: id of a reading -> its values with their texts; the first value is the one used.
        units: the units that shares are taken of; for a body of a kind not named, its own parts.
    """

    id: str
    in_force: date
    in_force_assumed: bool
    last_checked_on: date
    title: Text
    indicators: Mapping[str, Indicator]
    readings: Mapping[str, Mapping[str, Text]]
    notes: tuple[Text, ...] = field(default=())
    units: tuple[UnitKinds, ...] = ()
    embargo: Embargo | None = None

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @property
    def usual(self) -> Readings:
        """The readings used where nobody chose others."""
        return {name: next(iter(values)) for name, values in self.readings.items()}

    @cached_property
    def facts(self) -> frozenset[str]:
        """All facts that are counted: `procedure:fact`."""
        embargo = () if self.embargo is None else self.embargo.facts
        return frozenset(embargo).union(*(counting.every_fact for counting in self._countings))

    @property
    def awaited(self) -> frozenset[str]:
        """Facts that are required by their due date."""
        return frozenset(counting.fact for counting in self._countings if counting.by == "presence")

    @cached_property
    def of_the_period(self) -> frozenset[str]:
        """Facts that count for the period in their name, not for the day they were recorded on: yearly figures
        and reports are made after the year.
        """
        fact_groups = [counting.every_fact for counting in self._countings if counting.by in _OF_THE_PERIOD]
        return frozenset().union(*fact_groups, *(counting.data for counting in self._countings))

    @cached_property
    def carried(self) -> Mapping[str, str]:
        """Facts that may lie in the year before -> the fact of their case that must then lie in the year."""
        countings = [counting for counting in self._countings if counting.for_year_of]
        return {
            fact: counting.for_year_of for counting in countings for fact in (counting.fact, *counting.also)
        }

    @cached_property
    def of_year_before(self) -> frozenset[str]:
        """Facts of the year before that still count."""
        embargo = () if self.embargo is None else self.embargo.facts
        return frozenset((*self.carried, *embargo))

    @cached_property
    def proofs(self) -> Mapping[str, frozenset[str]]:
        """Fact -> the kinds of evidence it must have to count."""
        return {
            counting.fact: frozenset(counting.evidence) for counting in self._countings if counting.evidence
        }

    @property
    def _countings(self) -> tuple[Counting, ...]:
        return tuple(indicator.counting for indicator in self.indicators.values())
