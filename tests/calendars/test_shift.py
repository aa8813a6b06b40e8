"""Statutory shift of holidays: date order, next free working day, religious days never move."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.kazakhstan import find_substitutes, is_weekend


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("holidays", "religious", "given_days"),
    [
        (["2012-01-01", "2012-01-02"], [], {"2012-01-03": "2012-01-01"}),
        (
            ["2014-03-21", "2014-03-22", "2014-03-23"],
            [],
            {"2014-03-24": "2014-03-22", "2014-03-25": "2014-03-23"},
        ),
        (["2016-05-07", "2016-05-09"], [], {"2016-05-10": "2016-05-07"}),
        (["2017-12-16", "2017-12-17"], [], {"2017-12-18": "2017-12-16", "2017-12-19": "2017-12-17"}),
        (["2026-04-13"], [], {}),
        # a religious day on a weekend moves nothing; one on the substitute sends it one further
        ([], ["2024-06-16"], {}),
        (["2060-05-09"], ["2060-05-10"], {"2060-05-11": "2060-05-09"}),
        (["2021-05-09"], ["2021-05-10", "2021-05-11"], {"2021-05-12": "2021-05-09"}),
        (
            ["2022-12-31", "2023-01-01", "2023-01-02"],
            [],
            {"2023-01-03": "2022-12-31", "2023-01-04": "2023-01-01"},
        ),
    ],
)
def test_a_holiday_on_a_weekend_takes_the_next_free_working_day(
    holidays: list[str], religious: list[str], given_days: dict[str, str]
) -> None:
    """The official examples, and the case that has not happened yet."""
    expected = {d(day): d(holiday) for day, holiday in given_days.items()}

    assert find_substitutes([d(day) for day in holidays], [d(day) for day in religious]) == expected


DATES = st.sets(st.dates(date(2020, 1, 1), date(2021, 12, 31)), max_size=40)


@given(DATES, DATES)
def test_every_weekend_holiday_gets_one_day_and_nobody_shares(
    holidays: set[date], religious: set[date]
) -> None:
    """As many substitutes as weekend holidays, each on a free weekday after its holiday, none skipped over."""
    substitutes = find_substitutes(holidays, religious)

    assert sorted(substitutes.values()) == sorted(day for day in holidays if is_weekend(day))
    for day, holiday in substitutes.items():
        between = [holiday + timedelta(days=n) for n in range(1, (day - holiday).days)]
        assert not is_weekend(day)
        assert day not in holidays | religious
        assert all(is_weekend(day) or day in holidays | religious | set(substitutes) for day in between)
