"""Every day of 2010-2027 compared with hand-written answers, balances and another library; a year laid out."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

import calendars
from calendars.checks import prevailing_balances
from calendars.layout import build_year, days_of
from calendars.records import Balance, shipped_records

ANSWERS = tomllib.loads((Path(__file__).parent / "answers.toml").read_text(encoding="utf-8"))
YEARS = [int(year) for year in ANSWERS if year.isdigit()]

# Working days of the years whose official balance is known, and of 2027 by the rules.
TOTALS = {
    2012: 247,
    2013: 246,
    2014: 245,
    2015: 245,
    2016: 245,
    2017: 245,
    2022: 246,
    2024: 249,
    2026: 247,
    2027: 247,
}


def days_in(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS)
def test_each_day_is_off_or_worked_as_the_acts_say(year: int) -> None:
    """The special days off and the worked weekends of the year are exactly those of the hand-written list."""
    off = [f"{day:%m-%d}" for day in days_in(year) if day.weekday() < 5 and not calendars.is_working_day(day)]
    worked = [f"{day:%m-%d}" for day in days_in(year) if day.weekday() >= 5 and calendars.is_working_day(day)]

    assert (off, worked) == (ANSWERS[str(year)]["off"], ANSWERS[str(year)]["worked"])


@pytest.mark.parametrize(("day", "reason"), ANSWERS["working"].items())
def test_what_looks_like_a_day_off_is_worked(day: str, reason: str) -> None:
    """Abolished, not yet introduced, never moving: such days are working days."""
    assert calendars.is_working_day(date.fromisoformat(day)), reason


@pytest.mark.parametrize(("year", "total"), TOTALS.items())
def test_the_year_has_its_working_days(year: int, total: int) -> None:
    """The totals are those of the official balances, and 247 for 2027 by the rules."""
    assert calendars.count_working_days(date(year, 1, 1), date(year, 12, 31)) == total


@pytest.mark.parametrize(
    "balance",
    [entry for entry in shipped_records().of(Balance) if entry not in prevailing_balances(shipped_records())],
    ids=str,
)
def test_a_balance_as_first_published_is_what_was_known_then(balance: Balance) -> None:
    """The balances of 2022, 2024 and 2026 changed; each first version comes out of the calendar of its day."""
    calendar = calendars.calendar(balance.known_from)
    month = balance.month
    first = date(balance.year, month or 1, 1)
    last = date(balance.year, month + 1, 1) - timedelta(days=1) if month else date(balance.year, 12, 31)

    assert calendar.count_working_days(first, last) == balance.days


@pytest.mark.parametrize("year", range(2015, 2026))
def test_another_library_agrees_where_it_is_right(year: int) -> None:
    """PyPI `holidays`, whose list is independent of ours, has the same days from 2015 to 2025."""
    witness = holidays.country_holidays("KZ", years=year)
    differ = [day for day in days_in(year) if witness.is_working_day(day) != calendars.is_working_day(day)]

    assert differ == []


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
