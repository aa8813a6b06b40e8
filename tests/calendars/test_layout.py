"""Year layout of the calendar: every day once, in its week, with the class the calendar gives it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import calendars
from calendars.layout import build_year, days_of


@pytest.mark.parametrize("number", [2010, 2024, 2026, 2028])
def test_every_day_stands_once_under_its_weekday(number: int) -> None:
    """Leap years and the first and the last year of the records too."""
    laid = build_year(number, calendars.calendar())
    days = [day.on for month in laid.months for day in days_of(month)]

    assert days == [date(number, 1, 1) + timedelta(days=n) for n in range(len(days))]
    assert days[-1] == date(number, 12, 31)
    for month in laid.months:
        for week in month.weeks:
            assert len(week) == 7
            assert all(day is None or day.on.weekday() == place for place, day in enumerate(week))


@pytest.mark.parametrize("number", range(2010, 2029))
def test_what_it_counts_is_what_the_calendar_counts(number: int) -> None:
    calendar = calendars.calendar()
    laid = build_year(number, calendar)

    assert laid.working == calendar.count_working_days(laid.first, laid.last)
    assert [month.working for month in laid.months] == [
        calendar.count_working_days(month.first, month.last) for month in laid.months
    ]
    assert [len(quarter) for quarter in laid.quarters] == [3, 3, 3, 3]
    assert sum(month.days for quarter in laid.quarters for month in quarter) == laid.days


def test_neighbouring_days_of_one_reason_are_one_run() -> None:
    """21 to 23 March are Nauryz, the 24th and 25th stand in for its days off: two runs."""
    runs = build_year(2026, calendars.calendar()).runs
    march = [
        (run.first.day, run.last.day, run.kind) for run in runs if run.first.month == 3 and run.first.day > 8
    ]

    assert [run for run in march if run[0] in (21, 24)] == [(21, 23, "holiday"), (24, 25, "substitute")]


@pytest.mark.parametrize(("number", "earlier", "later"), [(2010, None, 2011), (2028, 2027, None)])
def test_the_records_end_somewhere(number: int, earlier: int | None, later: int | None) -> None:
    laid = build_year(number, calendars.calendar())

    assert (laid.earlier, laid.later) == (earlier, later)
