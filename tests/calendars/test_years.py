"""Each year as the acts say: days off and worked, substitutes of holidays, workalendar's class."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given, strategies as st
from workalendar.registry import registry

import calendars
from calendars.checks import prevailing_balances
from calendars.kazakhstan import Kazakhstan, find_substitutes, is_weekend
from calendars.layout import build_year
from calendars.records import Balance, shipped_records

ANSWERS = tomllib.loads((Path(__file__).parent / "answers.toml").read_text(encoding="utf-8"))
YEARS = [int(year) for year in ANSWERS if year.isdigit()]


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
    days = [day.on for month in laid.months for day in month.every]

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
    assert sum(month.days for month in laid.months) == laid.days


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


OURS = Kazakhstan()


def test_the_registry_gives_our_kazakhstan() -> None:
    """workalendar, asked for KZ, gives the days of our records."""
    assert registry.get("KZ") is Kazakhstan
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
