"""Figures of a year: rates and medians, drift from the approved plan, slack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import calendars
from workflow.board.figures import Outcome, Outcomes, StageSpan, pace_by_stage, performance_by
from workflow.board.portfolio import PlanStep, approved_plan, critical_step, most_drifted, plan_steps
from workflow.board.rows import Row
from workflow.cases.case import Event, EventKind

MARCH = date(2026, 3, 1)


def ended(outcome: Outcome, number: int = 1, late_by: int = 0, unit: str = "hr") -> Outcomes:
    return Outcomes(unit, "publication", "internal-analysis.2016-10-19", MARCH, outcome, late_by, number)


@pytest.mark.parametrize(
    ("on_time", "due", "rate"),
    [
        (38, 56, 68),  # 67.86
        (1, 8, 13),  # 12.5
        (1, 3, 33),
        (2, 3, 67),
        (197, 200, 99),  # 98.5
        (249, 250, 99),  # 99.6
        (199, 200, 99),  # 99.5
        (9999, 10_000, 99),
        (3, 3, 100),
        (0, 7, 0),
        (1, 400, 0),
    ],
)
def test_the_rate_is_rounded_half_up_and_a_hundred_only_where_nothing_was_late(
    on_time: int, due: int, rate: int
) -> None:
    """Of all that came due: with one of 250 overdue still, 99.6 percent is said as 99, not as 100."""
    outcomes = [ended("on_time", on_time), ended("open", due - on_time)]
    figures = performance_by(outcomes, lambda outcome: outcome.unit)["hr"]
    assert (figures.due, figures.on_time, figures.unmet, figures.rate) == (due, on_time, due - on_time, rate)


def test_the_median_is_of_what_was_done_late_and_of_each_as_often_as_it_came() -> None:
    """Late by 1, 1, 1 and 9 days: 1; by 1 and 4: 2.5. What is overdue still has no delay yet."""
    outcomes = [
        ended("late", 3, 1),
        ended("late", 1, 9),
        ended("open", 5),
        ended("late", 1, 1, "law"),
        ended("late", 1, 4, "law"),
    ]
    by_unit = performance_by(outcomes, lambda outcome: outcome.unit)
    assert (by_unit["hr"].median_late, by_unit["law"].median_late) == (1, 2.5)
    assert performance_by([ended("on_time")], lambda _: None)[None].median_late is None


def test_the_pace_of_a_stage_is_beside_what_its_terms_gave() -> None:
    """Two stages alike took 4 of 6 days, one 9 of 6."""
    spans = [
        StageSpan("hr", "note", "x", date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 6), 2),
        StageSpan("law", "note", "x", date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 11), 1),
    ]
    pace = pace_by_stage(spans, lambda first, on: (on - first).days)
    assert pace["note"].medians == (4, 6)


TODAY = date(2026, 4, 6)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def chain(*entries: tuple[EventKind, str, date | None]) -> list[Event]:
    return [
        Event(case="1", seq=seq, kind=kind, name=name, on=on, at=OPENED, by="a")
        for seq, (kind, name, on) in enumerate(entries, 1)
    ]


def row(
    obligation: str, *, due: date | None = None, planned: date | None = None, done_on: date | None = None
) -> Row:
    state = "done" if done_on else "open"
    return Row(
        *("1", obligation, "analysis", "hr", due, due, planned, done_on, None, "happened", "confirmed", "firm"),
        *(state, "obligatory", None, None, None, None, None, "1"),  # type: ignore[arg-type]
    )


def days(first: date, last: date) -> int:
    calendar = calendars.calendar()
    return (
        calendar.count_working_days(first, last) - 1
        if first <= last
        else 1 - calendar.count_working_days(last, first)
    )


def steps(rows: Sequence[Row], approved: dict[str, date]) -> dict[str, PlanStep]:
    return {step.row.obligation: step for step in plan_steps(rows, approved, days, today=TODAY)}


def test_the_approved_plan_is_as_it_stood_when_the_schedule_was_approved() -> None:
    """What was planned again before is the new day, what was planned after is no part of it, the old day is."""
    events = chain(
        ("planned", "analysis_started", date(2026, 4, 10)),
        ("planned", "analysis_started", date(2026, 4, 13)),
        ("fact", "order_signed", date(2026, 3, 2)),
        ("fact", "schedule_approved", date(2026, 3, 2)),
        ("planned", "analysis_started", date(2026, 4, 20)),
        ("planned", "analysis_ended", date(2026, 5, 25)),
    )
    assert approved_plan(events) == {"analysis_started": date(2026, 4, 13)}
    assert approved_plan(events[:3]) == approved_plan([]) == {}


def test_an_approval_withdrawn_approves_nothing_and_one_recorded_anew_what_stands_then() -> None:
    """The withdrawal of the approval, then of a plan date; then it is approved again."""
    events = chain(
        ("planned", "analysis_started", date(2026, 4, 13)),
        ("planned", "analysis_ended", date(2026, 5, 25)),
        ("fact", "schedule_approved", date(2026, 3, 2)),
        ("withdrawn", "schedule_approved", None),
        ("withdrawn", "plan.analysis_ended", None),
    )
    for withdrawal, line in ((3, 3), (4, 2)):
        events[withdrawal] = replace(events[withdrawal], payload={"lines": [line]})
    assert approved_plan(events[:4]) == {}
    second_approval = Event(case="1", seq=6, kind="fact", name="schedule_approved", on=TODAY, at=OPENED, by="a")
    assert approved_plan([*events, second_approval]) == {"analysis_started": date(2026, 4, 13)}


def test_drift_is_from_the_approved_day_to_the_day_done_else_planned() -> None:
    """Friday 10 to Monday 13 April is one day later, Monday 13 to Friday 10 one earlier; over May's holidays
    30 April to 12 May is 5: 4, 5, 6, 8 and 12 May. What was done is compared by the day it was done on."""
    steps_by_name = steps(
        [
            row("a", planned=date(2026, 4, 13)),
            row("b", planned=date(2026, 4, 10)),
            row("c", planned=date(2026, 4, 30), done_on=date(2026, 5, 12)),
            row("d", planned=date(2026, 4, 30)),
            row("e", planned=date(2026, 4, 30)),
        ],
        {"a": date(2026, 4, 10), "b": date(2026, 4, 13), "c": date(2026, 4, 30), "d": date(2026, 4, 30)},
    )
    assert [steps_by_name[name].drift for name in "abcde"] == [1, -1, 5, 0, None]
    drifted = most_drifted(steps_by_name.values())
    assert drifted is not None
    assert drifted.row.obligation == "c"
    assert most_drifted([steps_by_name["e"]]) is None


def test_slack_is_from_the_plan_to_the_due_date_and_the_least_of_it_is_critical() -> None:
    """On the due date none, a day after it less than none; what is done, or has no due date, has none."""
    steps_by_name = steps(
        [
            row("before", planned=date(2026, 4, 10), due=date(2026, 4, 14)),
            row("on", planned=date(2026, 4, 14), due=date(2026, 4, 14)),
            row("after", planned=date(2026, 4, 15), due=date(2026, 4, 14)),
            row("done", planned=date(2026, 4, 10), due=date(2026, 4, 14), done_on=date(2026, 4, 3)),
            row("free", planned=date(2026, 4, 10)),
            row("measure.1", planned=date(2026, 4, 10), due=date(2026, 4, 14)),
            row("unplanned", due=date(2026, 4, 14)),
            row("stale", planned=date(2026, 4, 1), due=date(2026, 4, 2))._replace(
                waiting_for="on", counts_until=date(2026, 4, 3)
            ),
        ],
        {},
    )
    slack = {"before": 2, "on": 0, "after": -1, "done": None, "free": None, "stale": None}
    assert {name: step.slack for name, step in steps_by_name.items()} == slack
    critical = critical_step(steps_by_name.values())
    assert critical is not None
    assert critical.row.obligation == "after"
    assert critical_step([steps_by_name["done"], steps_by_name["free"]]) is None
