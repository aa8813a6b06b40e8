"""Targets, rights of choice and programme years: properties that hold for every number and every day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars import OutOfRange
from calendars.counting import count
from calendars.terms import (
    Better,
    CalendarDays,
    InYears,
    Months,
    OngoingDuty,
    Target,
    Window,
    WorkingDays,
    Years,
)
from tests.law import CALENDAR

figures = st.decimals(min_value=0, max_value=1000, places=2)
DAYS = st.dates(min_value=date(2012, 1, 1), max_value=date(2024, 12, 31))
WITHIN = st.one_of(
    st.integers(1, 200).map(WorkingDays),
    st.integers(1, 400).map(CalendarDays),
    st.integers(1, 30).map(Months),
    st.integers(1, 3).map(Years),
)


@given(low=figures, high=figures, measured=figures, better=st.sampled_from(["higher", "lower", "place"]))
def test_a_figure_in_the_range_meets_the_target_and_a_better_one_too(
    low: object, high: object, measured: object, better: Better
) -> None:
    """A value that meets a target still meets it when it improves."""
    first, last = sorted((Fraction(str(low)), Fraction(str(high))))
    value = Fraction(str(measured))
    figure_text = f"{min(low, high)}-{max(low, high)}"
    target = Target(((2026, figure_text),), better)

    worst = first if better == "higher" else last
    beyond = value - worst if better == "higher" else worst - value
    assert target.met(2026, value) == (beyond >= 0)
    assert target.met(2025, value)


@given(term=WITHIN, anchor=DAYS)
def test_a_right_closes_on_the_day_a_duty_would_be_due(
    term: WorkingDays | CalendarDays | Months | Years, anchor: date
) -> None:
    """Counted alike; but there is no due date, and a moved day is felt all the same."""
    right, duty = count(Window(term), anchor, CALENDAR), count(term, anchor, CALENDAR)

    assert (right.due, right.safe_by, right.closes) == (None, None, duty.due)
    assert (right.first, right.last) == (duty.first, duty.last)
    assert [element.code for element in right.elements][-1] == "window_closes"


@given(first=st.integers(2010, 2028), more=st.integers(0, 10))
def test_years_end_on_their_last_day(first: int, more: int) -> None:
    """31 December, whether it is worked or not; beyond the records nothing is computed."""
    term = InYears(first, first + more)

    if first + more > 2028:
        with pytest.raises(OutOfRange):
            count(term, None, CALENDAR)
    else:
        assert count(term, None, CALENDAR).due == date(first + more, 12, 31)


def test_standing_duties_and_targets_have_no_day() -> None:
    """Neither due nor closing; a year without a figure says so."""
    target = Target(((2026, "62-65"),), "higher")

    for term, anchor, code in (
        (OngoingDuty(), None, "standing"),
        (target, date(2026, 12, 31), "target"),
        (target, date(2027, 12, 31), "target_none"),
    ):
        term_result = count(term, anchor, CALENDAR)
        assert (term_result.due, term_result.closes, [element.code for element in term_result.elements]) == (
            None,
            None,
            [code],
        )
