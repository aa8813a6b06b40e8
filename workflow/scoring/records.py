"""What an office recorded in a year, by unit: the records that points are counted from. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import get_args

from calendars.terms import PeriodSpan
from workflow.cases.case import Case
from workflow.cases.registers.risks import cartograms
from workflow.cases.registers.rows import rows_of
from workflow.org.office import Office
from workflow.scoring.indicators import Scoring
from workflow.scoring.scales import RiskWord

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
    """A fact of a case (`procedure:fact`, without its period), or a line of its registers (one of the facts
    above).

    `period`: "" where it has none; `on`: the local date it happened; `evidence`: kinds of what it has,
    `proved`: whether they are those without which it does not count; `line`: of a cartogram: the section, and
    the name of the department or district.
    """

    case: str
    unit: str
    fact: str
    on: date
    period: str = ""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    evidence: frozenset[str] = frozenset()
    proved: bool = True
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
    for day in {(talk["holder"], talk.on.replace(day=1)): talk.on for talk in talks}.values():
        yield line(fact=TALK, on=day)
    # A cartogram recorded later takes the place of an earlier one in its register, not of what was published.
    for cartogram in cartograms(case):
        for of_place in cartogram.lines:
            if place := of_place.district or of_place.department:
                yield line(fact=CARTOGRAM, on=cartogram.on, line=(of_place.section, place))


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedRows:
    """Rows of a register, of one unit and month (0 for earlier years), that count as a fact (`procedure:fact`).

    `count`: the number they count as, of so many `rows`; `value`: the value they share where different values
    are counted, else ""; `views`: the largest number of views, where these are counted.
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

    `due`: local date, in the next year where its term ran on; `counts_until`: the last day it is valid, if any.
    """

    case: str
    unit: str
    fact: str
    due: date
    counts_until: date | None = None


@dataclass(kw_only=True, slots=True)
class FactRecords:
    """What a body recorded of one fact: in cases and their registers, and in rows that count as it.

    `missing`: obligations of cases that were not recorded; `before`: whether last year's counts for this one.
    """

    cases: list[RecordedFact] = field(default_factory=list)
    rows: list[CountedRows] = field(default_factory=list)
    missing: list[MissingFact] = field(default_factory=list)
    before: bool = False

    def add(self, other: FactRecords) -> None:
        """Add what a unit below recorded."""
        self.cases += other.cases
        self.rows += other.rows
        self.missing += other.missing
        self.before = self.before or other.before

    @property
    def proved(self) -> bool:
        """Whether it is recorded in a case with the evidence it needs, whatever register rows say."""
        return any(record.proved for record in self.cases)

    def happened(self, span: PeriodSpan | None = None) -> bool:
        """Return whether it happened: in a case with its evidence, or by rows; in a span also without."""
        if span is None:
            return bool(self.rows) or self.proved
        recorded = (*(record.on.month for record in self.cases), *(row.month for row in self.rows))
        return any(span.first.month <= month <= span.last.month for month in recorded)

    def months(self, first: int = 1, last: int = 12) -> tuple[int, ...]:
        """Return the number in each month: of cases or of rows, the larger, as both may tell of the same."""
        recorded, of_rows = Counter(record.on.month for record in self.cases), Counter[int]()
        for row in self.rows:
            of_rows[row.month] += row.count
        return tuple(max(recorded[month], of_rows[month]) for month in range(first, last + 1))

    @property
    def of_rows(self) -> int:
        """The number that its rows amount to: rows, or different values."""
        return len({row.value for row in self.rows if row.value}) or sum(row.count for row in self.rows)

    @property
    def registers(self) -> Counter[str]:
        """The number of its rows by register."""
        numbers = Counter[str]()
        for row in self.rows:
            numbers[row.register] += row.rows
        return numbers

    @property
    def views(self) -> int:
        """The largest number of views in a case or a row."""
        of_cases = (int(record.values.get("views", 0)) for record in self.cases)
        return max((*of_cases, *(row.views or 0 for row in self.rows)), default=0)

    def sums(self, *names: str) -> tuple[int, ...] | None:
        """Return the whole sums of numbers over the records that have all of them; None where none has."""
        numbers = [record.values for record in self.cases if {*names} <= record.values.keys()]
        return tuple(int(sum(values[name] for values in numbers)) for name in names) if numbers else None


class BodyRecords(defaultdict[str, FactRecords]):
    """The records of one unit with all units below it, by fact; of a fact without any, empty ones."""

    def __init__(self) -> None:
        super().__init__(FactRecords)

    @property
    def any_record(self) -> bool:
        """Whether anything happened in the year, or a case has an open obligation of it."""
        return any(of.cases or of.rows or of.missing or of.before for of in self.values())

    @property
    def any_fact(self) -> bool:
        """Whether any fact happened in the year, or any row counts as one."""
        of_cases = any(of.cases for fact, of in self.items() if fact not in _OF_LINES)
        return of_cases or any(row.month for of in self.values() for row in of.rows)

    @property
    def risks(self) -> dict[RiskWord, int] | None:
        """The risks found and removed in the year; None where there are none."""
        numbers = {word: len(self[f"risks:{word}"].cases) for word in get_args(RiskWord)}
        return numbers if any(numbers.values()) else None


class YearRecords:
    """The records of a year up to a day, of each unit with all units below it.

    A case without a unit is the top organisation's; so is one of an unknown unit, but in shares of units.
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
        hides_rows: bool = False,
    ) -> None:
        """Sort the records by the units they are of, up to a day: 31 December for a year gone by.

        `facts`: of the year, and those of the year before in `scoring.of_year_before`; `missing`: due in the
        year, and, of the facts in `scoring.running`, in the next one; `hides_rows`: whether some rows that
        count are hidden.
        """
        self.office, self.scoring, self.year, self.hides_rows = office, scoring, year, hides_rows
        self._own: dict[str, BodyRecords] = {}
        self._having: dict[tuple[str, PeriodSpan | None], frozenset[str]] = {}
        facts = tuple(facts)
        cases_begun = {(fact.case, fact.fact) for fact in facts if fact.on.year == year}
        for fact in facts:
            start = scoring.starting_facts.get(fact.fact)
            is_before = fact.on.year == year - 1 and fact.fact in scoring.of_year_before
            if is_before and (start is None or (fact.case, start) in cases_begun):
                self._of(fact.unit)[fact.fact].before = True
        for fact in _without_same_talks([fact for fact in facts if self._is_of_year(fact, today)]):
            # What was made after the year for it counts in its last month.
            on = fact.on if fact.on.year == year else date(year, 12, 31)
            counted = replace(fact, on=on, proved=scoring.proofs.get(fact.fact, frozenset()) <= fact.evidence)
            self._of(fact.unit)[TALK_HELD if fact.fact == TALK else fact.fact].cases.append(counted)
        for row in rows:
            self._of(row.unit)[row.fact].rows.append(row)
        for term in missing:
            # A term of the next year is one that ran on if it counts from a day of this one.
            if term.due.year == year or (term.case, scoring.running[term.fact]) in cases_begun:
                self._of(term.unit)[term.fact].missing.append(term)

    def body(self, root: str) -> BodyRecords:
        """Return the records of a unit with all below it; of "" and of the top also those of unknown units."""
        is_whole = root in ("", self.office.root)
        body = BodyRecords()
        for place in self._own if is_whole else self.office.below(root):
            for fact, records in self._own.get(place, {}).items():
                body[fact].add(records)
        return body

    def units_having(self, facts: Sequence[str], span: PeriodSpan | None = None) -> frozenset[str]:
        """Return the units in whose own records one of these facts happened (in that span)."""
        for fact in facts:
            # Each unit of the office asks this anew.
            if (fact, span) not in self._having:
                having = (place for place, own in self._own.items() if fact in own and own[fact].happened(span))
                self._having[fact, span] = frozenset(having)
        return frozenset[str]().union(*(self._having[fact, span] for fact in facts))

    def _is_of_year(self, fact: RecordedFact, today: date) -> bool:
        """Return whether a fact counts for the year."""
        if fact.period and fact.fact in self.scoring.of_the_period:
            # They are made after the year; for a past year everything is known.
            is_known = fact.on <= today or today == date(self.year, 12, 31)
            return fact.period.startswith(str(self.year)) and is_known
        return fact.on.year == self.year and fact.on <= today

    def _of(self, unit: str) -> BodyRecords:
        """Return the own records of a unit named by id or name; of the organisation where a case names none."""
        place = self.office.unit_id(unit) if unit else self.office.root
        return self._own.setdefault(place, BodyRecords())


def _without_same_talks(facts: Iterable[RecordedFact]) -> Iterator[RecordedFact]:
    """Yield the facts without talks of the register of positions that the unit's facts of the month tell of."""
    recorded = Counter((fact.unit, fact.on.month) for fact in facts if fact.fact == TALK_HELD)
    for fact in facts:
        if fact.fact == TALK and recorded[fact.unit, fact.on.month] > 0:
            recorded[fact.unit, fact.on.month] -= 1
        else:
            yield fact
