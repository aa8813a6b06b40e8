"""Bitemporal calendar: the class of one day as known on different days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

import calendars


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "as_of", "worked"),
    [
        # Constitution Day abolished in 2026
        ("2026-08-31", "2026-03-17", False),
        ("2026-08-31", "2026-03-18", True),
        ("2026-08-31", "2026-03-19", True),
        ("2027-03-15", "2026-03-17", True),
        ("2027-03-15", "2026-03-18", False),
        ("2026-03-16", "2026-03-18", True),
        # Kurban Ait 2024: calculated for the 16th, listed for the 17th, announced for the 16th
        ("2024-06-17", "2023-10-16", True),
        ("2024-06-17", "2023-10-17", False),
        ("2024-06-17", "2024-06-06", False),
        ("2024-06-17", "2024-06-07", True),
        # May 2024
        ("2024-05-08", "2024-04-25", True),
        ("2024-05-04", "2024-04-25", False),
        ("2024-05-08", "2024-04-26", False),
        ("2024-05-04", "2024-04-26", True),
        # March 2016
        ("2016-03-07", "2016-02-14", True),
        ("2016-03-07", "2016-02-15", False),
        ("2016-03-05", "2016-02-14", False),
        ("2016-03-05", "2016-02-15", True),
        # the turn of 2013
        ("2013-12-28", "2013-12-05", False),
        ("2013-12-28", "2013-12-06", True),
        ("2014-01-03", "2013-12-05", True),
        ("2014-01-03", "2013-12-06", False),
        # October to December 2022
        ("2022-10-25", "2022-09-28", True),
        ("2022-10-25", "2022-09-29", False),
        ("2022-12-01", "2022-09-28", False),
        ("2022-12-01", "2022-09-29", True),
        ("2022-12-19", "2022-09-28", False),
        ("2022-12-19", "2022-09-29", True),
        ("2022-10-22", "2022-10-07", False),
        ("2022-10-22", "2022-10-08", True),
        ("2022-10-24", "2022-10-07", True),
        ("2022-10-24", "2022-10-08", False),
        # an order whose day of publication nobody recorded counts as known before its year
        ("2018-03-03", "2017-12-30", False),
        ("2018-03-03", "2017-12-31", True),
    ],
)
def test_a_day_is_as_it_was_known(day: str, as_of: str, worked: bool) -> None:
    """The answer of an earlier day does not know later acts."""
    assert calendars.is_working_day(d(day), d(as_of)) is worked


def test_a_deadline_over_the_moved_day_was_a_day_later() -> None:
    """Three working days from 13 June 2024: the 19th as known on the 6th, the 18th as known on the 7th."""
    start = date(2024, 6, 13)

    assert calendars.add_working_days(start, 3, date(2024, 6, 6)) == date(2024, 6, 19)
    assert calendars.add_working_days(start, 3, date(2024, 6, 7)) == date(2024, 6, 18)


def test_days_between_two_turns_share_one_calendar() -> None:
    """A calendar is made once per state of knowledge, and its version is the hash of what it says."""
    first_calendar, two = calendars.calendar(date(2024, 6, 7)), calendars.calendar(date(2024, 7, 1))
    before, everything = calendars.calendar(date(2024, 6, 6)), calendars.calendar()

    assert first_calendar is two
    assert before.version != first_calendar.version != everything.version
    assert calendars.calendar(date(2100, 1, 1)) == everything


def test_the_day_of_knowledge_is_a_date() -> None:
    """A datetime is refused: the caller must convert it to a local day."""
    with pytest.raises(TypeError):
        calendars.calendar(datetime(2024, 6, 7, tzinfo=UTC))


def test_confirmed_until_2026_then_provisional() -> None:
    """Three states of knowledge; the third is a refusal."""
    calendar = calendars.calendar()

    assert calendar.knowledge(date(2010, 1, 1), date(2026, 12, 31)) == "confirmed"
    assert calendar.knowledge(date(2026, 12, 31), date(2027, 1, 1)) == "provisional"
    assert calendar.knowledge(date(2028, 12, 31), date(2028, 12, 31)) == "provisional"
    assert calendars.calendar(date(2025, 12, 4)).knowledge(date(2026, 1, 1), date(2026, 1, 1)) == "provisional"
    assert calendars.calendar(date(2025, 12, 5)).knowledge(date(2026, 1, 1), date(2026, 1, 1)) == "confirmed"
    assert calendars.calendar(date(2024, 6, 1)).knowledge(date(2024, 6, 1), date(2024, 6, 30)) == "provisional"


@pytest.mark.parametrize(
    ("first", "last", "touched"),
    [
        ("2027-05-14", "2027-05-14", 0),
        ("2027-05-15", "2027-05-15", 1),
        ("2027-05-17", "2027-05-20", 1),
        ("2027-05-18", "2027-05-20", 0),
        ("2027-05-01", "2028-05-31", 2),
        ("2026-05-20", "2026-05-30", 0),
    ],
)
def test_a_religious_day_is_uncertain_by_one_day(first: str, last: str, touched: int) -> None:
    """The span touches the window of Kurban Ait 2027 (15 to 17 May) or not; 2026 is announced."""
    assert len(calendars.calendar().religious_windows(d(first), d(last))) == touched


def test_the_other_calendars_that_may_come_true() -> None:
    """Kurban Ait 2027 falls on a Sunday; a day late, it takes Monday 17 May."""
    calendar = calendars.calendar()
    earlier, later = calendar.shifted

    assert [variant.is_working_day(date(2027, 5, 17)) for variant in (earlier, later)] == [True, False]
    assert earlier.add_working_days(date(2027, 5, 14), 1) == date(2027, 5, 17)
    assert later.add_working_days(date(2027, 5, 14), 1) == date(2027, 5, 18)
    assert [variant.day(date(2026, 5, 27)).kind for variant in (earlier, later)] == ["religious"] * 2
    assert all(v.religious_windows(date(2027, 1, 1), date(2028, 12, 31)) == () for v in (earlier, later))


def test_an_office_is_answered_by_what_was_known_then_and_by_its_own_days() -> None:
    """31 August 2026 was a holiday by what was known before 18 March; an own day off is one whenever asked."""
    office_calendar = calendars.calendar().with_office_days(off={date(2026, 4, 13)})
    before, on = (office_calendar.as_known(date(2026, 3, day)) for day in (17, 18))

    assert [calendar.is_working_day(date(2026, 8, 31)) for calendar in (before, on)] == [False, True]
    assert not before.is_working_day(date(2026, 4, 13))
    assert office_calendar.as_known(None) is office_calendar
