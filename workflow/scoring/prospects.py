"""Which points can still be earned: those lost for good, those at stake until the year ends, and the nearest
step to more.

It also says which readings were used, deductions pending, indicators not assessed, since when records are kept.

A late step still scores: before the year ends only points of past months and quarters are lost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

from calendars.terms import Element
from workflow.law.procedure import Text
from workflow.org.office import Office
from workflow.periods import period_of
from workflow.scoring.scale import (
    Analyses,
    Answer,
    Brackets,
    CoverageAndRisks,
    Done,
    EachMonth,
    Events,
    Indicator,
    Monthly,
    Presence,
    Present,
    Propaganda,
    Readings,
    Share,
)
from workflow.scoring.score import NOTHING, Score, Scores, as_decimal, points_of, score
from workflow.scoring.tally import AssessedYear, Tally, recorded_whole, tally

MOST_NAMED = 3
"""Number of units a step names that lack it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsStep:
    """The nearest action that would earn or keep points.

    Attributes:
        code: code in the catalogues under `score.step.`; `arguments` fill its sentence.
        gain: points it earns or keeps, exact.
        by: the last local date on which it does so.
        missing: ids of the first few units that lack it.
    """

    indicator: str
    code: str
    gain: Fraction
    by: date
    arguments: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def sentence_arguments(self) -> dict[str, object]:
        """The arguments of its sentence, points as decimals."""
        arguments = {**self.arguments, "gain": self.gain, "by": self.by}
        return {
            key: as_decimal(value) if isinstance(value, Fraction) else value for key, value in arguments.items()
        }


class Stake(NamedTuple):
    """Points that can still be earned or kept; `deducted`: whether they are taken off if it is never done."""

    points: Decimal
    deducted: bool


class StakesOfYear(Protocol):
    """What is at stake of the points of the year."""

    def of(self, unit: str, indicator: str | None, period: str | None, due: date | None) -> Stake | None:
        """Return an indicator's points at stake this year by what a unit (by id) does; None where nothing is.

        Args:
            period: the period it does it for, where that recurs; due: its due date, if it has one. They tell
                its year: of another year nothing is at stake.
        """


def score_year(
    year: AssessedYear, readings: Readings, *, registers: Mapping[str, Text]
) -> tuple[Scores, Mapping[str, Tally]]:
    """Return the scores of a body in a year, with the points lost and at stake and with remarks: pending
    deductions, the register rows counted and the readings used; and the counts they are of, by indicator.

    Args:
        registers: titles of registers by id.
    """
    scoring, tallies = year.records.scoring, tally(year, readings)
    scores = score({name: counted.answer for name, counted in tallies.items()}, scoring, readings)
    with_prospects = (_with_prospect(of, tallies[of.id], year, readings) for of in scores.scores)
    explained = (_explained(of, tallies[of.id], year, readings, registers) for of in with_prospects)
    return Scores(tuple(explained)), tallies


def _with_prospect(of: Score, counted: Tally, year: AssessedYear, readings: Readings) -> Score:
    """Return a score with the points lost and at stake, unless the document names neither a ceiling nor a
    deduction.
    """
    indicator = year.records.scoring.indicators[of.id]
    taken = max(-of.points, NOTHING)
    pending = (indicator.deduction or NOTHING) if counted.pending else NOTHING
    if isinstance(indicator.scale, Monthly) and isinstance(counted.answer, EachMonth):
        lost, at_stake = _months(indicator.scale, counted.answer, over=year.is_over)
        return replace(of, lost=lost, at_stake=at_stake)
    ceiling = _ceiling(indicator, of, counted.answer)
    if ceiling is None:
        named = isinstance(indicator.scale, Presence) or taken or pending
        return replace(of, lost=taken, at_stake=pending) if named else of
    missing = max(ceiling - _of_ceiling(indicator, of, counted.answer, readings), NOTHING)
    if year.is_over:
        return replace(of, lost=missing + taken, at_stake=NOTHING)
    if counted.quarterly and isinstance(counted.answer, Done) and counted.missing:
        # A unit that missed a quarter can no longer be counted for the year.
        return replace(of, lost=missing, at_stake=of.points)
    return replace(of, lost=NOTHING, at_stake=missing + pending)


def stake_of(
    unit: str,
    indicator: Indicator,
    at_stake: Fraction,
    indicator_tally: Tally,
    office: Office,
    *,
    month: str | None,
    today: date,
) -> Stake | None:
    """Return the points at stake for an indicator by what one unit (by id) does; None where nothing is.

    Nothing is where the share counts that unit already, or can no longer count it since it missed a quarter.

    Args:
        month: the month it does it for, where each has points of its own.
    """
    members = indicator_tally.members
    place = next((above for above in office.above(unit) if members and above in members.units), None)
    if place is not None and (place in indicator_tally.missing) == indicator_tally.quarterly:
        return None
    if isinstance(indicator.scale, Monthly) and month is not None:
        is_over = month < period_of(today, "month").name
        at_stake = NOTHING if is_over else min(at_stake, indicator.scale.at_most)
    points = as_decimal(at_stake)
    return Stake(points, isinstance(indicator.scale, Presence)) if points else None


def steps(tallies: Mapping[str, Tally], year: AssessedYear, readings: Readings) -> tuple[PointsStep, ...]:
    """Return the nearest steps of every indicator that earn or keep points, the most points first."""
    # A step counts for the whole year, whatever the reading of the period.
    plain, scoring = {**readings, "commission_period": "year"}, year.records.scoring
    steps = [
        step
        for name, tally in tallies.items()
        for step in _steps(scoring.indicators[name], tally, year, plain)
        if step.gain > 0
    ]
    return tuple(sorted(steps, key=lambda step: (-step.gain, step.by, step.indicator)))


def _steps(
    indicator: Indicator, indicator_tally: Tally, year: AssessedYear, readings: Readings
) -> Iterator[PointsStep]:
    """Yield the next steps of one indicator that earn or keep points; none after the year."""
    if year.is_over:
        return
    end = date(year.year, 12, 31)
    answer, scale = indicator_tally.answer, indicator.scale
    if indicator_tally.pending and indicator.deduction is not None:
        late = indicator_tally.missing if isinstance(answer, Present) else ()
        cases = (*late, *indicator_tally.waiting)[:MOST_NAMED]
        yield _step(indicator, "keep" if cases else "keep_year", indicator.deduction, end, cases=cases)
    if isinstance(answer, Present) and indicator.counting.by == "values" and isinstance(scale, Share):
        yield _step(indicator, "record_whole", scale.maximum, end)
    elif isinstance(answer, Present) and isinstance(scale, Brackets):
        yield _step(indicator, "record_act", scale.rows[0].points, end)
    elif isinstance(answer, Present) and isinstance(scale, Propaganda):
        best = points_of(indicator, Events(scaled=True, views=scale.views), readings)
        yield _step(indicator, "show_events", best, end)
    elif indicator_tally.quarterly:
        yield from _this_quarter(indicator, indicator_tally, year, readings)
    elif isinstance(answer, Done):
        yield from _more(indicator, answer, indicator_tally, end, readings)
    elif isinstance(answer, Analyses) and answer.coverage is not None and isinstance(scale, CoverageAndRisks):
        yield from _more(indicator, answer.coverage, indicator_tally, end, readings, risks=answer)
    elif isinstance(answer, EachMonth) and isinstance(scale, Monthly) and answer.counts:
        room = scale.at_most - min(answer.counts[-1] * scale.points, scale.at_most)
        last = period_of(year.today, "month").last
        yield _step(indicator, "this_month", room, last, count=int(room / scale.points))
    elif isinstance(answer, Events) and isinstance(scale, Propaganda):
        scaled_answer = Events(scaled=True, views=max(answer.views, scale.views))
        gain = points_of(indicator, scaled_answer, readings) - points_of(indicator, answer, readings)
        yield _step(indicator, "views", gain, end, views=scale.views, counted=answer.views)


def _step(
    indicator: Indicator,
    code: str,
    gain: Fraction,
    by: date,
    missing: tuple[str, ...] = (),
    **arguments: object,
) -> PointsStep:
    """Return a step of an indicator; of the units that lack it the first MOST_NAMED."""
    return PointsStep(
        indicator=indicator.id, code=code, gain=gain, by=by, arguments=arguments, missing=missing[:MOST_NAMED]
    )


def _more(
    indicator: Indicator,
    answer: Done,
    indicator_tally: Tally,
    end: date,
    readings: Readings,
    *,
    risks: Analyses | None = None,
) -> Iterator[PointsStep]:
    """Yield the step that says how many more are needed for the next whole step of the scale: "one more person
    trained, and 2.7 becomes 3.0".
    """

    def points(done_count: int) -> Fraction:
        new_answer: Answer = Done(done_count, answer.of)
        if risks is not None:
            new_answer = Analyses(Done(done_count, answer.of), None)
        return points_of(indicator, new_answer, readings)

    now, room = points(answer.done), range(1, max(answer.of - answer.done, 0) + 1)
    # Points never decrease with the count, so the first count that earns more is found by binary search.
    index = bisect_right(room, now, key=lambda count: points(answer.done + count))
    if index == len(room):
        return
    then, count = points(answer.done + room[index]), room[index]
    done = {"count": count, "done": answer.done, "of": answer.of, "now": now, "then": then}
    yield _step(indicator, "more", then - now, end, indicator_tally.missing, **done)


def _this_quarter(
    indicator: Indicator, indicator_tally: Tally, year: AssessedYear, readings: Readings
) -> Iterator[PointsStep]:
    """Yield the step for the current quarter: who has not done it yet, and the points lost if one of them does
    not.
    """
    quarter = year.quarter
    if quarter is None or indicator_tally.members is None:
        return
    units = tuple(indicator_tally.members.units)
    done_units = indicator_tally.members.having((indicator.counting.fact,), quarter) | {
        *indicator_tally.missing
    }
    missing = tuple(unit for unit in units if unit not in done_units)
    if missing:
        whole_count, of = len(units) - len(indicator_tally.missing), len(units)
        best = points_of(indicator, Done(whole_count, of), readings)
        worst = points_of(indicator, Done(max(whole_count - len(missing), 0), of), readings)
        details = {"count": len(missing), "period": quarter.name}
        yield _step(indicator, "this_quarter", best - worst, quarter.last, missing, **details)


def _months(scale: Monthly, answer: EachMonth, *, over: bool) -> tuple[Fraction, Fraction]:
    """Return what past months have lost of their maximum, and what this and later months may earn."""
    rooms = [scale.at_most - min(count * scale.points, scale.at_most) for count in answer.counts]
    if over:
        return sum(rooms, NOTHING), NOTHING
    now = rooms.pop() if rooms else scale.at_most
    return sum(rooms, NOTHING), (12 - len(answer.counts)) * scale.at_most + now


def _ceiling(indicator: Indicator, of: Score, answer: Answer) -> Fraction | None:
    """Return the points that count as lost when missing; None where the document names no ceiling."""
    if isinstance(indicator.scale, CoverageAndRisks):
        return indicator.scale.units.maximum
    # The number of offences says nothing of what can still be won; only an act that is not there does.
    return None if isinstance(indicator.scale, Brackets) and not isinstance(answer, Present) else of.maximum


def _of_ceiling(indicator: Indicator, of: Score, answer: Answer, readings: Readings) -> Fraction:
    """Return the points that count towards the ceiling: for an analysis those of coverage, not of risks."""
    if isinstance(answer, Analyses):
        return points_of(indicator, replace(answer, risks=None), readings)
    return NOTHING if isinstance(answer, Present) else of.points


def remarks(year: AssessedYear, readings: Readings) -> tuple[Element, ...]:
    """Return remarks: since when records are kept, if within or after the year; which indicators are not
    assessed; and rows of which nobody recorded the whole they are a share of. None where nothing was ever
    recorded.
    """
    elements, scoring = [], year.records.scoring
    if not year.is_known:
        if year.since is None:
            return ()
        return (Element(code="score.no_data", arguments={"year": year.year, "since": year.since}),)
    if year.since is not None and year.since.year >= year.year and year.since <= year.today:
        elements.append(Element(code="score.since", arguments={"since": year.since}))
    if year.under_embargo:
        reading = scoring.readings["embargo"][readings["embargo"]]
        elements.append(Element(code="score.embargo", arguments={"text": reading}))
    for indicator in scoring.indicators.values():
        counting = indicator.counting
        people = year.body.of_rows(counting.fact) if counting.by == "values" else 0
        if people and not recorded_whole(year, counting, readings):
            arguments = {"indicator": indicator.id, "title": indicator.title, "count": people}
            elements.append(Element(code="score.rows_of_what", arguments=arguments))
    return tuple(elements)


def _explained(
    of: Score, counted: Tally, year: AssessedYear, readings: Readings, registers: Mapping[str, Text]
) -> Score:
    """Return a score whose arithmetic also says what is pending, which rows count, which readings are used."""
    scoring = year.records.scoring
    indicator, arithmetic = scoring.indicators[of.id], of.arithmetic
    if counted.running:
        arithmetic = (Element(code="score.running"),)
    if counted.pending and indicator.deduction is not None:
        pending = Element(code="score.pending", arguments={"points": as_decimal(indicator.deduction)})
        arithmetic = (pending,) if isinstance(counted.answer, Present) else (*arithmetic, pending)
    used = {name: readings[name] for name in indicator.counting.readings if year.uses(name)}
    read = (
        Element(code="score.reading", arguments={"text": scoring.readings[name][value]})
        for name, value in used.items()
    )
    arithmetic = (*arithmetic, *_sources(indicator, year, registers), *read)
    return replace(of, arithmetic=arithmetic, readings={**of.readings, **used})


def _sources(indicator: Indicator, year: AssessedYear, registers: Mapping[str, Text]) -> Iterator[Element]:
    """Yield remarks on the number of rows of each register an indicator is counted from, and on facts recorded
    besides.
    """
    counting = indicator.counting
    by_fact = {fact: year.body.registers(fact) for fact in counting.every_fact}
    for register in dict.fromkeys(name for names in by_fact.values() for name in names):
        own_count = sum(by_fact[fact][register] for fact in (*counting.facts, *counting.also))
        # A row with more fields (renewed, published) is not another row.
        count = own_count or max(names[register] for names in by_fact.values())
        yield Element(code="score.rows", arguments={"count": count, "register": registers[register]})
    if any(names and any(True for _ in year.body.proved(fact)) for fact, names in by_fact.items()):
        yield Element(code=_BESIDE.get(counting.by, "score.rows_beside"))


_BESIDE = {
    "facts": "score.rows_by_month",
    "kinds": "score.rows_by_month",
    "months": "score.rows_by_month",
    "values": "score.rows_by_year",
    "value": "score.rows_act",
}
"""Codes of the remark on which number counts if both facts and rows were recorded."""
