"""What an office recorded in a year, by unit: the records that points are counted from. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from workflow.cases.case import Case
from workflow.cases.registers.cartogram import cartograms
from workflow.cases.registers.rows import rows_of
from workflow.org.office import Office
from workflow.periods import PeriodSpan
from workflow.scoring.scale import RiskNumbers, Scoring

FOUND, REMOVED, COMPLETED = "risks:found", "risks:removed", "risks:completed"
"""Facts of the risk register of a case: found, removed, removed to real completion."""
CARTOGRAM = "cartogram:line"
"""The fact that a line of a cartogram was recorded."""
TALK = "positions:talk"
"""The fact that the register of positions names a talk with a holder; it counts as the fact `TALK_HELD`."""
TALK_HELD = "tbn4-project-4:talk_held"
RISKS_FOUND_BY = "analysis_ended"
"""The fact on whose day a risk counts as found that has no day of its own."""
_OF_LINES = frozenset({FOUND, REMOVED, COMPLETED, CARTOGRAM})


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFact:
    """A fact of a case, or a line of its registers.

    Attributes:
        fact: `procedure:fact`, without its period; of a line one of the facts above.
        period: its period, "" where it has none.
        on: the local date it happened.
        evidence: kinds of the evidence it has.
        line: of a cartogram: the section, and the name of the department or district.
    """

    case: str
    unit: str
    fact: str
    on: date
    period: str = ""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    evidence: frozenset[str] = frozenset()
    line: tuple[str, str] = ("", "")


def lines_of(case: Case) -> Iterator[RecordedFact]:
    """Yield the lines of a case's registers that points are counted from."""
    line = partial(RecordedFact, case=case.id, unit=case.unit)
    ended = case.facts.get(RISKS_FOUND_BY)
    for risk in rows_of(case, "risk").values():
        if found_on := risk.day("on") or (ended.on if ended else None):
            yield line(fact=FOUND, on=found_on)
        if removal := risk.last("risk_removed"):
            yield line(fact=COMPLETED if removal["completed"] else REMOVED, on=removal.on)
    talks = (talk for position in rows_of(case, "position").values() for talk in position.all("talk_held"))
    for month in {(talk["holder"], talk.on.replace(day=1)): talk.on for talk in talks}.values():
        yield line(fact=TALK, on=month)
    # A cartogram recorded later takes the place of an earlier one in its register, not of what was published.
    for cartogram in cartograms(case):
        for of_place in cartogram.lines:
            if place := of_place.district or of_place.department:
                yield line(fact=CARTOGRAM, on=cartogram.on, line=(of_place.section, place))


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedRows:
    """Rows of a register, of one unit and month, that count as a fact.

    Attributes:
        fact: `procedure:fact`.
        month: 1 to 12; 0 for earlier years.
        count: the number they count as; rows: the number of rows.
        value: the value they share where different values are counted, "" where rows are counted.
        views: the largest number of views, where views are counted.
    """

    fact: str
    register: str
    unit: str
    month: int
    count: int
    rows: int
    value: str = ""
    views: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingFact:
    """An obligation of a case that was not recorded in the year.

    Attributes:
        due: local date; in the next year where its term ran on.
        counts_until: the last day on which the due date is valid, None where nothing limits it.
    """

    case: str
    unit: str
    fact: str
    due: date
    counts_until: date | None = None


class BodyRecords:
    """The records of one unit with all units below it, by fact."""

    def __init__(self, scoring: Scoring, year: int) -> None:
        self.facts: dict[str, list[RecordedFact]] = {}
        self.rows: dict[str, list[CountedRows]] = {}
        self.missing: dict[str, list[MissingFact]] = {}
        self.before: set[str] = set()
        """The facts of the year before that still count."""
        self._proofs, self._year = scoring.proofs, year

    @property
    def any_record(self) -> bool:
        """Whether anything happened in the year, or a case has an open obligation of it."""
        return bool(self.facts or self.rows or self.missing or self.before)

    @property
    def any_fact(self) -> bool:
        """Whether any fact happened in the year, or any row counts as one."""
        return bool(self.facts.keys() - _OF_LINES) or any(
            row.month for rows in self.rows.values() for row in rows
        )

    def proved(self, fact: str) -> Iterator[RecordedFact]:
        """Yield the records of a fact with the evidence it needs, whatever register rows say."""
        proof = self._proofs.get(fact, frozenset())
        return (record for record in self.facts.get(fact, ()) if proof <= record.evidence)

    def having(self, fact: str, span: PeriodSpan | None = None) -> Iterator[RecordedFact | CountedRows]:
        """Yield what shows that a fact happened: the cases with the evidence it needs, and register rows; or,
        where a span of months is given, that it happened in that, with or without evidence.
        """
        if span is None:
            yield from (*self.proved(fact), *self.rows.get(fact, ()))
            return
        months = range(span.first.month, span.last.month + 1)
        yield from (record for record in self._of_cases(fact) if self._month(record) in months)
        yield from (row for row in self.rows.get(fact, ()) if row.month in months)

    def has(self, fact: str) -> bool:
        """Return whether a fact happened in the year."""
        return any(True for _ in self.having(fact))

    def months(self, fact: str, first: int = 1, last: int = 12) -> tuple[int, ...]:
        """Return the number of a fact in each month: as recorded in cases or counted from register rows,
        whichever is larger, because both may describe the same events.
        """
        recorded = Counter(map(self._month, self._of_cases(fact)))
        of_rows = Counter[int]()
        for row in self.rows.get(fact, ()):
            of_rows[row.month] += row.count
        return tuple(max(recorded[month], of_rows[month]) for month in range(first, last + 1))

    def of_rows(self, fact: str) -> int:
        """Return the number that the rows counting as a fact amount to: rows, or different values."""
        rows = self.rows.get(fact, ())
        return len({row.value for row in rows if row.value}) or sum(row.count for row in rows)

    def registers(self, fact: str) -> Counter[str]:
        """Return the number of rows that count as a fact, by register."""
        numbers = Counter[str]()
        for row in self.rows.get(fact, ()):
            numbers[row.register] += row.rows
        return numbers

    def lines(self) -> set[tuple[str, str]]:
        """Return the sub-sections of the cartogram recorded in the year: section and name of the place."""
        return {record.line for record in self.facts.get(CARTOGRAM, ())}

    def views(self, fact: str) -> int:
        """Return the largest number of views of one of the facts, or of the rows that count as them."""
        of_facts = (int(record.values.get("views", 0)) for record in self.facts.get(fact, ()))
        return max((*of_facts, *(row.views or 0 for row in self.rows.get(fact, ()))), default=0)

    def value(self, fact: str, *names: str) -> tuple[int, ...] | None:
        """Return the sums of these numbers, in whole ones, over the facts that have all of them; None where
        none has.
        """
        numbers = [record.values for record in self.facts.get(fact, ()) if {*names} <= record.values.keys()]
        return tuple(int(sum(values[name] for values in numbers)) for name in names) if numbers else None

    @property
    def risks(self) -> RiskNumbers | None:
        """The risks found and removed in the year; None where there are none."""
        found, removed, completed = (len(self.facts.get(fact, ())) for fact in (FOUND, REMOVED, COMPLETED))
        if not found + removed + completed:
            return None
        return RiskNumbers(found=found, removed=removed, completed=completed)

    def runs_on(self, fact: str) -> bool:
        """Return whether the term of a fact, of an analysis of the year, ran on beyond the year's end."""
        return any(missing.due.year > self._year for missing in self.missing.get(fact, ()))

    def lacking(self, fact: str, *, today: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the ids of the cases in which a fact is overdue on the day or was missed, and of those that
        still wait, even for another fact.
        """
        missing = {term.case: term for term in self.missing.get(fact, ()) if term.due.year == self._year}
        late = [
            case
            for case, term in missing.items()
            if term.due < today and (term.counts_until is None or today <= term.counts_until)
        ]
        return tuple(sorted(late)), tuple(sorted(missing.keys() - {*late}))

    def _of_cases(self, fact: str) -> Iterator[RecordedFact]:
        """Yield the records of a fact in cases, with or without evidence."""
        yield from self.facts.get(fact, ())
        if fact == TALK_HELD:
            yield from self.facts.get(TALK, ())

    def _month(self, record: RecordedFact) -> int:
        """Return the month a fact counts in; what was made after the year for it counts in its last one."""
        return record.on.month if record.on.year == self._year else 12


class YearRecords:
    """The records of a year up to a day, of each unit of the office with all units below it.

    A case without a unit belongs to the organisation at the top of the office. So does a case with an unknown
    unit, except in shares of units.
    """

    def __init__(
        self,
        office: Office,
        scoring: Scoring,
        year: int,
        *,
        today: date,
        facts: Iterable[RecordedFact] = (),
        rows: Iterable[CountedRows] = (),
        missing: Iterable[MissingFact] = (),
    ) -> None:
        """Sort the records into the bodies of their units, of all units above, and of the whole office.

        Args:
            today: the day up to which facts count; 31 December for a year gone by.
            facts: of the year, and those of the year before in `scoring.of_year_before`.
            missing: due in the year, and, of the facts in `scoring.running`, in the next one.
        """
        self.office, self.scoring, self.year = office, scoring, year
        self._today = today
        self._bodies: dict[str | None, BodyRecords] = {}
        self._bodies_by_unit: dict[str, Sequence[BodyRecords]] = {}
        self._having: dict[tuple[str, PeriodSpan | None], frozenset[str]] = {}
        facts = tuple(facts)
        cases_begun = {(fact.case, fact.fact) for fact in facts if fact.on.year == year}
        for fact in facts:
            start = scoring.starting_facts.get(fact.fact)
            is_before = fact.on.year == year - 1 and fact.fact in scoring.of_year_before
            if is_before and (start is None or (fact.case, start) in cases_begun):
                for body in self._bodies_of(fact.unit):
                    body.before.add(fact.fact)
        for fact in _without_same_talks([fact for fact in facts if self._is_of_year(fact)]):
            for body in self._bodies_of(fact.unit):
                body.facts.setdefault(fact.fact, []).append(fact)
        for row in rows:
            for body in self._bodies_of(row.unit):
                body.rows.setdefault(row.fact, []).append(row)
        for term in missing:
            # A term of the next year is one that ran on if it counts from a day of this one.
            if term.due.year != year and (term.case, scoring.running[term.fact]) not in cases_begun:
                continue
            for body in self._bodies_of(term.unit):
                body.missing.setdefault(term.fact, []).append(term)

    def body(self, root: str) -> BodyRecords:
        """Return the records of a unit with all units below it; of the whole office for ""."""
        return self._bodies.get(root or None) or BodyRecords(self.scoring, self.year)

    def units_having(self, facts: Iterable[str], span: PeriodSpan | None = None) -> frozenset[str]:
        """Return the units in whose own records one of these facts happened (in that span)."""
        return frozenset[str]().union(*(self._units_having(fact, span) for fact in facts))

    def _units_having(self, fact: str, span: PeriodSpan | None) -> frozenset[str]:
        """Return the units in whose own records a fact is proved, or in a span happened, proved or not; each
        unit of the office asks this anew.
        """
        if (fact, span) not in self._having:
            having = self.body("").having(fact, span)
            self._having[fact, span] = frozenset(self._place(record.unit) for record in having)
        return self._having[fact, span]

    def _is_of_year(self, fact: RecordedFact) -> bool:
        """Return whether a fact counts for the year."""
        if fact.period and fact.fact in self.scoring.of_the_period:
            # They are made after the year; for a past year everything is known.
            is_known = fact.on <= self._today or self._today == date(self.year, 12, 31)
            return fact.period.startswith(str(self.year)) and is_known
        return fact.on.year == self.year and fact.on <= self._today

    def _place(self, unit: str) -> str:
        """Return the id of the unit that a case names by id or name; of the organisation where it names
        none.
        """
        return self.office.unit_id(unit) if unit else self.office.root

    def _bodies_of(self, unit: str) -> Sequence[BodyRecords]:
        """Return the bodies that a unit's records belong to: the whole office, and, if the unit is known,
        itself and those above it.
        """
        if unit not in self._bodies_by_unit:
            place = self._place(unit)
            is_unit = place in self.office.units
            above = self.office.above(place) if is_unit else filter(None, (place, self.office.root))
            roots = dict.fromkeys((None, *above))
            new = {root: BodyRecords(self.scoring, self.year) for root in roots if root not in self._bodies}
            self._bodies |= new
            self._bodies_by_unit[unit] = [self._bodies[root] for root in roots]
        return self._bodies_by_unit[unit]


def _without_same_talks(facts: Iterable[RecordedFact]) -> Iterator[RecordedFact]:
    """Yield the facts without talks of the register of positions that the unit's facts of the month tell of:
    both may describe the same talks.
    """
    recorded = Counter((fact.unit, fact.on.month) for fact in facts if fact.fact == TALK_HELD)
    for fact in facts:
        if fact.fact == TALK and recorded[fact.unit, fact.on.month] > 0:
            recorded[fact.unit, fact.on.month] -= 1
        else:
            yield fact
