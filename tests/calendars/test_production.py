"""The production calendar of a year."""

from __future__ import annotations

from datetime import date

import pytest

import calendars
from calendars import OutOfRange
from calendars.production import production_year


def test_2026_has_247_days_in_their_months_and_quarters() -> None:
    """Months, quarters and halves add up to the year, and every unusual day has an act."""
    year = production_year(2026, calendars.calendar())

    assert [month.working for month in year.months] == [19, 20, 18, 22, 17, 22, 22, 21, 22, 21, 21, 22]
    assert year.quarters == (57, 61, 65, 64)
    assert year.working == sum(year.quarters) == sum(year.halves) == 247
    assert all(day.act for day in year.unusual)
    assert (year.knowledge, year.uncertain) == ("confirmed", ())


def test_2027_is_provisional_and_says_what_may_move() -> None:
    """247 days by the rules, Kurban Ait one day either way."""
    year = production_year(2027, calendars.calendar())

    assert (year.working, year.knowledge) == (247, "provisional")
    assert [day.name for day in year.uncertain] == ["kurban_ait"]


def test_a_month_prints_as_weeks_from_monday() -> None:
    """May 2026 begins on a Friday; the worked Saturday of May 2024 stands in its place."""
    may = production_year(2026, calendars.calendar()).months[4]
    first = may.weeks[0]
    saturday = production_year(2024, calendars.calendar()).months[4].weeks[0][5]

    assert [day and day.on.day for day in first] == [None, None, None, None, 1, 2, 3]
    assert saturday is not None
    assert (saturday.on, saturday.working) == (date(2024, 5, 4), True)


@pytest.mark.parametrize("year", [2009, 2029])
def test_a_year_outside_the_records_has_no_calendar(year: int) -> None:
    """Nothing is guessed."""
    with pytest.raises(OutOfRange):
        production_year(year, calendars.calendar())
