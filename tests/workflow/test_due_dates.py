"""Due dates with their anchors and explanations, and the days a plan may choose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from calendars import REACH, calendar
from calendars.terms import After, PerPeriod
from tests.law import CALENDAR, TODAY, analysis, case, chain, library
from workflow.cases.case import Case
from workflow.cases.commands.planning import PlanDays, broken, days_that_keep
from workflow.deadlines.resolver import deadline, deadlines
from workflow.law.procedure import Obligation, Procedure
from workflow.law.terms import AnchoredTerm

START, END = date(2026, 4, 13), date(2026, 5, 26)


def test_the_anchor_is_the_fact_then_the_plan_date_then_its_own_due_date() -> None:
    """What happened counts before what is intended, that before what follows if done on the last day; an
    empty case has no due dates."""
    derived = chain(case(planned={"analysis_started": START}))["note_signed"]
    planned = chain(case(planned={"analysis_started": START, "analysis_ended": END}))["note_signed"]
    ended = case(planned={"analysis_started": START}, facts={"analysis_ended": date(2026, 5, 25)})
    happened = chain(ended)["note_signed"]

    assert (derived.anchor, derived.anchor_on) == ("derived", date(2026, 5, 28))
    assert (planned.anchor, planned.anchor_on) == ("planned", END)
    assert (happened.anchor, happened.anchor_on) == ("happened", date(2026, 5, 25))
    assert all(deadline.due is None and deadline.anchor == "none" for deadline in chain(case()).values())


def test_a_deadline_is_planned_until_its_anchor_happened() -> None:
    """Then firm where the calendar is confirmed, provisional where it is not."""
    assert chain(case(planned={"analysis_started": START}))["order_signed"].status == "planned"
    assert chain(case(facts={"analysis_started": START}))["order_signed"].status == "firm"
    late = chain(case(facts={"analysis_ended": date(2026, 12, 24)}), today=date(2026, 12, 31))["note_signed"]
    assert (late.status, late.calendar) == ("provisional", "provisional")


def test_a_quarter_is_open_from_its_first_day() -> None:
    """The report of the third quarter is not due yet on 30 June, open on 1 July, and stays open."""
    noted = case(facts={"note_signed": date(2026, 6, 8)})
    days = (date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 1))
    states = [chain(noted, today=today)["quarter_reported.2026Q3"].state for today in days]

    assert states == ["not_due_yet", "open", "open"]


def test_monitoring_has_the_four_quarters_that_end_in_the_year_after_the_note() -> None:
    """A note of 8 June 2026 is followed by Q2, Q3, Q4 of 2026 and Q1 of 2027; one of 30 June by Q3 first."""
    june = chain(case(facts={"note_signed": date(2026, 6, 8)}))
    last_of_june = chain(case(facts={"note_signed": date(2026, 6, 30)}))

    quarters = [name[-6:] for name in june if name.startswith("quarter_reported")]
    assert quarters == ["2026Q2", "2026Q3", "2026Q4", "2027Q1"]
    assert "quarter_reported.2026Q2" not in last_of_june
    assert "quarter_reported.2027Q2" in last_of_june


def test_an_announcement_never_made_is_missed_once_the_analysis_ended() -> None:
    """It is open before, missed after, and done when recorded late all the same."""
    before = chain(case(facts={"analysis_started": START}))
    after = chain(case(facts={"analysis_started": START, "analysis_ended": END}))
    late = chain(case(facts={"analysis_started": START, "analysis_ended": END, "start_announced": END}))

    assert before["start_announced"].state == "open"
    assert after["start_announced"].state == "missed"
    assert late["start_announced"].state == "done"


def test_lateness_is_counted_in_working_days() -> None:
    """On the due day in time, the day after late by one; a Sunday adds nothing. Published on the Saturday
    after a Friday: no working day later, and not in time."""
    for on, late in ((date(2026, 3, 30), None), (date(2026, 3, 31), 1), (date(2026, 4, 5), 4)):
        sample_case = case(planned={"analysis_started": START}, facts={"start_announced": on})
        assert chain(sample_case)["start_announced"].late_by == late
    published = case(facts={"plan_approved": date(2026, 6, 2), "published": date(2026, 6, 6)})
    assert (chain(published)["published"].due, chain(published)["published"].late_by) == (date(2026, 6, 5), 0)


def with_obligation(procedure: Procedure, changed_obligation: Obligation) -> Procedure:
    """The procedure with another obligation in the place of the one of that id."""
    return procedure.replaced(
        obligations=tuple(
            changed_obligation if obligation.id == changed_obligation.id else obligation
            for obligation in procedure.obligations
        )
    )


def test_what_counts_from_a_provisional_day_is_provisional() -> None:
    """The transfers of 2027 are not ordered yet. Ten working days before 11 January 2027 reach back into 2026;
    five more before them lie in 2026 alone, whose days are confirmed, and are no surer for that."""
    order = analysis().by_id["order_signed"].replaced(anchored=AnchoredTerm(After(-5), "start_announced"))
    edition = with_obligation(analysis(), order)
    sample_case = case(planned={"analysis_started": date(2027, 1, 11)})
    derived = chain(sample_case, edition=edition)

    assert derived["start_announced"].calendar == "provisional"
    assert derived["order_signed"].anchor == "derived"
    assert derived["order_signed"].span_last is not None
    assert derived["order_signed"].span_last.year == 2026
    assert derived["order_signed"].calendar == "provisional"

    announced = derived["order_signed"].anchor_on
    assert announced is not None
    sure = case(facts={"start_announced": announced}, planned=dict(sample_case.planned))
    signed = chain(sure, edition=edition, today=announced)["order_signed"]
    assert signed.due == derived["order_signed"].due
    assert (signed.calendar, signed.status) == ("confirmed", "firm")


@pytest.mark.parametrize(
    ("days", "done_on", "late"),
    [
        ((date(2026, 2, 2), date(2026, 3, 31), date(2026, 6, 30)), date(2026, 3, 31), None),
        ((date(2026, 2, 2), date(2026, 4, 1), date(2026, 6, 30)), date(2026, 4, 1), 1),
        ((date(2026, 6, 30), date(2026, 3, 31), date(2026, 2, 2)), date(2026, 3, 31), None),
        ((date(2026, 2, 2),), None, None),
    ],
)
def test_of_at_least_two_in_a_quarter_the_second_is_judged(
    days: tuple[date, ...], done_on: date | None, late: int | None
) -> None:
    """A third one, on whatever day and in whatever order they were recorded, makes nothing late."""
    shipped = library().named("mne-standard-year.2025-09-18")
    edition = with_obligation(
        shipped,
        shipped.by_id["conflicts_analysed"].replaced(
            anchored=AnchoredTerm(PerPeriod(2, "quarter")), several=False
        ),
    )
    names = ("conflicts_analysed.2026Q1", "conflicts_analysed.2026Q1#2", "conflicts_analysed.2026Q1#3")
    sample_case = case(
        procedure=edition, facts={"year_begun": date(2026, 1, 1), **dict(zip(names, days, strict=False))}
    )
    quarter = chain(sample_case, edition=edition, today=date(2026, 7, 1))["conflicts_analysed.2026Q1"]

    assert quarter.due == date(2026, 3, 31)
    assert (quarter.done_on, quarter.late_by) == (done_on, late)
    assert quarter.state == ("done" if done_on else "open")


@pytest.mark.parametrize(("ended", "due", "latest"), [(16, 28, 31), (17, 31, 31)])
def test_a_religious_day_may_move_to_the_first_day_that_is_counted(ended: int, due: int, latest: int) -> None:
    """Ten working days from Monday 17 May 2027, off if Kurban Ait is a day late; from the Tuesday on, not."""
    sample_case = case(facts={"analysis_ended": date(2027, 5, ended)})
    note = deadline(sample_case, analysis(), CALENDAR, "note_signed", today=TODAY)

    assert (note.due, note.latest) == (date(2027, 5, due), date(2027, 5, latest))


def test_each_deadline_has_the_range_of_the_religious_day_it_meets() -> None:
    """The note meets the Kurban Ait of 2027; the publication, three working days after Tuesday 2 May 2028, that
    of Friday 5 May 2028: 3, 4 and 10 May (the 8th is off for Sunday 7 May); were it on the Saturday, 3, 4,
    5."""
    deadlines_by_id = chain(case(facts={"analysis_ended": date(2027, 5, 7), "plan_approved": date(2028, 5, 2)}))

    note = deadlines_by_id["note_signed"]
    assert (note.earliest, note.due, note.latest) == (date(2027, 5, 24), date(2027, 5, 24), date(2027, 5, 25))
    assert note.calendar == "provisional"
    published = deadlines_by_id["published"]
    assert (published.earliest, published.latest) == (date(2028, 5, 5), date(2028, 5, 10))


def test_a_day_that_a_religious_one_would_move_past_the_records_has_no_later_day() -> None:
    """The records end on Monday 24 May 2027, the last day of the note unless Monday the 17th is off."""
    short = calendar(last=date(2027, 5, 24))
    note = chain(case(facts={"analysis_ended": date(2027, 5, 7)}), calendar=short)["note_signed"]

    assert note.earliest == note.due == note.latest == date(2027, 5, 24)


@pytest.mark.parametrize(("day", "told"), [(30, 0), (31, 1)])
def test_a_term_over_before_its_case_was_opened_says_so(day: int, told: int) -> None:
    """The announcement of a start on 13 April was due on 30 March."""
    opened_at = datetime(2026, 3, day, 7, tzinfo=UTC)
    late = replace(case(facts={"analysis_started": START}), opened_at=opened_at)
    elements = chain(late)["start_announced"].explanation

    assert [element.code for element in elements].count("due_before_opening") == told


def test_beyond_the_records_there_is_no_due_date_and_an_office_counts_on_by_rule() -> None:
    """A term that runs past 31 December 2028 is not guessed. An office counts on, and says so: two days of
    December 2028, then eight from 3 January 2029 on: the 12th, provisional."""
    sample_case = case(facts={"analysis_ended": date(2028, 12, 27)})
    deadline = chain(sample_case, today=date(2028, 12, 28))["note_signed"]

    assert deadline.due is None
    assert "beyond_horizon" in [element.code for element in deadline.explanation]
    note = chain(sample_case, calendar=calendar(last=REACH), today=date(2028, 12, 28))["note_signed"]

    assert (note.due, note.calendar, note.status) == (date(2029, 1, 12), "provisional", "provisional")
    assert [element.code for element in note.explanation].count("beyond_records") == 1


def test_what_was_known_before_decides_when_asked_as_of_then() -> None:
    """Ten working days across 31 August 2026 end a day later by what was known before 18 March 2026."""
    sample_case = case(facts={"analysis_ended": date(2026, 8, 24)})
    for known_on, due in ((date(2026, 3, 17), date(2026, 9, 8)), (date(2026, 3, 18), date(2026, 9, 7))):
        assert chain(sample_case, calendar=calendar(known_on))["note_signed"].due == due


def test_one_deadline_asked_alone_is_the_one_of_the_whole_chain() -> None:
    """The short way and the long way agree on every obligation and every period."""
    sample_case = case(planned={"analysis_started": START, "analysis_ended": END})
    all_deadlines = deadlines(sample_case, analysis(), CALENDAR, today=TODAY)

    assert [
        deadline(sample_case, analysis(), CALENDAR, expected.id, today=TODAY) for expected in all_deadlines
    ] == list(all_deadlines)
    assert deadline(sample_case, analysis(), CALENDAR, "quarter_reported.2031Q1", today=TODAY) is None


def test_it_may_be_done_after_the_last_of_what_must_come_before() -> None:
    """The note follows both the end of the analysis and the discussion, whichever is later."""
    for held_on, opens in ((date(2026, 5, 19), END), (date(2026, 5, 28), date(2026, 5, 28))):
        sample_case = case(facts={"analysis_ended": END, "discussion_held": held_on})
        assert chain(sample_case)["note_signed"].opens == opens


def test_a_fact_that_answers_another_fulfils_it_on_its_day() -> None:
    """The council's discussion is a discussion (tbn4-2024, P1.T2.S2); recorded itself, its own day counts."""
    council, held_on = date(2026, 5, 19), date(2026, 5, 14)
    for facts, done_on in (
        ({}, None),
        ({"council_discussed": council}, council),
        ({"council_discussed": council, "discussion_held": held_on}, held_on),
    ):
        assert chain(case(facts=facts))["discussion_held"].done_on == done_on


@pytest.mark.parametrize("days", [(4, 20), (20, 4)])
def test_what_may_be_done_several_times_in_a_period_is_done_with_the_first(days: tuple[int, int]) -> None:
    """Evidence is uploaded each quarter (tbn4-2024, introduction), as often as there is any, in whatever order
    it was recorded."""
    edition = library().named("tbn4-year.2024-01-01")
    names = ("evidence_uploaded.2026Q1", "evidence_uploaded.2026Q1#2")
    uploaded = {name: date(2026, 2, day) for name, day in zip(names, days, strict=True)}
    sample_case = case(procedure=edition, facts={"year_begun": date(2026, 1, 1), **uploaded})

    assert chain(sample_case, edition=edition)["evidence_uploaded.2026Q1"].done_on == date(2026, 2, 4)


def test_nothing_is_derived_from_a_branch_that_is_not_open() -> None:
    """Measures are taken only where the conflict is confirmed (standard of the Ministry, paragraph 14(4)), ten
    working days after the opinion of Tuesday 7 April, by the 21st: three days more are Friday the 24th."""
    shipped = library().named("conflict-of-interest.2025-09-18")
    changed_obligation = shipped.by_id["notice_forwarded"].replaced(
        anchored=AnchoredTerm(After(3), "measures_taken")
    )
    edition, opinion = with_obligation(shipped, changed_obligation), date(2026, 4, 7)
    for facts, due in (({}, None), ({"conflict_confirmed": opinion}, date(2026, 4, 24))):
        sample_case = case(procedure=edition, facts={"opinion_given": opinion, **facts})
        assert chain(sample_case, edition=edition)["notice_forwarded"].due == due


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
    assert found.first == date(2026, 4, 20)
