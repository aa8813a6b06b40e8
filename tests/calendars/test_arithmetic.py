"""Properties of working-day arithmetic, for generated dates and numbers of days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import calendars
from calendars import OutOfRange, bulk
from calendars.calendar import Calendar

DAY = timedelta(days=1)
ANY = st.dates(calendars.FIRST, calendars.LAST)
INNER = st.dates(date(2012, 1, 1), date(2026, 12, 31))
SOME = st.integers(1, 240)


def walked(calendar: Calendar, day: date, n: int) -> date:
    """The same question answered by walking day by day."""
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not calendar.is_working(day):
            day += step
    return day


@given(INNER, st.integers(-300, 300))
def test_adding_is_walking(day: date, n: int) -> None:
    """The table gives what walking gives, from any day, forward and back."""
    assert calendars.add_working_days(day, n) == walked(calendars.calendar(), day, n)


@given(INNER, SOME)
def test_what_was_added_can_be_counted(day: date, n: int) -> None:
    """From the day after the start to the n-th working day lie n working days."""
    assert calendars.count_working_days(day + DAY, calendars.add_working_days(day, n)) == n
    assert calendars.count_working_days(calendars.add_working_days(day, -n), day - DAY) == n


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 4, 3), date(2026, 4, 6), 1),  # from a Friday to Monday
        (date(2026, 4, 4), date(2026, 4, 6), 1),  # from a Saturday
        (date(2026, 4, 3), date(2026, 4, 5), 0),  # to a Sunday
        (date(2026, 4, 6), date(2026, 4, 6), 0),
        (date(2026, 4, 6), date(2026, 4, 3), -1),
    ],
)
def test_a_distance_does_not_count_the_day_it_begins_with(first: date, last: date, days: int) -> None:
    """And is negative backward."""
    assert calendars.calendar().distance(first, last) == days


@given(INNER, SOME)
def test_going_there_and_back_returns(day: date, n: int) -> None:
    """From a working day, adding and taking away are inverse."""
    start = calendars.calendar().next_working(day)

    assert calendars.add_working_days(calendars.add_working_days(start, n), -n) == start


@given(INNER, SOME, SOME)
def test_steps_add_up(day: date, n: int, m: int) -> None:
    """Adding twice is adding the sum."""
    assert calendars.add_working_days(calendars.add_working_days(day, n), m) == calendars.add_working_days(
        day, n + m
    )


@given(INNER, INNER, st.integers(-300, 300))
def test_later_starts_never_end_earlier(one: date, two: date, n: int) -> None:
    """Adding keeps the order of dates."""
    early, late = sorted((one, two))

    assert calendars.add_working_days(early, n) <= calendars.add_working_days(late, n)


@given(ANY, ANY, ANY)
def test_spans_side_by_side_count_together(one: date, two: date, three: date) -> None:
    """Counting a span is counting its parts; a reversed span has no days."""
    first, middle, last = sorted((one, two, three))
    whole_count = calendars.count_working_days(first, last)

    assert whole_count == calendars.count_working_days(first, middle) + (
        calendars.count_working_days(middle + DAY, last) if middle < last else 0
    )
    assert first == last or calendars.count_working_days(last, first) == 0


@given(INNER)
def test_the_neighbouring_working_days(day: date) -> None:
    """A working day is its own neighbour; a day off lies between its two."""
    calendar = calendars.calendar()
    before, after = calendar.previous_working(day), calendar.next_working(day)

    assert before <= day <= after
    assert (before == day == after) == calendar.is_working(day)
    assert calendar.count(before, after) == (1 if before == after else 2)


@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=30), st.integers(-50, 50))
def test_in_bulk_the_answers_are_the_same(pairs: list[tuple[date, date]], n: int) -> None:
    """Arrays give what single dates give, or refuse when one of them is refused."""
    calendar = calendars.calendar()
    firsts, lasts = (np.array(days, dtype="datetime64[D]") for days in zip(*pairs, strict=True))

    assert bulk.count(calendar, firsts, lasts).tolist() == [calendar.count(*pair) for pair in pairs]
    assert bulk.is_working(calendar, firsts).tolist() == [calendar.is_working(day) for day, _ in pairs]
    try:
        expected = [calendar.add(day, n) for day, _ in pairs]
    except OutOfRange:
        with pytest.raises(OutOfRange):
            bulk.add(calendar, firsts, n)
    else:
        assert bulk.add(calendar, firsts, n).tolist() == expected


@pytest.mark.parametrize("n", [-2, -1, 0, 1, 2])
def test_in_bulk_the_smallest_steps_are_the_same_from_every_day(n: int) -> None:
    """From a working day and from a day off alike, over the whole of 2026."""
    calendar = calendars.calendar()
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]

    assert bulk.add(calendar, days, n).tolist() == [calendar.add(day, n) for day in days]


@pytest.mark.parametrize("day", ["2009-12-31", "2029-01-01", "0001-01-01", "9999-12-31", "NaT"])
def test_in_bulk_a_date_outside_is_refused(day: str) -> None:
    """One date outside refuses the whole array and is named."""
    dates = np.array(["2026-04-13", day], dtype="datetime64[D]")
    calendar = calendars.calendar()
    for question in (
        lambda: bulk.add(calendar, dates, 10),
        lambda: bulk.add(calendar, dates, -10),
        lambda: bulk.add(calendar, dates, 0),
        lambda: bulk.count(calendar, dates, dates),
        lambda: bulk.is_working(calendar, dates),
    ):
        with pytest.raises(OutOfRange) as raised:
            question()

        assert day == "NaT" or raised.value.arguments["on"] == date.fromisoformat(day)


@pytest.mark.parametrize("wrong", [np.array(["2026-04-13T09:00"], dtype="datetime64[m]"), np.array([20260413])])
def test_in_bulk_only_dates_are_dates(wrong: object) -> None:
    """Moments and numbers are refused."""
    with pytest.raises(TypeError):
        bulk.add(calendars.calendar(), wrong, 1)  # type: ignore[arg-type]


def test_in_bulk_lists_and_single_dates_are_taken_and_an_empty_array_is_empty() -> None:
    """Whatever numpy makes an array of dates of; counts broadcast."""
    calendar = calendars.calendar()

    assert bulk.add(calendar, [date(2026, 4, 13)], -10).tolist() == [date(2026, 3, 30)]
    assert bulk.add(calendar, date(2026, 4, 13), -10).tolist() == date(2026, 3, 30)
    assert bulk.add(calendar, ["2026-04-13"], -10).tolist() == [date(2026, 3, 30)]
    assert bulk.add(calendar, np.array([], dtype="datetime64[D]"), 5).tolist() == []
    assert bulk.add(calendar, ["2010-01-06"], -1).tolist() == [date(2010, 1, 5)], "the first that has a result"
    assert bulk.count(calendar, date(2026, 4, 1), [date(2026, 4, 2), date(2026, 4, 3)]).tolist() == [2, 3]
    with pytest.raises(OutOfRange):
        bulk.add(calendar, ["2026-04-13"], 10_000)


@pytest.mark.parametrize(
    ("day", "n", "beyond"), [("2010-01-01", -1, "2009-12-31"), ("2028-12-31", 1, "2029-01-01")]
)
def test_in_bulk_a_sum_beyond_the_records_names_the_first_day_outside(day: str, n: int, beyond: str) -> None:
    """The first and the last day on record have an answer, and no working day beyond them."""
    with pytest.raises(OutOfRange) as raised:
        bulk.add(calendars.calendar(), [day], n)

    assert raised.value.arguments["on"] == date.fromisoformat(beyond)


def test_an_office_may_have_days_of_its_own() -> None:
    """Its days off and working days override the calendar, which is unchanged."""
    calendar = calendars.calendar()
    office_calendar = calendar.with_office_days(
        off={date(2026, 4, 13), date(2026, 4, 12)}, working={date(2026, 4, 11)}
    )

    assert [office_calendar.day(date(2026, 4, day)).kind for day in (11, 12, 13, 14)] == [
        "office_work",
        "weekend",
        "office_off",
        "working",
    ]
    assert calendar.is_working(date(2026, 4, 13))
    assert office_calendar.version != calendar.version
    assert office_calendar.with_office_days() == calendar
    assert calendar.with_office_days() is calendar
    assert all(
        not variant.is_working(date(2026, 4, 13))
        for variant in office_calendar.variants(date(2027, 5, 1), date(2027, 6, 1))
    )
    with pytest.raises(ValueError, match="both off and working: 2026-04-13"):
        calendar.with_office_days(off={date(2026, 4, 13)}, working={date(2026, 4, 13)})
