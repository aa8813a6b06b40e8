"""Compiles records to an immutable table: one kind per day, rules applied in the order the law sets.

First the week, then holidays with their substitutes and religious days, then ordered transfers, then overrides,
then an office's own days.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import cycle, islice

from calendars.entries import Certainty, ConfirmedYear, HolidayRule, Override, Records, ReligiousDay, Transfer
from calendars.horizon import FIRST, LAST

_DAY = timedelta(days=1)


def is_weekend(day: date) -> bool:
    """Return whether the day is a Saturday or Sunday: the five-day week of state bodies."""
    return day.weekday() >= 5


def find_substitutes(holidays: Iterable[date], religious: Collection[date]) -> dict[date, date]:
    """Return the substitute day off of every holiday that falls on a weekend: substitute -> holiday.

    In the order of dates each takes the next day that is no weekend, no holiday, no religious day off and
    not taken already. Religious days never move and are never used as substitutes.
    """
    ordered = sorted(holidays)
    taken_days = {*ordered, *religious}
    substitutes: dict[date, date] = {}
    for holiday in ordered:
        if is_weekend(holiday):
            day = holiday + _DAY
            while is_weekend(day) or day in taken_days:
                day += _DAY
            taken_days.add(day)
            substitutes[day] = holiday
    return substitutes


KINDS = (
    "working",
    "weekend",
    "holiday",
    "substitute",
    "religious",
    "transferred_off",
    "transferred_work",
    "office_off",
    "office_work",
)
WORKING = frozenset({"working", "transferred_work", "office_work"})
NORMAL, WEEKEND, HOLIDAY, WORKED = map(KINDS.index, ("working", "weekend", "holiday", "transferred_work"))
HOLIDAY_LAW = "Z010000267_"
_INDEX = {kind: index for index, kind in enumerate(KINDS)}

_CERTAINTY: tuple[Certainty, ...] = ("calculated", "listed", "announced_final")


@dataclass(frozen=True, slots=True)
class Mark:
    """The kind of a day that differs from its weekday, with the code of the holiday and the id of the act."""

    kind: str
    name: str | None = None
    act: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The compiled days.

    Attributes:
        kinds: one byte per day of the horizon, an index into KINDS.
        marks: the days that are not simply working or weekend.
        confirmed: years whose calendar is final.
        religious: the religious day of each year as best known.
        version: hash of all of it; equal tables have equal versions.
    """

    kinds: bytes
    marks: Mapping[date, Mark]
    confirmed: frozenset[int]
    religious: tuple[ReligiousDay, ...]
    version: str


@cache
def all_days(last: date = LAST) -> tuple[date, ...]:
    """Return every day of a calendar that ends on `last`, in order."""
    return tuple(map(date.fromordinal, range(FIRST.toordinal(), last.toordinal() + 1)))


@lru_cache(maxsize=128)
def compile_table(
    records: Records,
    *,
    last: date = LAST,
    moved_days: frozenset[ReligiousDay] = frozenset(),
    off: frozenset[date] = frozenset(),
    working: frozenset[date] = frozenset(),
) -> Table:
    """Compile records to a table up to `last`, using all their entries.

    `moved_days` replaces the religious days of the same code and year; `off` and `working` are an office's own
    days.
    """
    religious = best_known(records, moved_days)
    marks = find_marks(records, religious, range(FIRST.year, last.year + 1), off=off, working=working)
    inside = sorted((day for day in religious if FIRST <= day.on <= last), key=lambda day: day.on)
    return _build_table(records, marks, tuple(inside), last)


def find_marks(
    records: Records,
    religious: Iterable[ReligiousDay],
    years: range,
    *,
    off: frozenset[date],
    working: frozenset[date],
) -> dict[date, Mark]:
    """Return the days of some years that differ from their weekday, by these religious days."""
    marks: dict[date, Mark] = {}
    rules = list(_yearly_days(records, years))
    unmoving = {day.on for day in religious} | {day for day, rule in rules if rule.standing == "religious"}
    for day, rule in rules:
        kind = "religious" if rule.standing == "religious" else "holiday"
        marks[day] = Mark(kind, rule.code, rule.source.act)
    names = {day: rule.code for day, rule in rules}
    moving = (day for day, rule in rules if rule.standing != "religious")
    for day, holiday in find_substitutes(moving, unmoving).items():
        marks[day] = Mark("substitute", names[holiday], HOLIDAY_LAW)
    for announced in religious:
        marks.setdefault(announced.on, Mark("religious", announced.code, announced.source.act))
    for transfer in records.of(Transfer):
        marks[transfer.off] = Mark("transferred_off", None, transfer.source.act)
        marks[transfer.work] = Mark("transferred_work", None, transfer.source.act)
    for override in records.of(Override):
        kind = "transferred_work" if override.working else "holiday"
        marks[override.on] = Mark(kind, override.name, override.source.act)
    for day in off:
        if _is_working(day, marks):
            marks[day] = Mark("office_off")
    for day in working:
        if not _is_working(day, marks):
            marks[day] = Mark("office_work")
    return marks


def _build_table(
    records: Records, marks: dict[date, Mark], religious: tuple[ReligiousDay, ...], last: date
) -> Table:
    """Build the table up to `last` from marks and religious days."""
    inside = {day: marks[day] for day in sorted(marks) if FIRST <= day <= last}
    first = FIRST.toordinal()
    kinds = _plain_weeks(last.toordinal() - first + 1)
    for day, mark in inside.items():
        kinds[day.toordinal() - first] = _INDEX[mark.kind]
    confirmed = frozenset(entry.year for entry in records.of(ConfirmedYear))
    content = json.dumps(
        [
            kinds.hex(),
            [[str(day), mark.kind, mark.name, mark.act] for day, mark in inside.items()],
            sorted(confirmed),
            [[day.code, str(day.on), day.certainty] for day in religious],
        ],
        separators=(",", ":"),
    )
    return Table(
        kinds=bytes(kinds),
        marks=inside,
        confirmed=confirmed,
        religious=religious,
        version=_version(content),
    )


def _version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _is_working(day: date, marks: Mapping[date, Mark]) -> bool:
    """Return whether the day is a working day by its mark or weekday."""
    mark = marks.get(day)
    return mark.kind in WORKING if mark else not is_weekend(day)


def _plain_weeks(size: int) -> bytearray:
    """Return the kinds of so many days from FIRST on as if no day differed from its weekday."""
    week = bytes(is_weekend(FIRST + n * _DAY) for n in range(7))
    return bytearray(islice(cycle(week), size))


def best_known(records: Records, moved_days: Iterable[ReligiousDay] = ()) -> tuple[ReligiousDay, ...]:
    """Return the religious day of each year: the moved one, else the most certain entry, the latest of equally
    certain ones.
    """
    best: dict[tuple[str, int], ReligiousDay] = {}
    for day in records.of(ReligiousDay):
        key = (day.code, day.on.year)
        best_day = best.get(key)
        if best_day is None or _CERTAINTY.index(day.certainty) >= _CERTAINTY.index(best_day.certainty):
            best[key] = day
    return tuple((best | {(day.code, day.on.year): day for day in moved_days}).values())


def _yearly_days(records: Records, years: range) -> Iterator[tuple[date, HolidayRule]]:
    """Yield every holiday of some years with the rule in force on it: the last one appended that applies by
    then.
    """
    fixed: dict[tuple[int, int], list[HolidayRule]] = {}
    for rule in records.of(HolidayRule):
        for month_day in rule.days:
            fixed.setdefault(month_day, []).append(rule)
    for year in years:
        for (month, day), rules in sorted(fixed.items()):
            on = date(year, month, day)
            rules_by_code = {rule.code: rule for rule in rules if rule.applies_from <= on}
            introduced_rules = [rule for rule in rules_by_code.values() if rule.change == "introduced"]
            if introduced_rules:
                yield on, introduced_rules[-1]
