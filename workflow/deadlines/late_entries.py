"""A term met under the calendar as it was told is met.

An act that becomes known after the due date it brings forward cannot be kept any more: the date told before it
stands.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from calendars.counting import CountedTerm
from calendars.kazakhstan import Kazakhstan
from calendars.records import Balance, ConfirmedYear, Entry, HolidayRule, Records
from calendars.terms import Element

_LONGEST = timedelta(days=200)
"""The longest span counted in working days in which an act can come too late."""
_MOVES_ON = timedelta(days=3)
"""How far a day off that falls on a weekend moves on."""


def entry_known_too_late(calendar: Kazakhstan, counted: CountedTerm, *, today: date) -> Entry | None:
    """Return the entry on days of a counted span that became known last, after the due date; None if there is
    none.

    Args:
        today: local date; a due date still ahead is none that an act came too late for.
    """
    due, first, last = counted.due, counted.first, counted.last
    if due is None or first is None or last is None or due >= today:
        return None
    days, entries = _known_late(calendar.records)
    late_entries = [
        entry
        for entry in entries[bisect_left(days, first - _MOVES_ON) : bisect_right(days, last)]
        if due < entry.known_from <= today
    ]
    return max(late_entries, key=lambda entry: entry.known_from, default=None)


def before_entry(counted: CountedTerm, earlier: CountedTerm, entry: Entry) -> CountedTerm:
    """Return the term as it was told before an entry came too late, and why; `counted` where that is no later.

    Args:
        earlier: the term counted without the entry.
    """
    if counted.due is None or earlier.due is None or earlier.due <= counted.due:
        return counted
    arguments: dict[str, object] = {"told": earlier.due, "on": counted.due, "known": entry.known_from}
    if entry.title is None:
        element = Element(code="told_before", arguments=arguments, on=earlier.due)
    else:
        arguments["act"] = entry.title
        element = Element(code="told_before_act", arguments=arguments, on=earlier.due, act=entry.act)
    return replace(earlier, elements=(*earlier.elements, element))


@lru_cache(maxsize=64)
def _known_late(records: Records) -> tuple[tuple[date, ...], tuple[Entry, ...]]:
    """Return the days that entries changed when a term with them may have passed, ascending, and the entry of
    each.
    """
    pairs = [
        (day, entry) for entry in records.entries for day in _days(entry) if entry.known_from > day - _LONGEST
    ]
    pairs.sort(key=lambda pair: pair[0])
    return tuple(day for day, _ in pairs), tuple(entry for _, entry in pairs)


def _days(entry: Entry) -> Iterator[date]:
    """Yield the days that an entry changes, before any moves on from a weekend: of a holiday rule those of its
    first year, of the confirmation of a year none.
    """
    if isinstance(entry, ConfirmedYear | Balance):
        return
    if isinstance(entry, HolidayRule):
        days = (date(entry.applies_from.year, month, day) for month, day in entry.days)
        yield from (day for day in days if day >= entry.applies_from)
    else:
        yield from entry.dates
