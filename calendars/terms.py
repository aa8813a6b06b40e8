"""The kinds of term the law uses, as small values. `calendars.counting` counts them.

A term in days is its own type: never hours, never a timedelta. Whether a day that falls on a day
off rolls to the next working day is part of the term (Civil Code art. 175, by analogy: assumed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from calendars.figures import Better as Better
from calendars.figures import Period as Period
from calendars.figures import Quota as Quota
from calendars.figures import Target as Target

Roll = Literal["next", "none"]
Backward = Literal["nth_day", "clear_days"]


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """N working days after the anchor, or before it when `count` is negative; the anchor day is not counted.

    `backward` says how a negative count is read: the N-th working day before is the last permitted
    one ("nth_day"), or N clear working days must lie between ("clear_days"). No article decides it
    (CALENDAR: mirror of Civil Code art. 173), so it is a field.
    """

    count: int
    backward: Backward = "nth_day"


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """N calendar days after (or before) the anchor. `unspecified`: the act does not say which days it means."""

    count: int
    unspecified: bool = False
    roll: Roll = "next"


@dataclass(frozen=True, slots=True)
class Weeks:
    """N weeks after the anchor: the same weekday (Civil Code art. 174)."""

    count: int
    roll: Roll = "next"


@dataclass(frozen=True, slots=True)
class Months:
    """N months after (or before) the anchor: the same day number, or the last day of that month (art. 174)."""

    count: int
    roll: Roll = "next"


@dataclass(frozen=True, slots=True)
class Years:
    """N years after the anchor: the same month and day (art. 174)."""

    count: int
    roll: Roll = "next"


@dataclass(frozen=True, slots=True)
class DayAfterPeriod:
    """Day `day` of the month `months` after a period; the anchor is the last day of that period."""

    day: int
    months: int = 1
    roll: Roll = "next"


@dataclass(frozen=True, slots=True)
class YearlyDate:
    """A fixed day and month of the year the anchor lies in (`years` later).

    `day_in_doubt`: the act says "to" the day ("15 сәуіріне дейін") and not whether it counts: it does, and the
    working day before is the safe one.
    """

    month: int
    day: int
    years: int = 0
    roll: Roll = "next"
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
    """Not before `years` years have passed since the anchor: opens a window, is never due."""

    years: int


@dataclass(frozen=True, slots=True)
class Window:
    """A right that may be used within a time (three years after the anchor): it closes, and is never due."""

    within: WorkingDays | CalendarDays | Months | Years


@dataclass(frozen=True, slots=True)
class OngoingDuty:
    """A standing duty: observed every day, done on none."""


@dataclass(frozen=True, slots=True)
class InYears:
    """A time the act names by its years, first and last; due on 31 December of the last."""

    first: int
    last: int
    roll: Roll = "none"


@dataclass(frozen=True, slots=True)
class InMonth:
    """A date written with the precision of a month; due on its last day."""

    year: int
    month: int
    roll: Roll = "none"


@dataclass(frozen=True, slots=True)
class InQuarter:
    """A date written with the precision of a quarter; due on its last day."""

    year: int
    quarter: int
    roll: Roll = "none"


@dataclass(frozen=True, slots=True)
class OnDate:
    """A date the act itself names."""

    on: date
    roll: Roll = "none"


@dataclass(frozen=True, slots=True)
class Before:
    """A precondition: must be done before the anchor, by no number of days."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """ "At once" after the anchor: no number, so no due date; what counts is that nothing waits."""


@dataclass(frozen=True, slots=True)
class WithoutTerm:
    """The act names no term."""


Term = (
    WorkingDays
    | CalendarDays
    | Weeks
    | Months
    | Years
    | DayAfterPeriod
    | YearlyDate
    | Duration
    | PerPeriod
    | Quota
    | Embargo
    | Window
    | OngoingDuty
    | Target
    | InYears
    | InMonth
    | InQuarter
    | OnDate
    | Before
    | AtOnce
    | WithoutTerm
)
