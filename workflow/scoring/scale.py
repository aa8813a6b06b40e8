"""The scales points are given by, and what a score is counted from: values only, every number exact."""

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
    """Nothing to earn; without the thing the indicator's deduction is made."""


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
    """`maximum`, less `per_step` for every whole `step` per cent of those without a sitting."""

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
    """Points for the events shown, for scaling them, for at least `views` views."""

    shown: Fraction
    scaled: Fraction
    viewed: Fraction
    views: int


Scale = Presence | Share | Each | Kinds | Brackets | Monthly | Sittings | CoverageAndRisks | Propaganda

# ------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True)
class Present:
    """Whether the thing is there; for an indicator with a deduction."""

    present: bool


@dataclass(frozen=True, slots=True)
class Done:
    """`done` of `of`, which is at least 1; done may be more."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Quarters:
    """`done` of `of` quarter by quarter, at most four."""

    quarters: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """So many facts."""

    count: int


@dataclass(frozen=True, slots=True)
class CountByKind:
    """So many facts of each kind."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Months:
    """So many facts month by month, at most twelve."""

    counts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Risks:
    """Risks found; removed but not to real completion; removed to real completion."""

    found: int = 0
    removed: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Analyses:
    """Units covered by an analysis, risks, or both; what is None is not assessed."""

    coverage: Done | None
    risks: Risks | None


@dataclass(frozen=True, slots=True)
class Events:
    """Events were shown in the report; scaled by publishing them; seen so many times."""

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
    """How an indicator is counted from what an office recorded in a year.

    Attributes:
        by: presence (whether the body has it at all); units (share of the body's units); supervised (share of
            the quasi-state subjects; `_quarters`: with it in each quarter that has ended; `_each`: how many);
            below (share of the organisations below it); regions (share of the oblast, its cities and
            districts); districts_quarters (of its districts); value, values (numbers recorded with the fact);
            facts (how many); kinds (how many of each); months (how many in each month); analyses; cartogram
            (sub-sections brought up to date); propaganda.
        facts: kind, or "" where there is one -> `procedure:fact`.
        also: facts that count as the fact does.
        needs: facts without which the fact does not count.
        evidence: kinds of evidence without which the fact does not count.
        data: facts that show that data were submitted, though there was nothing to count.
        scaled: the fact that what was shown was published on the internet.
        for_year_of: where this fact of its case is of the year, the fact may be of the year before.
        from_above: whether it holds for a body that one above it recorded the fact.
        readings: ids of the readings that decide what is counted.
        done, of: names of the values counted.
    """

    by: CountedBy
    facts: Mapping[str, str]
    also: tuple[str, ...] = ()
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
        """The one fact it counts: `procedure:fact`."""
        return next(iter(self.facts.values()))

    @property
    def every_fact(self) -> tuple[str, ...]:
        """All facts it looks at."""
        named = (*self.facts.values(), *self.also, *self.needs, *self.data, self.scaled, self.for_year_of)
        return tuple(filter(None, named))


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitKinds:
    """Which units a share of units is taken of, as the document names them for some kinds of body.

    Attributes:
        of: kinds of the body.
        kinds: kinds of the units, at whatever depth below it.
        itself: whether the body's own apparatus is one of them.
        inside: whether its parts without a kind right below it are, even where there are units of those kinds.
    """

    of: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    itself: bool = False
    inside: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Embargo:
    """Facts in whose year, or the year after, some indicators are not assessed.

    Attributes:
        indicators: how their ids begin.
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
        readings: ids of the readings its points hang upon.
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
        units: which units shares are taken of; a body of a kind not named has its own parts.
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
        """The readings used where nobody chooses others."""
        return {name: next(iter(values)) for name, values in self.readings.items()}

    @cached_property
    def facts(self) -> frozenset[str]:
        """All that is counted: `procedure:fact`."""
        embargo = () if self.embargo is None else self.embargo.facts
        return frozenset(embargo).union(*(one.every_fact for one in self._countings))

    @property
    def awaited(self) -> frozenset[str]:
        """What is asked for by its due date."""
        return frozenset(one.fact for one in self._countings if one.by == "presence")

    @cached_property
    def of_the_period(self) -> frozenset[str]:
        """Facts that count for the period in their name, not for the day they were recorded on: yearly figures
        and reports are drawn up after the year."""
        found = [one.every_fact for one in self._countings if one.by in _OF_THE_PERIOD]
        return frozenset().union(*found, *(one.data for one in self._countings))

    @cached_property
    def carried(self) -> Mapping[str, str]:
        """Facts that may be of the year before -> the fact of their case that then is of the year."""
        found = [one for one in self._countings if one.for_year_of]
        return {fact: one.for_year_of for one in found for fact in (one.fact, *one.also)}

    @cached_property
    def of_year_before(self) -> frozenset[str]:
        """Facts of the year before that still matter."""
        embargo = () if self.embargo is None else self.embargo.facts
        return frozenset((*self.carried, *embargo))

    @cached_property
    def proofs(self) -> Mapping[str, frozenset[str]]:
        """Facts that count with all of these kinds of evidence alone."""
        return {one.fact: frozenset(one.evidence) for one in self._countings if one.evidence}

    @property
    def _countings(self) -> tuple[Counting, ...]:
        return tuple(one.counting for one in self.indicators.values())
