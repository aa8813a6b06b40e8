"""Counts from the records of a year what an office's points are based on, in time or late. Pure.

The units counted are those the scoring document names: of certain kinds at any depth below the body; districts
and quasi-state subjects apart. Records of an organisation of its own count for no other unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from itertools import islice, takewhile
from typing import Literal

from calendars.terms import PeriodSpan, periods
from workflow.cases.registers.risks import SECTIONS
from workflow.org.kinds import among as of_kinds
from workflow.org.office import Office
from workflow.scoring.indicators import EMBARGO, EMBARGOED, Counting, Indicator
from workflow.scoring.records import CARTOGRAM, BodyRecords, MissingFact, YearRecords
from workflow.scoring.scales import (
    Analyses,
    Answer,
    Counts,
    Done,
    EachMonth,
    Events,
    Present,
    Quarters,
    Readings,
)

DISTRICT, CITY, DEPARTMENT = "district_akim_office", "city_akim_office", "oblast_department"
QUASI_STATE, APPARATUS = "quasi_state", "akim_apparatus"
_AKIMS = ("oblast_akim_office", CITY, DISTRICT)
_OF_ORGANISATIONS = ("presence", "below", "regions", "districts_quarters", "cartogram")
"""Ways of counting that apply to organisations only, not to their parts."""
Group = Literal["units", "supervised", "below", "regions", "districts", "places"]
"""Units that are counted: the body's units, as the document names them for a body of its kind; the quasi-state
subjects at or below it; every organisation below it; the oblast itself, its cities and districts, each with its
departments; the districts; the departments, cities and districts with sub-sections in the cartogram.
"""


@dataclass(frozen=True, kw_only=True)
class Members:
    """The units that a share is taken of, in order.

    `counted_for`: unit at or below the body -> those of them that its own records count for; those of the body
    itself, where it is none of them, count for all its inner units.
    """

    records: YearRecords
    units: tuple[str, ...]
    counted_for: Mapping[str | None, tuple[str, ...]]

    def having(self, facts: Sequence[str], span: PeriodSpan | None = None) -> frozenset[str]:
        """Return the units for which one of the facts happened (in that span)."""
        recording = self.records.units_having(facts, span)
        return frozenset(unit for place in recording for unit in self.counted_for.get(place, ()))

    def without(self, having: frozenset[str]) -> tuple[str, ...]:
        """Return the units that are not among these."""
        return tuple(unit for unit in self.units if unit not in having)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The count for one indicator.

    `missing`: organisations or cases (ids) missing for the full number; `waiting`: cases in which it is not
    done and not overdue; `members`: whom a share is taken of; `quarterly`: required again each quarter;
    `pending`: deducted at the end of the year unless done; `running`: its term ran on beyond the year, so
    nothing is deducted.
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
    """One body (`root`, with everything below it; "" is the whole office) in one year, with its records.

    `today`: the local date of the assessment; later facts have not happened. `since`: the local date from which
    the office keeps records; None before there is any.
    """

    records: YearRecords
    root: str
    today: date
    readings: Readings
    since: date | None = None
    _members: dict[Group, Members] = field(default_factory=dict, init=False)

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

    @property
    def under_embargo(self) -> bool:
        """Whether the body, or one above it, was analysed from outside: some indicators are not assessed."""
        return bool(self._of((self.root,)).having(EMBARGO)) or self.is_recorded_above(EMBARGO)

    def uses(self, reading: str) -> bool:
        """Return whether a reading affects this body."""
        match reading:
            case "whole_body":
                covered = self.members("units").counted_for[self.root]
                return self.root not in covered and not any(map(self._kind, covered)) and bool(covered)
            case "own_compliance":
                return self._kind(self.root) == QUASI_STATE
            case "own_commission":
                return self.root not in self.members("districts").units
            case "embargo":
                return any(self.body[fact].before for fact in EMBARGO)
        return True

    def is_recorded_above(self, facts: Sequence[str]) -> bool:
        """Return whether a body above this one recorded one of the facts itself."""
        above = {unit for unit in self.office.above(self.root) if unit != self.root}
        return not above.isdisjoint(self.records.units_having(facts))

    @cached_property
    def quarters(self) -> tuple[PeriodSpan, ...]:
        """The quarters of the year that ended before today."""
        last = date(self.year, 12, 31)
        spans = periods("quarter", after=date(self.year - 1, 12, 31), until=last)
        return tuple(span for span in spans if span.last < self.today)

    def members(self, group: Group) -> Members:
        """Return the units of the body that are counted."""
        if group not in self._members:
            self._members[group] = self._counted(group)
        return self._members[group]

    def _counted(self, group: Group) -> Members:
        """Return the units of a group; of some groups the body itself where there are none."""
        itself, kinds = (self.root,) if self.root else (), self.office.by_kind(self.root)
        match group:
            case "units":
                return self._units()
            case "supervised":
                return self._of(kinds.get(QUASI_STATE, ()))
            case "below":
                without = ("", APPARATUS, self._kind(self.root))
                return self._of(
                    sorted(unit for kind, units in kinds.items() if kind not in without for unit in units)
                    or itself
                )
            case "regions":
                return self._of((*itself, *self._below((CITY, DISTRICT))) if itself else (), stop=False)
            case "districts":
                own = itself if self._kind(self.root) in _AKIMS else ()
                return self._of(self._below((DISTRICT,)) or own, stop=False)
            case "places":
                return self._of(self._below((DEPARTMENT, CITY, DISTRICT)))

    def _units(self) -> Members:
        """Return the body's units: by the rule of the document for its kind, else its own parts or itself."""
        kind, parts = self._kind(self.root), self.office.children.get(self.root, ())
        rule = next((rule for rule in self.records.scoring.units if kind in rule.of), None)
        inner = tuple(unit for unit in parts if not self._kind(unit))
        if rule is None:
            own = tuple(unit for unit in parts if self._kind(unit) not in (DISTRICT, QUASI_STATE))
            return self._of((inner if kind else own) or ((self.root,) if self.root else ()))
        units = self._below(rule.kinds)
        if rule.inside or not units:
            units = (*inner, *units)
        apparatus = self._below((kind, APPARATUS)) if rule.itself else ()
        if rule.itself or not inner:
            units = (*(apparatus or (self.root,)), *units)
        return self._of(units, apparatus=apparatus)

    def _kind(self, unit: str) -> str:
        office_unit = self.office.units.get(unit)
        return office_unit.kind if office_unit else ""

    def _below(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the units of these kinds below the body, without those of a city or district below it."""
        by_kind = self.office.by_kind(self.root)
        units = (unit for kind in kinds for unit in by_kind.get(kind, ()) if unit != self.root)
        return tuple(
            unit
            for unit in units
            if not any(self._kind(place) in (DISTRICT, CITY) for place in self._between(unit))
        )

    def _between(self, unit: str) -> Iterator[str]:
        """Return the units above a unit and below the body."""
        return takewhile(self.root.__ne__, islice(self.office.above(unit), 1, None))

    def _of(self, unit_ids: Iterable[str], *, stop: bool = True, apparatus: Sequence[str] = ()) -> Members:
        """Return these units as members, each record assigned to the nearest of them at or above its unit.

        Records of the body itself count for its `apparatus`; without one, for those of the units that are no
        organisations. `stop`: leave out records of another organisation; an akim's apparatus is of his akimat.
        """
        units = tuple(dict.fromkeys(unit_ids))
        are_members = frozenset(units)
        stands_for = apparatus[0] if len(apparatus) == 1 else self.root
        counted_for: dict[str | None, tuple[str, ...]] = {}
        roots = (self.root,) if self.root else self.office.tops
        for unit in (unit for root in roots for unit in self.office.below(root)):
            if unit in are_members:
                counted_for[unit] = (unit,)
            elif unit == self.root:
                counted_for[unit] = (stands_for,) if stands_for in are_members else ()
            elif not stop or self._kind(unit) in ("", APPARATUS):
                counted_for[unit] = counted_for.get(self.office.units[unit].parent, ())
        if not counted_for.get(self.root):
            counted_for[self.root] = tuple(unit for unit in units if not self._kind(unit))
        return Members(records=self.records, units=units, counted_for=counted_for)


def tally(year: AssessedYear) -> Mapping[str, Tally]:
    """Return the count for each indicator that can be counted yet; none if no records were kept in the year."""
    tallies: dict[str, Tally] = {}
    if not year.is_known:
        return tallies
    kind = year.office.kind_of(year.root) if year.root else ""
    under_embargo = year.under_embargo
    for indicator in year.records.scoring.indicators.values():
        by = indicator.counting.by
        if under_embargo and indicator.id.startswith(EMBARGOED):
            continue
        if (not year.is_organisation and by in _OF_ORGANISATIONS) or not is_assessed(indicator, kind):
            continue
        indicator_tally = _BY[by](year, indicator)
        if indicator_tally is not None:
            tallies[indicator.id] = indicator_tally
    return tallies


def is_assessed(indicator: Indicator, kind: str) -> bool:
    """Return whether an indicator is assessed for an organisation of that kind; for an unknown kind, always.

    `supervising_body` is not checked: it counts the subjects below, none where there are none.
    """
    other_kinds = [assessed_kind for assessed_kind in indicator.assessed if assessed_kind != "supervising_body"]
    return of_kinds(kind, tuple(other_kinds))


# ------------------------------------------------------------------------------------------- ways of counting


def _presence(year: AssessedYear, indicator: Indicator) -> Tally:
    """Count whether the body has it at all."""
    counting = indicator.counting
    facts = (counting.fact, *counting.also)
    is_present = any(year.body[fact].happened() or year.body[fact].before for fact in facts)
    is_present = is_present or (counting.from_above and year.is_recorded_above(facts))
    terms = year.body[counting.fact].missing
    late, waiting = _lacking([term for term in terms if term.due.year == year.year], year.today)
    # The term of an analysis of the year ran on beyond its end.
    if not is_present and any(term.due.year > year.year for term in terms):
        return Tally(answer=Present(True), waiting=waiting, running=True)
    if is_present or not year.is_over:
        return Tally(
            answer=Present(True), waiting=waiting, missing=() if is_present else late, pending=not is_present
        )
    return Tally(answer=Present(False), missing=late)


def _lacking(terms: Iterable[MissingFact], today: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the cases (ids) in which a fact is overdue or was missed, and those that still wait for it."""
    term_of = {term.case: term for term in terms}
    late = {
        case
        for case, term in term_of.items()
        if term.due < today and (term.counts_until is None or today <= term.counts_until)
    }
    return tuple(sorted(late)), tuple(sorted(term_of.keys() - late))


def _share(group: Group, year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the members that have the fact and what it needs; None without any member."""
    members, counting = year.members(group), indicator.counting
    if not members.units:
        return None
    having = members.having((counting.fact, *counting.also))
    for fact in counting.besides:
        having &= members.having((fact,))
    answer = Done(len(having), len(members.units))
    return Tally(answer=answer, missing=members.without(having), members=members)


def _supervised_each(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count each quasi-state subject that has the fact; None while none has."""
    having = year.members("supervised").having((indicator.counting.fact,))
    return Tally(answer=Counts({"count": len(having)})) if having else None


def _below(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count a share of the organisations below; if none has it after the year, the deduction applies."""
    share = _share("below", year, indicator)
    if share is None or share.missing != year.members("below").units:
        return share
    return replace(share, answer=Present(False)) if year.is_over else replace(share, pending=True)


def _each_quarter(group: Group, year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the members that did it in every quarter that ended (or, as read, in each); None before any."""
    members = year.members(group)
    if not members.units or not year.quarters:
        return None
    by_quarter = [members.having((indicator.counting.fact,), span) for span in year.quarters]
    having, of = frozenset.intersection(*by_quarter), len(members.units)
    answer: Answer = Done(len(having), of)
    if group == "districts" and year.readings["commission_period"] == "quarter":
        answer = Quarters(tuple(Done(len(in_quarter), of) for in_quarter in by_quarter))
    return Tally(answer=answer, missing=members.without(having), members=members, quarterly=True)


def _value(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count by the number of the act, which alone the document accepts; until there is one by register rows."""
    records = year.body[indicator.counting.fact]
    sums = records.sums(indicator.counting.done)
    if sums or records.of_rows:
        return Tally(answer=Counts({"count": sums[0] if sums else records.of_rows}))
    return Tally(answer=Present(False)) if year.is_organisation else None


def _values(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the numbers recorded with a fact: a part of a whole."""
    counting, records = indicator.counting, year.body[indicator.counting.fact]
    done_count, of = records.sums(counting.done, counting.of) or (0, 0)
    # The whole may be recorded without the part: rows give the part.
    of = of or recorded_whole(year, counting)
    if of:
        return Tally(answer=Done(max(done_count, records.of_rows), of))
    # Nothing is earned before the whole is recorded, which is said wherever the share is asked.
    kinds = [year.office.kind_of(unit) for unit in ([year.root] if year.root else year.office.tops)]
    lacks = year.is_organisation and any(is_assessed(indicator, kind) for kind in kinds)
    return Tally(answer=Present(False)) if lacks else None


def recorded_whole(year: AssessedYear, counting: Counting) -> int:
    """Return the number a share is taken of, by its first fact that gives it (`also`: only with rows), or 0."""
    holds = not counting.also_if or year.readings.get(counting.also_if[0]) == counting.also_if[1]
    also = counting.also if holds and year.body[counting.fact].of_rows else ()
    fact_numbers = (year.body[fact].sums(counting.of) for fact in (counting.fact, *also))
    return next((sum(numbers) for numbers in fact_numbers if numbers), 0)


def _facts(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the facts by kind; without any, and without those `besides` that show data were submitted, say that
    none were, where this costs points.
    """
    counting = indicator.counting
    answer = Counts({kind: sum(year.body[fact].months()) for kind, fact in counting.facts.items()})
    if any(answer.counts.values()) or any(year.body[fact].happened() for fact in counting.besides):
        return Tally(answer=answer)
    if indicator.deduction is None or not year.is_organisation:
        return None
    return Tally(answer=Present(False)) if year.is_over else Tally(answer=answer, pending=True)


def _months(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the facts of each month up to today; None before the year."""
    last = 12 if year.is_over else year.today.month if year.today.year == year.year else 0
    return Tally(answer=EachMonth(year.body[indicator.counting.fact].months(1, last))) if last else None


def _analyses(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count the units analysed, and the risks found and removed; None where there are neither."""
    share = _share("units", year, indicator)
    if share is None:
        return None if year.body.risks is None else Tally(answer=Analyses(None, year.body.risks))
    assert isinstance(share.answer, Done)
    return replace(share, answer=Analyses(share.answer, year.body.risks))


def _cartogram(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count departments and districts once in each section: where recorded by lines, in both where updated."""
    members, office = year.members("places"), year.office
    updated = members.having((indicator.counting.fact,))
    section_units: set[tuple[str, str]] = {(section, unit) for unit in updated for section in SECTIONS}
    for section, name in {record.line for record in year.body[CARTOGRAM].cases}:
        unit = office.unit_id(name)
        if unit in members.units or unit not in office.units:
            section_units.add((section, unit))
    missing = tuple(
        unit for unit in members.units if not {(section, unit) for section in SECTIONS} <= section_units
    )
    if not section_units and not members.units:
        return None
    return Tally(answer=Counts({"count": len(section_units)}), missing=missing)


def _propaganda(year: AssessedYear, indicator: Indicator) -> Tally | None:
    """Count whether events were shown and published, and their views."""
    report, scaled = (year.body[fact] for fact in (indicator.counting.fact, *indicator.counting.besides))
    if not report.happened():
        return Tally(answer=Present(False)) if year.is_organisation else None
    views = max(report.views, scaled.views)
    has_link = any(kind.startswith("link:") for record in report.cases for kind in record.evidence)
    return Tally(answer=Events(True, scaled=views > 0 or has_link or scaled.happened(), views=views))


_BY: Mapping[str, Callable[[AssessedYear, Indicator], Tally | None]] = {
    "presence": _presence,
    "units": partial(_share, "units"),
    "supervised": partial(_share, "supervised"),
    "supervised_quarters": partial(_each_quarter, "supervised"),
    "supervised_each": _supervised_each,
    "below": _below,
    "regions": partial(_share, "regions"),
    "districts_quarters": partial(_each_quarter, "districts"),
    "value": _value,
    "values": _values,
    "facts": _facts,
    "months": _months,
    "analyses": _analyses,
    "cartogram": _cartogram,
    "propaganda": _propaganda,
}
