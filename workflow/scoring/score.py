"""Computes points from counts in exact arithmetic, with the calculation and the readings used as elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from calendars.terms import Element
from workflow.law.procedure import Text
from workflow.scoring.scale import (
    Analyses,
    Answer,
    Brackets,
    Count,
    CountByKind,
    CoverageAndRisks,
    Done,
    Each,
    EachMonth,
    Events,
    Indicator,
    Kinds,
    Monthly,
    Presence,
    Present,
    Propaganda,
    Quarters,
    Readings,
    RiskNumbers,
    Scale,
    Scoring,
    Share,
    Sittings,
)

_HUNDRED = 100
_DIGITS = 4
NOTHING = Fraction(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The points of one indicator.

    Attributes:
        points: exact; negative after a deduction.
        maximum: the maximum possible; None where the document names no ceiling.
        arithmetic: the calculation, followed by the readings used.
        readings: the readings its points depend on, by id.
        lost, at_stake: of an assessed year: the points lost for good, and those that may still be earned or
            lost; None where the document names no ceiling and no deduction.
    """

    id: str
    title: Text
    points: Fraction
    maximum: Fraction | None
    arithmetic: tuple[Element, ...]
    readings: Readings
    lost: Fraction | None = None
    at_stake: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of assessed indicators, in the order of the document, and their sums."""

    scores: tuple[Score, ...]

    @property
    def total(self) -> Fraction:
        """The points, which may be negative."""
        return sum((score.points for score in self.scores), NOTHING)

    @property
    def lost(self) -> Fraction:
        """The points that can no longer be earned."""
        return sum((score.lost or NOTHING for score in self.scores), NOTHING)

    @property
    def at_stake(self) -> Fraction:
        """The points that may still be earned or lost."""
        return sum((score.at_stake or NOTHING for score in self.scores), NOTHING)

    def projects(self) -> dict[str, Scores]:
        """Return the scores by project (`P1` ... `P4`)."""
        by_project: dict[str, list[Score]] = {}
        for score in self.scores:
            by_project.setdefault(score.id.partition(".")[0], []).append(score)
        return {project: Scores(tuple(scores)) for project, scores in by_project.items()}


@dataclass(frozen=True, slots=True)
class _Earned:
    """Points earned, the most that could be (None without a ceiling), and the sentences of the calculation."""

    points: Fraction
    maximum: Fraction | None
    elements: tuple[Element, ...]


def score(answers: Mapping[str, Answer], scoring: Scoring, readings: Readings) -> Scores:
    """Return the points of every indicator that has an answer, and their total.

    Args:
        answers: from `score_inputs.read_inputs`; an indicator without an answer is not assessed.
        readings: all readings of the scoring (`score_inputs.choose`, or `scoring.usual`).

    Raises:
        TypeError: an answer of a type that the scale of its indicator does not use.
    """
    return Scores(
        tuple(
            _scored(indicator, answers[name], scoring, readings)
            for name, indicator in scoring.indicators.items()
            if name in answers
        )
    )


def points_of(indicator: Indicator, answer: Answer, readings: Readings) -> Fraction:
    """Return the points of one indicator. Raises TypeError as `score` does."""
    return _counted(indicator, answer, readings).points


@lru_cache(maxsize=4096)
def as_decimal(points: Fraction) -> Decimal:
    """Return points as a decimal without trailing zeros; infinite decimals are cut after four digits (linear
    scales only).
    """
    cut = Decimal(int(points * 10**_DIGITS)).scaleb(-_DIGITS)
    return cut.quantize(Decimal(1)) if cut == cut.to_integral_value() else cut.normalize()


def _scored(indicator: Indicator, answer: Answer, scoring: Scoring, readings: Readings) -> Score:
    """Return the score of an indicator, with the readings its points depend on."""
    earned, of_scale = _counted(indicator, answer, readings), not isinstance(answer, Present)
    readings_used = {name: readings[name] for name in indicator.readings if of_scale}
    read = (
        Element(code="score.reading", arguments={"text": scoring.readings[name][value]})
        for name, value in readings_used.items()
    )
    return Score(
        id=indicator.id,
        title=indicator.title,
        points=earned.points,
        maximum=earned.maximum,
        arithmetic=(*earned.elements, *read),
        readings=readings_used,
    )


def _counted(indicator: Indicator, answer: Answer, readings: Readings) -> _Earned:
    """Return what an answer earns: by presence alone, or on the scale of its indicator."""
    return (
        _present(indicator, answer)
        if isinstance(answer, Present)
        else _earned(indicator.scale, answer, readings)
    )


def _present(indicator: Indicator, answer: Present) -> _Earned:
    """Score an indicator by mere presence: it earns nothing; where the document has a deduction (presence,
    each, share of units), absence costs it.
    """
    match indicator.scale:
        case Share(maximum=maximum) if indicator.counting.by == "values":
            return _Earned(NOTHING, maximum, (_element("no_whole"),))
        case Share(maximum=maximum):
            ceiling: Fraction | None = maximum
        case Propaganda() as scale:
            return _Earned(NOTHING, scale.shown + max(scale.scaled, scale.viewed), (_element("not_shown"),))
        case Sittings(maximum=maximum):
            return _Earned(NOTHING, maximum, (_element("no_sittings"),))
        case Brackets(rows=rows):
            return _Earned(NOTHING, rows[0].points, (_element("no_act"),))
        case Presence() | Each():
            ceiling = None
        case _:
            raise TypeError(f"{indicator.id}: {answer}")
    if answer.present or indicator.deduction is None:
        return _Earned(NOTHING, ceiling, (_element("present"),))
    return _Earned(-indicator.deduction, ceiling, (_element("absent", points=as_decimal(indicator.deduction)),))


def _earned(scale: Scale, answer: Answer, readings: Readings) -> _Earned:
    """Return the points an answer earns on a scale. Raises TypeError for an answer of another scale."""
    match scale, answer:
        case Share(), Done():
            return _share(scale, answer, linear=readings["rounding"] == "linear")
        case Each(points=each), Count(count=count):
            points = count * each
            return _Earned(
                points, None, (_element("each", count=count, each=as_decimal(each), points=as_decimal(points)),)
            )
        case Kinds(), CountByKind():
            return _by_kind(scale, answer)
        case Brackets(), Count(count=count):
            return _bracket(scale, count, above=readings["last_row"] == "above_41")
        case Monthly(), EachMonth(counts=counts):
            return _monthly(scale, counts)
        case Sittings(), Done():
            return _sittings(scale, answer, linear=readings["commission_rounding"] == "linear")
        case Sittings(), Quarters(quarters=quarters):
            linear = readings["commission_rounding"] == "linear"
            return _together([_sittings(scale, quarter, linear=linear) for quarter in quarters])
        case CoverageAndRisks(), Analyses():
            return _analyses(scale, answer, readings)
        case Propaganda(), Events():
            return _events(scale, answer, counts_both=readings["propaganda"] == "sum")
    raise TypeError(f"{scale}: {answer}")


@lru_cache(maxsize=4096)
def _share(scale: Share, answer: Done, *, linear: bool) -> _Earned:
    """Return the points of a share: by whole steps, or in proportion (`linear`)."""
    share = Fraction(answer.done * _HUNDRED, answer.of)
    arguments = {
        "done": answer.done,
        "of": answer.of,
        "share": _percent(share),
        "maximum": as_decimal(scale.maximum),
    }
    if scale.nothing_below is not None and share < scale.nothing_below:
        return _Earned(
            NOTHING, scale.maximum, (_element("below", **arguments, least=_percent(scale.nothing_below)),)
        )
    reached = min(share, scale.full)
    if linear:
        points = scale.maximum * reached / scale.full
        sentence = _element("linear", **arguments, full=_percent(scale.full), points=as_decimal(points))
    else:
        steps = reached // scale.step
        points = steps * scale.per_step
        arguments |= {"steps": steps, "step": _percent(scale.step), "per_step": as_decimal(scale.per_step)}
        sentence = _element("share", **arguments, points=as_decimal(points))
    extra_elements = (_element("no_more", full=_percent(scale.full)),) if share > scale.full else ()
    return _Earned(points, scale.maximum, (sentence, *extra_elements))


def _by_kind(scale: Kinds, answer: CountByKind) -> _Earned:
    """Return the points of the facts of each kind together."""
    parts = []
    for kind, count in answer.counts.items():
        kind_points = scale.points[kind]
        element = _element(
            "kind", kind=kind, count=count, each=as_decimal(kind_points), points=as_decimal(count * kind_points)
        )
        parts.append(_Earned(count * kind_points, None, (element,)))
    return _together(parts)


def _bracket(scale: Brackets, count: int, *, above: bool) -> _Earned:
    """Return the points of a number of facts; `above`: whether the last row begins one later."""
    rows = list(scale.rows)
    if above:
        *other_rows, before, last = rows
        rows = [*other_rows, before.replaced(last=last.first), last.replaced(first=last.first + 1)]
    row = next(row for row in rows if row.last is None or count <= row.last)
    arguments: dict[str, object] = {"count": count, "first": row.first, "points": as_decimal(row.points)}
    if row.last is None:
        sentence = _element("bracket_open", **arguments)
    elif row.last == 0:
        sentence = _element("no_facts", points=as_decimal(row.points))
    else:
        sentence = _element("bracket", **arguments, last=row.last)
    return _Earned(row.points, rows[0].points, (sentence,))


def _monthly(scale: Monthly, counts: tuple[int, ...]) -> _Earned:
    """Return the points of the facts of each month; the ceiling is that of the months counted."""
    by_month = [min(count * scale.points, scale.at_most) for count in counts]
    points = sum(by_month, NOTHING)
    sentence = _element(
        "months",
        counts=counts,
        each=as_decimal(scale.points),
        at_most=as_decimal(scale.at_most),
        by_month=tuple(as_decimal(month) for month in by_month),
        points=as_decimal(points),
    )
    return _Earned(points, scale.at_most * len(counts), (sentence,))


def _sittings(scale: Sittings, answer: Done, *, linear: bool) -> _Earned:
    """Return the maximum less what members without a sitting cost: by whole steps, or in proportion."""
    missing = max(answer.of - answer.done, 0)
    share = Fraction(missing * _HUNDRED, answer.of)
    arguments = {
        "missing": missing,
        "of": answer.of,
        "share": _percent(share),
        "maximum": as_decimal(scale.maximum),
    }
    if linear:
        lost = scale.maximum * share / _HUNDRED
        points = scale.maximum - lost
        return _Earned(
            points, scale.maximum, (_element("sittings_linear", **arguments, points=as_decimal(points)),)
        )
    steps = share // scale.step
    points = scale.maximum - steps * scale.per_step
    arguments |= {"steps": steps, "step": _percent(scale.step), "per_step": as_decimal(scale.per_step)}
    return _Earned(points, scale.maximum, (_element("sittings", **arguments, points=as_decimal(points)),))


def _analyses(scale: CoverageAndRisks, answer: Analyses, readings: Readings) -> _Earned:
    """Return the points of coverage, of risks, or of both, as far as they are assessed."""
    parts = []
    if answer.coverage is not None:
        parts.append(_share(scale.units, answer.coverage, linear=readings["rounding"] == "linear"))
    if answer.risks is not None:
        parts.append(_risks(scale, answer.risks, readings["risks"]))
    return _together(parts)


def _risks(scale: CoverageAndRisks, risks: RiskNumbers, reading: str) -> _Earned:
    """Return the points of risks. `reading`: "sum" counts what was completed as removed, too; "highest" counts
    as found only what was neither removed nor completed.
    """
    found_count, removed = risks.found, risks.removed
    match reading:
        case "sum":
            removed += risks.completed
        case "highest":
            # A risk found in an earlier year may have been removed in this one.
            found_count = max(found_count - removed - risks.completed, 0)
    points = (
        found_count * scale.risks.found
        + removed * scale.risks.removed
        + risks.completed * scale.risks.completed
    )
    sentence = _element(
        "risks",
        found=found_count,
        found_each=as_decimal(scale.risks.found),
        removed=removed,
        removed_each=as_decimal(scale.risks.removed),
        completed=risks.completed,
        completed_each=as_decimal(scale.risks.completed),
        points=as_decimal(points),
    )
    return _Earned(points, None, (sentence,))


def _events(scale: Propaganda, answer: Events, *, counts_both: bool) -> _Earned:
    """Return the points of events shown; where they have views enough, those for views instead of those for
    publication, or both (`counts_both`).
    """
    has_views = answer.views >= scale.views
    parts = [_part(scale.shown, "shown")]
    if answer.scaled and (counts_both or not has_views):
        parts.append(_part(scale.scaled, "scaled"))
    if has_views:
        parts.append(_part(scale.viewed, "viewed", views=answer.views, least=scale.views))
    ceiling = scale.shown + (scale.scaled + scale.viewed if counts_both else max(scale.scaled, scale.viewed))
    earned = _together(parts)
    return _Earned(earned.points, ceiling, earned.elements)


def _part(points: Fraction, code: str, **arguments: object) -> _Earned:
    """Return points that count towards the maximum whole, with their sentence."""
    return _Earned(points, points, (_element(code, **arguments, points=as_decimal(points)),))


def _together(parts: list[_Earned]) -> _Earned:
    """Return the sum of the parts; without a ceiling if one of them has none."""
    points = sum((part.points for part in parts), NOTHING)
    ceilings = [part.maximum for part in parts if part.maximum is not None]
    elements = tuple(element for part in parts for element in part.elements)
    if len(parts) > 1:
        elements += (_element("together", points=as_decimal(points)),)
    return _Earned(points, sum(ceilings, NOTHING) if len(ceilings) == len(parts) else None, elements)


def _element(code: str, **arguments: object) -> Element:
    return Element(code=f"score.{code}", arguments=arguments)


def _percent(share: Fraction) -> Fraction:
    """Return a number of per cent as a part of one, for a sentence; cut after two digits of per cent, so that a
    step not reached never looks reached.
    """
    return Fraction(share * _HUNDRED // 1, _HUNDRED * _HUNDRED)
