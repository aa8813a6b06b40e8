"""Sums of board rows by status and assignee: counts that are read without loading the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

Urgency = Literal["overdue", "today", "week", "later", "due", "missed", "slipped", "undated", "open"]
"""The kind of rows in a list: `due` from today to the last day that counts as near, `slipped` past their plan
date, `open` all with a valid due date, `undated` obligatory ones without a due date (not counted in the sums).
"""


T = TypeVar("T")
Mend: TypeAlias = "Callable[[T, Sums, Sums], T]"


class AssigneeKey(NamedTuple):
    """What identifies the assignee of rows: the arguments of `workflow.org.duties.resolve` except the day.

    `responsible`: the schedule's own words; `person`: key of whom the case is about, where the duty is theirs.
    """

    unit: str
    duty: str
    responsible: str
    person: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """Limits of the day groups a page counts by (local dates): `week` ends this week, `soon` ends what is
    near.
    """

    today: date
    week: date
    soon: date


@dataclass(slots=True)
class Sum:
    """Counts of rows of one unit, edition, stage and obligation (without its period) with the same assignees.

    Attributes:
        overdue: due before today; today; week: after today until the end of the week; later: after this week.
        due: due from today to `Horizon.soon`; counted in addition to the others, not one of them.
        slipped: planned for a day before today and not overdue; also counted in addition.
    """

    assignee: AssigneeKey
    edition: str
    stage: str
    obligation: str
    overdue: int = 0
    today: int = 0
    week: int = 0
    later: int = 0
    due: int = 0
    missed: int = 0
    slipped: int = 0


class Sums(Collection[Sum]):
    """Sums of a unit with all units below it, or of an office, with values derived from them cached. When the
    sums of a few units change, cached values are updated instead of being computed anew.
    """

    def __init__(self, sums: Iterable[Sum] = ()) -> None:
        self._units = by_unit(sums)
        self._derived: dict[Hashable, tuple[Any, Mend[Any] | None]] = {}
        self._used: set[Hashable] = set()

    @classmethod
    def of(cls, units: Mapping[str, tuple[Sum, ...]]) -> Sums:
        """Return the sums of these units, one entry per unit; the mapping must not be changed afterwards."""
        sums = cls()
        sums._units = dict(units)
        return sums

    def __iter__(self) -> Iterator[Sum]:
        return chain.from_iterable(self._units.values())

    def __len__(self) -> int:
        return sum(map(len, self._units.values()))

    def __bool__(self) -> bool:
        return any(self._units.values())

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Sum) and value in self._units.get(value.assignee.unit, ())

    def once(self, key: Hashable, make: Callable[[Sums], T], mend: Mend[T] | None = None) -> T:
        """Return a value derived from the sums, computed on the first call and cached under a name.

        Args:
            mend: updates the value of earlier sums, given the sums removed and those added; a unit's sums are
                removed all or not at all. It must not change the earlier value.
        """
        if key not in self._derived:
            self._derived[key] = make(self), mend
        self._used.add(key)
        result: T = self._derived[key][0]
        return result

    def exchanged(self, new_sums: Mapping[str, tuple[Sum, ...]]) -> Sums:
        """Return the sums with those of some units replaced. Cached values that nobody has read since are not
        updated.
        """
        sums_removed = Sums.of({unit: self._units[unit] for unit in new_sums if unit in self._units})
        come = Sums.of({unit: sums for unit, sums in new_sums.items() if sums})
        after = Sums.of({**self._units, **new_sums})
        for key, (result, mend) in list(self._derived.items()):
            if mend is not None and key in self._used:
                after._derived[key] = mend(result, sums_removed, come), mend
        return after


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineFilter:
    """Filter for lists of board rows: by urgency, unit, day and assignee.

    Attributes:
        on: due on that day alone.
        unit: that unit and those below it.
        assignees: rows that wait for these assignees; None for all.
        is_obligatory: obligatory rows alone, or the others alone; None for both. Sums do not.
    """

    urgency: Urgency = "open"
    horizon: Horizon
    on: date | None = None
    unit: str | None = None
    stage: str | None = None
    assignees: frozenset[AssigneeKey] | None = None
    is_obligatory: bool | None = None


def horizon(today: date, *, soon: date) -> Horizon:
    """Return the horizon of a day; a week ends on Sunday."""
    return Horizon(today=today, week=today + timedelta(days=6 - today.weekday()), soon=soon)


def counted(sums: Sums, criteria: DeadlineFilter) -> int:
    """Return how many rows match the filter, whatever their due date; its unit is that of the sums."""

    def number(subtotals: Iterable[Sum]) -> int:
        return sum(
            _number(subtotal, criteria.urgency)
            for subtotal in subtotals
            if criteria.stage in (None, subtotal.stage)
        )

    if criteria.assignees is not None:
        sums_by_assignee = by_assignee(sums)
        return sum(number(sums_by_assignee.get(assignee, ())) for assignee in criteria.assignees)
    return sums.once(("count", criteria.urgency, criteria.stage), number, _difference(number))


def _number(subtotal: Sum, urgency: Urgency) -> int:
    if urgency == "open":
        return subtotal.overdue + subtotal.today + subtotal.week + subtotal.later
    number: int = getattr(subtotal, urgency, 0)
    return number


def base(obligation: str) -> str:
    """Return the id of an obligation without its period and number: the key rows are summed by."""
    return obligation.partition(".")[0].partition("#")[0]


def total(sums: Sums, figure: Literal["overdue", "today", "week", "later", "due", "missed", "slipped"]) -> int:
    """Return the total of one figure over all sums."""

    def number(subtotals: Iterable[Sum]) -> int:
        return sum(getattr(subtotal, figure) for subtotal in subtotals)

    return sums.once(("total", figure), number, _difference(number))


def by_unit(sums: Iterable[Sum]) -> dict[str, tuple[Sum, ...]]:
    """Return the sums grouped by unit."""
    sums_by_unit: dict[str, list[Sum]] = {}
    for subtotal in sums:
        sums_by_unit.setdefault(subtotal.assignee.unit, []).append(subtotal)
    return {unit: tuple(of_it) for unit, of_it in sums_by_unit.items()}


def by_assignee(sums: Sums) -> Mapping[AssigneeKey, Sequence[Sum]]:
    """Return the sums grouped by assignees."""

    def grouped(every: Iterable[Sum]) -> dict[AssigneeKey, list[Sum]]:
        sums_by_assignee: dict[AssigneeKey, list[Sum]] = {}
        for subtotal in every:
            sums_by_assignee.setdefault(subtotal.assignee, []).append(subtotal)
        return sums_by_assignee

    def updated(
        before: Mapping[AssigneeKey, Sequence[Sum]], gone: Sums, come: Sums
    ) -> Mapping[AssigneeKey, Sequence[Sum]]:
        sums_by_assignee = {**before}
        for subtotal in gone:
            sums_by_assignee.pop(subtotal.assignee, None)
        return {**sums_by_assignee, **grouped(come)}

    return sums.once("by assignee", grouped, updated)


def _difference(number: Callable[[Iterable[Sum]], int]) -> Mend[int]:
    return lambda before, sums_removed, come: before - number(sums_removed) + number(come)
