"""A calendar: every day between two bounds, working or not and why, with arithmetic by table.

Immutable. The same records give the same calendar and the same `version`. Arithmetic costs the same for
one day and for 250: tables keyed by date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Literal

from calendars.shift import is_weekend

DayKind = Literal[
    "working",
    "weekend",
    "holiday",
    "substitute",
    "religious",
    "transferred_off",
    "transferred_work",
    "office_off",
    "office_work",
]
Knowledge = Literal["confirmed", "provisional"]


class OutOfRange(ValueError):
    """A day outside the records; names it and the bounds."""

    def __init__(self, on: object, first: date, last: date) -> None:
        super().__init__(f"{on}: the records reach from {first} to {last}")
        self.code = "out_of_range"
        self.arguments = {"on": on, "first": first, "last": last}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: whether it is worked, of what kind it is, the holiday's code, and the act."""

    on: date
    working: bool
    kind: DayKind
    name: str | None = None
    act: str | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A religious day that may still come a day earlier or later."""

    name: str
    on: date


class Calendar:
    """Days between `first` and `last`, both included.

    Args:
        special: days that are not simply a weekday worked or a weekend off.
        confirmed_until: the last year whose calendar is official.
        uncertain: religious days that may still move by one day.
        remade: gives the same calendar with some uncertain days moved, {day: by how many days}.
    """

    def __init__(
        self,
        first: date,
        last: date,
        special: Mapping[date, Day],
        *,
        confirmed_until: int,
        uncertain: tuple[Uncertain, ...] = (),
        remade: Callable[[Mapping[date, int]], Calendar] | None = None,
    ) -> None:
        self.first, self.last = first, last
        self.confirmed_until = confirmed_until
        self._special = dict(special)
        self._uncertain = uncertain
        self._remade = remade
        self._variants: dict[tuple[Uncertain, ...], tuple[Calendar, ...]] = {}
        self._start = first.toordinal()
        self.dates = [date.fromordinal(n) for n in range(self._start, last.toordinal() + 1)]
        self.workdays: list[date] = []
        self._before: dict[date, int] = {}
        self._upto: dict[date, int] = {}
        for day in self.dates:
            self._before[day] = len(self.workdays)
            known = self._special.get(day)
            if known.working if known else not is_weekend(day):
                self.workdays.append(day)
            self._upto[day] = len(self.workdays)
        self.version = self._hash()

    def is_working(self, day: date) -> bool:
        """Whether a day is worked. Raises OutOfRange; TypeError for a datetime."""
        try:
            return self._upto[day] != self._before[day]
        except KeyError:
            raise self._refused(day) from None

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day`, or before it when n < 0; the day itself is not counted and may be a
        day off; n = 0 gives the day itself. Raises OutOfRange; TypeError for a datetime."""
        try:
            if n > 0:
                return self.workdays[self._upto[day] + n - 1]
            index = self._before[day] + n
        except KeyError:
            raise self._refused(day) from None
        except IndexError:
            raise OutOfRange(self.last, self.first, self.last) from None
        if n == 0:
            return day
        if index < 0:
            raise OutOfRange(self.first, self.first, self.last)
        return self.workdays[index]

    def count(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both ends counted; 0 when last < first. Raises OutOfRange."""
        try:
            counted = self._upto[last] - self._before[first]
        except KeyError:
            raise self._refused(first if first not in self._upto else last) from None
        return max(counted, 0)

    def next_working(self, day: date) -> date:
        """The day itself when worked, else the next one that is."""
        return day if self.is_working(day) else self.add(day, 1)

    def previous_working(self, day: date) -> date:
        """The day itself when worked, else the last one before that is."""
        return day if self.is_working(day) else self.add(day, -1)

    def worked(self, first: date, last: date) -> list[date]:
        """The working days from `first` to `last`, both ends included."""
        if last < first:
            return []
        try:
            return self.workdays[self._before[first] : self._upto[last]]
        except KeyError:
            raise self._refused(first if first not in self._upto else last) from None

    def not_worked(self, first: date, last: date) -> list[date]:
        """The days off from `first` to `last`, both ends included."""
        upto, before = self._upto, self._before
        try:
            days = self.dates[first.toordinal() - self._start : last.toordinal() - self._start + 1]
            return [day for day in days if upto[day] == before[day]]
        except KeyError:  # pragma: no cover - dates are within the bounds by construction
            raise self._refused(first) from None

    def day(self, day: date) -> Day:
        """What a day is, and by which act. Raises OutOfRange; TypeError for a datetime."""
        working = self.is_working(day)
        return self._special.get(day) or Day(day, working, "working" if working else "weekend")

    def special(self, day: date) -> Day | None:
        """The day when it is more than a weekday worked or a weekend off."""
        return self._special.get(day)

    def knowledge(self, first: date, last: date) -> Knowledge:
        """`provisional` when a year is not confirmed or a religious day in reach may still move."""
        if max(first, last).year > self.confirmed_until or self.uncertain(first, last):
            return "provisional"
        return "confirmed"

    def uncertain(self, first: date, last: date) -> tuple[Uncertain, ...]:
        """Religious days that may still move and whose move could touch the span."""
        if not self._uncertain:
            return ()
        start, end = first.toordinal() - 1, last.toordinal() + 1
        return tuple(day for day in self._uncertain if start <= day.on.toordinal() <= end)

    def variants(self, first: date, last: date) -> tuple[Calendar, ...]:
        """The other calendars that may come true in the span: each uncertain day a day earlier or later."""
        touched = self.uncertain(first, last)
        if not touched or self._remade is None:
            return ()
        if touched not in self._variants:
            moves = [move for move in product((-1, 0, 1), repeat=len(touched)) if any(move)]
            self._variants[touched] = tuple(
                self._remade({day.on: by for day, by in zip(touched, move, strict=True) if by})
                for move in moves
            )
        return self._variants[touched]

    def with_office_days(
        self, *, off: frozenset[date] = frozenset(), working: frozenset[date] = frozenset()
    ) -> Calendar:
        """The calendar of an office that has days off, or days worked, of its own."""
        if not off and not working:
            return self
        own = {day: Day(day, False, "office_off") for day in off}
        own |= {day: Day(day, True, "office_work") for day in working}
        for day in own:
            self.is_working(day)
        remade = self._remade

        def again(moves: Mapping[date, int]) -> Calendar:
            assert remade is not None
            return remade(moves).with_office_days(off=off, working=working)

        return Calendar(
            self.first,
            self.last,
            {**self._special, **own},
            confirmed_until=self.confirmed_until,
            uncertain=self._uncertain,
            remade=again if remade else None,
        )

    def _hash(self) -> str:
        digest = hashlib.sha256(f"{self.first} {self.last} {self.confirmed_until}".encode())
        for on in sorted(self._special):
            day = self._special[on]
            digest.update(f"{on} {day.working} {day.kind} {day.name}\n".encode())
        for uncertain in self._uncertain:
            digest.update(f"{uncertain.on}±1\n".encode())
        return digest.hexdigest()[:12]

    def _refused(self, day: object) -> Exception:
        if isinstance(day, datetime) or not isinstance(day, date):
            return TypeError(f"a local date is asked, not {type(day).__name__}")
        return OutOfRange(day, self.first, self.last)

    def __repr__(self) -> str:
        return f"<Calendar {self.first}..{self.last} {self.version}>"
