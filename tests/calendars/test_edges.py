"""Term boundaries: the day before, the day itself and the day after."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest

import calendars
from calendars import OutOfRange

DAY = timedelta(days=1)

EDGES = [
    # (day, worked the day before, on the day, the day after, why)
    ("2026-03-23", False, False, False, "Nauryz 2026: 21 and 22 on a weekend, 23 a Monday, 24 and 25 instead"),
    ("2026-03-20", True, True, False, "the Friday before Nauryz 2026"),
    ("2026-03-26", False, True, True, "the first day after Nauryz 2026"),
    ("2025-03-22", False, False, False, "Nauryz 2025: 22 and 23 on a weekend, 24 and 25 instead"),
    ("2025-03-26", False, True, True, "the first day after Nauryz 2025"),
    ("2024-03-23", False, False, False, "23 March 2024, a Saturday, gives Monday 25"),
    ("2024-03-26", False, True, True, "the first day after Nauryz 2024"),
    ("2022-03-05", True, True, False, "a Saturday worked for Monday 7 March 2022"),
    ("2022-10-22", True, True, False, "a Saturday worked for Monday 24 October 2022"),
    ("2022-10-24", False, False, False, "between a Sunday and Republic Day"),
    ("2025-01-05", False, True, True, "a Sunday worked for Friday 3 January 2025"),
    ("2020-12-20", False, True, True, "a Sunday worked for Friday 18 December 2020"),
    ("2020-05-11", False, True, True, "a Monday, the substitute of 9 May, worked for Friday 8 May 2020"),
    ("2020-05-08", False, False, False, "between two holidays, off for the substitute of one of them"),
    ("2013-12-28", True, True, False, "a Saturday of 2013 worked for a Friday of 2014"),
    ("2014-01-03", False, False, False, "a Friday of 2014 off for a Saturday of 2013"),
    ("2012-12-31", False, False, False, "31 December 2012 off for Saturday 29"),
    ("2018-12-31", False, False, False, "31 December 2018 off for Saturday 29"),
    ("2025-12-31", True, True, False, "31 December 2025 is worked"),
    ("2026-12-31", True, True, False, "31 December 2026 is worked"),
    ("2016-05-10", False, False, True, "7 May 2016, a Saturday, steps over the holiday of Monday 9"),
    ("2015-09-24", True, False, True, "Kurban Ait 2015"),
    ("2023-06-28", True, False, True, "Kurban Ait 2023"),
    ("2024-06-17", False, True, True, "the Monday after the Kurban Ait of 2024"),
    ("2026-05-27", True, False, True, "Kurban Ait 2026"),
    ("2026-08-31", False, True, True, "31 August 2026: 30 August is no holiday any more"),
    ("2026-10-26", False, False, True, "25 October 2026, a Sunday"),
    ("2027-03-15", False, False, True, "the first Constitution Day in March"),
]


@pytest.mark.parametrize(("day", "before", "on", "after", "why"), EDGES)
def test_around_the_edge_each_day_is_as_it_was(day: str, before: bool, on: bool, after: bool, why: str) -> None:
    """A day, the one before it and the one after it."""
    edge = date.fromisoformat(day)

    assert [calendars.is_working_day(edge + n * DAY) for n in (-1, 0, 1)] == [before, on, after], why


@pytest.mark.parametrize(
    ("day", "kind", "name", "act"),
    [
        ("2026-04-13", "working", None, None),
        ("2026-04-12", "weekend", None, None),
        ("2026-05-07", "holiday", "defenders_day", "Z010000267_"),
        ("2026-05-09", "holiday", "victory_day", "Z010000267_"),
        ("2026-05-11", "substitute", "victory_day", "Z010000267_"),
        ("2026-05-27", "religious", "kurban_ait", "K1500000414"),
        ("2026-01-07", "religious", "orthodox_christmas", "K1500000414"),
        ("2015-01-07", "religious", "orthodox_christmas", "K070000251_"),
        ("2024-05-08", "transferred_off", None, "G24G0000109"),
        ("2024-05-04", "transferred_work", None, "G24G0000109"),
        ("2020-05-11", "transferred_work", None, "P1900000820"),
        ("2022-10-25", "holiday", "republic_day", "Z2200000143"),
        ("2027-03-15", "holiday", "constitution_day", "Z010000267_"),
    ],
)
def test_a_day_says_what_it_is_and_by_which_act(day: str, kind: str, name: str | None, act: str | None) -> None:
    """Kind, holiday and act of a day."""
    calendar_day = calendars.calendar().day(date.fromisoformat(day))

    assert (calendar_day.kind, calendar_day.name, calendar_day.act) == (kind, name, act)


@pytest.mark.parametrize("day", [date(2009, 12, 31), date(2029, 1, 1), date.min, date.max])
def test_outside_the_records_nothing_is_answered(day: date) -> None:
    """Every question about a day outside names the day and the bounds."""
    calendar = calendars.calendar()
    inside = date(2026, 4, 13)
    for question in (
        lambda: calendars.is_working_day(day),
        lambda: calendars.add_working_days(day, 1),
        lambda: calendars.add_working_days(day, 0),
        lambda: calendars.add_working_days(day, -1),
        lambda: calendars.count_working_days(day, inside),
        lambda: calendars.count_working_days(inside, day),
        lambda: calendar.day(day),
        lambda: calendar.find_following_working_day(day),
        lambda: calendar.find_previous_working_day(day),
        lambda: calendar.knowledge(day, inside),
        lambda: calendar.with_office_days(off={day}),
    ):
        with pytest.raises(OutOfRange, match="records, which reach from 2010-01-01 to 2028-12-31") as raised:
            question()

        assert raised.value.arguments == {"on": day, "first": calendar.first, "last": calendar.last}


def test_the_bounds_themselves_are_inside() -> None:
    """1 January 2010 and 31 December 2028 have answers."""
    assert not calendars.is_working_day(date(2010, 1, 1))
    assert not calendars.is_working_day(date(2028, 12, 31))
    assert calendars.calendar().find_previous_working_day(date(2010, 1, 5)) == date(2010, 1, 5)
    assert calendars.add_working_days(date(2010, 1, 6), -1) == date(2010, 1, 5)


def test_counting_over_the_edge_is_refused_with_the_first_day_outside() -> None:
    """A result outside the records is as unknown as a question outside."""
    last_worked = calendars.calendar().find_previous_working_day(date(2028, 12, 31))
    first_worked = calendars.calendar().find_following_working_day(date(2010, 1, 1))
    with pytest.raises(OutOfRange) as late:
        calendars.add_working_days(last_worked, 1)
    with pytest.raises(OutOfRange) as early:
        calendars.add_working_days(first_worked, -1)
    with pytest.raises(OutOfRange) as before:
        calendars.calendar().find_previous_working_day(date(2010, 1, 3))

    with pytest.raises(OutOfRange) as off:
        calendars.calendar().find_following_working_day(date(2028, 12, 31))

    assert late.value.arguments["on"] == off.value.arguments["on"] == date(2029, 1, 1)
    assert early.value.arguments["on"] == before.value.arguments["on"] == date(2009, 12, 31)
    assert calendars.add_working_days(date(2028, 12, 31), -1) == last_worked


@pytest.mark.parametrize(
    "wrong",
    [datetime(2026, 4, 13, tzinfo=UTC), datetime(2026, 4, 13, 9, 0, tzinfo=UTC), "2026-04-13", None, 20260413],
)
def test_only_a_date_is_a_date(wrong: object) -> None:
    """A datetime or a text where a date is asked is a TypeError, never a wrong result."""
    calendar = calendars.calendar()
    for question in (
        calendar.is_working_day,
        calendar.day,
        calendar.find_following_working_day,
        calendar.find_previous_working_day,
        lambda day: calendar.add_working_days(day, 1),
        lambda day: calendar.add_working_days(day, -1),
        lambda day: calendar.count_working_days(day, date(2026, 4, 13)),
        lambda day: calendar.count_working_days(date(2026, 4, 13), day),
    ):
        with pytest.raises(TypeError):
            question(wrong)


def test_the_refusal_can_travel_between_processes() -> None:
    """A pickled refusal comes out with its arguments."""
    refusal = OutOfRange(date(2030, 1, 1))

    assert pickle.loads(pickle.dumps(refusal)).arguments == refusal.arguments
