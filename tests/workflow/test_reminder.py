"""The steps of a reminder: of a term, of a plan date, of a duty without a term."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from tests.law import CALENDAR, analysis, case, chain, library
from workflow.board.rows import rows
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline, Row
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Step
from workflow.reminders import (
    RESPONSIBLE,
    day_of_step,
    following_step,
    is_about,
    law_steps,
    next_step,
    step_named,
    step_order,
    steps_of,
    undated_kind,
)

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


START = date(2026, 4, 13)  # a Monday
SAMPLE_CASE = case(planned={"analysis_started": START})
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
    assert steps(SAMPLE_CASE, "analysis_started", today=date(2026, 3, 1)) == [
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
    # Planned for a day after its term: silent, unless the records begin after that and nothing else speaks.
    late = case(facts={"analysis_started": START}, planned={"order_signed": date(2026, 4, 20)})
    assert "planned" not in dict(steps(late, "order_signed", today=START))
    taken_up = replace(late, kept_from=START)
    assert dict(steps(taken_up, "order_signed", today=START))["planned"] == date(2026, 4, 20)


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
    assert steps(SAMPLE_CASE, "order_signed", today=START)[-1] == ("+5", START)
    assert steps(SAMPLE_CASE, "order_signed", today=date(2026, 4, 14)) == []


def test_questions_that_went_by_are_one() -> None:
    """Of a schedule taken in seven weeks later one thing is asked, the newest: open since its planned day, 31
    working days by 1 June (without 1, 7, 11 and 27 May)."""
    row = row_of(SAMPLE_CASE, "analysis_started", today=date(2026, 6, 1))

    assert row.next_step_on == date(2026, 6, 1)


HELD = date(2026, 5, 19)
OPENED = datetime(2026, 1, 19, 7, tzinfo=UTC)
TO_THE_OFFICER = (*RESPONSIBLE, "officer")
RESULTS = "discussion_results_published"


def deadline(sample: Case, name: str, today: date) -> Deadline:
    return chain(sample, today=today)[name]


def asked(sample: Case, name: str, today: date) -> tuple[str, date, tuple[str, ...]] | None:
    """The reminder a round of that day would send, or the next one to come."""
    steps = steps_of(sample, analysis(), name, deadline(sample, name, today), CALENDAR, today=today)
    step = next_step(steps, today=today)
    return (step.id, step.on, step.step.to) if step else None


@pytest.mark.parametrize(
    ("today", "step", "on", "to"),
    [
        (date(2026, 5, 19), "open+1", date(2026, 5, 20), RESPONSIBLE),
        (date(2026, 5, 27), "open+1", date(2026, 5, 20), RESPONSIBLE),
        (date(2026, 5, 28), "open+6", date(2026, 5, 28), RESPONSIBLE),
        (date(2026, 6, 4), "open+11", date(2026, 6, 4), RESPONSIBLE),
        (date(2026, 6, 11), "open+16", date(2026, 6, 11), TO_THE_OFFICER),
        (date(2026, 6, 18), "open+21", date(2026, 6, 18), TO_THE_OFFICER),
    ],
)
def test_publishing_the_results_is_asked_for_from_the_day_after_the_discussion(
    today: date, step: str, on: date, to: tuple[str, ...]
) -> None:
    """tbn4-2024, P1.T2.S2: "the results are published", without a number of days."""
    sample = case(facts={"discussion_held": HELD})

    assert deadline(sample, RESULTS, today).reminds_from == HELD
    assert asked(sample, RESULTS, today) == (step, on, to)


@pytest.mark.parametrize("today", [date(2026, 3, 20), date(2026, 4, 13)])
def test_a_question_nobody_is_obliged_to_answer_is_asked_once(today: date) -> None:
    """On the first working day after the analysis that it is about, and never again."""
    shipped, name = library().latest("procurement-analysis"), "offence_signs"
    law = shipped.replaced(
        obligations=tuple(
            duty.replaced(force="recommended") if duty.id == name else duty for duty in shipped.obligations
        )
    )
    sample = case(procedure=law, facts={"procurement_analysis_ended": date(2026, 3, 19)})
    found = chain(sample, edition=law, today=today)[name]
    steps = steps_of(sample, law, name, found, CALENDAR, today=today)

    assert [(step.id, step.on) for step in steps] == [("open+1", date(2026, 3, 20))]


def test_a_check_before_a_publication_waits_while_the_publication_does() -> None:
    """The plan was to be approved on 13 May and is not: the publication of 18 May waits for it, and nothing is
    there to be checked (P1.T3.S2)."""
    planned = {"note_signed": date(2026, 5, 12), "plan_approved": date(2026, 5, 13)}
    sample = case(facts={"analysis_started": date(2026, 4, 13)}, planned=planned)

    assert deadline(sample, "publication_text_checked", date(2026, 5, 12)).reminds_from == date(2026, 5, 18)
    assert asked(sample, "publication_text_checked", date(2026, 5, 20)) is None


def test_a_check_before_a_publication_whose_planned_day_was_overtaken_comes_before_its_due_day() -> None:
    """Planned for 18 May, the publication is due on 13 July, three working days after the plan of 8 July: the
    text is checked before that and was not open since May. Moved, not yet approved, the plan does the same; a
    publication planned for a day after the plan keeps its day."""
    planned = {"plan_approved": date(2026, 5, 13), "published": date(2026, 5, 18)}
    began = {"analysis_started": date(2026, 4, 13), "note_signed": date(2026, 6, 24)}
    approved = case(facts={**began, "plan_approved": date(2026, 7, 8)}, planned=planned)
    moved = case(facts=began, planned={**planned, "plan_approved": date(2026, 7, 8)})
    ahead = case(facts={**began, "plan_approved": date(2026, 7, 8)}, planned={"published": date(2026, 7, 9)})
    checked, today = "publication_text_checked", date(2026, 7, 8)

    assert deadline(approved, checked, today).reminds_from == date(2026, 7, 13)
    assert asked(approved, checked, date(2026, 7, 10)) == ("before-1", date(2026, 7, 10), RESPONSIBLE)
    assert deadline(moved, checked, today).reminds_from == date(2026, 7, 13)
    assert deadline(ahead, checked, today).reminds_from == date(2026, 7, 9)


def test_a_start_that_was_planned_is_open_from_the_day_it_was_planned_for() -> None:
    """The case was opened in January, the analysis planned for 13 April: nobody owed it from January on. Its
    plan is asked about for ten working days, then the start itself."""
    sample = replace(case(planned={"analysis_started": date(2026, 4, 13)}), opened_at=OPENED)

    assert deadline(sample, "analysis_started", date(2026, 5, 5)).reminds_from == date(2026, 4, 13)
    assert asked(sample, "analysis_started", date(2026, 4, 20)) == ("slipped+5", date(2026, 4, 20), RESPONSIBLE)
    assert asked(sample, "analysis_started", date(2026, 5, 5)) == ("open+11", date(2026, 4, 28), RESPONSIBLE)


def test_a_check_not_made_before_the_announcement_was_missed() -> None:
    sample = case(facts={"start_announced": date(2026, 3, 27)})

    assert deadline(sample, "start_text_checked", HELD).state == "missed"
    assert asked(sample, "start_text_checked", HELD) is None


def test_nothing_is_asked_for_before_its_condition_is_met_or_from_before_the_records() -> None:
    """Also of what is due before a step whose own last day, here 30 March, lies before the records."""
    for facts, name in (
        ({"discussion_held": HELD}, RESULTS),
        ({"analysis_started": START}, "start_text_checked"),
    ):
        sample = case(facts=facts)
        assert asked(sample, name, date(2026, 6, 18)) is not None
        assert asked(replace(sample, kept_from=date(2026, 6, 1)), name, date(2026, 6, 18)) is None
    assert asked(case(), RESULTS, HELD) is None


def test_a_planned_day_speaks_for_itself_until_its_questions_are_over() -> None:
    """Planned for 1 June: asked on that day and up to ten working days after (15 June), then the duty speaks
    again."""
    sample = case(facts={"discussion_held": HELD}, planned={RESULTS: date(2026, 6, 1)})

    first, last = date(2026, 6, 1), date(2026, 6, 18)
    assert asked(sample, RESULTS, first) == ("planned", first, RESPONSIBLE)
    assert asked(sample, RESULTS, last) == ("open+21", last, TO_THE_OFFICER)
    # Ten working days after 28 May, when those above are asked: on that day the duty itself keeps silent.
    tenth = date(2026, 6, 11)
    sample = case(facts={"discussion_held": HELD}, planned={RESULTS: date(2026, 5, 28)})
    assert asked(sample, RESULTS, tenth) == ("slipped+10", tenth, ("head_of_unit", "officer"))


@pytest.mark.parametrize(
    ("today", "step", "on"),
    [
        (date(2026, 10, 30), "points-11", date(2026, 11, 2)),
        (date(2026, 11, 30), "points-11", date(2026, 11, 2)),
        (date(2026, 12, 1), "points-12", date(2026, 12, 1)),
    ],
)
def test_what_points_hang_on_is_named_in_november_and_december(today: date, step: str, on: date) -> None:
    """The list of exposed positions (001, P1.T4.S1: minus 5 without it), whatever stage the analysis is at."""
    sample = case(planned={"analysis_started": date(2026, 12, 21)})

    assert asked(sample, "positions_listed", today) == (step, on, TO_THE_OFFICER)


def test_what_comes_before_a_step_without_a_day_is_asked_for_when_its_period_is_over() -> None:
    """The papers of a quarter are approved before they are uploaded, and no day is named for that (P1 intro):
    31 March ends the quarter, and is no day on which the upload is expected."""
    year = library().latest("tbn4-year")
    sample = replace(case(procedure=year, facts={"year_begun": date(2026, 1, 1)}), opened_at=OPENED)
    name, today = "evidence_approved.2026Q1", date(2026, 3, 20)
    found = chain(sample, edition=year, today=today)[name]
    step = next_step(steps_of(sample, year, name, found, CALENDAR, today=today), today=today)

    assert (step.id, step.on, step.about) == ("open+1", date(2026, 4, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("analysis_started", {"planned", "slipped", "open"}),
        ("start_text_checked", {"before"}),
        ("start_announced", {"due"}),
        ("positions_listed", {"points"}),
    ],
)
def test_a_step_that_was_queued_is_found_again_by_its_name(name: str, kinds: set[str]) -> None:
    """By the deadline and the day it was queued for, for its recipients of today; another day is another's. Of
    two that count from the same day the later is the newer."""
    law, seen = analysis(), {}
    for today in (date(2026, 3, 1), date(2026, 4, 20), date(2026, 6, 1), date(2026, 11, 2)):
        found = deadline(SAMPLE_CASE, name, today)
        for step in steps_of(SAMPLE_CASE, law, name, found, CALENDAR, today=today):
            seen[step.id] = step
            assert step_named(SAMPLE_CASE, law, name, step.about, CALENDAR, step.id) == step.step
            assert is_about(found, step.id, step.about)
            assert undated_kind(step.id) == "points" or not is_about(
                found, step.id, step.about - timedelta(days=1)
            )
    ordered = [step_order(step.id) for step in sorted(seen.values(), key=lambda step: step.on)]
    counted_from = {kind for kind, _ in ordered}

    assert {kind.partition("+")[0] for kind in seen} | counted_from >= kinds
    for counted in counted_from:
        places = [place for kind, place in ordered if kind == counted]
        assert places == sorted(set(places))
