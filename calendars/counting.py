"""Computes the due date of any kind of term, with an explanation of the calculation.

Forward, the anchor day is not counted (Civil Code art. 173) and a term that ends on a day off ends on the next
working day (art. 175), for state bodies by analogy. No article speaks of counting back: it is the mirror of
art. 173, and a day off is then left towards the past, so that nobody's time is shortened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from calendars import terms
from calendars.kazakhstan import Kazakhstan
from calendars.refusal import LAST, index_of
from calendars.terms import Element, Explanation, months_later

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
def count(term: terms.Term, anchor: date | None, calendar: Kazakhstan, *, rolls: bool = True) -> CountedTerm:
    """Compute the due date of a term from its anchor, a local date (for a term of a period, the period's last
    day); cached. Without an anchor only a date that the act itself names is due.

    `rolls`: whether one that ends on a day off moves to the next working day (counted back: the one before).
    Raises OutOfRange where a day of it lies outside the calendar, TypeError for a datetime.
    """
    if anchor is None:
        return _count_unanchored(term, calendar)
    if isinstance(term, terms.After) and term.unit == "working days":
        return _count_working_days(term.count, anchor, calendar)
    index_of(anchor, calendar.last)
    match term:
        case terms.Duration(number):
            return _count_duration(number, anchor, calendar)
        case terms.After(number):
            end, code = term.end(anchor), "unspecified_days" if term.unit == "days" else term.code
            arguments = {"count": abs(number), "to": end}
            return _end_on(code, arguments, end, calendar, rolls=rolls, backward=number < 0)
        case terms.DayAfterPeriod(day):
            to = months_later(anchor, 1, day=day)
            arguments = {"day": day, "to": to, "last": anchor}
            return _end_on("day_after_period", arguments, to, calendar, rolls=rolls)
        case terms.YearlyDate(month, day, years, day_in_doubt):
            to = months_later(date(anchor.year, month, 1), 12 * years, day=day)
            counted_term = _end_on("yearly_date", {"to": to}, to, calendar, rolls=rolls)
            return (
                replace(counted_term, safe_by=_last_working_day(to - _DAY, calendar))
                if day_in_doubt
                else counted_term
            )
        case terms.PerPeriod(number, period):
            return _end_on("per_period", {"count": number, "period": period, "to": anchor}, anchor, calendar)
        case terms.Quota(share, of, period):
            share_of = {"share": share, "of": of, "period": period, "to": anchor}
            return _end_on("quota", share_of, anchor, calendar)
        case terms.Embargo(years):
            until = months_later(anchor, 12 * years)
            # No working day is counted: one that ends after the records forbids no less.
            element = Element(code="embargo_until", arguments={"years": years, "until": until}, on=until)
            return CountedTerm(opens=until + _DAY, elements=(element,))
        case terms.Target():
            return _explain_target(term, anchor.year)
    return _count_unanchored(term, calendar)


def _count_unanchored(term: terms.Term, calendar: Kazakhstan) -> CountedTerm:
    """Compute a term that needs no anchor: a date the act names, or a duty without a date; else nothing."""
    match term:
        case terms.OnDate(on):
            return _end_on("on_date", {"to": on}, on, calendar)
        case terms.InPeriod():
            period_code, numbers, to = term.parts()
            return _end_on(period_code, {**numbers, "to": to}, to, calendar)
    code = _WITHOUT_NUMBER.get(type(term))
    return CountedTerm(elements=(Element(code=code),)) if code else CountedTerm()


_WITHOUT_NUMBER: Mapping[type[terms.Term], str] = {
    terms.OngoingDuty: "standing",
    terms.Before: "before_anchor",
    terms.AtOnce: "at_once",
    terms.WithoutTerm: "without_term",
}
"""The codes of what is said of a term without number and day."""


def _count_working_days(number: int, anchor: date, calendar: Kazakhstan) -> CountedTerm:
    """Compute a term of N working days after or before the anchor."""
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
    element = Element(code=code, arguments=arguments, on=due)
    if not number:
        return CountedTerm(due=due, safe_by=safe_by, elements=(element,))
    return _over(first, last, [element], calendar, due=due, safe_by=safe_by)


def _over(
    first: date,
    last: date,
    elements: Iterable[Element],
    calendar: Kazakhstan,
    *,
    due: date,
    safe_by: date,
) -> CountedTerm:
    """Return a term counted over the days of a span, which are explained too."""
    skipped, uncertain = explain_skipped(first, last, calendar), explain_uncertain(first, last, calendar)
    elements = (*elements, *skipped, *uncertain)
    return CountedTerm(due=due, safe_by=safe_by, first=first, last=last, elements=elements)


def as_right(counted_term: CountedTerm) -> CountedTerm:
    """Turn the due date of a term, if it has one, into the last day of a right."""
    if counted_term.due is None:
        return counted_term
    closing = Element(code="window_closes", arguments={"on": counted_term.due}, on=counted_term.due)
    elements = (*counted_term.elements, closing)
    return replace(counted_term, due=None, safe_by=None, closes=counted_term.due, elements=elements)


def _explain_target(term: terms.Target, year: int) -> CountedTerm:
    """Explain the figure to be reached in a year; it is measured and never due."""
    figure = term.of(year)
    told = {"figure": figure, "better": term.better} if figure else {}
    code = "target" if figure else "target_none"
    return CountedTerm(elements=(Element(code=code, arguments={"year": year, **told}),))


def _count_duration(number: int, anchor: date, calendar: Kazakhstan) -> CountedTerm:
    """Compute the last day of at most so many working days, anchor and last day included."""
    due = calendar.add_working_days(calendar.find_following_working_day(anchor), number - 1)
    element = Element(code="duration", arguments={"count": number, "first": anchor, "last": due}, on=due)
    return _over(anchor, due, [element], calendar, due=due, safe_by=due)


def _end_on(
    code: str,
    arguments: Mapping[str, object],
    to: date,
    calendar: Kazakhstan,
    *,
    rolls: bool = False,
    backward: bool = False,
) -> CountedTerm:
    """Compute a term that ends on a calendar day, moved off a day off where it `rolls`."""
    index_of(to, calendar.last)
    element = Element(code=code, arguments=arguments, on=to)
    if not rolls:
        return CountedTerm(due=to, safe_by=to, elements=(element,))
    if calendar.is_working_day(to):
        elements = (element, *explain_uncertain(to, to, calendar))
        return CountedTerm(due=to, safe_by=to, first=to, last=to, elements=elements)
    if backward:  # forward would eat into the time the term keeps free
        due = safe_by = first = calendar.find_previous_working_day(to)
        last, roll, act = to, "rolled_back", None
    else:
        due = last = calendar.find_following_working_day(to)
        first, roll, act = to, "rolled", ROLL_ACT
        safe_by = _last_working_day(to, calendar)
    rolled = Element(code=roll, arguments={"on": to, "to": due}, on=due, act=act)
    return _over(first, last, [element, rolled], calendar, due=due, safe_by=safe_by)


def _last_working_day(to: date, calendar: Kazakhstan) -> date:
    """Return the last working day up to a day: the safe date if the roll to the next one is disputed."""
    return calendar.working_days[max(0, calendar.upto[to] - 1)]


_UNUSUAL = {
    "days_off": ("weekend",),
    "holidays": ("holiday", "substitute", "religious", "transferred_off"),
    "office_days_off": ("office_off",),
    "worked_days_off": ("transferred_work",),
    "office_days_worked": ("office_work",),
}
"""The kinds of day an explanation names, by the code of its element."""


def explain_skipped(first: date, last: date, calendar: Kazakhstan) -> Iterator[Element]:
    """Yield elements for the days off skipped, by kind, then for those that were worked and so counted."""
    if last < first:
        return
    unusual = [day for day in calendar.days(first, last) if day.kind != "working"]
    for code, kinds in _UNUSUAL.items():
        if days := [day for day in unusual if day.kind in kinds]:
            acts = {day.act for day in days}
            act = acts.pop() if len(acts) == 1 else None
            yield Element(code=code, arguments={"days": tuple(day.on for day in days)}, act=act)


def explain_uncertain(first: date, last: date, calendar: Kazakhstan) -> Iterator[Element]:
    """Yield elements for unconfirmed years (one for all after the records) and religious days that may move."""
    for year in calendar.provisional_years(first, last):
        if year > LAST.year:
            yield Element(code="beyond_records", arguments={"last": LAST}, on=LAST)
            break
        yield Element(code="provisional_year", arguments={"year": year})
    for day in calendar.religious_windows(first, last):
        arguments = {"name": day.name, "day": day.day, "earliest": day.earliest, "latest": day.latest}
        yield Element(code="religious_window", arguments=arguments, on=day.day, act=day.act)
