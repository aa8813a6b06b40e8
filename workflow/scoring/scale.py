"""The scales points are given by, and what a score is counted from: values only, every number exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
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
    "below",
    "districts_quarters",
    "value",
    "values",
    "facts",
    "kinds",
    "months",
    "analyses",
    "propaganda",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """How an indicator is counted from what an office recorded in a year.

    Attributes:
        by: presence (nothing due lacks it); units (share of the body's own units with the fact); supervised (of
            the quasi-state subjects below it; `_quarters`: with it in each quarter that has ended); below (of
            all organisations below it); districts_quarters (of its districts); value, values (numbers recorded
            with the fact); facts (how many); kinds (how many of each); months (how many in each month);
            analyses, propaganda.
        facts: kind, or "" where there is one -> `procedure:fact`.
        done, of: names of the values counted.
        times: how many each fact counts as.
    """

    by: CountedBy
    facts: Mapping[str, str]
    done: str = ""
    of: str = ""
    times: int = 1

    @property
    def fact(self) -> str:
        """The one fact it counts: `procedure:fact`."""
        return next(iter(self.facts.values()))


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoring:
    """One edition of how execution is scored.

    Attributes:
        readings: id of a reading -> its values with their texts; the first value is the one used.
    """

    id: str
    in_force: date
    in_force_assumed: bool
    last_checked_on: date
    title: Text
    indicators: Mapping[str, Indicator]
    readings: Mapping[str, Mapping[str, Text]]
    notes: tuple[Text, ...] = field(default=())

    @property
    def edition(self) -> str:
        return f"{self.id}.{self.in_force.isoformat()}"

    @property
    def usual(self) -> Readings:
        """The readings used where nobody chooses others."""
        return {name: next(iter(values)) for name, values in self.readings.items()}

    @property
    def facts(self) -> frozenset[str]:
        """All that is counted: `procedure:fact`."""
        every = self.indicators.values()
        return frozenset(fact for one in every for fact in one.counting.facts.values())

    @property
    def awaited(self) -> frozenset[str]:
        """What is asked for by its due date."""
        every = (one.counting for one in self.indicators.values())
        return frozenset(one.fact for one in every if one.by == "presence")
