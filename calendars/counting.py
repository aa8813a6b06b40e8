"""Computes the due date of any kind of term, with an explanation of the calculation.

Forward, the anchor day is not counted (Civil Code art. 173) and a term that ends on a day off ends on the next
working day (art. 175), for state bodies by analogy. No article speaks of counting back: it is the mirror of
art. 173, and a day off is then left towards the past, so that nobody's time is shortened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from calendars.horizon import LAST, OutOfRange, index_of
from calendars.kazakhstan import Kazakhstan
from calendars.terms import (
    AtOnce,
    Before,
    CalendarDays,
    DayAfterPeriod,
    Duration,
    Element,
    Embargo,
    Explanation,
    InMonth,
    InQuarter,
    InYears,
    Months,
    OnDate,
    OngoingDuty,
    PerPeriod,
    Quota,
    Roll,
    Target,
    Term,
    Weeks,
    Window,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
    month_end,
    months_later,
)

LISTED_AT_MOST = 15
"""Most working days an explanation names one by one; of more it names the first and the last."""
ROLL_ACT = "civil-code-175"

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedTerm:
    """The result of counting a term.

    Attributes:
        due: the last permitted day; None when the term has no number, or has no anchor yet.
        safe_by: the due date by the stricter reading; never after `due`.
        opens: the first permitted day, for an embargo.
        closes: the last permitted day, for a window.
        first, last: the span in which a change of the calendar could move `due`; None when the calendar was not
            used.
        elements: the explanation.
    """

    due: date | None = None
    safe_by: date | None = None
    opens: date | None = None
    closes: date | None = None
    first: date | None = None
    last: date | None = None
    elements: Explanation = ()


# The cases of one schedule share their dates, and so do two looks at one case. A term, a day and a calendar
# (equal by content) always give the same answer, so it is kept.
@lru_cache(maxsize=8192)
def count(term: Term, anchor: date | None, calendar: Kazakhstan) -> CountedTerm:
    """Compute the due date of a term from its anchor, a local date (for a term of a period, the period's last
    day); cached. Without an anchor only a date that the act itself names is due.

    Raises:
        OutOfRange: the anchor, the result or a day between lies outside the calendar.
        TypeError: the anchor is a datetime.
    """
    if anchor is None:
        return _count_unanchored(term, calendar)
    if isinstance(term, WorkingDays):
        return _count_working_days(term, anchor, calendar)
    index_of(anchor, calendar.last)
    match term:
        case Duration(number):
            return _count_duration(number, anchor, calendar)
        case CalendarDays() | Weeks() | Months() | Years():
            return _count_span(term, anchor, calendar)
        case DayAfterPeriod(day):
            to = months_later(anchor, 1, day=day)
            return _end_on("day_after_period", {"day": day, "to": to, "last": anchor}, to, "next", calendar)
        case YearlyDate(month, day, years, day_in_doubt):
            to = months_later(date(anchor.year, month, 1), 12 * years, day=day)
            counted_term = _end_on("yearly_date", {"to": to}, to, "next", calendar)
            return (
                replace(counted_term, safe_by=_last_working_day(to - _DAY, calendar))
                if day_in_doubt
                else counted_term
            )
        case PerPeriod(number, period):
            return _end_on(
                "per_period", {"count": number, "period": period, "to": anchor}, anchor, "none", calendar
            )
        case Quota(share, of, period, _):
            share_of = {"share": share, "of": of, "period": period, "to": anchor}
            return _end_on("quota", share_of, anchor, "none", calendar)
        case Embargo(years):
            until = months_later(anchor, 12 * years)
            # No working day is counted: one that ends after the records forbids no less.
            element = Element(code="embargo_until", arguments={"years": years, "until": until}, on=until)
            return CountedTerm(opens=until + _DAY, elements=(element,))
        case Window(within):
            return _as_window(count(within, anchor, calendar))
        case Target():
            return _explain_target(term, anchor)
    return _count_unanchored(term, calendar)


def _count_span(term: CalendarDays | Weeks | Months | Years, anchor: date, calendar: Kazakhstan) -> CountedTerm:
    """Compute a term of days, weeks, months or years of the calendar, after the anchor or before it."""
    number = term.count
    match term:
        case CalendarDays(unspecified=unspecified):
            code = "unspecified_days" if unspecified else _direction_code("calendar_days", number)
            end = _days_later(anchor, number)
        case Weeks():
            code, end = "weeks_after", _days_later(anchor, 7 * number)
        case Months():
            code, end = _direction_code("months", number), months_later(anchor, number)
        case Years():
            code, end = "years_after", months_later(anchor, 12 * number)
    arguments = {"count": abs(number), "to": end}
    return _end_on(code, arguments, end, term.roll, calendar, backward=number < 0)


def _count_unanchored(term: Term, calendar: Kazakhstan) -> CountedTerm:
    """Compute a term that needs no anchor: a date the act names, or a duty without a date; else nothing."""
    match term:
        case OnDate(on):
            return _end_on("on_date", {"to": on}, on, "none", calendar)
        case InMonth(year, month):
            to = month_end(year, month)
            return _end_on("in_month", {"year": year, "month": month, "to": to}, to, "none", calendar)
        case InQuarter(year, quarter):
            to = month_end(year, 3 * quarter)
            return _end_on("in_quarter", {"year": year, "quarter": quarter, "to": to}, to, "none", calendar)
        case InYears(begin, end):
            to = date(end, 12, 31)
            years: dict[str, object] = {"year": end, "to": to}
            if begin == end:
                return _end_on("in_year", years, to, "none", calendar)
            return _end_on("in_years", {"first": begin, **years}, to, "none", calendar)
        case OngoingDuty():
            return CountedTerm(elements=(Element(code="standing"),))
        case Before():
            return CountedTerm(elements=(Element(code="before_anchor"),))
        case AtOnce():
            return CountedTerm(elements=(Element(code="at_once"),))
        case WithoutTerm():
            return CountedTerm(elements=(Element(code="without_term"),))
    return CountedTerm()


def _count_working_days(term: WorkingDays, anchor: date, calendar: Kazakhstan) -> CountedTerm:
    """Compute a term of N working days after or before the anchor."""
    number = term.count
    due = safe_by = calendar.add_working_days(anchor, number)
    if number >= 0:
        code, first, last = "working_days_after", anchor + _DAY, due
        begin = calendar.upto[anchor]
        days = listed_days = calendar.working_days[begin : begin + number]
    else:
        end = calendar.before[anchor]
        days = calendar.working_days[end + number : end]
        listed_days = days[::-1]
        safe_by = calendar.working_days[max(0, end + number - 1)]
        code, first, last = "working_days_before", due, anchor - _DAY
    arguments: dict[str, object] = {"count": abs(number), "days": listed_days}
    if len(listed_days) > LISTED_AT_MOST:
        arguments = {"count": abs(number), "days": (), "first": days[0], "last": days[-1]}
    elements = [Element(code=code, arguments=arguments, on=due), *explain_skipped(first, last, calendar)]
    if number:
        elements += explain_uncertain(first, last, calendar)
    return CountedTerm(
        due=due,
        safe_by=safe_by,
        first=first if number else None,
        last=last if number else None,
        elements=tuple(elements),
    )


def _as_window(counted_term: CountedTerm) -> CountedTerm:
    """Turn the due date of a term into the closing day of a right."""
    closing = Element(code="window_closes", arguments={"on": counted_term.due}, on=counted_term.due)
    elements = (*counted_term.elements, closing)
    return replace(counted_term, due=None, safe_by=None, closes=counted_term.due, elements=elements)


def _explain_target(term: Target, anchor: date) -> CountedTerm:
    """Explain the figure to be reached in the anchor's year; it is measured and never due."""
    figure = term.of(anchor.year)
    if figure is None:
        return CountedTerm(elements=(Element(code="target_none", arguments={"year": anchor.year}),))
    arguments = {"year": anchor.year, "figure": figure, "better": term.better}
    return CountedTerm(elements=(Element(code="target", arguments=arguments),))


def _count_duration(number: int, anchor: date, calendar: Kazakhstan) -> CountedTerm:
    """Compute the last day of at most so many working days, anchor and last day included."""
    due = calendar.add_working_days(calendar.find_following_working_day(anchor), number - 1)
    return CountedTerm(
        due=due,
        safe_by=due,
        first=anchor,
        last=due,
        elements=(
            Element(code="duration", arguments={"count": number, "first": anchor, "last": due}, on=due),
            *explain_skipped(anchor, due, calendar),
            *explain_uncertain(anchor, due, calendar),
        ),
    )


def _end_on(
    code: str,
    arguments: Mapping[str, object],
    to: date,
    roll: Roll,
    calendar: Kazakhstan,
    *,
    backward: bool = False,
) -> CountedTerm:
    """Compute a term that ends on a calendar day, moved off a day off where the term says so."""
    index_of(to, calendar.last)
    element = Element(code=code, arguments=arguments, on=to)
    if roll == "none":
        return CountedTerm(due=to, safe_by=to, elements=(element,))
    if calendar.is_working_day(to):
        return CountedTerm(
            due=to, safe_by=to, first=to, last=to, elements=(element, *explain_uncertain(to, to, calendar))
        )
    if backward:  # forward would eat into the time the term keeps free
        due = safe_by = first = calendar.find_previous_working_day(to)
        last, act = to, None
    else:
        due = last = calendar.find_following_working_day(to)
        first, act = to, ROLL_ACT
        safe_by = _last_working_day(to, calendar)
    rolled = Element(code="rolled", arguments={"on": to, "to": due}, on=due, act=act)
    elements = (
        element,
        rolled,
        *explain_skipped(first, last, calendar),
        *explain_uncertain(first, last, calendar),
    )
    return CountedTerm(due=due, safe_by=safe_by, first=first, last=last, elements=elements)


def _last_working_day(to: date, calendar: Kazakhstan) -> date:
    """Return the last working day up to a day: the safe date if the roll to the next working day is
    disputed.
    """
    return calendar.working_days[max(0, calendar.upto[to] - 1)]


def _direction_code(unit: str, number: int) -> str:
    return f"{unit}_before" if number < 0 else f"{unit}_after"


def _days_later(anchor: date, number: int) -> date:
    """Return the date so many days later. Raises OutOfRange where Python's dates end."""
    try:
        return anchor + timedelta(days=number)
    except OverflowError:
        raise OutOfRange(date.max if number > 0 else date.min) from None


_UNUSUAL = {
    "days_off": ("weekend",),
    "holidays": ("holiday", "substitute", "religious", "transferred_off"),
    "office_days_off": ("office_off",),
    "worked_days_off": ("transferred_work",),
    "office_days_worked": ("office_work",),
}
"""The kinds of day an explanation names, by the code of its element."""


def explain_skipped(first: date, last: date, calendar: Kazakhstan) -> Iterator[Element]:
    """Yield elements for the weekends and holidays skipped, then for days off that were working days and
    counted.
    """
    if last < first:
        return
    unusual = [day for day in calendar.days(first, last) if day.kind != "working"]
    for code, kinds in _UNUSUAL.items():
        if days := [day for day in unusual if day.kind in kinds]:
            acts = {day.act for day in days}
            act = acts.pop() if len(acts) == 1 else None
            yield Element(code=code, arguments={"days": tuple(day.on for day in days)}, act=act)


def explain_uncertain(first: date, last: date, calendar: Kazakhstan) -> Iterator[Element]:
    """Yield elements for the unconfirmed years and the religious days of the span that may move (one for all
    after the records).
    """
    for year in calendar.provisional_years(first, last):
        if year > LAST.year:
            yield Element(code="beyond_records", arguments={"last": LAST}, on=LAST)
            break
        yield Element(code="provisional_year", arguments={"year": year})
    for day in calendar.religious_windows(first, last):
        arguments = {"name": day.name, "day": day.day, "earliest": day.earliest, "latest": day.latest}
        yield Element(code="religious_window", arguments=arguments, on=day.day, act=day.act)
