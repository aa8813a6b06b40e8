"""Explanation elements for the days inside a counted span: days off skipped, weekends worked, uncertain
days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from calendars.calendar import Calendar
from calendars.explanation import Element
from calendars.table import KINDS

_WEEKEND = KINDS.index("weekend")
_UNUSUAL = (
    ("holidays", frozenset(map(KINDS.index, ("holiday", "substitute", "religious", "transferred_off")))),
    ("office_days_off", frozenset({KINDS.index("office_off")})),
    ("worked_days_off", frozenset({KINDS.index("transferred_work")})),
    ("office_days_worked", frozenset({KINDS.index("office_work")})),
)


def explain_skipped(first: date, last: date, calendar: Calendar) -> Iterator[Element]:
    """Yield elements for the weekends and holidays skipped, then for days off that were working days and
    counted.
    """
    if last < first:
        return
    days, kinds = calendar.span(first, last)
    if weekend := tuple([day for day, kind in zip(days, kinds, strict=True) if kind == _WEEKEND]):
        yield Element(code="days_off", arguments={"days": weekend})
    if max(kinds) <= _WEEKEND:
        return
    marks = calendar.table.marks
    for code, of in _UNUSUAL:
        if found := tuple([day for day, kind in zip(days, kinds, strict=True) if kind in of]):
            acts = {marks[day].act for day in found}
            yield Element(code=code, arguments={"days": found}, act=acts.pop() if len(acts) == 1 else None)


def explain_uncertain(first: date, last: date, calendar: Calendar) -> Iterator[Element]:
    """Yield elements for the unconfirmed years and uncertain religious days of the span, and for a library
    calendar without acts.
    """
    if calendar.library:
        yield Element(code="library_rules", arguments={"calendar": calendar.library})
    for year in calendar.provisional_years(first, last):
        yield Element(code="provisional_year", arguments={"year": year})
    for day in calendar.uncertain(first, last):
        arguments = {"name": day.name, "day": day.day, "earliest": day.earliest, "latest": day.latest}
        yield Element(code="religious_window", arguments=arguments, on=day.day, act=day.act)
