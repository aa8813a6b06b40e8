"""Reminder steps: the working day of each."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calendars.kazakhstan import Kazakhstan
from tests.law import CALENDAR
from workflow.law.procedure import Step
from workflow.reminders import day_of_step, following_step, law_steps, next_step

DEFAULT = tuple(Step(at=at, to=("duty",)) for at in (-5, -1, 0, 1, 5))
DUE = date(2026, 3, 30)  # a Monday; 21-25 March are days off


def named_next(
    steps: tuple[Step, ...], due: date, calendar: Kazakhstan, *, today: date
) -> tuple[str, date] | None:
    step = next_step(law_steps(steps, due, calendar), today=today)
    return (step.id, step.on) if step else None


def named_following(
    steps: tuple[Step, ...], due: date, calendar: Kazakhstan, *, after: date
) -> tuple[str, date] | None:
    step = following_step(law_steps(steps, due, calendar), after=after)
    return (step.id, step.on) if step else None


DAYS = st.dates(date(2011, 1, 1), date(2027, 12, 1))


def test_five_working_days_before_pass_over_nauryz() -> None:
    """A step before counts back in working days, the due date not counted."""
    assert day_of_step(Step(at=-5, to=()), DUE, CALENDAR) == date(2026, 3, 18)


def test_the_day_after_is_the_next_working_day() -> None:
    """A step after counts on from the due date, not counting it."""
    assert day_of_step(Step(at=1, to=()), date(2026, 3, 27), CALENDAR) == date(2026, 3, 30)


def test_the_step_of_the_due_date_speaks_on_it() -> None:
    """Step 0 of a working day is that day."""
    assert day_of_step(Step(at=0, to=()), DUE, CALENDAR) == DUE


def test_the_step_of_a_day_off_speaks_on_the_working_day_before() -> None:
    """The reminder of a due date on a day off is sent while it can still be met."""
    assert day_of_step(Step(at=0, to=()), date(2026, 3, 29), CALENDAR) == date(2026, 3, 27)


def test_missed_steps_are_collapsed_into_the_latest() -> None:
    """After a month of downtime one step is due, the last whose day has come."""
    assert named_next(DEFAULT, DUE, CALENDAR, today=date(2026, 5, 4)) == ("+5", date(2026, 4, 6))


def test_the_following_step_is_the_first_after_the_day() -> None:
    """A step sent today is not sent again."""
    assert named_following(DEFAULT, DUE, CALENDAR, after=date(2026, 3, 18)) == ("-1", date(2026, 3, 27))


def test_two_steps_on_one_day_are_one() -> None:
    """Of a due date on a Sunday, "1 before" and "today" fall on the same Friday: the later step is used."""
    assert named_following(DEFAULT, date(2026, 3, 29), CALENDAR, after=date(2026, 3, 20)) == (
        "0",
        date(2026, 3, 27),
    )


def test_steps_beyond_the_records_do_not_exist() -> None:
    """A due date on the last day of the records keeps its earlier steps and has none after."""
    last = CALENDAR.last

    assert named_next(DEFAULT, last, CALENDAR, today=last) == ("0", CALENDAR.find_previous_working_day(last))
    assert named_following(DEFAULT, last, CALENDAR, after=last) is None


def test_a_due_date_outside_the_records_has_no_step() -> None:
    """Nobody knows the working days of 2035."""
    assert named_next(DEFAULT, date(2035, 1, 1), CALENDAR, today=DUE) is None


@given(due=DAYS, today=DAYS)
def test_steps_walked_by_rounds_speaks_each_day_at_most_once(due: date, today: date) -> None:
    """From any day on, next and following steps go strictly forward and end."""
    step = named_next(DEFAULT, due, CALENDAR, today=today)
    assert step is not None
    spoken_days = [step[1]]
    while step := named_following(DEFAULT, due, CALENDAR, after=max(today, spoken_days[-1])):
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
        walked = named_following(DEFAULT, due, CALENDAR, after=day - timedelta(days=1))

        assert walked == named_next(DEFAULT, due, CALENDAR, today=day)
