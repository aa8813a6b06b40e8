"""Outcome figures over time, expected values counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from workflow.board.figures import Outcome, Outcomes, StageSpan, pace_by_stage, performance_by

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
