"""Counts from the records of a year what an office's points are based on. Pure.

Facts count whether in time or late. The units counted are those the scoring document names: units of certain
kinds at any depth below the body; districts and quasi-state subjects are counted separately. Records of an
organisation of its own count for no other unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from workflow.cases.registers.cartogram import SECTIONS
from workflow.org.kinds import among as of_kinds
from workflow.org.office import Office
from workflow.periods import PeriodSpan, period_of, periods
from workflow.scoring.records import BodyRecords, YearRecords
from workflow.scoring.scale import (
    Analyses,
    Answer,
    Count,
    CountByKind,
    Counting,
    Done,
    EachMonth,
    Events,
    Indicator,
    Present,
    Quarters,
    Readings,
    UnitKinds,
)

DISTRICT, CITY, DEPARTMENT = "district_akim_office", "city_akim_office", "oblast_department"
QUASI_STATE, APPARATUS = "quasi_state", "akim_apparatus"
_AKIMS = ("oblast_akim_office", CITY, DISTRICT)
_OF_ORGANISATIONS = ("presence", "below", "regions", "districts_quarters", "cartogram")
"""Ways of counting that apply to organisations only, not to their parts."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """The units that a share is taken of.

    Attributes:
        units: their ids, in order.
        counted_for: unit at or below the body -> those of them that its own records count for.
        covered: whether those of the body itself count for its inner units too.
    """

    records: YearRecords
    units: tuple[str, ...]
    counted_for: Mapping[str, tuple[str, ...]]
    covered: bool = False

    def having(self, facts: Iterable[str], span: PeriodSpan | None = None) -> frozenset[str]:
        """Return the units for which one of the facts happened (in that span)."""
        recording = self.records.units_having(facts, span)
        return frozenset(unit for place in recording for unit in self.counted_for.get(place, ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The count for one indicator.

    Attributes:
        missing: ids of the organisations or cases that are missing for the full number.
        waiting: ids of the cases in which it is not done and not overdue.
        members: the organisations a share is taken of; quarterly: whether it is required again each quarter.
        running: whether it is not there yet, and nothing is deducted since its term ran on beyond the year.
        pending: whether the deduction will be made at the end of the year unless something is done.
    """

    answer: Answer
    missing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    members: Members | None = None
    quarterly: bool = False
    pending: bool = False
    running: bool = False


@dataclass(frozen=True, kw_only=True)
class AssessedYear:
    """One body in one year, with its records.

    Attributes:
        records: of every unit of the office.
        root: the unit that is assessed, with everything below it; "" is the whole office.
        today: the local date of the assessment; later facts have not happened.
        since: the local date of the first record of the office; None before there is one.
    """

    records: YearRecords
    root: str
    today: date
    since: date | None = None

    @property
    def year(self) -> int:
        return self.records.year

    @property
    def office(self) -> Office:
        return self.records.office

    @property
    def is_over(self) -> bool:
        return self.today.year > self.year

    @property
    def is_known(self) -> bool:
        """Whether the year can be assessed: records were kept by its end, or reach back into it."""
        is_recorded = self.since is not None and self.since.year <= self.year
        return is_recorded or self.records.body("").any_fact

    @cached_property
    def is_organisation(self) -> bool:
        """Whether it is an organisation of its own, which points can be deducted from."""
        return not self.root or self.root in self.office.tops or self._kind(self.root) not in ("", APPARATUS)

    @cached_property
    def body(self) -> BodyRecords:
        """The records of the body."""
        return self.records.body(self.root)

    @cached_property
    def units(self) -> Members:
        """The body's units, as the document names them for a body of its kind."""
        kind = self._kind(self.root)
        rule = next((rule for rule in self.records.scoring.units if kind in rule.of), None)
        inner = tuple(unit for unit in self.office.children.get(self.root, ()) if self._is_part(unit, rule))
        if rule is None:
            return self._members(inner or self._itself)
        kinds = self._below(rule.kinds)
        if rule.inside or not kinds:
            kinds = (*inner, *kinds)
        apparatus = self._below((kind, APPARATUS)) if rule.itself else ()
        if rule.itself or not inner:
            kinds = (*(apparatus or (self.root,)), *kinds)
        return self._members(kinds, apparatus=apparatus)

    @cached_property
    def organisations(self) -> Members:
        """Every organisation below the body; the body itself where there is none."""
        without = ("", APPARATUS, self._kind(self.root))
        kinds = self.office.by_kind(self.root)
        organisations = sorted(unit for kind, units in kinds.items() if kind not in without for unit in units)
        return self._members(organisations or self._itself)

    @cached_property
    def regions(self) -> Members:
        """The oblast itself, and its cities and districts, each with its departments; none of the whole
        office.
        """
        return self._members((self.root, *self._below((CITY, DISTRICT))) if self.root else (), stop=False)

    @cached_property
    def districts(self) -> Members:
        """The districts below the body; the body itself if it is an akim's office without districts."""
        districts = self._below((DISTRICT,))
        return self._members(districts or (self._itself if self._kind(self.root) in _AKIMS else ()), stop=False)

    @cached_property
    def places(self) -> Members:
        """The departments, cities and districts that have sub-sections in the cartogram."""
        return self._members(self._below((DEPARTMENT, CITY, DISTRICT)))

    @cached_property
    def supervised(self) -> Members:
        """The quasi-state subjects at or below the body."""
        return self._members(self.office.by_kind(self.root).get(QUASI_STATE, ()))

    @property
    def under_embargo(self) -> bool:
        """Whether some indicators are not assessed because the body, or one above it, was analysed from
        outside.
        """
        embargo = self.records.scoring.embargo
        own = self._members((self.root,)).counted_for
        bodies = {*own, *self.office.above(self.root)}
        return embargo is not None and not bodies.isdisjoint(self.records.units_having(embargo.facts))

    def uses(self, reading: str) -> bool:
        """Return whether a reading affects this body."""
        match reading:
            case "whole_body":
                return self.units.covered
            case "own_compliance":
                return self._kind(self.root) == QUASI_STATE
            case "own_commission":
                return self.root not in self.districts.units
            case "embargo":
                embargo = self.records.scoring.embargo
                return embargo is not None and not self.body.before.isdisjoint(embargo.facts)
        return True

    def is_recorded_above(self, facts: Iterable[str]) -> bool:
        """Return whether a body above this one recorded one of the facts itself."""
        above = {unit for unit in self.office.above(self.root) if unit != self.root}
        return not above.isdisjoint(self.records.units_having(facts))

    @cached_property
    def quarters(self) -> tuple[PeriodSpan, ...]:
        """The quarters of the year that ended before today."""
        last = date(self.year, 12, 31)
        spans = periods("quarter", after=date(self.year - 1, 12, 31), until=last)
        return tuple(span for span in spans if span.last < self.today)

    @property
    def quarter(self) -> PeriodSpan | None:
        """The quarter of the year that includes today; None before and after the year."""
        return period_of(self.today, "quarter") if self.today.year == self.year else None

    @property
    def _itself(self) -> tuple[str, ...]:
        """The body as the only one of its units; none for the whole office."""
        return (self.root,) if self.root else ()

    def _kind(self, unit: str) -> str:
        office_unit = self.office.units.get(unit)
        return office_unit.kind if office_unit else ""

    def _is_part(self, unit: str, rule: UnitKinds | None) -> bool:
        """Return whether a part directly below the body counts as one of its units by position, not by kind."""
        kind = self._kind(unit)
        return not kind if rule is not None or self._kind(self.root) else kind not in (DISTRICT, QUASI_STATE)

    def _below(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the units of these kinds below the body, except those that belong to another akimat."""
        units_by_kind = self.office.by_kind(self.root)
        units = (unit for kind in kinds for unit in units_by_kind.get(kind, ()) if unit != self.root)
        return tuple(unit for unit in units if not self._is_anothers(unit))

    def _is_anothers(self, unit: str) -> bool:
        """Return whether a unit lies below the akim of a city or district who is below the body himself."""
        for place in self.office.above(unit):
            if place == self.root:
                return False
            if place != unit and self._kind(place) in (DISTRICT, CITY):
                return True
        return False

    def _members(self, unit_ids: Iterable[str], *, stop: bool = True, apparatus: Iterable[str] = ()) -> Members:
        """Return these units as members, each record assigned to the nearest of them at or above its unit.

        Args:
            stop: whether records of another organisation are left out. An akim's apparatus belongs to his
                akimat.
            apparatus: the units whose records count as the body's own.
        """
        units = tuple(dict.fromkeys(unit_ids))
        owners: dict[str | None, str | None] = {}
        (stands_for,) = tuple(apparatus) if len(tuple(apparatus)) == 1 else (self.root,)
        are_members = frozenset(units)
        for unit in self._tree:
            if unit in are_members:
                owners[unit] = unit
            elif unit == self.root:
                owners[unit] = stands_for if stands_for in are_members else None
            elif stop and self._kind(unit) not in ("", APPARATUS):
                owners[unit] = None
            else:
                owners[unit] = owners.get(self.office.units[unit].parent)
        counted_for: dict[str, tuple[str, ...]]
        counted_for = {unit: (owner,) for unit, owner in owners.items() if unit is not None and owner}
        inner = tuple(unit for unit in units if not self._kind(unit))
        covered = owners.get(self.root) is None and bool(inner)
        if covered:
            counted_for[self.root] = inner
        return Members(records=self.records, units=units, counted_for=counted_for, covered=covered)

    @cached_property
    def _tree(self) -> tuple[str, ...]:
        """The body and all units below it, parents before children."""
        roots = (self.root,) if self.root else self.office.tops
        return tuple(unit for root in roots for unit in self.office.below(root))


def tally(year: AssessedYear, readings: Readings) -> Mapping[str, Tally]:
    """Return the count for each indicator; indicators that cannot be counted yet are left out, and all of them
    if no records were kept in the year.
    """
    tallies: dict[str, Tally] = {}
    if not year.is_known:
        return tallies
    kind = year.office.kind_of(year.root) if year.root else ""
    scoring = year.records.scoring
    excluded = scoring.embargo.indicators if scoring.embargo is not None and year.under_embargo else None
    for indicator in scoring.indicators.values():
        by = indicator.counting.by
        if excluded is not None and indicator.id.startswith(excluded):
            continue
        if (not year.is_organisation and by in _OF_ORGANISATIONS) or not is_assessed(indicator, kind):
            continue
        indicator_tally = _BY[by](year, indicator, readings)
        if indicator_tally is not None:
            tallies[indicator.id] = indicator_tally
    return tallies


def is_assessed(indicator: Indicator, kind: str) -> bool:
    """Return whether an indicator is assessed for an organisation of that kind; for an unknown kind, always.

    Supervising bodies need no check here: they are those with quasi-state subjects below them, which the share
    counts.
    """
    other_kinds = [assessed_kind for assessed_kind in indicator.assessed if assessed_kind != "supervising_body"]
    return of_kinds(kind, tuple(other_kinds))


# ------------------------------------------------------------------------------------------- ways of counting


def _presence(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally:
    """Count whether the body has it at all."""
    counting = indicator.counting
    facts = (counting.fact, *counting.also)
    is_present = any(year.body.has(fact) or fact in year.body.before for fact in facts)
    is_present = is_present or (counting.from_above and year.is_recorded_above(facts))
    late, waiting = year.body.lacking(counting.fact, today=year.today)
    if not is_present and year.body.runs_on(counting.fact):
        return Tally(answer=Present(True), waiting=waiting, running=True)
    if is_present or not year.is_over:
        return Tally(
            answer=Present(True), waiting=waiting, missing=() if is_present else late, pending=not is_present
        )
    return Tally(answer=Present(False), missing=late)


def _share(members: Members, counting: Counting) -> Tally | None:
    """Count the members that have the fact and what it needs; None without any member."""
    if not members.units:
        return None
    having = members.having((counting.fact, *counting.also))
    for fact in counting.needs:
        having &= members.having((fact,))
    missing = tuple(unit for unit in members.units if unit not in having)
    return Tally(answer=Done(len(having), len(members.units)), missing=missing, members=members)


def _supervised_each(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count each quasi-state subject that has the fact; None while none has."""
    having = year.supervised.having((indicator.counting.fact,))
    return Tally(answer=Count(len(having))) if having else None


def _below(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count a share of the organisations below; if none of them has it by the end of the year, the deduction
    applies.
    """
    share_tally = _share(year.organisations, indicator.counting)
    if share_tally is None or len(share_tally.missing) < len(year.organisations.units):
        return share_tally
    return replace(share_tally, answer=Present(False)) if year.is_over else replace(share_tally, pending=True)


def _each_quarter(members: Members, year: AssessedYear, fact: str, *, apart: bool = False) -> Tally | None:
    """Count the members that did it in every quarter that has ended, or in each of them `apart`; None before
    the end of the first.
    """
    if not members.units or not year.quarters:
        return None
    by_quarter = [members.having((fact,), span) for span in year.quarters]
    having, of = frozenset.intersection(*by_quarter), len(members.units)
    answer: Answer = Done(len(having), of)
    if apart:
        answer = Quarters(tuple(Done(len(in_quarter), of) for in_quarter in by_quarter))
    missing = tuple(unit for unit in members.units if unit not in having)
    return Tally(answer=answer, missing=missing, members=members, quarterly=True)


def _districts_quarters(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the districts that have the fact in each quarter, by year or by quarter as read."""
    apart = readings["commission_period"] == "quarter"
    return _each_quarter(year.districts, year, indicator.counting.fact, apart=apart)


def _value(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count by the number from the act, the only one the document accepts; before the act exists, by register
    rows. Without either nothing is earned yet.
    """
    sums = year.body.value(indicator.counting.fact, indicator.counting.done)
    rows = year.body.of_rows(indicator.counting.fact)
    if sums or rows:
        return Tally(answer=Count(*(sums or (rows,))))
    return Tally(answer=Present(False)) if year.is_organisation else None


def _values(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the numbers recorded with a fact: a part of a whole."""
    counting = indicator.counting
    done_count, of = year.body.value(counting.fact, counting.done, counting.of) or (0, 0)
    # The whole may be recorded without the part: rows give the part.
    of = of or recorded_whole(year, counting, readings)
    if of:
        return Tally(answer=Done(max(done_count, year.body.of_rows(counting.fact)), of))
    # Nothing is earned before the whole is recorded, which is said wherever the share is asked.
    kinds = [year.office.kind_of(unit) for unit in ([year.root] if year.root else year.office.tops)]
    lacks = year.is_organisation and any(is_assessed(indicator, kind) for kind in kinds)
    return Tally(answer=Present(False)) if lacks else None


def recorded_whole(year: AssessedYear, counting: Counting, readings: Readings) -> int:
    """Return the number a share is taken of, by the first of its facts that gives it; 0 for none.

    What another step gives alone says nothing of the share: it counts where rows name people.
    """
    holds = not counting.also_if or readings.get(counting.also_if[0]) == counting.also_if[1]
    also = counting.also if holds and year.body.of_rows(counting.fact) else ()
    fact_numbers = (year.body.value(fact, counting.of) for fact in (counting.fact, *also))
    return next((sum(numbers) for numbers in fact_numbers if numbers), 0)


def _facts(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the facts; if there are none, whether data were submitted at all."""
    counting = indicator.counting
    count = sum(year.body.months(counting.fact))
    if count or any(year.body.has(fact) for fact in counting.data):
        return Tally(answer=Count(count))
    if indicator.deduction is None or not year.is_organisation:
        return None
    return Tally(answer=Present(False)) if year.is_over else Tally(answer=Count(0), pending=True)


def _kinds(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the facts of each kind; None while there are none."""
    counts = {kind: sum(year.body.months(fact)) for kind, fact in indicator.counting.kinds.items()}
    return Tally(answer=CountByKind(counts)) if any(counts.values()) else None


def _months(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the facts of each month up to today; None before the year."""
    last = 12 if year.is_over else year.today.month if year.today.year == year.year else 0
    return Tally(answer=EachMonth(year.body.months(indicator.counting.fact, 1, last))) if last else None


def _analyses(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count the units analysed, and the risks found and removed; None where there are neither."""
    share = _share(year.units, indicator.counting)
    if share is None:
        return None if year.body.risks is None else Tally(answer=Analyses(None, year.body.risks))
    assert isinstance(share.answer, Done)
    return replace(share, answer=Analyses(share.answer, year.body.risks))


def _cartogram(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count each department and district once in each of the two sections: as recorded line by line, and both
    where an update is recorded for the department or district itself.
    """
    members, office = year.places, year.office
    updated = members.having((indicator.counting.fact,))
    section_units: set[tuple[str, str]] = {(section, unit) for unit in updated for section in SECTIONS}
    for section, name in year.body.lines():
        unit = office.unit_id(name)
        if unit in members.units or unit not in office.units:
            section_units.add((section, unit))
    missing = tuple(
        unit for unit in members.units if not {(section, unit) for section in SECTIONS} <= section_units
    )
    return Tally(answer=Count(len(section_units)), missing=missing) if section_units or members.units else None


def _propaganda(year: AssessedYear, indicator: Indicator, readings: Readings) -> Tally | None:
    """Count whether events were shown and published, and their views."""
    fact, scaled = indicator.counting.fact, indicator.counting.scaled
    if not year.body.has(fact):
        return Tally(answer=Present(False)) if year.is_organisation else None
    views = max(year.body.views(fact_name) for fact_name in (fact, scaled))
    kinds = {kind for record in year.body.facts.get(fact, ()) for kind in record.evidence}
    published = any(kind.startswith("link:") for kind in kinds) or year.body.has(scaled)
    return Tally(answer=Events(scaled=views > 0 or published, views=views))


_BY: Mapping[str, Callable[[AssessedYear, Indicator, Readings], Tally | None]] = {
    "presence": _presence,
    "units": lambda year, indicator, _: _share(year.units, indicator.counting),
    "supervised": lambda year, indicator, _: _share(year.supervised, indicator.counting),
    "supervised_quarters": lambda year, indicator, _: _each_quarter(
        year.supervised, year, indicator.counting.fact
    ),
    "supervised_each": _supervised_each,
    "below": _below,
    "regions": lambda year, indicator, _: _share(year.regions, indicator.counting),
    "districts_quarters": _districts_quarters,
    "value": _value,
    "values": _values,
    "facts": _facts,
    "kinds": _kinds,
    "months": _months,
    "analyses": _analyses,
    "cartogram": _cartogram,
    "propaganda": _propaganda,
}
