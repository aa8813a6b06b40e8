"""From records to a calendar: what was known, shifted by statute, moved by order, checked against the balance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from calendars.calendar import Calendar, Day, Uncertain
from calendars.records import FIRST, LAST, Balance, Records, Religious, UnreadableRecord, shipped
from calendars.shift import substitutes

# A holiday of the last days of a year gives its day off to the next year, so a year more is looked at.
_YEARS = range(FIRST.year - 1, LAST.year + 1)


def calendar(as_of: date | None = None) -> Calendar:
    """The calendar of the shipped records as known on a day (local date); None is every record on file."""
    return _checked(_moment(as_of))


def compiled(records: Records, as_of: date | None = None) -> Calendar:
    """The calendar of any records as known on a day. Raises UnreadableRecord when a confirmed year differs
    from its official balance."""
    made = _made(records.known(as_of), records.confirmed_until(as_of), {})
    for balance in records.balances:
        moment = date(balance.year - 1, 12, 31) if balance.published else None
        if balance.year <= records.confirmed_until(None):
            compared = _made(records.known(moment), balance.year, {}, years=(balance.year - 1, balance.year))
            _check(balance, compared)
    return made


@lru_cache(maxsize=64)
def _checked(as_of: date | None) -> Calendar:
    records = shipped()
    if as_of is None:
        return compiled(records)
    _checked(None)
    return _made(records.known(as_of), records.confirmed_until(as_of), {})


def _moment(as_of: date | None) -> date | None:
    """The last day on or before `as_of` on which something became known: the days between see the same records."""
    if as_of is None:
        return None
    return max((day for day in _turning_days() if day <= as_of), default=date.min)


@lru_cache(maxsize=1)
def _turning_days() -> tuple[date, ...]:
    records = shipped()
    dated = [
        entry.known_at
        for entries in (records.introduced, records.abolished, records.religious, records.overrides)
        for entry in entries
    ]
    days = {day for day in dated if day is not None}
    days |= {entry.known for entry in records.transfers} | {entry.known_at for entry in records.confirmed}
    days |= {date(year - 1, 12, 31) for year in range(FIRST.year, LAST.year + 1)}
    return tuple(sorted(days))


def _made(
    records: Records, confirmed_until: int, moves: Mapping[date, int], years: tuple[int, int] | None = None
) -> Calendar:
    span = _YEARS if years is None else range(years[0], years[1] + 1)
    first, last = (FIRST, LAST) if years is None else (date(years[1], 1, 1), date(years[1], 12, 31))
    special, uncertain = _special(records, moves, span)

    def remade(more: Mapping[date, int]) -> Calendar:
        return _made(records, confirmed_until, more)

    return Calendar(
        first,
        last,
        {on: day for on, day in special.items() if first <= on <= last},
        confirmed_until=confirmed_until,
        uncertain=() if moves else uncertain,
        remade=remade,
    )


def _special(
    records: Records, moves: Mapping[date, int], years: range
) -> tuple[dict[date, Day], tuple[Uncertain, ...]]:
    holidays = _holidays(records, years)
    religious, uncertain = _religious(records, moves, years)
    special = {
        on: Day(on, False, "substitute", holidays[moved].name, holidays[moved].act)
        for on, moved in substitutes(holidays, religious.keys()).items()
    }
    special |= religious | holidays
    for transfer in records.transfers:
        special[transfer.off] = Day(transfer.off, False, "transferred_off", None, transfer.act)
        special[transfer.worked] = Day(transfer.worked, True, "transferred_work", None, transfer.act)
    for override in records.overrides:
        kind = "transferred_work" if override.working else "transferred_off"
        special[override.on] = Day(override.on, override.working, kind, None, override.act)
    return special, uncertain


def _holidays(records: Records, years: range) -> dict[date, Day]:
    ends = {entry.holiday: entry.last for entry in records.abolished}
    return {
        on: Day(on, False, "holiday", entry.holiday, entry.act)
        for entry in records.introduced
        for year in years
        if entry.since <= year <= ends.get(entry.holiday, LAST.year)
        for on in (date(year, entry.month, entry.day),)
    }


def _religious(
    records: Records, moves: Mapping[date, int], years: range
) -> tuple[dict[date, Day], tuple[Uncertain, ...]]:
    days = {
        on: Day(on, False, "religious", entry.holiday, entry.act)
        for entry in records.yearly
        for year in years
        for on in (date(year, entry.month, entry.day),)
    }
    latest: dict[tuple[str, int], Religious] = {}
    for announced in records.religious:
        if announced.on.year in years:
            latest[announced.holiday, announced.on.year] = announced
    uncertain = []
    for entry in latest.values():
        on = entry.on + timedelta(days=moves.get(entry.on, 0))
        days[on] = Day(on, False, "religious", entry.holiday, entry.act)
        if entry.status != "announced_final":
            uncertain.append(Uncertain(entry.holiday, entry.on))
    return days, tuple(uncertain)


def _check(balance: Balance, made: Calendar) -> None:
    year = balance.year
    counted = [0] * 12
    for day in made.worked(date(year, 1, 1), date(year, 12, 31)):
        counted[day.month - 1] += 1
    for month, (ours, official) in enumerate(zip(counted, balance.months, strict=False), 1):
        if ours != official:
            raise UnreadableRecord(
                f"balance {year}-{month:02d}: {official} working days, the records give {ours}"
            )
    if balance.total is not None and sum(counted) != balance.total:
        raise UnreadableRecord(f"balance {year}: {balance.total} working days, the records give {sum(counted)}")
