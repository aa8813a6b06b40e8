"""The calendar of Kazakhstan: a workalendar class over the records of acts, and the one calendar that counts.

Days are compiled once into a table, in the order the law sets: the week, holidays with their substitutes and
religious days, ordered transfers, overrides, an office's own days. The library's own class for Kazakhstan moves
no holiday off a weekend and knows no ordered transfer; from the library come the interface and the walk over
extra days.
"""
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from workalendar.core import Calendar
from workalendar.registry import registry
from workalendar.registry_tools import iso_register

from calendars.records import (
    ConfirmedYear,
    HolidayRule,
    Override,
    Records,
    ReligiousDay,
    Transfer,
    shipped_records,
)
from calendars.refusal import FIRST, LAST, OutOfRange, index_of, refuse

Knowledge = Literal["confirmed", "provisional"]
"""Whether days may still change: by a year's transfers not decided yet, or by the move of a religious day."""

_BY_ORDER = ("transferred_off", "transferred_work", "office_off", "office_work")
KINDS = ("working", "weekend", "holiday", "substitute", "religious", *_BY_ORDER)
"""The kinds of day."""
HOLIDAY_LAW = "Z010000267_"

_DAY = timedelta(days=1)
_AROUND = 31
"""Days between a religious day and the farthest substitute day off it can displace."""
_CERTAINTY = ("calculated", "listed", "announced_final")


class Day(NamedTuple):
    """One day: its kind, the code of its holiday and the id of the act that decided it, if any."""

    on: date
    working: bool
    kind: str
    name: str | None = None
    act: str | None = None


class ReligiousWindow(NamedTuple):
    """A religious day not announced as final, and the span of days a move of it by one day could change."""

    name: str
    day: date
    earliest: date
    latest: date
    act: str


@iso_register("KZ")
class Kazakhstan(Calendar):
    """Kazakhstan"""

    # The docstring is the name in workalendar's registry. Immutable; equal when they give equal answers. A day
    # outside `first`..`last` raises OutOfRange, a datetime TypeError.
    #
    # `unusual`: the days that differ from their weekday; `table`: every day; `upto`, `before`: the number of
    # working days from `first` up to and including a day, and before it.

    first = FIRST

    def __init__(
        self,
        records: Records | None = None,
        *,
        last: date = LAST,
        office_off: Iterable[date] = (),
        office_working: Iterable[date] = (),
        shift: int = 0,
    ) -> None:
        """Compile the days.

        Args:
            records: the entries of acts; the shipped ones for None.
            last: the last day; after the records days follow from the rules alone and are provisional.
            office_off, office_working: an office's own days, over everything else; a day off keeps its kind.
            shift: calendar days by which religious days not announced as final are taken to move.
        """
        super().__init__()
        self.records = shipped_records() if records is None else records
        self.last, self.shift = last, shift
        self.office_off, self.office_working = frozenset(office_off), frozenset(office_working)
        for day in (*self.office_off, *self.office_working):
            index_of(day, last)
        if overlap := self.office_off & self.office_working:
            raise ValueError(f"an office's day is both off and working: {', '.join(map(str, sorted(overlap)))}")
        self.confirmed = frozenset(entry.year for entry in self.records.of(ConfirmedYear))
        self.religious = _best_known(self.records, shift)
        self.unusual = self._compile()
        self.table = _ordinary_days(last) | self.unusual
        self.working_days = tuple(day.on for day in self.table.values() if day.working)
        upto = list(accumulate(day.working for day in self.table.values()))
        self.upto = dict(zip(self.table, upto, strict=True))
        self.before = dict(zip(self.table, (0, *upto), strict=False))  # one more than there are days

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kazakhstan) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __repr__(self) -> str:
        return f"Kazakhstan({FIRST}..{self.last}, version {self.version})"

    @cached_property
    def version(self) -> str:
        """Hash of the days, their names and acts, and of which years are confirmed."""
        unusual = [tuple(self.unusual[day]) for day in sorted(self.unusual)]
        religious = [(day.code, day.on, day.certainty) for day in self.religious]
        content = repr((self.last, unusual, sorted(self.confirmed), religious))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def _compile(self) -> dict[date, Day]:
        """Return the days that differ from their weekday, by the acts; of two for one day the later counts."""
        rules = _rules_in_force(self.records, self.last.year)
        moving = {on for on, rule in rules.items() if rule.standing != "religious"}
        never_moving = {day.on for day in self.religious} | (rules.keys() - moving)
        days = [Day(day.on, False, "religious", day.code, day.act) for day in reversed(self.religious)]
        for on, rule in rules.items():
            days.append(Day(on, False, "holiday" if on in moving else "religious", rule.code, rule.act))
        for on, holiday in find_substitutes(moving, never_moving).items():
            days.append(Day(on, False, "substitute", rules[holiday].code, HOLIDAY_LAW))
        for transfer in self.records.of(Transfer):
            days.append(Day(transfer.off, False, "transferred_off", None, transfer.act))
            days.append(Day(transfer.work, True, "transferred_work", None, transfer.act))
        for one in self.records.of(Override):
            kind = "transferred_work" if one.working else "holiday"
            days.append(Day(one.on, one.working, kind, one.name, one.act))
        unusual = {day.on: day for day in days if FIRST <= day.on <= self.last}
        for on in (*self.office_off, *self.office_working):
            works = unusual[on].working if on in unusual else not is_weekend(on)
            if works != (on in self.office_working):
                unusual[on] = Day(on, not works, "office_off" if works else "office_work")
        return unusual

    # The interface of workalendar

    def get_weekend_days(self) -> tuple[int, int]:
        """Return Saturday and Sunday: the five-day week of state bodies."""
        return 5, 6

    def get_calendar_holidays(self, year: int) -> list[tuple[date, str]]:
        """Return the days off of a year besides plain weekends, each with its holiday or its kind of day."""
        days = (self.unusual[on] for on in sorted(self.unusual) if on.year == year)
        return [(day.on, day.name or day.kind) for day in days if not day.working]

    def is_working_day(
        self, day: date, extra_working_days: Iterable[date] = (), extra_holidays: Iterable[date] = ()
    ) -> bool:
        """Return whether the day is a working day; extra working days win over extra holidays."""
        if extra_working_days and day in extra_working_days:
            return True
        if extra_holidays and day in extra_holidays:
            return False
        try:
            return self.table[day].working
        except KeyError:
            refuse(day, self.last)

    def add_working_days(
        self,
        day: date,
        delta: int,
        extra_working_days: Iterable[date] = (),
        extra_holidays: Iterable[date] = (),
        keep_datetime: bool = False,
    ) -> date:
        """Return the working day `delta` after `day` (before it when negative); `day` itself when `delta` is 0.

        `day` is not counted and may be a day off. Extra days are the library's, which walks over them.
        """
        if extra_working_days or extra_holidays or keep_datetime:
            walked: date = super().add_working_days(
                day, delta, extra_working_days, extra_holidays, keep_datetime
            )
            return walked
        try:
            index = self.upto[day] - 1 + delta if delta > 0 else self.before[day] + delta
        except KeyError:
            refuse(day, self.last)
        if not delta:
            return day
        if not 0 <= index < len(self.working_days):
            raise OutOfRange(FIRST - _DAY if index < 0 else self.last + _DAY, self.last)
        return self.working_days[index]

    def find_following_working_day(self, day: date) -> date:
        """Return `day` if it is a working day, else the first working day after it, holidays considered."""
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    # What the library lacks

    def find_previous_working_day(self, day: date) -> date:
        """Return `day` if it is a working day, else the last working day before it."""
        return day if self.is_working_day(day) else self.add_working_days(day, -1)

    def count_working_days(self, first: date, last: date) -> int:
        """Return the working days from `first` to `last`, both included; 0 when `last` is the earlier."""
        try:
            return max(0, self.upto[last] - self.before[first])
        except KeyError:
            refuse(last if first in self.upto else first, self.last)

    def distance(self, first: date, last: date) -> int:
        """Return the working days after `first` up to `last`; negative when `last` is the earlier."""
        if last < first:
            return -self.distance(last, first)
        return self.count_working_days(first, last) - self.is_working_day(first)

    def day(self, on: date) -> Day:
        """Return the kind of a day, with the holiday and the act that decided it."""
        index_of(on, self.last)
        return self.table[on]

    def days(self, first: date, last: date) -> list[Day]:
        """Return the days of a span, both ends included."""
        span = range(index_of(first, self.last), index_of(last, self.last) + 1)
        return [self.table[FIRST + number * _DAY] for number in span]

    # What is not certain yet

    def knowledge(self, first: date, last: date) -> Knowledge:
        """Return "confirmed" when nothing of the span can change by a year's transfers or a religious day."""
        for day in (first, last):
            index_of(day, self.last)
        unsure = self.provisional_years(first, last) or self.religious_windows(first, last)
        return "provisional" if unsure else "confirmed"

    def provisional_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years of the span whose transfers are not decided yet."""
        return tuple(year for year in range(first.year, last.year + 1) if year not in self.confirmed)

    def religious_windows(self, first: date, last: date) -> tuple[ReligiousWindow, ...]:
        """Return the religious days not announced as final whose move by one day could change the span."""
        return tuple(day for day in self._windows if day.earliest <= last and day.latest >= first)

    @cached_property
    def _windows(self) -> tuple[ReligiousWindow, ...]:
        """The windows of all religious days that may still move; none in a calendar that is shifted itself."""
        return tuple(
            self._window(day)
            for day in self.religious
            if day.certainty != "announced_final" and FIRST < day.on < self.last and not self.shift
        )

    def _window(self, entry: ReligiousDay) -> ReligiousWindow:
        """Return the days around a religious day that are of another kind when it moves by one day."""
        around = self.days(max(entry.on - _AROUND * _DAY, FIRST), min(entry.on + _AROUND * _DAY, self.last))
        earlier, later = (moved.table for moved in self.shifted)
        changed = [day.on for day in around if {earlier[day.on].kind, later[day.on].kind} != {day.kind}]
        changed += [entry.on - _DAY, entry.on + _DAY]
        return ReligiousWindow(entry.code, entry.on, min(changed), max(changed), entry.act)

    @cached_property
    def shifted(self) -> tuple[Kazakhstan, Kazakhstan]:
        """The calendars in which every religious day not announced as final comes a day earlier, and later."""
        same = self.records, self.last, self.office_off, self.office_working
        return compiled(*same, -1), compiled(*same, 1)

    def with_office_days(self, *, off: Iterable[date] = (), working: Iterable[date] = ()) -> Kazakhstan:
        """Return the calendar with an office's own days off and working days, set by its signed order."""
        return compiled(self.records, self.last, frozenset(off), frozenset(working))

    def as_known(self, as_of: date | None) -> Kazakhstan:
        """Return the calendar as it was known on a day; this one for None."""
        if as_of is None:
            return self
        if not isinstance(as_of, date) or isinstance(as_of, datetime):
            raise TypeError(f"as_of is a date or None, got {type(as_of).__name__}: {as_of!r}")
        turn = bisect_right(self.records.turns, as_of)
        known = self.records.known_on(self.records.turns[turn - 1] if turn else date.min)
        return compiled(known, self.last, self.office_off, self.office_working)


@lru_cache(maxsize=256)
def compiled(
    records: Records,
    last: date = LAST,
    office_off: frozenset[date] = frozenset(),
    office_working: frozenset[date] = frozenset(),
    shift: int = 0,
) -> Kazakhstan:
    """Return the calendar of these records and days, compiled once; arguments as of `Kazakhstan`."""
    return Kazakhstan(records, last=last, office_off=office_off, office_working=office_working, shift=shift)


def is_weekend(day: date) -> bool:
    """Return whether the day is a Saturday or Sunday."""
    return day.weekday() >= 5


def find_substitutes(holidays: Iterable[date], religious: Iterable[date]) -> dict[date, date]:
    """Return the substitute day off of every holiday that falls on a weekend: substitute -> holiday.

    In the order of dates each takes the next day that is no weekend, no holiday, no religious day off and
    not taken already. Religious days never move and are never used as substitutes.
    """
    ordered = sorted(holidays)
    taken_days = {*ordered, *religious}
    substitutes: dict[date, date] = {}
    for holiday in filter(is_weekend, ordered):
        day = holiday + _DAY
        while is_weekend(day) or day in taken_days:
            day += _DAY
        taken_days.add(day)
        substitutes[day] = holiday
    return substitutes


@cache
def _ordinary_days(last: date) -> dict[date, Day]:
    """Return every day up to `last` as its weekday makes it; calendars share them."""
    days = [FIRST + number * _DAY for number in range(index_of(last, date.max) + 1)]
    return {day: Day(day, False, "weekend") if is_weekend(day) else Day(day, True, "working") for day in days}


def _rules_in_force(records: Records, last_year: int) -> dict[date, HolidayRule]:
    """Return every yearly holiday with the rule in force on it: the last one appended that applies by then."""
    last: dict[tuple[date, str], HolidayRule] = {}
    for rule in records.of(HolidayRule):
        for year in range(max(FIRST.year, rule.applies_from.year), last_year + 1):
            for month_day in rule.days:
                if rule.applies_from <= (on := date(year, *month_day)):
                    last[on, rule.code] = rule
    return {on: rule for (on, _), rule in last.items() if rule.change == "introduced"}


def _best_known(records: Records, shift: int) -> tuple[ReligiousDay, ...]:
    """Return one entry for each religious holiday of each year, by day: the most certain, of equally certain
    ones the one recorded last; moved by `shift` days unless it is announced as final.
    """
    surest_last = sorted(records.of(ReligiousDay), key=lambda day: _CERTAINTY.index(day.certainty))
    best = {(day.code, day.on.year): day for day in surest_last}.values()
    moved = [
        day.model_copy(update={"on": day.on + shift * _DAY})
        if shift and day.certainty != "announced_final"
        else day
        for day in best
    ]
    return tuple(sorted(moved, key=lambda day: day.on))


registry.register("KZ", Kazakhstan)
