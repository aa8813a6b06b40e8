"""The kinds of term the law uses, as frozen values, the periods some of them recur in, and the statements of an
explanation; `calendars.counting` computes their due dates.

A term in days is its own type: never hours, never a timedelta. One that ends on a day
off ends on the next working day (Civil Code art. 175, by analogy: assumed).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from calendars.refusal import OutOfRange


def months_later(day_of: date, number: int, *, day: int | None = None) -> date:
    """Return the date so many months later, on the same day number (or on `day`), at most the month's last day.

    Raises OutOfRange where Python's dates end.
    """
    months = day_of.year * 12 + day_of.month - 1 + number
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OutOfRange(date.max if number > 0 else date.min)
    return date(year, month + 1, min(day or day_of.day, monthrange(year, month + 1)[1]))


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


Period = Literal["month", "quarter", "half-year", "year"]
Better = Literal["higher", "lower", "place"]


@dataclass(frozen=True, slots=True)
class Quota:
    """At least a share of something (5 % of staff) in a period; due on the period's last day.

    `of` may name a number recorded with the fact (people on the staff).
    """

    share: Fraction
    of: str
    period: Period


@dataclass(frozen=True, slots=True)
class Target:
    """A value to be reached in a year; measured, never due. The anchor is the last day of that year. `years`:
    (year, the figure as the act writes it: "43.5", or a range "62-65"). `better`: "higher" or "lower"; "place":
    a place in a ranking, better when it is lower.
    """

    years: tuple[tuple[int, str], ...]
    better: Better

    def of(self, year: int) -> str | None:
        """Return the target of a year as the act writes it; None for a year without one."""
        return next((figure for figure_year, figure in self.years if figure_year == year), None)

    def bound(self, year: int) -> Fraction | None:
        """Return the worst value that still meets the target (of a range the lower, if higher is better)."""
        figure_text = self.of(year)
        if figure_text is None:
            return None
        low, _, high = figure_text.rstrip("% ").partition("-")
        return Fraction(low if self.better == "higher" or not high else high)

    def met(self, year: int, measured: Fraction) -> bool:
        """Return whether a measured value meets the year's target; True for a year without a target."""
        bound = self.bound(year)
        if bound is None:
            return True
        return measured >= bound if self.better == "higher" else measured <= bound


CountUnit = Literal["working days", "calendar days", "days", "weeks", "months", "years"]
"""What a term is counted in; "days" if the act does not say which days: they are counted as calendar days."""


@dataclass(frozen=True, slots=True)
class After:
    """So many days, weeks, months or years after the anchor, or before it when `count` is negative.

    The anchor day is not counted; weeks end on the same weekday, months and years on the same day number, or on
    the last day of that month (Civil Code art. 174). Of a negative count of working days the N-th before is the
    last permitted one. No article says so (mirror of art. 173); `safe_by` leaves N clear working days between.
    """

    count: int
    unit: CountUnit = "working days"

    @property
    def code(self) -> str:
        """Its code in JSON and the catalogues: `working_days_after`, `months_before`."""
        return f"{self.unit.replace(' ', '_')}_{'before' if self.count < 0 else 'after'}"

    def end(self, anchor: date) -> date:
        """Return the day it ends on, a day off or not; of working days none is skipped here.

        Raises OutOfRange where Python's dates end.
        """
        if self.unit in ("months", "years"):
            return months_later(anchor, self.count if self.unit == "months" else 12 * self.count)
        try:
            return anchor + timedelta(days=7 * self.count if self.unit == "weeks" else self.count)
        except OverflowError:
            raise OutOfRange(date.max if self.count > 0 else date.min) from None


@dataclass(frozen=True, slots=True)
class DayAfterPeriod:
    """Day `day` of the month after a period; the anchor is the last day of that period."""

    day: int


@dataclass(frozen=True, slots=True)
class YearlyDate:
    """A fixed day and month in the year of the anchor, or `years` later.

    `day_in_doubt`: the act says "to" the day ("15 сәуіріне дейін") without saying whether that day is included:
    it is, and the working day before is the safe one.
    """

    month: int
    day: int
    years: int = 0
    day_in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Duration:
    """At most `count` working days from the anchor on, both ends counted."""

    count: int


@dataclass(frozen=True, slots=True)
class PerPeriod:
    """At least `count` times in a period; due on its last day. The anchor is the last day of that period."""

    count: int
    period: Period


@dataclass(frozen=True, slots=True)
class Embargo:
    """An act forbidden until `years` years after the anchor: opens a window, is never due."""

    years: int


@dataclass(frozen=True, slots=True)
class OngoingDuty:
    """A duty observed every day, with no due date."""


NAMED_PERIOD = "^(20[0-9]{2})(?:Q([1-4])|-(0[1-9]|1[0-2])|-(20[0-9]{2}))?$"


@dataclass(frozen=True, slots=True)
class InPeriod:
    """A period by its name: 2026Q3, 2026-05, 2026, or 2022-2026; due on its last day."""

    name: str

    def parts(self) -> tuple[str, dict[str, object], date]:
        """Return the code of the sentence about it, the numbers in that, and its last day."""
        found = re.match(NAMED_PERIOD, self.name)
        assert found is not None
        year, quarter, month, last = (int(number or 0) for number in found.groups())
        if quarter:
            return "in_quarter", {"year": year, "quarter": quarter}, month_end(year, 3 * quarter)
        if month:
            return "in_month", {"year": year, "month": month}, month_end(year, month)
        if last:
            return "in_years", {"first": year, "year": last}, date(last, 12, 31)
        return "in_year", {"year": year}, date(year, 12, 31)


@dataclass(frozen=True, slots=True)
class OnDate:
    """A date named by the act itself."""

    on: date


@dataclass(frozen=True, slots=True)
class Before:
    """A precondition: it must be done before the anchor, without a number of days."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """ "At once" after the anchor: no number of days and no due date; only that it is not delayed matters."""


@dataclass(frozen=True, slots=True)
class WithoutTerm:
    """A duty for which the act names no term."""


_Dated = After | DayAfterPeriod | YearlyDate | Duration | InPeriod | OnDate
_OfAPeriod = PerPeriod | Quota | Target
_Dateless = Embargo | OngoingDuty | Before | AtOnce | WithoutTerm
Term = _Dated | _OfAPeriod | _Dateless


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """One statement of an explanation.

    Attributes:
        code: which statement this is (a key of the catalogues of i18n/).
        arguments: what fills the statement: numbers, dates, tuples of dates, codes, titles by language.
        on: the date the statement speaks of, if it speaks of one.
        act: id of the act the statement rests on, if it rests on one.
    """

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    on: date | None = None
    act: str | None = None


Explanation = tuple[Element, ...]


_MONTHS: dict[Period, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_NAMES: dict[Period, str] = {"month": "{}-{:02d}", "quarter": "{}Q{}", "half-year": "{}H{}", "year": "{}"}


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """One period: its name, first and last day."""

    name: str
    first: date
    last: date


# The cases of an office lie in the same few periods.
@lru_cache(maxsize=4096)
def period_of(day: date, period: Period) -> PeriodSpan:
    """Return the calendar period a day lies in."""
    length = _MONTHS[period]
    number = (day.month - 1) // length
    first = date(day.year, number * length + 1, 1)
    last = month_end(day.year, (number + 1) * length)
    return PeriodSpan(_NAMES[period].format(day.year, number + 1), first, last)


def periods(period: Period, *, after: date, until: date) -> Iterator[PeriodSpan]:
    """Yield the calendar periods whose last day falls in (after, until]."""
    span = period_of(after, period)
    while span.last <= until:
        if span.last > after:
            yield span
        if span.last == date.max:
            return
        span = period_of(date.fromordinal(span.last.toordinal() + 1), period)
