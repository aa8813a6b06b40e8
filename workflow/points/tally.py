"""From what an office recorded in a year to what its points are counted from. Pure.

Late counts as well as in time: points are given for doing. Who is counted follows the scoring's own words: the
units of a body are the parts directly below it; its districts and quasi-state subjects are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from workflow.kinds import among as of_kinds
from workflow.office import Office
from workflow.periods import Span, period_of, periods
from workflow.points.scale import (
    Analyses,
    Answer,
    Count,
    CountByKind,
    Counting,
    Done,
    Events,
    Months,
    Present,
    Quarters,
    Readings,
    Risks,
    Scored,
    Scoring,
)

DISTRICT, QUASI_STATE = "district_akim_office", "quasi_state"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A fact of a case, as points are counted from it.

    Attributes:
        fact: `procedure:fact`, without its period.
        on: the local date it happened.
        linked: whether a link to a publication is among its evidence.
    """

    case: str
    unit: str
    fact: str
    on: date
    values: Mapping[str, Decimal] = field(default_factory=dict)
    linked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lacking:
    """An obligation of a case that nobody has recorded. `due`: local date, None where the act names no term."""

    case: str
    unit: str
    fact: str
    due: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What one indicator is counted from.

    Attributes:
        missing: ids of the organisations or cases that keep it from being whole.
        waiting: what is not done and not yet due: it may still be.
        asked: ids of the organisations a share is taken of; quarterly: whether each quarter asks anew.
    """

    answer: Answer
    missing: tuple[str, ...] = ()
    waiting: tuple[Lacking, ...] = ()
    asked: tuple[str, ...] = ()
    quarterly: bool = False


@dataclass(frozen=True, kw_only=True)
class Year:
    """All that is known of one body in one year.

    Attributes:
        root: the unit that is assessed, with everything below it; "" is the whole office.
        today: the local date the question is asked on; what is ahead of it has not happened.
        risks: of the body's analyses of the year, None where no register was kept.
    """

    office: Office
    root: str
    year: int
    today: date
    recorded: tuple[Recorded, ...]
    lacking: tuple[Lacking, ...] = ()
    risks: Risks | None = None

    def holds(self, unit: str) -> bool:
        """Whether a unit is the body or lies below it; everything lies in the whole office."""
        return not self.root or self.place(unit) in self.tree

    @cached_property
    def tree(self) -> frozenset[str]:
        """The unit and all below it."""
        if not self.root:
            return frozenset(self.office.units)
        return frozenset(self.office.below(self.root))

    @cached_property
    def own_units(self) -> tuple[str, ...]:
        """The body's own units: what stands directly below it, but for districts and quasi-state subjects; the
        body itself where nothing does."""
        top = self.root or None
        children = [unit for unit in self.office.units.values() if unit.parent == top]
        own = tuple(unit.id for unit in children if unit.kind not in (DISTRICT, QUASI_STATE))
        return own or ((self.root,) if self.root else ())

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The organisations of that kind below the body, itself included."""
        return tuple(sorted(one for one in self.tree if self.office.units[one].kind == kind))

    @cached_property
    def organisations(self) -> tuple[str, ...]:
        """Every organisation below the body: those with a kind of their own; its own units where none has."""
        own = sorted(one for one in self.tree if self.office.units[one].kind and one != self.root)
        return tuple(own) or self.own_units

    @cached_property
    def by_fact(self) -> Mapping[str, tuple[Recorded, ...]]:
        """What happened in the year within the body, by fact."""
        found: dict[str, list[Recorded]] = {}
        for one in self.recorded:
            if one.on.year == self.year and one.on <= self.today and self.holds(one.unit):
                found.setdefault(one.fact, []).append(one)
        return {fact: tuple(all_of_it) for fact, all_of_it in found.items()}

    def place(self, unit: str) -> str:
        """The id of a unit a case names by id or name; a case that names none is the body's own."""
        if not unit:
            return self.root
        return self.office.unit_named.get(" ".join(unit.casefold().split()), unit)

    def having(self, fact: str, among: Iterable[str], span: Span | None = None) -> frozenset[str]:
        """Those among the units within which the fact happened (in that period)."""
        wanted, found = frozenset(among), set[str]()
        for one in self.by_fact.get(fact, ()):
            if span is None or span.first <= one.on <= span.last:
                found.update(wanted.intersection(self.office.above(self.place(one.unit))))
        return frozenset(found)

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
    if not year.by_fact and not year.lacking:
        return found
    kind = year.office.kind_of(year.root) if year.root else ""
    for indicator in scoring.indicators.values():
        if assessed(indicator, kind):
            counted = _BY[indicator.counting.by](year, indicator.counting, readings)
            if counted is not None:
                found[indicator.id] = counted
    return found


def assessed(indicator: Scored, kind: str) -> bool:
    """Whether an indicator is assessed for an organisation of that kind; a kind not known: everything is.

    A supervising body is whoever has quasi-state subjects below it, which their share shows by itself.
    """
    named = [one for one in indicator.assessed if one != "supervising_body"]
    return of_kinds(kind, tuple(named))


def _presence(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    """Nothing that was due lacks it. Before anything is due and anything done, nothing can be said."""
    lacking = [
        one
        for one in year.lacking
        if one.fact == counting.fact and year.holds(one.unit) and _of_year(one, year)
    ]
    late = tuple(one for one in lacking if one.due is not None and one.due < year.today)
    waiting = tuple(one for one in lacking if one not in late)
    if not late and not waiting and counting.fact not in year.by_fact:
        return None
    return Tally(answer=Present(not late), missing=tuple(one.case for one in late), waiting=waiting)


def _of_year(one: Lacking, year: Year) -> bool:
    return one.due is not None and one.due.year == year.year


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
    facts = _with(year, counting, counting.done)
    return Tally(answer=Count(_sum(facts, counting.done))) if facts else None


def _values(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    facts = _with(year, counting, counting.done, counting.of)
    of = _sum(facts, counting.of)
    return Tally(answer=Done(_sum(facts, counting.done), of)) if of else None


def _with(year: Year, counting: Counting, *names: str) -> list[Recorded]:
    found = year.by_fact.get(counting.fact, ())
    return [one for one in found if all(name in one.values for name in names)]


def _sum(facts: Iterable[Recorded], name: str) -> int:
    return int(sum(one.values[name] for one in facts))


def _facts(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    found = year.by_fact.get(counting.fact, ())
    return Tally(answer=Count(counting.times * len(found))) if found else None


def _kinds(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    counts = {kind: len(year.by_fact.get(fact, ())) for kind, fact in counting.facts.items()}
    return Tally(answer=CountByKind(counts)) if any(counts.values()) else None


def _months(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    last = 12 if year.today.year > year.year else year.today.month if year.today.year == year.year else 0
    days = [one.on.month for one in year.by_fact.get(counting.fact, ())]
    return Tally(answer=Months(tuple(days.count(month) for month in range(1, last + 1)))) if last else None


def _analyses(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    units = year.own_units
    having = year.having(counting.fact, units)
    coverage = Done(len(having), len(units)) if units else None
    if coverage is None and year.risks is None:
        return None
    missing = tuple(unit for unit in units if unit not in having)
    return Tally(answer=Analyses(coverage, year.risks), missing=missing, asked=units)


def _propaganda(year: Year, counting: Counting, readings: Readings) -> Tally | None:
    found = year.by_fact.get(counting.fact, ())
    if not found:
        return Tally(answer=Present(False)) if year.today.year > year.year else None
    views = max((int(one.values.get("views", 0)) for one in found), default=0)
    return Tally(answer=Events(scaled=views > 0 or any(one.linked for one in found), views=views))


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
