"""Properties of working-day arithmetic, for generated dates and numbers of days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import calendars
from calendars.kazakhstan import Kazakhstan

DAY = timedelta(days=1)
ANY = st.dates(calendars.FIRST, calendars.LAST)
INNER = st.dates(date(2012, 1, 1), date(2026, 12, 31))
SOME = st.integers(1, 240)


def walked(calendar: Kazakhstan, day: date, n: int) -> date:
    """The same question answered by walking day by day."""
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not calendar.is_working_day(day):
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
    before, after = calendar.find_previous_working_day(day), calendar.find_following_working_day(day)

    assert before <= day <= after
    assert (before == day == after) == calendar.is_working_day(day)
    assert calendar.count_working_days(before, after) == (1 if before == after else 2)


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
    assert calendar.is_working_day(date(2026, 4, 13))
    assert office_calendar.version != calendar.version
    assert office_calendar.with_office_days() == calendar
    assert all(not variant.is_working_day(date(2026, 4, 13)) for variant in office_calendar.shifted)
    with pytest.raises(ValueError, match="both off and working: 2026-04-13"):
        calendar.with_office_days(off={date(2026, 4, 13)}, working={date(2026, 4, 13)})
