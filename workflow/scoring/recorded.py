"""What an office recorded in a year, each unit with all below it: what points are counted from.

A unit's numbers add up to those of the units above it; where a few units change, only the way up from them is
put together anew. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from heapq import nsmallest
from typing import TypeAlias

from workflow.org.office import Office
from workflow.periods import Span
from workflow.scoring.scale import Risks

NAMED = 3
"""So many of the cases that wait are named."""
Numbers: TypeAlias = "Counter[tuple[str, ...]]"
"""Sums over facts, by what is summed; none of them is nought."""
_FOUND, _REMOVED, _COMPLETED = (("", "risks", name) for name in ("found", "removed", "completed"))


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFact:
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
class MissingFact:
    """An obligation of a case that nobody has recorded.

    Attributes:
        due: local date, None where the act names no term.
        counts_until: the last day on which the due date holds, None where nothing limits it.
    """

    case: str
    unit: str
    fact: str
    due: date | None
    counts_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What is not done and not yet due: it may still be.

    Attributes:
        due: the nearest due date.
        cases: the first few of the cases, by their ids.
    """

    due: date
    cases: tuple[str, ...]


def numbers(recorded: Iterable[RecordedFact], *, year: int, today: date, risks: Risks | None = None) -> Numbers:
    """What happened in the year, up to the day.

    Args:
        risks: of the analyses of these cases that ended in the year.
    """
    found: Numbers = Counter()
    for one in recorded:
        if one.on.year != year or one.on > today:
            continue
        found[one.fact, "month", f"{one.on.month:02d}"] += 1
        if one.linked:
            found[one.fact, "linked"] += 1
        if one.values:
            names = sorted(one.values)
            found[one.fact, "with", *names] += 1
            for name in names:
                found[one.fact, "sum", name, *names] += one.values[name]  # type: ignore[assignment]
            if "views" in one.values:
                found[one.fact, "views", str(int(one.values["views"]))] += 1
    if risks is not None:
        found.update({_FOUND: risks.found, _REMOVED: risks.removed, _COMPLETED: risks.completed})
    return Counter({key: n for key, n in found.items() if n})


_Due: TypeAlias = "tuple[date, date | None]"


class Body:
    """One unit with all below it.

    Args:
        lacking: by fact, and of that by case: the due date, and the last day on which it holds.
    """

    def __init__(self, told: Numbers, lacking: Mapping[str, Mapping[str, _Due]]) -> None:
        self.numbers = told
        self._lacking = lacking
        self._asked: dict[tuple[str, date], tuple[tuple[str, ...], Waiting | None]] = {}

    @cached_property
    def any_fact(self) -> bool:
        """Whether anything happened in the year."""
        return any(key[1] == "month" for key in self.numbers)

    @property
    def any_lacking(self) -> bool:
        return any(self._lacking.values())

    def months(self, fact: str, first: int = 1, last: int = 12) -> tuple[int, ...]:
        """How many of the fact in each month."""
        return tuple(self.numbers[fact, "month", f"{month:02d}"] for month in range(first, last + 1))

    def has(self, fact: str, span: Span | None) -> bool:
        """Whether the fact happened, in a span of months where one is given."""
        first, last = (1, 12) if span is None else (span.first.month, span.last.month)
        return any((fact, "month", f"{month:02d}") in self.numbers for month in range(first, last + 1))

    def linked(self, fact: str) -> bool:
        return self.numbers[fact, "linked"] > 0

    def views(self, fact: str) -> int:
        """The most that one of the facts was seen."""
        return max((int(key[2]) for key in self.numbers if key[:2] == (fact, "views")), default=0)

    def value(self, fact: str, *names: str) -> tuple[int, ...] | None:
        """The sums of these numbers over the facts that have all of them; None where none has."""
        wanted = frozenset(names)
        having = [key[2:] for key in self.numbers if key[:2] == (fact, "with") and wanted <= {*key[2:]}]
        if not having:
            return None
        return tuple(int(sum(self.numbers[fact, "sum", name, *one] for one in having)) for name in names)

    @property
    def risks(self) -> Risks | None:
        """Of the analyses that ended in the year; None where no register is kept."""
        if not self.numbers[_FOUND]:
            return None
        return Risks(
            found=self.numbers[_FOUND],
            removed=self.numbers[_REMOVED],
            completed=self.numbers[_COMPLETED],
        )

    def lacking(self, fact: str, *, today: date) -> tuple[tuple[str, ...], Waiting | None]:
        """The cases in which it is overdue on the day or was missed; and what still waits, be it for another
        fact."""
        known = self._asked.get((fact, today))
        if known is None:
            every = self._lacking.get(fact, {})
            late = tuple(
                sorted(
                    case
                    for case, (due, until) in every.items()
                    if due < today and (until is None or today <= until)
                )
            )
            gone = frozenset(late)
            ahead = {case: due for case, (due, _) in every.items() if case not in gone}
            waiting = Waiting(due=min(ahead.values()), cases=tuple(nsmallest(NAMED, ahead))) if ahead else None
            known = self._asked[fact, today] = late, waiting
        return known

    def joined(self, *others: Body) -> Body:
        """This one and others together."""
        told, lacking = Counter(self.numbers), {fact: {**cases} for fact, cases in self._lacking.items()}
        for one in others:
            told.update(one.numbers)
            for fact, cases in one._lacking.items():
                lacking.setdefault(fact, {}).update(cases)
        return Body(told, lacking)

    def exchanged(self, gone: Iterable[Body], come: Iterable[Body]) -> Body:
        """This one, but for parts of it that are others now."""
        told, lacking = Counter(self.numbers), {**self._lacking}
        for part in gone:
            told.subtract(part.numbers)
            for fact, cases in part._lacking.items():
                lacking[fact] = {case: due for case, due in lacking[fact].items() if case not in cases}
        for part in come:
            told.update(part.numbers)
            for fact, cases in part._lacking.items():
                lacking[fact] = {**lacking.get(fact, {}), **cases}
        return Body(Counter({key: n for key, n in told.items() if n}), lacking)


NOTHING = Body(Counter(), {})


def body(told: Numbers, lacking: Iterable[MissingFact], *, year: int) -> Body:
    """A unit by itself: of what is lacking what is due in the year."""
    found: dict[str, dict[str, _Due]] = {}
    for one in lacking:
        if one.due is not None and one.due.year == year:
            found.setdefault(one.fact, {})[one.case] = one.due, one.counts_until
    return Body(told, found)


class YearRecords:
    """Every unit's own, as cases name it, and each unit of the office with all below it.

    A case that names no unit belongs to whichever body is asked about.
    """

    def __init__(self, office: Office, own: Mapping[str, Body]) -> None:
        self.office = office
        self._own = dict(own)
        parts: dict[str | None, list[Body]] = {}
        for unit, one in own.items():
            for place in self._way(unit):
                parts.setdefault(place, []).append(one)
        self._bodies: dict[str | None, Body] = {
            place: of_it[0] if len(of_it) == 1 else NOTHING.joined(*of_it) for place, of_it in parts.items()
        }

    def place(self, unit: str) -> str:
        """The id of a unit a case names by id or name."""
        return self.office.unit_named.get(" ".join(unit.casefold().split()), unit)

    def exchanged(self, fresh: Mapping[str, Body]) -> YearRecords:
        """The same, but for units that have others now; what was gathered before stays as it is."""
        after = YearRecords(self.office, {})
        after._own, after._bodies = {**self._own, **fresh}, {**self._bodies}
        changes: dict[str | None, list[str]] = {}
        for unit in fresh:
            for place in self._way(unit):
                changes.setdefault(place, []).append(unit)
        for place, units in changes.items():
            gone = [self._own[unit] for unit in units if unit in self._own]
            known = self._bodies.get(place, NOTHING)
            after._bodies[place] = known.exchanged(gone, [fresh[unit] for unit in units])
        return after

    def body(self, root: str) -> Body:
        """A unit with all below it; of "" the whole office."""
        if not root:
            return self._bodies.get(None, NOTHING)
        known = self._bodies.get(root, NOTHING)
        if "" not in self._own:
            return known
        if root not in self._joined:
            self._joined[root] = known.joined(self._own[""])
        return self._joined[root]

    def risks(self, root: str, *, named: bool) -> Risks | None:
        """Of the body's analyses that ended in the year; None where no register is kept.

        Args:
            named: whether a unit was asked about by name; else all that belongs to nobody else is the body's.
        """
        one = self.body(root)
        if named and self._elsewhere:
            tree = {*self.office.below(root)}
            one = one.exchanged([self._own[it] for it in self._elsewhere if self.place(it) in tree], ())
        return one.risks

    @cached_property
    def _joined(self) -> dict[str, Body]:
        """With what belongs to nobody, as far as anybody asked."""
        return {}

    @cached_property
    def _elsewhere(self) -> tuple[str, ...]:
        """Units as cases name them that name none, or by another word than its id."""
        return tuple(unit for unit in self._own if not unit or self.place(unit) != unit)

    def having(self, root: str, fact: str, among: Collection[str], span: Span | None) -> frozenset[str]:
        """Those among units of a body within which the fact happened (in that span)."""
        bodies = self._bodies
        found = {one for one in among if one in bodies and bodies[one].has(fact, span)}
        if root and "" in self._own and root in among and self._own[""].has(fact, span):
            found.add(root)
        return frozenset(found)

    def _way(self, unit: str) -> tuple[str | None, ...]:
        """The bodies a unit counts for: the whole office, and where it is named itself and those above it."""
        return (None, *self.office.above(self.place(unit))) if unit else (None,)
