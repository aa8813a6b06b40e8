"""Measures working-day arithmetic against other libraries: scalar with scalar, bulk with bulk, in one run.

The libraries do not have the same holidays; the cost of the same operation is compared. The busday_offset
compared with is a correct one: a numpy week mask cannot make a single Saturday a working day, so every day of
the week is open there and every single day off is listed as a holiday.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import date, timedelta

import holidays
import numpy as np
from workalendar.asia import Kazakhstan as Theirs

import calendars
from calendars import bulk
from calendars.horizon import FIRST, LAST

START = date(2024, 2, 1)
MANY = 100_000
SECOND = 1e6


def cost(question: Callable[[], object], *, least: float = 0.1) -> float:
    """Return microseconds per call: the best of five rounds, each long enough to measure."""
    question()  # what is computed once is not what is asked here
    timer = timeit.Timer(question)
    number = 1
    while timer.timeit(number) < least:
        number *= 2
    return min(timer.repeat(repeat=5, number=number)) / number * SECOND


def scalar() -> list[tuple[str, str, float, float]]:
    """Measure one date at a time."""
    theirs, kz_holidays = Theirs(), holidays.country_holidays("KZ", years=range(2010, 2029))
    rows = []
    for n in (10, 250):
        ours = cost(lambda n=n: calendars.add_working_days(START, n))
        rows.append(
            (f"one date, +{n}", "workalendar", ours, cost(lambda n=n: theirs.add_working_days(START, n)))
        )
        rows.append(
            (f"one date, +{n}", "holidays", ours, cost(lambda n=n: kz_holidays.get_nth_working_day(START, n)))
        )
    return rows


def in_bulk() -> list[tuple[str, str, float, float]]:
    """Measure a hundred thousand dates at a time, with equal answers from both."""
    calendar = calendars.calendar()
    all_days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    off = [day for day in all_days if not calendar.is_working(day)]
    busdays = np.busdaycalendar(weekmask="1111111", holidays=np.array(off, dtype="datetime64[D]"))
    chosen = np.random.default_rng(1).integers(0, len(all_days) - 400, MANY)
    dates = np.array(all_days, dtype="datetime64[D]")[chosen]
    rows = []
    for n in (10, 250):
        # Before stepping forward numpy must stand on an open day: the last one up to the date.
        def theirs(n: int = n) -> object:
            return np.busday_offset(dates, n, roll="preceding", busdaycal=busdays)

        inside = dates >= np.datetime64("2010-01-05")  # the first days have no open day before them
        assert (theirs()[inside] == bulk.add(calendar, dates, n)[inside]).all()  # type: ignore[index]
        ours = cost(lambda n=n: bulk.add(calendar, dates, n))
        rows.append((f"{MANY:,} dates, +{n}", "numpy.busday_offset", ours, cost(theirs)))
    return rows


def main() -> None:
    """Print the table."""
    print(f"{'question':<22}{'compared with':<22}{'ours, µs':>12}{'theirs, µs':>14}{'ratio':>9}")
    for question, name, ours, theirs in [*scalar(), *in_bulk()]:
        print(f"{question:<22}{name:<22}{ours:>12,.2f}{theirs:>14,.1f}{theirs / ours:>8,.0f}x")


if __name__ == "__main__":
    main()
