"""Measures working-day arithmetic against other libraries: in one run.

The libraries do not have the same holidays; the cost of the same operation is compared.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import date

import holidays
from workalendar.asia import Kazakhstan as Theirs

import calendars

START = date(2024, 2, 1)
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


def main() -> None:
    """Print the table."""
    print(f"{'question':<22}{'compared with':<22}{'ours, µs':>12}{'theirs, µs':>14}{'ratio':>9}")
    for question, name, ours, theirs in scalar():
        print(f"{question:<22}{name:<22}{ours:>12,.2f}{theirs:>14,.1f}{theirs / ours:>8,.0f}x")


if __name__ == "__main__":
    main()
