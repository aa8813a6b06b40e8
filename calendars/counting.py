"""One function counts every kind of term and explains what it counted.

Forward, the anchor day is not counted (Civil Code art. 173); a term that ends on a day off rolls to the
next working day (art. 175), both by analogy for state bodies, which is assumed. Backward is the mirror.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from calendars.calendar import Calendar
from calendars.explanation import Element, Explanation
from calendars.shift import is_weekend
from calendars.terms import (
    AtOnce,
    Before,
    CalendarDays,
    DayAfterPeriod,
    Duration,
    Embargo,
    InMonth,
    InQuarter,
    Months,
    OnDate,
    PerPeriod,
    Quota,
    Roll,
    Term,
    Weeks,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
)

LISTED_AT_MOST = 15
ROLL_ACT = "civil-code-175"


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What counting a term gave.

    Attributes:
        due: the last day in time; None when the term has no number or nothing to count from.
        safe_by: the more careful reading.
        opens: the first permitted day, for an embargo.
        first, last: the span of days looked at; a move of any of them could move `due`.
        elements: what was counted, as values.
    """

    due: date | None
    safe_by: date | None
    opens: date | None
    first: date | None
    last: date | None
    elements: Explanation


def count(term: Term, anchor: date | None, calendar: Calendar) -> Counted:
    """Count a term from its anchor (a local date; the last day of the period for terms of a period).

    Raises OutOfRange where a day looked at lies outside the records.
    """
    match term:
        case InMonth(year, month, roll):
            to = _month_end(year, month)
            return _dated(
                to,
                roll,
                calendar,
                Element(code="in_month", arguments={"year": year, "month": month, "to": to}, on=to),
            )
        case InQuarter(year, quarter, roll):
            to = _month_end(year, quarter * 3)
            arguments: dict[str, object] = {"year": year, "quarter": quarter, "to": to}
            return _dated(to, roll, calendar, Element(code="in_quarter", arguments=arguments, on=to))
        case OnDate(on, roll):
            return _dated(on, roll, calendar, Element(code="on_date", arguments={"to": on}, on=on))
        case AtOnce():
            return _without_due("at_once")
        case Before():
            return _without_due("before_anchor")
        case WithoutTerm():
            return _without_due("without_term")
    if anchor is None:
        return Counted(due=None, safe_by=None, opens=None, first=None, last=None, elements=())
    match term:
        case WorkingDays():
            return _working_days(term, anchor, calendar)
        case Duration(number):
            return _duration(number, anchor, calendar)
        case CalendarDays(number, unspecified, roll):
            to = anchor + timedelta(days=number)
            code = "unspecified_days" if unspecified else _toward("calendar_days", number)
            return _dated(to, roll, calendar, _number(code, number, to), backward=number < 0)
        case Weeks(number, roll):
            to = anchor + timedelta(weeks=number)
            return _dated(to, roll, calendar, _number("weeks_after", number, to))
        case Months(number, roll):
            to = _months_later(anchor, number)
            return _dated(
                to, roll, calendar, _number(_toward("months", number), number, to), backward=number < 0
            )
        case Years(number, roll):
            to = _months_later(anchor, 12 * number)
            return _dated(to, roll, calendar, _number("years_after", number, to))
        case DayAfterPeriod(day, later, roll):
            to = _months_later(date(anchor.year, anchor.month, 1), later).replace(day=day)
            said = {"day": day, "to": to, "last": anchor}
            return _dated(to, roll, calendar, Element(code="day_after_period", arguments=said, on=to))
        case YearlyDate(month, day, later, roll):
            to = date(anchor.year + later, month, day)
            return _dated(to, roll, calendar, Element(code="yearly_date", arguments={"to": to}, on=to))
        case PerPeriod(number, period):
            said = {"count": number, "period": period, "to": anchor}
            return _dated(anchor, "none", calendar, Element(code="per_period", arguments=said, on=anchor))
        case Quota(share, of, period):
            said = {"share": share, "of": of, "period": period, "to": anchor}
            return _dated(anchor, "none", calendar, Element(code="quota", arguments=said, on=anchor))
        case Embargo(years):
            until = _months_later(anchor, 12 * years)
            element = Element(code="embargo_until", arguments={"years": years, "until": until}, on=until)
            opens = until + timedelta(days=1)
            return Counted(due=None, safe_by=None, opens=opens, first=None, last=None, elements=(element,))


def _working_days(term: WorkingDays, anchor: date, calendar: Calendar) -> Counted:
    clear = term.count < 0 and term.backward == "clear_days"
    due = calendar.add(anchor, term.count - 1 if clear else term.count)
    if term.count >= 0:
        days = calendar.worked(_next(anchor), due)
        first, last, code, safe = _next(anchor), due, "working_days_after", due
    else:
        days = calendar.worked(_next(due) if clear else due, _previous(anchor))
        days.reverse()
        first, last = due, _previous(anchor)
        code, safe = ("clear_days_before", due) if clear else ("working_days_before", calendar.add(due, -1))
    listed = tuple(days) if len(days) <= LISTED_AT_MOST else ()
    said: dict[str, object] = {"count": abs(term.count), "days": listed}
    if not listed:
        said |= {"first": first if term.count >= 0 else due, "last": last}
    element = Element(code=code, arguments=said, on=due)
    return Counted(
        due=due,
        safe_by=safe,
        opens=None,
        first=min(first, due),
        last=max(last, due),
        elements=(element, *_skipped(first, last, days, calendar), *_unsure(first, last, calendar)),
    )


def _duration(number: int, anchor: date, calendar: Calendar) -> Counted:
    due = calendar.add(_previous(anchor), number)
    said = {"count": number, "first": anchor, "last": due}
    return Counted(
        due=due,
        safe_by=due,
        opens=None,
        first=anchor,
        last=due,
        elements=(
            Element(code="duration", arguments=said, on=due),
            *_skipped(anchor, due, (), calendar),
            *_unsure(anchor, due, calendar),
        ),
    )


def _dated(to: date, roll: Roll, calendar: Calendar, element: Element, *, backward: bool = False) -> Counted:
    """A term that ends on a day of the calendar: rolled off a day off where the term says so."""
    if roll == "none" or calendar.is_working(to):
        return Counted(
            due=to,
            safe_by=to,
            opens=None,
            first=to,
            last=to,
            elements=(element, *_unsure(to, to, calendar)),
        )
    # Before an event a day off shifts backward: forward would eat into the other side's time.
    due = calendar.previous_working(to) if backward else calendar.next_working(to)
    first, last = min(to, due), max(to, due)
    rolled = Element(code="rolled", arguments={"on": to, "to": due}, on=due, act=ROLL_ACT)
    return Counted(
        due=due,
        safe_by=calendar.previous_working(to),
        opens=None,
        first=first,
        last=last,
        elements=(element, rolled, *_unsure(first, last, calendar)),
    )


def _skipped(first: date, last: date, counted: Iterable[date], calendar: Calendar) -> Iterable[Element]:
    weekend, other = [], []
    act = None
    for day in calendar.not_worked(first, last):
        special = calendar.special(day)
        if special is None:
            weekend.append(day)
        else:
            other.append(day)
            act = act or special.act
    if weekend:
        yield Element(code="days_off", arguments={"days": tuple(weekend)})
    if other:
        yield Element(code="holidays", arguments={"days": tuple(other)}, act=act)
    worked = tuple(day for day in counted if is_weekend(day))
    if worked:
        yield Element(code="worked_days_off", arguments={"days": worked})


def _unsure(first: date, last: date, calendar: Calendar) -> Iterable[Element]:
    if last.year > calendar.confirmed_until:
        yield Element(code="provisional_year", arguments={"year": last.year})
    for day in calendar.uncertain(first, last):
        yield Element(
            code="religious_window",
            arguments={
                "name": day.name,
                "day": day.on,
                "earliest": _previous(day.on),
                "latest": _next(day.on),
            },
            on=day.on,
        )


def _without_due(code: str) -> Counted:
    return Counted(due=None, safe_by=None, opens=None, first=None, last=None, elements=(Element(code=code),))


def _number(code: str, number: int, to: date) -> Element:
    return Element(code=code, arguments={"count": abs(number), "to": to}, on=to)


def _toward(what: str, number: int) -> str:
    return f"{what}_before" if number < 0 else f"{what}_after"


def _month_end(year: int, month: int) -> date:
    return date(year, month, months.monthrange(year, month)[1])


def _months_later(day: date, number: int) -> date:
    """The same day number some months later, or the last day of that month (Civil Code art. 174)."""
    month = day.year * 12 + day.month - 1 + number
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _previous(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
