"""Reminders of plan dates, questions about passed ones, no reminders while an obligation waits."""

from __future__ import annotations

from datetime import date

from tests.law import CALENDAR, analysis, case
from workflow.board.rows import Row, rows
from workflow.cases.case import Case
from workflow.deadlines.resolver import deadlines
from workflow.reminders import step_named, steps_of

START = date(2026, 4, 13)  # a Monday
APPROVAL = date(2026, 5, 13)


def row_of(sample_case: Case, obligation: str, *, today: date) -> Row:
    all_deadlines = deadlines(sample_case, analysis(), CALENDAR, today=today)
    return next(
        row
        for row in rows(sample_case, analysis(), all_deadlines, CALENDAR, today=today)
        if row.obligation == obligation
    )


def steps(sample_case: Case, obligation: str, *, today: date) -> list[tuple[str, date]]:
    row = row_of(sample_case, obligation, today=today)
    return [
        (step.id, step.on) for step in steps_of(sample_case, analysis(), obligation, row, CALENDAR, today=today)
    ]


def test_a_plan_date_is_reminded_of_on_its_day_and_asked_about_afterwards() -> None:
    """13 April; 14 April; 5 working days after: 20 April; 10: 27 April. Of Saturday 11 April on Friday the
    10th, and the question on Monday."""
    sample_case = case(planned={"analysis_started": START})

    assert steps(sample_case, "analysis_started", today=date(2026, 3, 1)) == [
        ("planned", START),
        ("slipped+1", date(2026, 4, 14)),
        ("slipped+5", date(2026, 4, 20)),
        ("slipped+10", date(2026, 4, 27)),
    ]
    sample_case = case(planned={"analysis_started": date(2026, 4, 11)})

    assert steps(sample_case, "analysis_started", today=date(2026, 3, 1))[:2] == [
        ("planned", date(2026, 4, 10)),
        ("slipped+1", START),
    ]


def test_where_a_step_of_the_term_speaks_the_plan_date_is_silent() -> None:
    """Order due on Monday 6 April, planned for that day or the Friday before: steps of the term."""
    for planned in (date(2026, 4, 6), date(2026, 4, 3)):
        sample_case = case(planned={"analysis_started": START, "order_signed": planned})
        assert "planned" not in dict(steps(sample_case, "order_signed", today=date(2026, 3, 1)))
    free = case(planned={"analysis_started": START, "order_signed": date(2026, 4, 2)})
    assert dict(steps(free, "order_signed", today=date(2026, 3, 1)))["planned"] == date(2026, 4, 2)


def test_a_question_gives_way_to_a_step_of_the_term() -> None:
    """Planned for 27 March, due on 6 April: its fifth day, 3 April, and the 6th are steps of the term."""
    sample_case = case(planned={"analysis_started": START, "order_signed": date(2026, 3, 27)})

    assert steps(sample_case, "order_signed", today=date(2026, 3, 1)) == [
        ("planned", date(2026, 3, 27)),
        ("-5", date(2026, 3, 30)),
        ("slipped+1", date(2026, 3, 31)),
        ("-1", date(2026, 4, 3)),
        ("0", date(2026, 4, 6)),
        ("+1", date(2026, 4, 7)),
        ("+5", START),
    ]


def test_of_what_waits_no_step_of_the_term_speaks() -> None:
    """The publication of a plan to be approved on 13 May: reminded of until then, and never again."""
    sample_case = case(facts={"analysis_started": START}, planned={"plan_approved": APPROVAL})

    assert steps(sample_case, "published", today=APPROVAL) == [("-5", date(2026, 5, 8))]
    for day in (date(2026, 5, 14), date(2026, 5, 19), date(2026, 6, 15)):
        assert steps(sample_case, "published", today=day) == []
        assert row_of(sample_case, "published", today=day).next_step_on is None


def test_once_the_anchor_happened_all_steps_speak() -> None:
    """Approved on 13 May: one day before, on the day, the day after, five days after 18 May."""
    sample_case = case(facts={"analysis_started": START, "plan_approved": APPROVAL})

    assert steps(sample_case, "published", today=date(2026, 5, 14))[1:] == [
        ("-1", date(2026, 5, 15)),
        ("0", date(2026, 5, 18)),
        ("+1", date(2026, 5, 19)),
        ("+5", date(2026, 5, 25)),
    ]


def test_against_the_plan_the_head_is_told_until_the_day_it_is_planned_for() -> None:
    """The order of a start planned for 13 April: the last step is on that day; on the 14th nothing is left."""
    sample_case = case(planned={"analysis_started": START})

    assert steps(sample_case, "order_signed", today=START)[-1] == ("+5", START)
    assert steps(sample_case, "order_signed", today=date(2026, 4, 14)) == []


def test_questions_that_went_by_are_one() -> None:
    """Of a schedule taken in seven weeks later one thing is asked, the newest: open since its planned day, 31
    working days by 1 June (without 1, 7, 11 and 27 May).
    """
    sample_case = case(planned={"analysis_started": START})
    row = row_of(sample_case, "analysis_started", today=date(2026, 6, 1))

    assert (row.next_step, row.next_step_on) == ("open+31", date(2026, 6, 1))


def test_the_executor_is_asked_twice_and_then_those_above() -> None:
    """The day after and after 5 working days the executor; after 10 the head of the unit and the officer."""
    steps_by_name = {
        name: step_named(case(), analysis(), "analysis_started", START, CALENDAR, name)
        for name in ("planned", "slipped+1", "slipped+5", "slipped+10")
    }

    assert {name: step.to for name, step in steps_by_name.items() if step} == {
        "planned": ("duty",),
        "slipped+1": ("duty",),
        "slipped+5": ("duty",),
        "slipped+10": ("head_of_unit", "officer"),
    }
