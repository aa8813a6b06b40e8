"""Office hours and retry intervals of delivery."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from notifications.rules import Rules, back_off, is_given_up, opening
from tests.law import CALENDAR

RULES = Rules()


def at(text: str) -> datetime:
    """A moment of Almaty (UTC+5 since March 2024) as UTC."""
    return (datetime.fromisoformat(text) - timedelta(hours=5)).replace(tzinfo=UTC)


@pytest.mark.parametrize("moment", ["2026-04-06T09:00", "2026-04-06T12:00", "2026-04-06T17:59"])
def test_inside_office_hours_letters_leave_at_once(moment: str) -> None:
    """From nine to six of a working day; nine counts."""
    assert opening(at(moment), CALENDAR, RULES) == at(moment)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-04-06T08:59", "2026-04-06T09:00"),
        ("2026-04-06T18:00", "2026-04-07T09:00"),
        ("2026-04-10T18:00", "2026-04-13T09:00"),
        ("2026-04-11T12:00", "2026-04-13T09:00"),
        ("2026-03-20T20:00", "2026-03-26T09:00"),
    ],
)
def test_outside_office_hours_they_wait_for_the_next_opening(moment: str, opens: str) -> None:
    """Six is too late; weekends and Nauryz are passed over."""
    assert opening(at(moment), CALENDAR, RULES) == at(opens)


def test_beyond_the_records_nobody_waits() -> None:
    """Beyond the calendar records letters are sent at once instead of waiting for ever."""
    moment = datetime(2029, 1, 6, 20, tzinfo=UTC)

    assert opening(moment, CALENDAR, RULES) == moment


def test_an_office_may_have_hours_of_its_own() -> None:
    """office_hours comes from config.toml."""
    early = Rules(office_hours=(time(7), time(8)))

    assert opening(at("2026-04-06T09:00"), CALENDAR, early) == at("2026-04-07T07:00")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240)])
def test_each_attempt_waits_longer(attempts: int, minutes: int) -> None:
    """1, 5, 15, 60 and 240 minutes."""
    assert back_off(attempts) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("attempts", "hours", "given_up"), [(30, 119, False), (30, 120, True), (5, 500, False), (6, 120, True)]
)
def test_a_letter_is_given_up_after_five_days_of_attempts(attempts: int, hours: int, given_up: bool) -> None:
    """One that was first tried late still gets its first attempts."""
    assert is_given_up(attempts, timedelta(hours=hours)) == given_up
