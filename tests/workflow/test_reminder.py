"""Reminder steps: the working day of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.law import CALENDAR
from workflow.law.procedure import Step
from workflow.reminders import day_of_step, following_step, law_steps, next_step

DEFAULT = tuple(Step(at=at, to=("duty",)) for at in (-5, -1, 0, 1, 5))
DUE = date(2026, 3, 30)  # a Monday; 21-25 March are days off


def named_next(due: date, *, today: date) -> tuple[str, date] | None:
    step = next_step(law_steps(DEFAULT, due, CALENDAR), today=today)
    return (step.id, step.on) if step else None


def named_following(due: date, *, after: date) -> tuple[str, date] | None:
    step = following_step(law_steps(DEFAULT, due, CALENDAR), after=after)
    return (step.id, step.on) if step else None


DAYS = st.dates(date(2011, 1, 1), date(2027, 12, 1))


@pytest.mark.parametrize(
    ("at", "due", "on"),
    [
        # Counted back and on in working days, the due date not counted; five pass over Nauryz.
        (-5, DUE, date(2026, 3, 18)),
        (1, date(2026, 3, 27), DUE),
        (0, DUE, DUE),
        # Of a day off on the working day before, while it can still be met.
        (0, date(2026, 3, 29), date(2026, 3, 27)),
    ],
)
def test_a_step_speaks_on_its_working_day(at: int, due: date, on: date) -> None:
    assert day_of_step(Step(at=at, to=()), due, CALENDAR) == on


def test_missed_steps_are_collapsed_into_the_latest_and_none_is_sent_again() -> None:
    """After a month of downtime one step is due, the last whose day has come. Of a due date on a Sunday,
    "1 before" and "today" fall on the same Friday: the later step is used."""
    assert named_next(DUE, today=date(2026, 5, 4)) == ("+5", date(2026, 4, 6))
    assert named_following(DUE, after=date(2026, 3, 18)) == ("-1", date(2026, 3, 27))
    assert named_following(date(2026, 3, 29), after=date(2026, 3, 20)) == ("0", date(2026, 3, 27))


def test_steps_beyond_the_records_do_not_exist() -> None:
    """A due date on the last day of the records keeps its earlier steps and has none after; of 2035 nobody
    knows the working days."""
    last = CALENDAR.last

    assert named_next(last, today=last) == ("0", CALENDAR.find_previous_working_day(last))
    assert named_following(last, after=last) is None
    assert named_next(date(2035, 1, 1), today=DUE) is None


@given(due=DAYS, today=DAYS)
def test_steps_walked_by_rounds_speaks_each_day_at_most_once(due: date, today: date) -> None:
    """From any day on, next and following steps go strictly forward and end."""
    step = named_next(due, today=today)
    assert step is not None
    spoken_days = [step[1]]
    while step := named_following(due, after=max(today, spoken_days[-1])):
        spoken_days.append(step[1])

    assert spoken_days == sorted(set(spoken_days))
    assert len(spoken_days) <= len(DEFAULT)


@given(due=DAYS, at=st.integers(-20, 20))
def test_a_step_always_speaks_on_a_working_day(due: date, at: int) -> None:
    """Nobody is written to on a day off, however the due date falls."""
    day = day_of_step(Step(at=at, to=()), due, CALENDAR)

    assert CALENDAR.is_working_day(day)
    assert (day <= due) if at <= 0 else (day > due)


@given(due=DAYS)
def test_collapsing_leaves_what_following_would_have_reached(due: date) -> None:
    """The step of a day is the same whether rounds ran every day or only on that one."""
    for step in DEFAULT:
        day = day_of_step(step, due, CALENDAR)
        walked = named_following(due, after=day - timedelta(days=1))

        assert walked == named_next(due, today=day)
