"""From what an office recorded in a year to what its points are counted from. Pure.

Late counts as well as in time: points are given for doing. Who is counted follows the scoring's own words: the
units of a body are the parts directly below it; its districts and quasi-state subjects are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from workflow.org.kinds import among as of_kinds
from workflow.org.office import Office
from workflow.periods import Span, period_of, periods
from workflow.scoring.recorded import Body, Waiting, YearRecords
from workflow.scoring.scale import (
    Analyses,
    Answer,
    Count,
    CountByKind,
    Counting,
    Done,
    Events,
    Indicator,
    Months,
    Present,
    Quarters,
    Readings,
    Risks,
    Scoring,
)

DISTRICT, QUASI_STATE = "district_akim_office", "quasi_state"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What one indicator is counted from.

    Attributes:
        missing: ids of the organisations or cases that keep it from being whole.
        asked: ids of the organisations a share is taken of; quarterly: whether each quarter asks anew.
    """

    answer: Answer
    missing: tuple[str, ...] = ()
    waiting: Waiting | None = None
    asked: tuple[str, ...] = ()
    quarterly: bool = False


@dataclass(frozen=True, kw_only=True)
class Year:
    """All that is known of one body in one year.

    Attributes:
        gathered: what every unit recorded in the year and lacks.
        root: the unit that is assessed, with everything below it; "" is the whole office.
        today: the local date the question is asked on; what is ahead of it has not happened.
        anything: whether anything is lacking in the office at all, of whatever year.
        risks: of the body's analyses of the year, None where no register was kept.
    """

    gathered: YearRecords
    root: str
    year: int
    today: date
    anything: Callable[[], bool] = bool
    risks: Risks | None = None

    @property
    def office(self) -> Office:
        return self.gathered.office

    @cached_property
    def body(self) -> Body:
        """What the body recorded, and lacks."""
        return self.gathered.body(self.root)

    @property
    def own_units(self) -> tuple[str, ...]:
        """The body's own units: what stands directly below it, but for districts and quasi-state subjects; the
        body itself where nothing does."""
        units = self.office.units
        children = self.office.parts.get(self.root or None, ())
        own = tuple(one for one in children if units[one].kind not in (DISTRICT, QUASI_STATE))
        return own or ((self.root,) if self.root else ())

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The organisations of that kind below the body, itself included."""
        return self.office.by_kind(self.root).get(kind, ())

    @property
    def organisations(self) -> tuple[str, ...]:
        """Every organisation below the body: those with a kind of their own; its own units where none has."""
        every = self.office.by_kind(self.root)
        own = sorted(one for kind, units in every.items() if kind for one in units if one != self.root)
        return tuple(own) or self.own_units

    def having(self, fact: str, among: Collection[str], span: Span | None = None) -> frozenset[str]:
        """Those among the units within which the fact happened (in that period)."""
        return self.gathered.having(self.root, fact, among, span)

    @cached_property
    def quarters(self) -> tuple[Span, ...]:
        """The quarters of the year that have ended."""
        last = date(self.year, 12, 31)
        spans = periods("quarter", after=date(self.year - 1, 12, 31), until=last)
        return tuple(span for span in spans if span.last < self.today)

    @property
    def quarter(self) -> Span | None:
        """The quarter of the year that runs on the day; None before and after the year."""
        return period_of(self.today, "quarter") if self.today.year == self.year else None


def tally(scoring: Scoring, year: Year, readings: Readings) -> Mapping[str, Tally]:
    """What each indicator is counted from; those nothing can be said of yet are left out, all of them where
    nothing was recorded or asked in the year.

    Args:
        readings: one of them decides whether sittings count by year or by quarter.
    """
    found: dict[str, Tally] = {}
    if not year.body.any_fact and not year.body.any_lacking and not year.anything():
        return found
    kind = year.office.kind_of(year.root) if year.root else ""
    for indicator in scoring.indicators.values():
        if assessed(indicator, kind):
            counted = _BY[indicator.counting.by](year, indicator.counting, readings)
            if counted is not None:
                found[indicator.id] = counted
    return found


def assessed(indicator: Indicator, kind: str) -> bool:
    """Whether an indicator is assessed for an organisation of that kind; a kind not known: everything is.

    A supervising body is whoever has quasi-state subjects below it, which their share shows by itself.
    """
    named = [one for one in indicator.assessed if one != "supervising_body"]
    return of_kinds(kind, tuple(named))


def _presence(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    """Nothing that was due lacks it. Before anything is due and anything done, nothing can be said."""
    late, waiting = year.body.lacking(counting.fact, today=year.today)
    if not late and waiting is None and not year.body.has(counting.fact, None):
        return None
    return Tally(answer=Present(not late), missing=late, waiting=waiting)


def _share(among: Callable[[Year], tuple[str, ...]]) -> Callable[[Year, Counting, Readings], Tally | None]:
    def by(year: Year, counting: Counting, readings: Readings) -> Tally | None:
        asked = among(year)
        if not asked:
            return None
        having = year.having(counting.fact, asked)
        missing = tuple(unit for unit in asked if unit not in having)
        return Tally(answer=Done(len(having), len(asked)), missing=missing, asked=asked)

    return by


def _supervised_quarters(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    return _each_quarter(year, counting.fact, year.of_kind(QUASI_STATE))


def _districts_quarters(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    districts = year.of_kind(DISTRICT)
    if readings["commission_period"] != "quarter" or not districts or not year.quarters:
        return _each_quarter(year, counting.fact, districts)
    by_quarter = [year.having(counting.fact, districts, span) for span in year.quarters]
    quarters = Quarters(tuple(Done(len(having), len(districts)) for having in by_quarter))
    whole = frozenset.intersection(*by_quarter)
    missing = tuple(unit for unit in districts if unit not in whole)
    return Tally(answer=quarters, missing=missing, asked=districts, quarterly=True)


def _each_quarter(year: Year, fact: str, asked: tuple[str, ...]) -> Tally | None:
    """Those that did it in every quarter that has ended; before the first has, nothing can be said."""
    if not asked or not year.quarters:
        return None
    having = frozenset.intersection(*(year.having(fact, asked, span) for span in year.quarters))
    missing = tuple(unit for unit in asked if unit not in having)
    return Tally(answer=Done(len(having), len(asked)), missing=missing, asked=asked, quarterly=True)


def _value(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    sums = year.body.value(counting.fact, counting.done)
    return Tally(answer=Count(*sums)) if sums else None


def _values(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    done, of = year.body.value(counting.fact, counting.done, counting.of) or (0, 0)
    return Tally(answer=Done(done, of)) if of else None


def _facts(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    found = sum(year.body.months(counting.fact))
    return Tally(answer=Count(counting.times * found)) if found else None


def _kinds(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    counts = {kind: sum(year.body.months(fact)) for kind, fact in counting.facts.items()}
    return Tally(answer=CountByKind(counts)) if any(counts.values()) else None


def _months(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    last = 12 if year.today.year > year.year else year.today.month if year.today.year == year.year else 0
    return Tally(answer=Months(year.body.months(counting.fact, 1, last))) if last else None


def _analyses(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    units = year.own_units
    having = year.having(counting.fact, units)
    coverage = Done(len(having), len(units)) if units else None
    if coverage is None and year.risks is None:
        return None
    missing = tuple(unit for unit in units if unit not in having)
    return Tally(answer=Analyses(coverage, year.risks), missing=missing, asked=units)


def _propaganda(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    fact = counting.fact
    if not year.body.has(fact, None):
        return Tally(answer=Present(False)) if year.today.year > year.year else None
    views = year.body.views(fact)
    return Tally(answer=Events(scaled=views > 0 or year.body.linked(fact), views=views))


_BY: Mapping[str, Callable[[Year, Counting, Readings], Tally | None]] = {
    "presence": _presence,
    "units": _share(lambda year: year.own_units),
    "supervised": _share(lambda year: year.of_kind(QUASI_STATE)),
    "supervised_quarters": _supervised_quarters,
    "below": _share(lambda year: year.organisations),
    "districts_quarters": _districts_quarters,
    "value": _value,
    "values": _values,
    "facts": _facts,
    "kinds": _kinds,
    "months": _months,
    "analyses": _analyses,
    "propaganda": _propaganda,
}
