"""The compiled calendar: which days are working days, answered in constant time.

Every answer is a look-up in tables keyed by the date itself; a datetime or a day outside the records
is simply not in them, so that the check costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, chain, compress, product
from typing import Literal, NamedTuple

from calendars.entries import Certainty, Records, ReligiousDay
from calendars.horizon import FIRST, LAST, OutOfRange, place, refuse
from calendars.table import (
    KINDS,
    WORKING,
    Mark,
    Table,
    all_days,
    best_known,
    compile_table,
    find_marks,
)

Knowledge = Literal["confirmed", "provisional"]

_DAY = timedelta(days=1)
_COUNTS = bytes(n < len(KINDS) and KINDS[n] in WORKING for n in range(256))
"""For each kind of day whether it is a working day, as a table for `bytes.translate`."""
_AROUND = timedelta(days=31)
"""Maximum distance between a religious day and the substitute day off it displaces."""
_MOVING_APART = 2
"""Maximum number of uncertain religious days moved independently; of more, every second one moves with the
others.
"""


class Day(NamedTuple):
    """One day: working or not, its kind, the code of its holiday and the id of the act that decided it."""

    on: date
    working: bool
    kind: str
    name: str | None
    act: str | None


@dataclass(frozen=True, slots=True)
class UncertainDay:
    """A religious day not announced as final, with the span of days that a move by one day could change."""

    name: str
    day: date
    earliest: date
    latest: date
    certainty: Certainty
    act: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Calendar:
    """The working days as known at one moment. Immutable; two with the same `version` give equal answers.

    Days outside `first`..`last` raise `OutOfRange`; a datetime raises TypeError.

    Attributes:
        last: the last day. After the records (`calendars.LAST`) days follow from the rules alone and are
            provisional.
        records: entries of acts the days are compiled from.
    """

    records: Records = field(repr=False, default=Records())
    last: date = LAST
    office_off: frozenset[date] = frozenset()
    office_working: frozenset[date] = frozenset()
    moved: frozenset[ReligiousDay] = frozenset()
    table: Table = field(init=False, repr=False)
    working_days: tuple[date, ...] = field(init=False, repr=False)
    upto: Mapping[date, int] = field(init=False, repr=False)
    before: Mapping[date, int] = field(init=False, repr=False)
    _uncertain: tuple[UncertainDay, ...] | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        for day in (*self.office_off, *self.office_working):
            place(day, self.last)
        office_days = {"off": self.office_off, "working": self.office_working}
        table = compile_table(self.records, last=self.last, moved_days=self.moved, **office_days)
        days, works = all_days(self.last), table.kinds.translate(_COUNTS)
        upto = list(accumulate(works))
        _set_field(self, "table", table)
        _set_field(self, "working_days", tuple(compress(days, works)))
        _set_field(self, "upto", dict(zip(days, upto, strict=True)))
        _set_field(
            self, "before", dict(zip(days, chain((0,), upto), strict=False))
        )  # one more than there are days

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.table.version)

    @property
    def version(self) -> str:
        """Hash of the days, their names and acts, and of which years are confirmed: equal content, equal
        version.
        """
        return self.table.version

    @property
    def first(self) -> date:
        """First day of the records."""
        return FIRST

    def is_working(self, on: date) -> bool:
        """Return whether the day is a working day of the five-day week."""
        try:
            return self.upto[on] != self.before[on]
        except KeyError:
            refuse(on, self.last)

    def add(self, on: date, n: int) -> date:
        """Return the n-th working day after `on` (before it when n is negative); `on` itself when n is 0.

        `on` is not counted and may be a day off.
        """
        try:
            if n > 0:
                return self.working_days[self.upto[on] + n - 1]
            index: int = self.before[on] + n
        except KeyError:
            refuse(on, self.last)
        except IndexError:
            raise OutOfRange(self.last + _DAY, self.last) from None
        if n == 0:
            return on
        if index < 0:
            raise OutOfRange(FIRST - _DAY, self.last)
        return self.working_days[index]

    def count(self, first: date, last: date) -> int:
        """Return the number of working days from `first` to `last`, both included; 0 when `last` is before
        `first`.
        """
        try:
            return max(0, self.upto[last] - self.before[first])
        except KeyError:
            refuse(last if first in self.upto else first, self.last)

    def distance(self, first: date, last: date) -> int:
        """Return the number of working days after `first` up to `last`; negative when `last` is the earlier."""
        if last < first:
            return -self.distance(last, first)
        return self.count(first, last) - (1 if self.is_working(first) else 0)

    def next_working(self, on: date) -> date:
        """Return `on` if it is a working day, else the first working day after it."""
        try:
            return self.working_days[self.before[on]]
        except KeyError:
            refuse(on, self.last)
        except IndexError:
            raise OutOfRange(self.last + _DAY, self.last) from None

    def previous_working(self, on: date) -> date:
        """Return `on` if it is a working day, else the last working day before it."""
        try:
            index = self.upto[on] - 1
        except KeyError:
            refuse(on, self.last)
        if index < 0:
            raise OutOfRange(FIRST - _DAY, self.last)
        return self.working_days[index]

    def day(self, on: date) -> Day:
        """Return the kind of the day and the act that decided it. Kinds: `calendars.table.KINDS`."""
        kind = KINDS[self.table.kinds[place(on, self.last)]]
        mark = self.table.marks.get(on)
        return Day(on, kind in WORKING, kind, mark.name if mark else None, mark.act if mark else None)

    def span(self, first: date, last: date) -> tuple[tuple[date, ...], bytes]:
        """Return the days of a span, both ends included, and the kind of each as an index into KINDS."""
        begin, end = place(first, self.last), place(last, self.last) + 1
        return all_days(self.last)[begin:end], self.table.kinds[begin:end]

    def knowledge(self, first: date, last: date) -> Knowledge:
        """Return "confirmed" when every year of the span is confirmed and no religious day can still move into
        it.
        """
        if first not in self.upto or last not in self.upto:
            refuse(last if first in self.upto else first, self.last)
        unsure = self.provisional_years(first, last) or self.uncertain(first, last)
        return "provisional" if unsure else "confirmed"

    def provisional_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years of the span whose transfers or religious day are not decided yet."""
        confirmed, begin, end = self.table.confirmed, first.year, last.year
        if begin == end:
            return () if begin in confirmed else (begin,)
        return tuple(year for year in range(begin, end + 1) if year not in confirmed)

    def uncertain(self, first: date, last: date) -> tuple[UncertainDay, ...]:
        """Return the religious days not announced as final whose move by one day could change the span."""
        days = self._uncertain
        if days is None:
            days = _find_uncertain_days(self)
            _set_field(self, "_uncertain", days)
        return tuple([day for day in days if day.earliest <= last and day.latest >= first])

    def variants(self, first: date, last: date) -> tuple[Calendar, ...]:
        """Return the other calendars still possible over the span: its uncertain religious days moved by one
        day.

        Empty when no uncertain day touches the span. Of many uncertain days every second one moves with the
        others, so that a span of ten years has no more calendars than one of two.
        """
        touching = self.uncertain(first, last)
        return _build_variants(self, touching) if touching else ()

    def with_office_days(self, *, off: Iterable[date] = (), working: Iterable[date] = ()) -> Calendar:
        """Return the calendar with an office's own days off and working days, set by its signed order.

        They override everything else; a day that is off already keeps its kind.
        Raises ValueError when a day is in both sets.
        """
        off, working = frozenset(off), frozenset(working)
        if off == self.office_off and working == self.office_working:
            return self
        if overlap := off & working:
            raise ValueError(f"an office's day is both off and working: {', '.join(map(str, sorted(overlap)))}")
        return _with_office_days(self, off, working)


def _set_field(calendar: Calendar, name: str, value: object) -> None:
    object.__setattr__(calendar, name, value)


@lru_cache(maxsize=64)
def _with_office_days(calendar: Calendar, off: frozenset[date], working: frozenset[date]) -> Calendar:
    return replace(calendar, office_off=off, office_working=working)


@lru_cache(maxsize=64)
def _find_uncertain_days(calendar: Calendar) -> tuple[UncertainDay, ...]:
    """Return every uncertain religious day with the span it may change: its neighbours and a substitute it
    displaces.
    """
    uncertain = []
    office_days = {"off": calendar.office_off, "working": calendar.office_working}
    for entry in _not_final(calendar):
        years = range((entry.on - _AROUND).year, (entry.on + _AROUND).year + 1)
        was, before, after = (
            find_marks(calendar.records, best_known(calendar.records, moved_days), years, **office_days)
            for moved_days in (calendar.moved, *(_moved(calendar, {entry: step}) for step in (-_DAY, _DAY)))
        )
        changed_days = {entry.on - _DAY, entry.on, entry.on + _DAY}
        for other in (before, after):
            changed_days |= {
                day for day in was.keys() | other.keys() if _kind_of(was, day) != _kind_of(other, day)
            }
        span = min(changed_days), max(changed_days)
        uncertain.append(UncertainDay(entry.code, entry.on, *span, entry.certainty, entry.source.act))
    return tuple(uncertain)


def _kind_of(marks: Mapping[date, Mark], day: date) -> str | None:
    """Return the kind of a day by its mark, None of one that only its weekday decides."""
    mark = marks.get(day)
    return mark.kind if mark else None


@lru_cache(maxsize=64)
def _build_variants(calendar: Calendar, touching: tuple[UncertainDay, ...]) -> tuple[Calendar, ...]:
    """Return the calendars of every combination of moves of these days but the one that moves nothing.

    Of more than two days neighbours still move each by itself; a term rarely touches a third.
    """
    touched_days = {(day.name, day.day) for day in touching}
    entries = [entry for entry in _not_final(calendar) if (entry.code, entry.on) in touched_days]
    apart = min(len(entries), _MOVING_APART)
    choices = list(product((0 * _DAY, -_DAY, _DAY), repeat=apart))[1:]  # the first moves nothing
    return tuple(
        replace(
            calendar,
            moved=_moved(calendar, {entry: steps[place % apart] for place, entry in enumerate(entries)}),
        )
        for steps in choices
    )


def _not_final(calendar: Calendar) -> list[ReligiousDay]:
    """Return the religious days not announced as final."""
    return [entry for entry in calendar.table.religious if entry.certainty != "announced_final"]


def _moved(calendar: Calendar, steps: Mapping[ReligiousDay, timedelta]) -> frozenset[ReligiousDay]:
    """Return the uncertain religious days, moved by these steps and taken as final."""
    return frozenset(
        replace(entry, on=entry.on + steps.get(entry, 0 * _DAY), certainty="announced_final")
        for entry in _not_final(calendar)
    )
