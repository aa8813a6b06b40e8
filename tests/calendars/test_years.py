"""Every day of 2010-2027 compared with hand-written answers, official balances and another library."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

import calendars
from calendars.checks import prevailing_balances
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


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS)
def test_each_day_is_off_or_worked_as_the_acts_say(year: int) -> None:
    """The special days off and the worked weekends of the year are exactly those of the hand-written list."""
    off = [f"{day:%m-%d}" for day in days_of(year) if day.weekday() < 5 and not calendars.is_working_day(day)]
    worked = [f"{day:%m-%d}" for day in days_of(year) if day.weekday() >= 5 and calendars.is_working_day(day)]

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
    differ = [day for day in days_of(year) if witness.is_working_day(day) != calendars.is_working_day(day)]

    assert differ == []
