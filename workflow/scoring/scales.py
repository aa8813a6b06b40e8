"""The scales points are given by: what each is asked, and the points of an answer, with their calculation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Strict

from calendars.terms import Element
from workflow.law.fields import Name, Points
from workflow.law.files import Listed, Model, wrong

Readings = Mapping[str, str]
"""Which reading of an unclear place is used: its id -> the id of the reading."""
NOTHING = Fraction(0)
_HUNDRED = 100
_DIGITS = 4

# ------------------------------------------------------------------------------------------------ answers

MAX_NUMBER = 1_000_000_000
"""Maximum number accepted; larger ones are typing errors."""
Whole = Annotated[int, Strict(), Field(ge=0, le=MAX_NUMBER)]


class _Exactly:
    """What is read from JSON has no other keys than those of the answer."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


def _of_something(count: int) -> int:
    if count == 0:
        raise wrong("of_nothing")
    return count


def some(*keys: str) -> BeforeValidator:
    """Return the annotation of a record that gives at least one of these keys."""

    def check(record: Any) -> Any:
        if record == {}:
            raise wrong("missing_key", missing=keys)
        return record

    return BeforeValidator(check)


@dataclass(frozen=True, slots=True)
class Present(_Exactly):
    """Answer: whether the thing is present; for an indicator with a deduction, or without any record."""

    present: Annotated[bool, Strict()]


@dataclass(frozen=True, slots=True)
class Done(_Exactly):
    """Answer: `done` of `of`, which is at least 1; `done` may be larger."""

    done: Whole
    of: Annotated[Whole, AfterValidator(_of_something)]


@dataclass(frozen=True, slots=True)
class Quarters(_Exactly):
    """Answer: `done` of `of` in each quarter, at most four."""

    quarters: Annotated[tuple[Done, ...], Field(alias="per_quarter", min_length=1, max_length=4)]


@dataclass(frozen=True, slots=True)
class Counts:
    """Answer: numbers of facts by kind; of facts of one kind their number as `count`."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EachMonth(_Exactly):
    """Answer: a number of facts in each month, at most twelve."""

    counts: Annotated[tuple[Whole, ...], Field(alias="per_month", min_length=1, max_length=12)]


RiskWord = Literal["found", "removed", "completed"]
"""Risks found, removed but not to real completion, and removed to real completion."""


@dataclass(frozen=True, slots=True)
class Analyses(_Exactly):
    """Answer: units covered by an analysis, numbers of risks, or both; None is not assessed."""

    coverage: Done | None = None
    risks: Annotated[dict[RiskWord, Whole], some("found", "removed", "completed")] | None = None


@dataclass(frozen=True, slots=True)
class Events(_Exactly):
    """Answer: events were shown to the public. `scaled`: on the internet, too; `views`: their number."""

    present: Annotated[bool, Strict()]
    scaled: Annotated[bool, Strict()] | None = None
    views: Whole = 0


Answer = Present | Done | Quarters | Counts | EachMonth | Analyses | Events

# ------------------------------------------------------------------------------------------------- points


@dataclass(frozen=True)
class Earned:
    """Points with their calculation.

    `points`: exact, negative after a deduction; `maximum`: None where the document names no ceiling;
    `arithmetic`: the sentences of the calculation; of a score, followed by the readings used.
    """

    points: Fraction
    maximum: Fraction | None
    arithmetic: tuple[Element, ...]


def as_decimal(points: Fraction) -> Decimal:
    """Return points as a decimal without zeros at its end, cut after four digits (linear scales only)."""
    cut = Decimal(int(points * 10**_DIGITS)).scaleb(-_DIGITS)
    return cut.quantize(Decimal(1)) if cut == cut.to_integral_value() else cut.normalize()


def sentence(code: str, **arguments: object) -> Element:
    """Return a sentence of the calculation; exact points in it are said as decimals."""
    said = {
        name: as_decimal(value) if isinstance(value, Fraction) else value for name, value in arguments.items()
    }
    return Element(code=f"score.{code}", arguments=said)


def _earned(code: str, points: Fraction, maximum: Fraction | None, **arguments: object) -> Earned:
    """Return points with their sentence."""
    return Earned(points, maximum, (sentence(code, **arguments, points=points, maximum=maximum),))


def _together(parts: Iterable[Earned]) -> Earned:
    """Return the sum of the parts; without a ceiling if one of them has none."""
    parts = tuple(parts)
    points = sum((part.points for part in parts), NOTHING)
    ceilings = [part.maximum for part in parts if part.maximum is not None]
    arithmetic = tuple(element for part in parts for element in part.arithmetic)
    if len(parts) > 1:
        arithmetic += (sentence("together", points=points),)
    return Earned(points, sum(ceilings, NOTHING) if len(ceilings) == len(parts) else None, arithmetic)


def _percent(share: Fraction) -> Decimal:
    """Return per cent as a part of one for a sentence, cut so that no step looks reached before it is."""
    return Decimal(int(share * _HUNDRED)).scaleb(-4)


# ------------------------------------------------------------------------------------------------- scales


class PointsScale(Model):
    """A scale. `nothing`, `step_to_record`: codes of the sentences where nothing is recorded."""

    nothing: ClassVar[str] = "present"
    step_to_record: ClassVar[str] = ""

    def ceiling(self, readings: Readings) -> Fraction | None:
        """Return the most that can be earned; None where the document names no ceiling."""
        return None

    def earned(self, answer: Any, readings: Readings) -> Earned:
        """Return the points of an answer of the type that this scale asks for."""
        raise TypeError(f"{self}: {answer}")

    def of_presence(self, answer: Present, deduction: Fraction | None, readings: Readings) -> Earned:
        """Return the points of mere presence: nothing; where there is a deduction, absence costs it."""
        ceiling = self.ceiling(readings)
        if not answer.present and deduction is not None:
            return Earned(-deduction, ceiling, (sentence("absent", points=deduction),))
        return Earned(NOTHING, ceiling, (sentence("present" if answer.present else self.nothing),))


class Presence(PointsScale):
    """Scale without points to earn: if the thing is absent, the indicator's deduction applies."""

    kind: Literal["presence"] = "presence"


class Share(PointsScale):
    """Points for a share of counts, by whole steps or in proportion.

    `maximum`: points at `full` per cent, more earns no more; `per_step`: points for each whole `step` per cent;
    `nothing_below`: per cent below which nothing is earned at all.
    """

    kind: Literal["share"] = "share"
    maximum: Points
    step: Points
    per_step: Points
    full: Points = Fraction(100)
    nothing_below: Points | None = None
    nothing: ClassVar[str] = "no_whole"
    step_to_record: ClassVar[str] = "record_whole"

    def ceiling(self, readings: Readings) -> Fraction:
        return self.maximum

    def earned(self, answer: Done, readings: Readings) -> Earned:
        share, linear = Fraction(answer.done * _HUNDRED, answer.of), readings["rounding"] == "linear"
        said = {"done": answer.done, "of": answer.of, "share": _percent(share), "full": _percent(self.full)}
        if self.nothing_below is not None and share < self.nothing_below:
            return _earned("below", NOTHING, self.maximum, **said, least=_percent(self.nothing_below))
        points, steps = _in_steps(self, min(share, self.full), self.full, linear=linear)
        earned = _earned("linear" if linear else "share", points, self.maximum, **said, **steps)
        if share <= self.full:
            return earned
        return replace(earned, arithmetic=(*earned.arithmetic, sentence("no_more", **said)))


class Each(PointsScale):
    """Points for every fact, by its kind, without a ceiling; for facts of one kind as `count`."""

    kind: Literal["each"] = "each"
    points: dict[Name, Points]

    def earned(self, answer: Counts, readings: Readings) -> Earned:
        return _together(
            _earned(
                "each" if kind == "count" else "kind", count * each, None, kind=kind, count=count, each=each
            )
            for kind, count in answer.counts.items()
            for each in (self.points[kind],)
        )


class CountRange(Model):
    """From `first` to `last` facts, both included; no last: any number more."""

    first: int
    last: int | None = None
    points: Points


class Brackets(PointsScale):
    """Points by the number of facts, the fewer the more. The rows follow each other without a gap, from 0."""

    kind: Literal["brackets"] = "brackets"
    rows: Listed[CountRange]
    nothing: ClassVar[str] = "no_act"
    step_to_record: ClassVar[str] = "record_act"

    def ceiling(self, readings: Readings) -> Fraction:
        return self.rows[0].points

    def earned(self, answer: Counts, readings: Readings) -> Earned:
        """By the row of the count; under a reading the last row begins one later."""
        rows, count = list(self.rows), answer.counts["count"]
        if readings["last_row"] == "above_41":
            before, last = rows[-2:]
            rows[-2:] = [before.replaced(last=last.first), last.replaced(first=last.first + 1)]
        row = next(row for row in rows if row.last is None or count <= row.last)
        code = "bracket_open" if row.last is None else "bracket" if row.last else "no_facts"
        return _earned(code, row.points, self.ceiling(readings), count=count, first=row.first, last=row.last)


class Monthly(PointsScale):
    """Points for every fact, at most `at_most` points in one month."""

    kind: Literal["monthly"] = "monthly"
    points: Points
    at_most: Points

    def of_month(self, count: int) -> Fraction:
        """Return the points of the facts of one month."""
        return min(count * self.points, self.at_most)

    def earned(self, answer: EachMonth, readings: Readings) -> Earned:
        """By months; the ceiling is that of the months counted."""
        by_month = [self.of_month(count) for count in answer.counts]
        said = {"counts": answer.counts, "each": self.points, "at_most": self.at_most}
        said["by_month"] = tuple(map(as_decimal, by_month))
        return _earned("months", sum(by_month, NOTHING), self.at_most * len(by_month), **said)


class Sittings(PointsScale):
    """Scale that starts at `maximum`, less `per_step` for every `step` per cent of members without sitting."""

    kind: Literal["sittings"] = "sittings"
    maximum: Points
    step: Points
    per_step: Points

    def earned(self, answer: Done | Quarters, readings: Readings) -> Earned:
        """Of the year, or of each quarter together: by whole steps, or in proportion."""
        if isinstance(answer, Quarters):
            return _together(self.earned(quarter, readings) for quarter in answer.quarters)
        missing, linear = max(answer.of - answer.done, 0), readings["commission_rounding"] == "linear"
        share = Fraction(missing * _HUNDRED, answer.of)
        lost, steps = _in_steps(self, share, _HUNDRED, linear=linear)
        said = {"missing": missing, "of": answer.of, "share": _percent(share), **steps}
        return _earned("sittings_linear" if linear else "sittings", self.maximum - lost, self.maximum, **said)


class CoverageAndRisks(PointsScale):
    """A share of units, and points for every risk found, removed, removed to real completion."""

    kind: Literal["coverage"] = "coverage"
    units: Share
    risks: dict[RiskWord, Points]

    def earned(self, answer: Analyses, readings: Readings) -> Earned:
        """Of coverage, of risks, or of both, as far as they are assessed."""
        coverage = () if answer.coverage is None else (self.units.earned(answer.coverage, readings),)
        risks = () if answer.risks is None else (self._of_risks(answer.risks, readings["risks"]),)
        return _together((*coverage, *risks))

    def _of_risks(self, risks: Mapping[RiskWord, int], reading: str) -> Earned:
        """Return the points of risks. "sum" counts what was completed as removed, too; "highest" counts as
        found only what was neither.
        """
        numbers = {name: risks.get(name, 0) for name in self.risks}
        if reading == "sum":
            numbers["removed"] += numbers["completed"]
        elif reading == "highest":
            # A risk found in an earlier year may have been removed in this one.
            numbers["found"] = max(numbers["found"] - numbers["removed"] - numbers["completed"], 0)
        points = sum((numbers[name] * each for name, each in self.risks.items()), NOTHING)
        said = {f"{name}_each": each for name, each in self.risks.items()}
        return _earned("risks", points, None, **numbers, **said)


class Propaganda(PointsScale):
    """Points for events shown, for publishing them on the internet, and for at least `views` views."""

    kind: Literal["propaganda"] = "propaganda"
    shown: Points
    scaled: Points
    viewed: Points
    views: Annotated[int, Field(ge=1)]
    nothing: ClassVar[str] = "not_shown"
    step_to_record: ClassVar[str] = "show_events"

    def ceiling(self, readings: Readings) -> Fraction:
        both = readings["propaganda"] == "sum"
        return self.shown + (self.scaled + self.viewed if both else max(self.scaled, self.viewed))

    def earned(self, answer: Events, readings: Readings) -> Earned:
        """With views enough, the points for these stand instead of those for publication, or beside."""
        has_views, parts = answer.views >= self.views, [_earned("shown", self.shown, None)]
        if answer.scaled and (not has_views or readings["propaganda"] == "sum"):
            parts.append(_earned("scaled", self.scaled, None))
        if has_views:
            parts.append(_earned("viewed", self.viewed, None, views=answer.views, least=self.views))
        return replace(_together(parts), maximum=self.ceiling(readings))


Scale = Annotated[
    Presence | Share | Each | Brackets | Monthly | Sittings | CoverageAndRisks | Propaganda,
    Discriminator("kind"),
]


def _in_steps(
    scale: Share | Sittings, share: Fraction, full: Fraction | int, *, linear: bool
) -> tuple[Fraction, dict[str, object]]:
    """Return the points of a share by whole steps, or in proportion (`linear`), and what the sentence says."""
    if linear:
        return scale.maximum * share / full, {}
    steps = share // scale.step
    return steps * scale.per_step, {"steps": steps, "step": _percent(scale.step), "per_step": scale.per_step}
