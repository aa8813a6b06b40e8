"""What a plan date breaks, and the days on which it would keep every term."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.law import CALENDAR, analysis, case
from workflow.cases.case import Case
from workflow.deadlines.resolver import deadlines
from workflow.findings.plan_days import PlanDays, broken, days_that_keep

TODAY = date(2026, 4, 6)


def keeps(sample_case: Case, fact: str, *, today: date = TODAY) -> PlanDays | None:
    return days_that_keep(sample_case, analysis(), CALENDAR, fact, today=today)


def breaks(sample_case: Case, fact: str, on: date, *, today: date = TODAY) -> set[str]:
    moved = replace(sample_case, planned={**sample_case.planned, fact: on})
    listed = deadlines(moved, analysis(), CALENDAR, today=today, bare=True)
    return set(broken(listed, CALENDAR, today=today))


def test_a_start_keeps_the_terms_before_it_and_the_room_after_it() -> None:
    """On Monday 6 April the order, 5 working days before, is in time for a start from 13 April on; the
    announcement of 30 March was 10 before it. The discussion is announced by 12 May, 10 before the end of 26
    May, and by practice not before the start. The end of 26 May is the 30th working day from 10 April."""
    sample_case = case(
        facts={"start_announced": date(2026, 3, 30)},
        planned={"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
    )

    assert keeps(sample_case, "analysis_started") == PlanDays(date(2026, 4, 13), date(2026, 5, 12))
    assert breaks(sample_case, "analysis_started", date(2026, 4, 13)) == set()
    assert breaks(sample_case, "analysis_started", date(2026, 4, 10)) == {"order_signed"}
    assert breaks(sample_case, "analysis_started", date(2026, 4, 9)) == {"order_signed", "analysis_ended"}


def test_an_end_is_no_later_than_its_30_days_and_no_earlier_than_its_discussion_allows() -> None:
    """Started on 13 April, the 30 working days end on 28 May. What is announced on 6 May is 10 working days
    before 22 May: 8, 12-15 and 18-21 May lie between (7 and 9 May are holidays, and the 11th is off)."""
    facts = {"start_announced": date(2026, 3, 30), "order_signed": date(2026, 4, 6)}
    sample_case = case(facts={**facts, "analysis_started": date(2026, 4, 13)})
    today = date(2026, 5, 6)

    assert keeps(sample_case, "analysis_ended", today=today) == PlanDays(date(2026, 5, 22), date(2026, 5, 28))
    assert breaks(sample_case, "analysis_ended", date(2026, 5, 21), today=today) == {"discussion_announced"}
    assert breaks(sample_case, "analysis_ended", date(2026, 5, 22), today=today) == set()
    assert breaks(sample_case, "analysis_ended", date(2026, 5, 29), today=today) == {"analysis_ended"}


def test_what_has_run_out_leaves_no_day() -> None:
    """The note was due on 10 June, 10 working days after 26 May: on the 11th no day of it is in time."""
    sample_case = case(facts={"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)})

    assert keeps(sample_case, "note_signed", today=date(2026, 6, 10)) == PlanDays(
        date(2026, 6, 10), date(2026, 6, 10)
    )
    assert keeps(sample_case, "note_signed", today=date(2026, 6, 11)) is None


def test_what_nothing_bounds_has_no_last_day_and_what_it_cannot_mend_is_left_out() -> None:
    """A start nobody announced or ordered yet, on 6 April: 10 working days on are 20 April. Another step of the
    case that is late anyway bars no day."""
    bare = case()
    late = case(facts={"note_signed": date(2025, 12, 1)})

    assert keeps(bare, "analysis_started") == PlanDays(date(2026, 4, 20), None)
    assert "quarter_reported.2025Q4" in breaks(late, "analysis_started", date(2026, 4, 20))
    found = keeps(late, "analysis_started")
    assert found is not None
    assert found.first == date(2026, 4, 20)
