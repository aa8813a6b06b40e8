"""Points of a year, those lost for good, those at stake until it ends, and the nearest step to more.

A late step still scores: before the year ends only points of past months and quarters are lost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from calendars.terms import Element, period_of
from workflow.law.procedure import Text
from workflow.scoring.indicators import Indicator, Score
from workflow.scoring.scales import (
    NOTHING,
    Analyses,
    Brackets,
    CoverageAndRisks,
    Done,
    EachMonth,
    Events,
    Monthly,
    Presence,
    Present,
    Propaganda,
    as_decimal,
    sentence,
)
from workflow.scoring.tally import AssessedYear, Tally, recorded_whole, tally

MOST_NAMED = 3
"""Number of units a step names that lack it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsStep:
    """The nearest action of an indicator that would earn or keep points, and its sentence.

    `gain`: points it earns or keeps, exact; `by`: the last local date for it; `missing`: the first units (ids)
    that lack it.
    """

    indicator: str
    sentence: Element
    gain: Fraction
    by: date
    missing: tuple[str, ...]


class Stake(NamedTuple):
    """Points that can still be earned or kept; `deducted`: whether they are taken off if it is never done."""

    points: Decimal
    deducted: bool


StakeOf = Callable[[str, str | None, str | None, date | None], Stake | None]
"""Returns an indicator's points at stake this year by what a unit does; None where nothing is. Takes the id of
the unit, the indicator, the period it does it for, where that recurs, and its due date, if it has one.
"""


@dataclass(frozen=True)
class YearScores:
    """The points of one body in a year, in the order of the document; `counted`: the counts they are of."""

    assessed: AssessedYear
    scores: tuple[Score, ...]
    counted: Mapping[str, Tally]

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

    def projects(self) -> dict[str, YearScores]:
        """Return the scores by project (`P1` ... `P4`)."""
        projects = dict.fromkeys(score.id.partition(".")[0] for score in self.scores)
        return {
            project: replace(self, scores=tuple(score for score in self.scores if score.id.startswith(project)))
            for project in projects
        }

    @property
    def remarks(self) -> tuple[Element, ...]:
        """Since when records are kept, what is not assessed, and whether the reader sees all that counts."""
        return tuple(_remarks(self.assessed))

    @cached_property
    def steps(self) -> tuple[PointsStep, ...]:
        """The nearest steps of every indicator that earn or keep points, the most points first."""
        indicators = self.assessed.records.scoring.indicators
        if self.assessed.is_over:
            return ()
        steps = (
            step
            for name, counted in self.counted.items()
            for step in _steps(indicators[name], counted, self.assessed)
            if step.gain > 0
        )
        return tuple(sorted(steps, key=lambda step: (-step.gain, step.by, step.indicator)))

    def stake(self, indicator_id: str, unit: str, *, month: str | None) -> Stake | None:
        """Return the points at stake for an indicator by what one unit (by id) does (in a month).

        None where nothing is, and where the share counts the unit already, or no longer as it missed a quarter.
        """
        at_stake = next((score.at_stake for score in self.scores if score.id == indicator_id), None)
        if at_stake is None:
            return None
        scale, counted = (
            self.assessed.records.scoring.indicators[indicator_id].scale,
            self.counted[indicator_id],
        )
        units = counted.members.units if counted.members else ()
        place = next((above for above in self.assessed.office.above(unit) if above in units), None)
        if place is not None and (place in counted.missing) == counted.quarterly:
            return None
        if isinstance(scale, Monthly) and month is not None:
            is_past = month < period_of(self.assessed.today, "month").name
            at_stake = NOTHING if is_past else min(at_stake, scale.at_most)
        return Stake(as_decimal(at_stake), isinstance(scale, Presence)) if as_decimal(at_stake) else None


def score_year(year: AssessedYear, *, registers: Mapping[str, Text]) -> YearScores:
    """Return the scores of a body in a year, with the points lost and at stake; `registers`: titles by id."""
    scoring, counted = year.records.scoring, tally(year)
    scores = scoring.score({name: of.answer for name, of in counted.items()}, year.readings)
    of_year = (_of_year(score, counted[score.id], year, registers) for score in scores)
    return YearScores(year, tuple(of_year), counted)


def _of_year(score: Score, counted: Tally, year: AssessedYear, registers: Mapping[str, Text]) -> Score:
    """Return a score with points lost and at stake, which also says what is pending, its rows and readings."""
    scoring, arithmetic = year.records.scoring, score.arithmetic
    indicator = scoring.indicators[score.id]
    lost, at_stake = _prospect(indicator, score, counted, year)
    maximum = 12 * indicator.scale.at_most if isinstance(indicator.scale, Monthly) else score.maximum
    if counted.running:
        arithmetic = (sentence("running"),)
    if counted.pending and indicator.deduction is not None:
        pending = sentence("pending", points=indicator.deduction)
        arithmetic = (pending,) if isinstance(counted.answer, Present) else (*arithmetic, pending)
    used = {name: year.readings[name] for name in indicator.counting.readings if year.uses(name)}
    arithmetic = (*arithmetic, *_sources(indicator, year, registers), *scoring.texts_of(used))
    readings = {**score.readings, **used}
    return replace(
        score, maximum=maximum, lost=lost, at_stake=at_stake, arithmetic=arithmetic, readings=readings
    )


def _prospect(
    indicator: Indicator, score: Score, counted: Tally, year: AssessedYear
) -> tuple[Fraction | None, Fraction | None]:
    """Return the points lost and at stake; None where the document names neither a ceiling nor a deduction."""
    scale, answer = indicator.scale, counted.answer
    ceiling, earned, taken = score.maximum, max(score.points, NOTHING), max(-score.points, NOTHING)
    pending = (indicator.deduction or NOTHING) if counted.pending else NOTHING
    if isinstance(scale, Monthly) and isinstance(answer, EachMonth):
        return _of_months(scale, answer, over=year.is_over)
    if isinstance(scale, CoverageAndRisks) and isinstance(answer, Analyses):
        # Risks have no ceiling: what is missing is missing of the coverage.
        ceiling = scale.units.maximum
        earned = indicator.earned(replace(answer, risks=None), year.readings).points
    if isinstance(scale, Brackets) and not isinstance(answer, Present):
        # The number of offences says nothing of what can still be won; only an act that is not there does.
        ceiling = None
    if ceiling is None:
        named = isinstance(scale, Presence) or taken or pending
        return (taken, pending) if named else (None, None)
    missing = max(ceiling - earned, NOTHING)
    if year.is_over:
        return missing + taken, NOTHING
    if counted.quarterly and isinstance(answer, Done) and counted.missing:
        # A unit that missed a quarter can no longer be counted for the year.
        return missing, score.points
    return NOTHING, missing + pending


def _of_months(scale: Monthly, answer: EachMonth, *, over: bool) -> tuple[Fraction, Fraction]:
    """Return what past months have lost of their maximum, and what this and later months may earn."""
    rooms = [scale.at_most - scale.of_month(count) for count in answer.counts]
    if over:
        return sum(rooms, NOTHING), NOTHING
    now = rooms.pop() if rooms else scale.at_most
    return sum(rooms, NOTHING), (12 - len(answer.counts)) * scale.at_most + now


def _steps(indicator: Indicator, counted: Tally, year: AssessedYear) -> Iterator[PointsStep]:
    """Yield the next steps of one indicator that earn or keep points."""
    end = date(year.year, 12, 31)
    answer, scale = counted.answer, indicator.scale
    if counted.pending and indicator.deduction is not None:
        late = counted.missing if isinstance(answer, Present) else ()
        cases = (*late, *counted.waiting)[:MOST_NAMED]
        yield _step(indicator, "keep" if cases else "keep_year", indicator.deduction, end, cases=cases)
    if isinstance(answer, Present):
        yield _step(indicator, scale.step_to_record, scale.ceiling(year.readings) or NOTHING, end)
    elif counted.quarterly:
        yield from _this_quarter(indicator, counted, year)
    elif isinstance(answer, Done | Analyses):
        yield from _more(indicator, answer, counted, year)
    elif isinstance(answer, EachMonth) and isinstance(scale, Monthly) and answer.counts:
        room = scale.at_most - scale.of_month(answer.counts[-1])
        last = period_of(year.today, "month").last
        yield _step(indicator, "this_month", room, last, count=int(room / scale.points))
    elif isinstance(answer, Events) and isinstance(scale, Propaganda):
        then = Events(True, scaled=True, views=max(answer.views, scale.views))
        then_points, now = (scale.earned(events, year.readings).points for events in (then, answer))
        yield _step(indicator, "views", then_points - now, end, views=scale.views, counted=answer.views)


def _step(
    indicator: Indicator,
    code: str,
    gain: Fraction,
    by: date,
    missing: tuple[str, ...] = (),
    **arguments: object,
) -> PointsStep:
    """Return a step of an indicator; of the units that lack it the first MOST_NAMED."""
    said = sentence(f"step.{code}", **arguments, gain=gain, by=by)
    return PointsStep(indicator=indicator.id, sentence=said, gain=gain, by=by, missing=missing[:MOST_NAMED])


def _more(
    indicator: Indicator, answer: Done | Analyses, counted: Tally, year: AssessedYear
) -> Iterator[PointsStep]:
    """Yield the step that says how many more make the next whole step: "one more, and 2.7 becomes 3.0"."""
    done = answer if isinstance(answer, Done) else answer.coverage
    if done is None:
        return

    def points(more: int) -> Fraction:
        then = replace(done, done=done.done + more)
        return indicator.earned(then if done is answer else Analyses(then), year.readings).points

    now, room = points(0), range(1, max(done.of - done.done, 0) + 1)
    # Points never decrease with the count, so the first count that earns more is found by binary search.
    index = bisect_right(room, now, key=points)
    if index < len(room):
        then = points(room[index])
        said = {"count": room[index], "done": done.done, "of": done.of, "now": now, "then": then}
        yield _step(indicator, "more", then - now, date(year.year, 12, 31), counted.missing, **said)


def _this_quarter(indicator: Indicator, counted: Tally, year: AssessedYear) -> Iterator[PointsStep]:
    """Yield the step of the current quarter: who has not done it yet, and the points lost if one does not."""
    quarter, members = period_of(year.today, "quarter"), counted.members
    if year.today.year != year.year or members is None:
        return
    having, of = members.having((indicator.counting.fact,), quarter), len(members.units)
    missing = members.without(having.union(counted.missing))
    if missing:
        whole = of - len(counted.missing)
        best, worst = (
            indicator.earned(Done(done, of), year.readings).points
            for done in (whole, max(whole - len(missing), 0))
        )
        said = {"count": len(missing), "period": quarter.name}
        yield _step(indicator, "this_quarter", best - worst, quarter.last, missing, **said)


def _remarks(year: AssessedYear) -> Iterator[Element]:
    """Yield remarks: since when records are kept, if within or after the year; which indicators are not
    assessed; rows of which nobody recorded the whole they are a share of (of a year without records only since
    when there are some); and that the reader does not see all that counts.
    """
    since, scoring = year.since, year.records.scoring
    if not year.is_known and since is not None:
        yield sentence("no_data", year=year.year, since=since)
    elif year.is_known and since is not None and year.year <= since.year and since <= year.today:
        yield sentence("since", since=since)
    if year.is_known and year.under_embargo:
        yield sentence("embargo", text=scoring.readings["embargo"][year.readings["embargo"]])
    for indicator in scoring.indicators.values() if year.is_known else ():
        counting = indicator.counting
        people = year.body[counting.fact].of_rows if counting.by == "values" else 0
        if people and not recorded_whole(year, counting):
            yield sentence("rows_of_what", indicator=indicator.id, title=indicator.title, count=people)
    if year.records.hides_rows:
        yield sentence("rows_hidden")


def _sources(indicator: Indicator, year: AssessedYear, registers: Mapping[str, Text]) -> Iterator[Element]:
    """Yield remarks: how many rows of each register it is counted from, and that facts stand beside them."""
    counting = indicator.counting
    rows = {fact: year.body[fact].registers for fact in counting.every_fact}
    for register, title in registers.items():
        of_register = [names[register] for names in rows.values() if register in names]
        if of_register:
            own_count = sum(rows[fact][register] for fact in (*counting.facts.values(), *counting.also))
            # A row with more fields (renewed, published) is not another row.
            yield sentence("rows", count=own_count or max(of_register), register=title)
    if any(names and year.body[fact].proved for fact, names in rows.items()):
        yield sentence(_BESIDE.get(counting.by, "rows_beside"))


_BESIDE = {"facts": "rows_by_month", "months": "rows_by_month", "values": "rows_by_year", "value": "rows_act"}
"""Codes of the remark on which number counts if both facts and rows were recorded."""
