"""The calendar as a value: which days count, in constant time whatever the number of days.

Every answer is a look-up in tables keyed by the date itself; a datetime or a day outside the records
is simply not in them, so that the check costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, product
from typing import Literal, NamedTuple

from calendars.entries import Certainty, Records, ReligiousDay
from calendars.horizon import FIRST, LAST, OutOfRange, place, refuse
from calendars.table import KINDS, WORKING, Table, compile_table, horizon, library_table

Knowledge = Literal["confirmed", "provisional"]

_DAY = timedelta(days=1)


class Day(NamedTuple):
    """One day: whether it counts, its kind, the code of the holiday and the id of the act that made it so."""

    on: date
    working: bool
    kind: str
    name: str | None
    act: str | None


@dataclass(frozen=True, slots=True)
class UncertainDay:
    """A religious day not announced as final, and the span of days that its moving by one day could change."""

    name: str
    day: date
    earliest: date
    latest: date
    certainty: Certainty
    act: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Calendar:
    """Which days count, by one state of knowledge. Immutable; two with the same `version` answer alike.

    Days outside `first`..`last` raise `OutOfRange`; a datetime where a date is asked is a TypeError.

    Attributes:
        records: of acts, from which the days follow; none where they follow from a library's rules.
        library: the registry code of a library's calendar, "" for one by acts; `days`: its kinds of day.
    """

    records: Records = field(repr=False, default=Records())
    library: str = ""
    days: bytes = field(repr=False, default=b"")
    office_off: frozenset[date] = frozenset()
    office_working: frozenset[date] = frozenset()
    moved: frozenset[ReligiousDay] = frozenset()
    table: Table = field(init=False, repr=False)
    working_days: tuple[date, ...] = field(init=False, repr=False)
    upto: Mapping[date, int] = field(init=False, repr=False)
    before: Mapping[date, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for day in (*self.office_off, *self.office_working):
            place(day)
        own = {"off": self.office_off, "working": self.office_working}
        table = (
            library_table(self.library, self.days, **own)
            if self.library
            else compile_table(self.records, moved=self.moved, **own)
        )
        days = horizon()
        works = [KINDS[kind] in WORKING for kind in table.kinds]
        upto = list(accumulate(works))
        _set(self, "table", table)
        _set(self, "working_days", tuple(day for day, counts in zip(days, works, strict=True) if counts))
        _set(self, "upto", dict(zip(days, upto, strict=True)))
        _set(self, "before", dict(zip(days, [0, *upto[:-1]], strict=True)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.table.version)

    @property
    def version(self) -> str:
        """Hash of the days, their names and acts, and what is confirmed: the same content, the same version."""
        return self.table.version

    @property
    def first(self) -> date:
        return FIRST

    @property
    def last(self) -> date:
        return LAST

    def is_working(self, on: date) -> bool:
        """Whether the day counts as a working day of the five-day week."""
        try:
            return self.upto[on] != self.before[on]
        except KeyError:
            refuse(on)

    def add(self, on: date, n: int) -> date:
        """The n-th working day after `on`, before it when n is negative, `on` itself when n is 0.

        `on` is not counted and may be a day off.
        """
        try:
            if n > 0:
                return self.working_days[self.upto[on] + n - 1]
            index: int = self.before[on] + n
        except KeyError:
            refuse(on)
        except IndexError:
            raise OutOfRange(LAST + _DAY) from None
        if n == 0:
            return on
        if index < 0:
            raise OutOfRange(FIRST - _DAY)
        return self.working_days[index]

    def count(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both ends counted; 0 when `last` is before `first`."""
        try:
            return max(0, self.upto[last] - self.before[first])
        except KeyError:
            refuse(last if first in self.upto else first)

    def next_working(self, on: date) -> date:
        """`on` if it is a working day, else the first one after it."""
        try:
            return self.working_days[self.before[on]]
        except KeyError:
            refuse(on)
        except IndexError:
            raise OutOfRange(LAST + _DAY) from None

    def previous_working(self, on: date) -> date:
        """`on` if it is a working day, else the last one before it."""
        try:
            index = self.upto[on] - 1
        except KeyError:
            refuse(on)
        if index < 0:
            raise OutOfRange(FIRST - _DAY)
        return self.working_days[index]

    def day(self, on: date) -> Day:
        """What the day is and by which act. The kinds are those of `calendars.table.KINDS`."""
        kind = KINDS[self.table.kinds[place(on)]]
        mark = self.table.marks.get(on)
        return Day(on, kind in WORKING, kind, mark.name if mark else None, mark.act if mark else None)

    def span(self, first: date, last: date) -> tuple[tuple[date, ...], bytes]:
        """The days of a span, both ends included, and the kind of each as an index into KINDS."""
        begin, end = place(first), place(last) + 1
        return horizon()[begin:end], self.table.kinds[begin:end]

    def knowledge(self, first: date, last: date) -> Knowledge:
        """`confirmed` when every year of the span is and no religious day in reach may still move."""
        if first not in self.upto or last not in self.upto:
            refuse(last if first in self.upto else first)
        unsure = self.provisional_years(first, last) or self.uncertain(first, last)
        return "provisional" if unsure else "confirmed"

    def provisional_years(self, first: date, last: date) -> tuple[int, ...]:
        """The years of the span whose transfers or religious day may still be ordered or announced."""
        confirmed, begin, end = self.table.confirmed, first.year, last.year
        if begin == end:
            return () if begin in confirmed else (begin,)
        return tuple(year for year in range(begin, end + 1) if year not in confirmed)

    def uncertain(self, first: date, last: date) -> tuple[UncertainDay, ...]:
        """The religious days not announced as final whose moving by one day could change a day of the span."""
        return tuple(day for day in _uncertain(self) if day.earliest <= last and day.latest >= first)

    def variants(self, first: date, last: date) -> tuple[Calendar, ...]:
        """The other calendars that may come true over the span: those religious days moved by one day.

        Empty when none touches the span.
        """
        touching = self.uncertain(first, last)
        return _variants(self, touching) if touching else ()

    def with_office_days(self, *, off: Iterable[date] = (), working: Iterable[date] = ()) -> Calendar:
        """The calendar of an office with days off and working days of its own, by its signed order.

        They stand above everything else; a day that is off anyway stays what it is.
        ValueError when a day is named as both.
        """
        off, working = frozenset(off), frozenset(working)
        if off == self.office_off and working == self.office_working:
            return self
        if both := off & working:
            raise ValueError(f"an office's day is both off and working: {', '.join(map(str, sorted(both)))}")
        return _with_office_days(self, off, working)


def _set(calendar: Calendar, name: str, value: object) -> None:
    object.__setattr__(calendar, name, value)


@lru_cache(maxsize=64)
def _with_office_days(calendar: Calendar, off: frozenset[date], working: frozenset[date]) -> Calendar:
    return replace(calendar, office_off=off, office_working=working)


@lru_cache(maxsize=64)
def _uncertain(calendar: Calendar) -> tuple[UncertainDay, ...]:
    """Every uncertain religious day with the days it may change: its neighbours, a substitute it pushes on."""
    found = []
    days, kinds = horizon(), calendar.table.kinds
    for entry in _not_final(calendar):
        changed = {entry.on - _DAY, entry.on, entry.on + _DAY}
        for step in (-_DAY, _DAY):
            other = _moved(calendar, {entry: step}).table.kinds
            changed |= {day for day, one, two in zip(days, kinds, other, strict=True) if one != two}
        span = min(changed), max(changed)
        found.append(UncertainDay(entry.code, entry.on, *span, entry.certainty, entry.source.act))
    return tuple(found)


@lru_cache(maxsize=64)
def _variants(calendar: Calendar, touching: tuple[UncertainDay, ...]) -> tuple[Calendar, ...]:
    named = {(day.name, day.day) for day in touching}
    entries = [entry for entry in _not_final(calendar) if (entry.code, entry.on) in named]
    choices = list(product((0 * _DAY, -_DAY, _DAY), repeat=len(entries)))[1:]  # the first moves nothing
    return tuple(_moved(calendar, dict(zip(entries, steps, strict=True))) for steps in choices)


def _not_final(calendar: Calendar) -> list[ReligiousDay]:
    return [entry for entry in calendar.table.religious if entry.certainty != "announced_final"]


def _moved(calendar: Calendar, steps: Mapping[ReligiousDay, timedelta]) -> Calendar:
    """The calendar in which the uncertain days have come true, moved by their steps."""
    true = [
        replace(entry, on=entry.on + steps.get(entry, 0 * _DAY), certainty="announced_final")
        for entry in _not_final(calendar)
    ]
    return replace(calendar, moved=frozenset(true))
