"""The project's calendar as a workalendar class."""
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import calendars

workalendar = pytest.importorskip("workalendar.registry")

from calendars.kazakhstan import Kazakhstan  # noqa: E402

OURS = Kazakhstan()


def test_the_registry_gives_our_kazakhstan() -> None:
    """workalendar, asked for KZ, gives the days of our records."""
    assert workalendar.registry.get("KZ") is Kazakhstan
    assert Kazakhstan.name == "Kazakhstan"


@given(st.dates(date(2012, 1, 1), date(2026, 12, 31)), st.integers(-60, 60))
def test_its_arithmetic_is_ours(day: date, n: int) -> None:
    """Days, sums and differences are those of the tables; walking with an extra day agrees with them."""
    ours = calendars.add_working_days(day, n)

    assert OURS.is_working_day(day) == calendars.is_working_day(day)
    assert OURS.add_working_days(day, n) == ours
    assert OURS.sub_working_days(day, n) == calendars.add_working_days(day, -abs(n))
    assert OURS.add_working_days(day, n, extra_holidays=[date(2030, 1, 1)]) == ours
    assert OURS.get_working_days_delta(day, ours) == OURS.get_working_days_delta(
        day, ours, extra_holidays=[date(2030, 1, 1)]
    )
    assert OURS.find_following_working_day(day) == calendars.calendar().find_following_working_day(day)


def test_extra_days_and_labels() -> None:
    """Extra working days win over extra holidays; a special day off has its code as label."""
    friday = date(2026, 4, 10)

    assert not OURS.is_working_day(friday, extra_holidays=[friday])
    assert OURS.is_working_day(friday, extra_working_days=[friday], extra_holidays=[friday])
    assert OURS.get_holiday_label(date(2026, 5, 27)) == "kurban_ait"
    assert OURS.is_holiday(date(2026, 5, 11))
    assert OURS.get_working_days_delta(friday, friday) == 0
    assert OURS.get_working_days_delta(date(2026, 4, 13), friday, include_start=True) == 2
    assert OURS.get_weekend_days() == (5, 6), "Saturday and Sunday"


def test_one_extra_day_of_either_kind_is_walked_over() -> None:
    """After Friday 10 April 2026: Monday the 13th, Tuesday where that is off, Saturday where that is worked."""
    friday = date(2026, 4, 10)

    assert OURS.add_working_days(friday, 1, extra_holidays=[date(2026, 4, 13)]) == date(2026, 4, 14)
    assert OURS.add_working_days(friday, 1, extra_working_days=[date(2026, 4, 11)]) == date(2026, 4, 11)


def test_a_years_special_days_are_listed_from_its_first_to_its_last() -> None:
    """New Year's Day and its next, the substitutes of Nauryz and of Victory Day, and the Republic's day."""
    holidays_by_day = dict(OURS.get_calendar_holidays(2026))

    assert holidays_by_day[date(2026, 1, 1)] == holidays_by_day[date(2026, 1, 2)] == "new_year"
    assert {
        date(2026, 3, 24),
        date(2026, 3, 25),
        date(2026, 5, 11),
        date(2026, 10, 25),
    } <= holidays_by_day.keys()
    assert all(day.year == 2026 for day in holidays_by_day)
    assert not any(OURS.is_working_day(day) for day in holidays_by_day)
