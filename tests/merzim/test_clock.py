"""The clock: the only place where time is read, and parsing of --now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from freezegun import freeze_time

from merzim.clock import NotAMoment, clock, read, stand
from merzim.services.moments import almaty


def test_the_local_day_begins_at_seven_in_the_evening_utc() -> None:
    """From 1 March 2024 the whole country is UTC+5: 19:00 UTC is the next day in Almaty."""
    with freeze_time("2026-04-05 18:59:59"):
        before = read()
    with freeze_time("2026-04-05 19:00:00"):
        after = read()

    assert (before.today, after.today) == (date(2026, 4, 5), date(2026, 4, 6))


def test_almaty_was_six_hours_ahead_until_the_last_of_february_2024() -> None:
    """The zone comes from the tzdata wheel, not from a system that may not know the change."""
    before = datetime(2024, 2, 29, 12, tzinfo=almaty())
    after = datetime(2024, 3, 1, 12, tzinfo=almaty())

    assert (before.utcoffset(), after.utcoffset()) == (timedelta(hours=6), timedelta(hours=5))


def test_the_present_has_whole_seconds() -> None:
    """The ledger keeps seconds; what is written is what was read."""
    with freeze_time("2026-04-06 04:00:00.987654"):
        moment = read()

    assert moment.now == datetime(2026, 4, 6, 4, 0, 0, tzinfo=UTC)
    assert not moment.demonstration


def test_a_bare_date_is_noon_in_almaty() -> None:
    """--now 2026-04-06 is 12:00 there, 07:00 UTC."""
    moment = stand("2026-04-06")

    assert moment.now == datetime(2026, 4, 6, 7, tzinfo=UTC)
    assert moment.today == date(2026, 4, 6)
    assert moment.demonstration


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("2026-04-06T09:30", datetime(2026, 4, 6, 4, 30, tzinfo=UTC)),
        ("2026-04-06 09:30:15", datetime(2026, 4, 6, 4, 30, 15, tzinfo=UTC)),
        ("2026-04-06T09:30:00Z", datetime(2026, 4, 6, 9, 30, tzinfo=UTC)),
        ("2026-04-06T09:30:00+03:00", datetime(2026, 4, 6, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_almatys(text: str, now: datetime) -> None:
    """A moment with a zone keeps it, one without is local."""
    assert stand(text).now == now


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "31.02.26", "2026-04-06T25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """The refusal carries the text as it was typed."""
    with pytest.raises(NotAMoment) as refused:
        stand(text)

    assert refused.value.arguments == {"text": text}


def test_a_given_moment_stands_still_and_none_means_the_real_clock() -> None:
    """MERZIM_NOW= (empty) is the real day."""
    with freeze_time("2026-04-06 04:00:00"):
        assert clock("")().today == date(2026, 4, 6)
        assert clock("2025-01-01")() == clock("2025-01-01")()
