"""The records of an office in a year, for each unit with all units below it: the numbers points are counted
from.

Numbers of a unit are added into those of the units above it; when a few units change, only the units above them
are summed again. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from heapq import nsmallest
from typing import Literal, TypeAlias

from workflow.org.office import Office
from workflow.periods import PeriodSpan
from workflow.scoring.scale import RiskNumbers, Scoring

NAMED = 3
"""Number of waiting cases that are named."""
Numbers: TypeAlias = "Counter[tuple[str, ...]]"
"""Sums over facts and rows, by key; none is zero. A key is the fact (`rows:` before it for register rows, ""
for risks and the cartogram), what is counted of it ("month", "counted", "sum" ...), and details of that.
"""
_FOUND, _REMOVED, _COMPLETED = (("", "risks", name) for name in ("found", "removed", "completed"))
RUNNING = "running"
"""Marks the number of cases in which the term of a fact ran on beyond the year."""
_TALKS = "tbn4-project-4:talk_held"
"""The fact that a talk in the register of positions counts as."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFact:
    """A recorded fact of a case, as used for counting points.

    Attributes:
        fact: `procedure:fact`, without its period.
        period: its period, "" where it has none.
        on: the local date it happened.
        evidence: kinds of the evidence it has.
    """

    case: str
    unit: str
    fact: str
    on: date
    period: str = ""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    evidence: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterEntry:
    """A register entry that points are counted from.

    Attributes:
        kind: a risk found, removed, or completed (removed to real completion); a talk with the holder of a
            position; a line of the cartogram.
        place: of the cartogram: the section and the name of the department or district.
    """

    kind: Literal["found", "removed", "completed", "talk", "cartogram"]
    on: date
    place: tuple[str, str] = ("", "")


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
    """An obligation of a case that is not recorded.

    Attributes:
        due: local date, None where the act names no term.
        counts_until: the last day on which the due date is valid, None where nothing limits it.
    """

    case: str
    unit: str
    fact: str
    due: date | None
    counts_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotYetDue:
    """Cases with an obligation that is not done and not yet due.

    Attributes:
        due: the nearest due date.
        cases: ids of the first few of the cases.
    """

    due: date
    cases: tuple[str, ...]


def unit_numbers(
    recorded: Iterable[RecordedFact],
    scoring: Scoring,
    *,
    year: int,
    today: date,
    entries: Iterable[RegisterEntry] = (),
) -> Numbers:
    """Return the numbers of what happened in one unit in the year up to today.

    Args:
        recorded: facts of the unit in the year, and those of the year before in `scoring.of_year_before`.
        entries: register entries of its cases.
    """
    facts = tuple(recorded)
    sums: Numbers = Counter()
    cases_begun = {(fact.case, fact.fact) for fact in facts if fact.on.year == year}
    for fact in facts:
        start = scoring.starting_facts.get(fact.fact)
        matters = fact.fact in scoring.of_year_before and (start is None or (fact.case, start) in cases_begun)
        if matters and fact.on.year == year - 1:
            sums[fact.fact, "before"] += 1
        if _is_of_year(fact, scoring, year=year, today=today):
            _add(sums, fact, scoring.proofs.get(fact.fact, frozenset()), year)
    _add_entries(sums, entries, year=year, today=today)
    return Counter({key: n for key, n in sums.items() if n})


def _is_of_year(fact: RecordedFact, scoring: Scoring, *, year: int, today: date) -> bool:
    """Return whether a fact counts for a year; a year gone by is asked about on its 31 December."""
    if fact.period and fact.fact in scoring.of_the_period:
        # They are made after the year; for a past year everything is known.
        return fact.period.startswith(str(year)) and (fact.on <= today or today == date(year, 12, 31))
    return fact.on.year == year and fact.on <= today


def _add(sums: Numbers, fact: RecordedFact, proof: frozenset[str], year: int) -> None:
    """Add one fact to the numbers of its unit. `proof`: kinds of evidence without which it does not count."""
    name = fact.fact
    sums[name, "month", f"{fact.on.month if fact.on.year == year else 12:02d}"] += 1
    if proof <= fact.evidence:
        sums[name, "counted"] += 1
    if any(kind.startswith("link:") for kind in fact.evidence):
        sums[name, "linked"] += 1
    if fact.values:
        names = sorted(fact.values)
        sums[name, "with", *names] += 1
        for value in names:
            sums[name, "sum", value, *names] += fact.values[value]  # type: ignore[assignment]
        if "views" in fact.values:
            sums[name, "views", str(int(fact.values["views"]))] += 1


def row_numbers(row_counts: Iterable[CountedRows]) -> dict[str, Numbers]:
    """Return the numbers that register rows add to each unit, beside those of the facts they count as."""
    by_unit: dict[str, Numbers] = {}
    for counted_rows in row_counts:
        sums, fact = by_unit.setdefault(counted_rows.unit, Counter()), of_rows(counted_rows.fact)
        if counted_rows.month:
            sums[fact, "month", f"{counted_rows.month:02d}"] += counted_rows.count
        sums[fact, "counted"] += counted_rows.count
        sums[fact, "register", counted_rows.register] += counted_rows.rows
        if counted_rows.value:
            sums[fact, "value", counted_rows.value] += 1
        if counted_rows.views is not None:
            sums[fact, "views", str(counted_rows.views)] += 1
    return {unit: Counter({key: n for key, n in sums.items() if n}) for unit, sums in by_unit.items()}


def of_rows(fact: str) -> str:
    """Return the name under which rows that count as a fact are summed."""
    return f"rows:{fact}"


def _add_entries(sums: Numbers, entries: Iterable[RegisterEntry], *, year: int, today: date) -> None:
    """Add the register entries of a year up to today to the numbers of their unit."""
    talks: Counter[tuple[str, ...]] = Counter()
    for entry in entries:
        if entry.on.year == year and entry.on <= today:
            if entry.kind == "talk":
                talks[_TALKS, "month", f"{entry.on.month:02d}"] += 1
            elif entry.kind == "cartogram":
                sums["", "cartogram", *entry.place] += 1
            else:
                sums["", "risks", entry.kind] += 1
    for key, count in talks.items():
        # The register and the fact may describe the same talks.
        sums[key] = max(sums[key], count)


_Due: TypeAlias = "tuple[date, date | None]"


class BodyNumbers:
    """The recorded numbers of one unit with all units below it.

    Args:
        lacking: by fact, and of that by case: the due date, and the last day on which it holds.
    """

    def __init__(self, numbers: Numbers, lacking: Mapping[str, Mapping[str, _Due]]) -> None:
        self.numbers = numbers
        self._lacking = lacking
        self._waiting: dict[tuple[str, date], tuple[tuple[str, ...], NotYetDue | None]] = {}

    @cached_property
    def any_fact(self) -> bool:
        """Whether any fact happened in the year, or any row counts as one."""
        return any(key[1] == "month" for key in self.numbers)

    @cached_property
    def _by_fact(self) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """The keys of the numbers by their fact: what is counted by different values has thousands."""
        keys_by_fact: dict[str, list[tuple[str, ...]]] = {}
        for key in self.numbers:
            keys_by_fact.setdefault(key[0], []).append(key)
        return keys_by_fact

    @property
    def any_case(self) -> bool:
        """Whether anything happened in the year, or a case has an open obligation of it."""
        return bool(self.numbers) or any(self._lacking.values())

    def months(self, fact: str, first: int = 1, last: int = 12) -> tuple[int, ...]:
        """Return the number of a fact in each month: as recorded in cases or counted from register rows,
        whichever is larger, because both may describe the same events.
        """
        names = (fact, of_rows(fact))
        return tuple(
            max(self.numbers[name, "month", f"{month:02d}"] for name in names)
            for month in range(first, last + 1)
        )

    def rows(self, fact: str) -> int:
        """Return the number that the rows counting as the fact amount to in the year: rows, or different
        values.
        """
        name = of_rows(fact)
        values = sum(1 for key in self._by_fact.get(name, ()) if key[1] == "value")
        return values or self.numbers[name, "counted"]

    @cached_property
    def registers(self) -> Mapping[str, Mapping[str, int]]:
        """Fact -> register -> the number of its rows that count as the fact."""
        counts_by_fact: dict[str, dict[str, int]] = {}
        for key, count in self.numbers.items():
            if key[1] == "register":
                counts_by_fact.setdefault(key[0], {})[key[2]] = count
        return {name.removeprefix("rows:"): registers for name, registers in counts_by_fact.items()}

    def is_recorded(self, fact: str) -> bool:
        """Return whether the fact itself was recorded in the year with the evidence it needs, whatever register
        rows say.
        """
        return (fact, "counted") in self.numbers

    def has(self, fact: str, span: PeriodSpan | None = None) -> bool:
        """Return whether the fact happened, by cases or register rows, with the evidence it needs; or, where a
        span of months is given, whether it happened in that, with or without evidence.
        """
        if span is None:
            return self.is_recorded(fact) or (of_rows(fact), "counted") in self.numbers
        return any(self.months(fact, span.first.month, span.last.month))

    def before(self, fact: str) -> bool:
        """Return whether the fact happened in the year before and still counts."""
        return (fact, "before") in self.numbers

    def runs_on(self, fact: str) -> bool:
        """Return whether the term of the fact, of an analysis of the year, ran on beyond the year's end."""
        return (fact, RUNNING) in self.numbers

    def sections(self) -> Iterator[tuple[str, str]]:
        """Yield the sub-sections of the cartogram recorded in the year: section and name of the place."""
        return ((key[2], key[3]) for key in self._by_fact.get("", ()) if key[1] == "cartogram")

    def linked(self, fact: str) -> bool:
        """Return whether a fact was recorded with a link."""
        return self.numbers[fact, "linked"] > 0

    def views(self, fact: str) -> int:
        """Return the largest number of views of one of the facts, or of the rows that count as them."""
        keys = (*self._by_fact.get(fact, ()), *self._by_fact.get(of_rows(fact), ()))
        view_counts = (int(key[2]) for key in keys if key[1] == "views")
        return max(view_counts, default=0)

    def value(self, fact: str, *names: str) -> tuple[int, ...] | None:
        """Return the sums of these numbers, in whole ones, over the facts that have all of them; None where
        none has.
        """
        needed_names = frozenset(names)
        mine = self._by_fact.get(fact, ())
        having = [key[2:] for key in mine if key[1] == "with" and needed_names <= {*key[2:]}]
        if not having:
            return None
        return tuple(
            int(sum(self.numbers[fact, "sum", name, *key_tail] for key_tail in having)) for name in names
        )

    @property
    def risks(self) -> RiskNumbers | None:
        """The risks found and removed in the year; None where there are none."""
        found_count, removed, completed = (self.numbers[key] for key in (_FOUND, _REMOVED, _COMPLETED))
        if not found_count + removed + completed:
            return None
        return RiskNumbers(found=found_count, removed=removed, completed=completed)

    def lacking(self, fact: str, *, today: date) -> tuple[tuple[str, ...], NotYetDue | None]:
        """Return the cases in which it is overdue on the day or was missed, and those that still wait, even for
        another fact.
        """
        lacking_by_case = self._lacking.get(fact, {})
        key = (fact, today)
        cached_answer = self._waiting.get(key)
        if cached_answer is None:
            late = tuple(
                sorted(
                    case
                    for case, (due, until) in lacking_by_case.items()
                    if due < today and (until is None or today <= until)
                )
            )
            late_cases = frozenset(late)
            ahead = {case: due for case, (due, _) in lacking_by_case.items() if case not in late_cases}
            waiting = (
                NotYetDue(due=min(ahead.values()), cases=tuple(nsmallest(NAMED, ahead))) if ahead else None
            )
            cached_answer = self._waiting[key] = late, waiting
        return cached_answer

    def joined(self, *other_bodies: BodyNumbers) -> BodyNumbers:
        """Return the numbers of this body and others together."""
        numbers, lacking = Counter(self.numbers), {fact: {**cases} for fact, cases in self._lacking.items()}
        for other_body in other_bodies:
            numbers.update(other_body.numbers)
            for fact, cases in other_body._lacking.items():
                lacking.setdefault(fact, {}).update(cases)
        return BodyNumbers(numbers, lacking)


NOTHING = BodyNumbers(Counter(), {})


def body(numbers: Numbers, lacking: Iterable[MissingFact], *, year: int) -> BodyNumbers:
    """Return a unit's own numbers without the units below it; of open obligations only those due in the
    year.
    """
    dues_by_fact: dict[str, dict[str, _Due]] = {}
    for missing_fact in lacking:
        if missing_fact.due is not None and missing_fact.due.year == year:
            dues_by_fact.setdefault(missing_fact.fact, {})[missing_fact.case] = (
                missing_fact.due,
                missing_fact.counts_until,
            )
    return BodyNumbers(numbers, dues_by_fact)


class YearRecords:
    """The records of each unit by the names used in cases, and those of each unit of the office with all units
    below it.

    A case without a unit belongs to the organisation at the top of the office. So does a case with an unknown
    unit, except in shares of units.
    """

    def __init__(self, office: Office, own_bodies: Mapping[str, BodyNumbers]) -> None:
        self.office = office
        self._own = dict(own_bodies)
        parts: dict[str | None, list[BodyNumbers]] = {}
        for unit, body in own_bodies.items():
            for place in self._way(unit):
                parts.setdefault(place, []).append(body)
        self._bodies: dict[str | None, BodyNumbers] = {
            place: of_it[0] if len(of_it) == 1 else NOTHING.joined(*of_it) for place, of_it in parts.items()
        }

    def place(self, unit: str) -> str:
        """Return the id of the unit that a case names by id or name; of the organisation where it names
        none.
        """
        return self.office.unit_id(unit) if unit else self.office.root

    def body(self, root: str) -> BodyNumbers:
        """Return the records of a unit with all units below it; of the whole office for ""."""
        return self._bodies.get(root or None, NOTHING)

    @cached_property
    def at(self) -> Mapping[str, tuple[BodyNumbers, ...]]:
        """Unit of the office -> the records of cases that name it, by its id and by its name: one for each."""
        bodies_by_place: dict[str, list[BodyNumbers]] = {}
        for unit, body in self._own.items():
            bodies_by_place.setdefault(self.place(unit), []).append(body)
        return {place: tuple(bodies) for place, bodies in bodies_by_place.items()}

    def _way(self, unit: str) -> tuple[str | None, ...]:
        """Return the units that a unit's records are added to: the whole office (None), and, if the unit is
        known, itself and those above it.
        """
        place = self.place(unit)
        is_unit = place in self.office.units
        return (None, *(self.office.above(place) if is_unit else filter(None, (place, self.office.root))))
