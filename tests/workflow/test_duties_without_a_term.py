"""Duties an act names no number of days for: since when they are open, and on which days they are reminded of.

The days are our practice: the first working day after the condition is met, then every fifth. Counted by hand;
27 May 2026 is Kurban Ait, 23-25 March are Nauryz.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.law import CALENDAR, analysis, case, chain, library
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.reminders import HIMSELF, next_step, steps_of

HELD = date(2026, 5, 19)
OPENED = datetime(2026, 1, 19, 7, tzinfo=UTC)
TO_THE_OFFICER = (*HIMSELF, "officer")
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
        (date(2026, 5, 19), "open+1", date(2026, 5, 20), HIMSELF),
        (date(2026, 5, 27), "open+1", date(2026, 5, 20), HIMSELF),
        (date(2026, 5, 28), "open+6", date(2026, 5, 28), HIMSELF),
        (date(2026, 6, 4), "open+11", date(2026, 6, 4), HIMSELF),
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


@pytest.mark.parametrize(
    ("today", "step", "on"),
    [
        (date(2026, 3, 10), "before-5", date(2026, 3, 18)),
        (date(2026, 3, 18), "before-5", date(2026, 3, 18)),
        (date(2026, 3, 27), "before-1", date(2026, 3, 27)),
    ],
)
def test_the_check_for_secrets_is_asked_for_before_the_announcement(today: date, step: str, on: date) -> None:
    """An analysis planned for 13 April is announced by 30 March; its text is checked before that (P1.T1.S3)."""
    sample = case(planned={"analysis_started": date(2026, 4, 13)})

    assert asked(sample, "start_text_checked", today) == (step, on, HIMSELF)


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
    assert asked(approved, checked, date(2026, 7, 10)) == ("before-1", date(2026, 7, 10), HIMSELF)
    assert deadline(moved, checked, today).reminds_from == date(2026, 7, 13)
    assert deadline(ahead, checked, today).reminds_from == date(2026, 7, 9)


def test_a_start_that_was_planned_is_open_from_the_day_it_was_planned_for() -> None:
    """The case was opened in January, the analysis planned for 13 April: nobody owed it from January on. Its
    plan is asked about for ten working days, then the start itself."""
    sample = replace(case(planned={"analysis_started": date(2026, 4, 13)}), opened_at=OPENED)

    assert deadline(sample, "analysis_started", date(2026, 5, 5)).reminds_from == date(2026, 4, 13)
    assert asked(sample, "analysis_started", date(2026, 4, 20)) == ("slipped+5", date(2026, 4, 20), HIMSELF)
    assert asked(sample, "analysis_started", date(2026, 5, 5)) == ("open+11", date(2026, 4, 28), HIMSELF)


def test_a_check_not_made_before_the_announcement_was_missed() -> None:
    sample = case(facts={"start_announced": date(2026, 3, 27)})

    assert deadline(sample, "start_text_checked", HELD).state == "missed"
    assert asked(sample, "start_text_checked", HELD) is None


def test_nothing_is_asked_for_before_its_condition_is_met_or_from_before_the_records() -> None:
    sample = case(facts={"discussion_held": HELD})
    later = replace(sample, kept_from=date(2026, 6, 1))

    assert asked(later, RESULTS, date(2026, 6, 18)) is None
    assert asked(case(), RESULTS, HELD) is None


def test_a_planned_day_speaks_for_itself_until_its_questions_are_over() -> None:
    """Planned for 1 June: asked on that day and up to ten working days after (15 June), then the duty speaks
    again."""
    sample = case(facts={"discussion_held": HELD}, planned={RESULTS: date(2026, 6, 1)})

    first, last = date(2026, 6, 1), date(2026, 6, 18)
    assert asked(sample, RESULTS, first) == ("planned", first, HIMSELF)
    assert asked(sample, RESULTS, last) == ("open+21", last, TO_THE_OFFICER)


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

    assert step is not None
    assert (step.id, step.on, step.about) == ("open+1", date(2026, 4, 1), date(2026, 3, 31))
