"""The yearly deadline: from the last analysis, around the closed period, to the next due day."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import Embargo
from tests.law import CALENDAR
from workflow.reports.yearly_clock import Analysis, Turn, turn


def clock(*analyses: Analysis, today: date = date(2026, 11, 21)) -> Turn:
    return turn("unit", analyses, embargo=Embargo(1), calendar=CALENDAR, today=today)


def ended(on: date) -> Analysis:
    return Analysis(case="2026-0001", started=on.replace(day=1), ended=on)


@pytest.mark.parametrize(
    ("last", "today", "state"),
    [
        (date(2025, 12, 31), date(2026, 12, 31), "waiting"),
        (date(2025, 12, 31), date(2027, 1, 1), "overdue"),
        (date(2026, 1, 1), date(2027, 1, 1), "waiting"),
    ],
)
def test_a_calendar_year_is_over_with_its_last_day(last: date, today: date, state: str) -> None:
    """One that ended on 31 December serves that year, and the next year has until its own last day."""
    assert clock(ended(last), today=today).state == state


def test_without_any_on_record_this_year_is_asked_for() -> None:
    """Nothing says that one was done before; an external one alone is no reason to be late: counted from
    the end of the closed window."""
    assert (clock().due, clock().state) == (date(2026, 12, 31), "waiting")
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))

    assert clock(outside).due == date(2027, 12, 31)


def test_an_external_analysis_closes_the_window_for_a_year_and_the_term_is_counted_anew() -> None:
    """Ended on 31 March 2026: closed until 31 March 2027; the day 31 December 2026 moves to the end of 2027."""
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))
    turn = clock(ended(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2027, 3, 31), date(2027, 12, 31), True)
    assert turn.state == "closed"
    assert clock(ended(date(2025, 5, 26)), outside, today=date(2027, 3, 31)).state == "closed"
    assert clock(ended(date(2025, 5, 26)), outside, today=date(2027, 4, 1)).state == "waiting"


def test_a_window_that_opens_within_the_year_leaves_the_year_its_analysis() -> None:
    """Closed until 15 September 2026: there is time until 31 December, and nothing moves."""
    outside = Analysis(case="2026-0002", external=date(2025, 9, 15))
    turn = clock(ended(date(2025, 5, 26)), outside)

    assert (turn.closed_until, turn.due, turn.postponed) == (date(2026, 9, 15), date(2026, 12, 31), False)


def test_a_start_inside_the_closed_window_is_named() -> None:
    """The day after the external one and its last closed day are inside; the day after that is not."""
    outside = Analysis(case="2026-0002", external=date(2026, 3, 31))

    def closed(starts: date) -> bool:
        return clock(outside, Analysis(case="2026-0003", starts=starts)).next_closed

    days = (date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1))
    assert [closed(day) for day in days] == [True, True, False]


def test_one_that_runs_or_is_planned_is_said_with_its_day() -> None:
    """What runs goes before what is planned; what is ahead has not ended."""
    runs = Analysis(case="2026-0003", started=date(2026, 11, 2))
    planned = Analysis(case="2026-0004", starts=date(2026, 12, 1))

    assert (clock(planned).state, clock(planned).next_on) == ("planned", date(2026, 12, 1))
    assert (clock(planned, runs).state, clock(planned, runs).next_case) == ("running", "2026-0003")
    assert clock(ended(date(2026, 12, 20))).last is None
