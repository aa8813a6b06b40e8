"""Sums of the board: how many rows stand how, by whom they wait for; what is counted without loading rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple, TypeVar

Urgency = Literal["overdue", "today", "week", "later", "due", "missed", "open"]
"""Which rows a list is of: `due` from today to the last day that counts as near, `open` all that wait."""


T = TypeVar("T")


class Asked(NamedTuple):
    """Whom rows wait for, before anybody is named: what `workflow.office.resolve` asks for, but for the day.

    `responsible`: the schedule's own words; `person`: key of whom the case is about, where the duty is theirs.
    """

    unit: str
    duty: str
    responsible: str
    person: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """Days a page counts by (local dates): `week` is the last of this week, `soon` the last that is near."""

    today: date
    week: date
    soon: date


@dataclass(slots=True)
class Sum:
    """Rows of one unit, edition, stage and obligation (without its period) that wait for the same people.

    Attributes:
        overdue: due before today; today; week: after today until the end of the week; later: after that.
        due: from today to the last day that counts as near, so beside the others and not among them.
    """

    asked: Asked
    edition: str
    stage: str
    obligation: str
    overdue: int = 0
    today: int = 0
    week: int = 0
    later: int = 0
    due: int = 0
    missed: int = 0


class Sums(tuple[Sum, ...]):
    """Sums of a unit with all below it, or of an office. What is worked out of them is worked out once."""

    def once(self, what: Hashable, make: Callable[[Sums], T]) -> T:
        """What is made of them, kept beside them under a name."""
        known: dict[Hashable, Any] = self.__dict__.setdefault("_made", {})
        if what not in known:
            known[what] = make(self)
        made: T = known[what]
        return made


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """Rows of a list: how urgent, and narrowed to what.

    Attributes:
        on: due on that day alone.
        unit: that unit and those below it.
        asked: waiting for these; None is for anybody.
    """

    urgency: Urgency = "open"
    horizon: Horizon
    on: date | None = None
    unit: str | None = None
    stage: str | None = None
    asked: frozenset[Asked] | None = None


def horizon(today: date, *, soon: date) -> Horizon:
    """The horizon of a day; a week ends on its Sunday."""
    return Horizon(today=today, week=today + timedelta(days=6 - today.weekday()), soon=soon)


def counted(sums: Sums, sought: Sought) -> int:
    """How many rows are sought, of whatever day they are due on; the unit is that of the sums."""
    if sought.asked is not None:
        return sum(
            _number(one, sought.urgency)
            for one in sums
            if one.asked in sought.asked and sought.stage in (None, one.stage)
        )

    def number(every: Sums) -> int:
        return sum(_number(one, sought.urgency) for one in every if sought.stage in (None, one.stage))

    return sums.once(("count", sought.urgency, sought.stage), number)


def _number(one: Sum, urgency: Urgency) -> int:
    if urgency == "open":
        return one.overdue + one.today + one.week + one.later
    number: int = getattr(one, urgency)
    return number


def base(obligation: str) -> str:
    """The id of an obligation without its period and its number: what rows are summed by."""
    return obligation.partition(".")[0].partition("#")[0]


def total(sums: Iterable[Sum], what: Literal["overdue", "today", "week", "later", "due", "missed"]) -> int:
    """One figure over all of them."""
    if isinstance(sums, Sums):
        number: int = sums.once(("total", what), lambda found: sum(getattr(one, what) for one in found))
        return number
    return sum(getattr(one, what) for one in sums)
