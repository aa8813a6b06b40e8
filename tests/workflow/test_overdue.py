"""Waiting obligations are not overdue and name what they wait for; a passed plan date is a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from calendars.terms import OnDate, Term, YearlyDate
from tests.law import CALENDAR, analysis, case, chain, library
from workflow.cases.case import Case, Exemption, Fact
from workflow.deadlines.deadline import (
    Deadline,
    Lateness,
    can_be_done,
    holds_on,
    last_near_day,
    late_by,
    lateness,
    most_urgent,
    status_on,
    working_days_between,
)
from workflow.deadlines.explanations import awaited_elements
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Procedure
from workflow.law.terms import AnchoredTerm
from workflow.reminders import steps_of

START, END, APPROVAL = date(2026, 4, 13), date(2026, 5, 26), date(2026, 5, 13)
SAMPLE_CASE = case(planned={"analysis_started": START})


def law(**changes: dict[str, object]) -> Procedure:
    """The edition with some obligations changed in some of their fields."""
    edition = analysis()

    def one(obligation: Obligation) -> Obligation:
        return obligation.replaced(**changes.get(obligation.id, {}))  # type: ignore[arg-type]

    return edition.replaced(obligations=tuple(map(one, edition.obligations)))


def at(sample_case: Case, obligation: str, *, today: date, edition: Procedure | None = None) -> Deadline:
    return chain(sample_case, edition=edition, today=today)[obligation]


def stands(sample_case: Case, obligation: str, *, today: date, edition: Procedure | None = None) -> Lateness:
    return lateness(at(sample_case, obligation, today=today, edition=edition), today=today)


END_OF_JUNE = date(2026, 6, 30)
OVERDUE, WAITS = Lateness(overdue=True), Lateness
START_OF_IT = analysis().by_id["analysis_started"].title


def test_a_publication_whose_plan_was_never_approved_is_never_overdue() -> None:
    """Three working days after an approval planned for 13 May are 18 May: a date of the plan, that is all."""
    sample_case = case(facts={"analysis_started": START}, planned={"plan_approved": APPROVAL})
    published = at(sample_case, "published", today=date(2026, 5, 14))

    assert (published.due, published.waiting_for) == (date(2026, 5, 18), "plan_approved")
    assert published.counts_until == APPROVAL
    for day in (date(2026, 5, 12), APPROVAL):
        assert stands(sample_case, "published", today=day) == Lateness()
        assert holds_on(published, day)
        assert most_urgent([published], today=day) is published
        (waits,) = awaited_elements(published, analysis(), today=day)
        assert (waits.code, waits.on, waits.arguments["on"]) == ("waits.planned", APPROVAL, APPROVAL)
    for day in (date(2026, 5, 14), date(2026, 5, 18), date(2026, 5, 19), date(2026, 6, 15)):
        assert stands(sample_case, "published", today=day) == WAITS(waiting_for="plan_approved")
        assert not holds_on(published, day)
        told_of = awaited_elements(published, analysis(), today=day)
        assert [element.code for element in told_of] == ["waits.planned", "waits.stale"]


def test_a_slip_travels_down_to_what_was_planned_after_it() -> None:
    """The note planned for 5 June is not signed: the publication three working days after the plan of 19 June
    waits from the 6th on, and no reminder is sent by its stale day; once it is signed, the day stands again."""
    planned = {"note_signed": date(2026, 6, 5), "plan_approved": date(2026, 6, 19)}
    facts = {"analysis_started": START, "analysis_ended": date(2026, 5, 26)}
    slipped, signed = (
        case(facts=facts | more, planned=planned) for more in ({}, {"note_signed": date(2026, 6, 9)})
    )
    before, after = date(2026, 6, 5), date(2026, 6, 17)
    published = at(slipped, "published", today=after)
    steps = steps_of(slipped, analysis(), "published", published, CALENDAR, today=after)

    assert (published.due, published.counts_until) == (date(2026, 6, 24), date(2026, 6, 5))
    assert stands(slipped, "published", today=before) == Lateness()
    assert stands(slipped, "published", today=after) == WAITS(waiting_for="plan_approved")
    assert [step for step in steps if step.on >= after] == []
    told_of = [
        [e.code for e in awaited_elements(published, analysis(), today=day)] for day in (after, END_OF_JUNE)
    ]
    assert told_of == [["waits.planned", "waits.stale_plan"], ["waits.planned", "waits.stale"]]
    assert not can_be_done(published)
    assert at(signed, "published", today=after).counts_until == date(2026, 6, 19)
    assert stands(signed, "published", today=after) == Lateness()


def test_an_end_planned_after_a_start_that_slipped_stands_no_longer() -> None:
    """At most 30 working days of a start that did not happen cannot run out (000, project 1): the announcement
    of the discussion, 10 working days before the end of 26 May, 12 May, waits for the start, as does the note
    after it; moved or recorded, the start lets both count again."""
    planned, late = {"analysis_started": START, "analysis_ended": END}, date(2026, 5, 13)
    slipped, moved, begun = (
        case(planned=planned),
        case(planned=planned | {"analysis_started": late}),
        case(planned=planned, facts={"analysis_started": date(2026, 4, 20)}),
    )
    announced, signed = (at(slipped, name, today=late) for name in ("discussion_announced", "note_signed"))

    assert (announced.due, announced.counts_until) == (date(2026, 5, 12), START)
    assert [element.code for element in awaited_elements(announced, analysis(), today=START)] == []
    assert lateness(announced, today=START) == Lateness()
    for day in (date(2026, 4, 14), date(2026, 5, 12), late, date(2026, 5, 27)):
        assert lateness(announced, today=day) == WAITS(waiting_for="analysis_started")
        waits, stale = awaited_elements(announced, analysis(), today=day)
        assert (waits.code, waits.arguments["title"]) == ("waits.none", START_OF_IT)
        assert (stale.code, stale.on) == ("waits.stale_plan", date(2026, 5, 12))
    assert lateness(signed, today=late) == WAITS(waiting_for="analysis_ended")
    assert stands(moved, "discussion_announced", today=late) == OVERDUE
    assert stands(moved, "discussion_announced", today=date(2026, 5, 14)) == WAITS(
        waiting_for="analysis_started"
    )
    assert stands(begun, "discussion_announced", today=date(2026, 5, 12)) == Lateness()
    assert stands(begun, "discussion_announced", today=late) == OVERDUE
    assert stands(begun, "discussion_announced", today=date(2026, 5, 27)) == WAITS(waiting_for="analysis_ended")


def test_an_end_derived_from_a_start_that_slipped_lets_the_discussion_wait_for_the_start() -> None:
    """30 working days from 13 April end on 28 May; nobody planned the end, and the start passed unrecorded."""
    assert stands(SAMPLE_CASE, "discussion_announced", today=START) == Lateness()
    waits = WAITS(waiting_for="analysis_started")
    assert stands(SAMPLE_CASE, "discussion_announced", today=date(2026, 4, 14)) == waits


def test_what_counts_back_from_a_day_ahead_can_be_done_before_it() -> None:
    """An announcement before a planned start can be made now; a publication of a planned plan cannot."""
    planned = case(planned={"analysis_started": START, "plan_approved": APPROVAL})

    assert can_be_done(at(planned, "start_announced", today=date(2026, 3, 20)))
    assert not can_be_done(at(planned, "published", today=date(2026, 3, 20)))


def test_what_counts_from_a_fact_is_overdue_from_the_day_after() -> None:
    """Approved on 13 May, so published by 18 May."""
    sample_case = case(facts={"analysis_started": START, "plan_approved": APPROVAL})

    assert at(sample_case, "published", today=APPROVAL).waiting_for is None
    for day in (date(2026, 5, 17), date(2026, 5, 18)):
        assert stands(sample_case, "published", today=day) == Lateness()
    assert stands(sample_case, "published", today=date(2026, 5, 19)) == OVERDUE


def test_what_counts_back_from_a_plan_date_is_late_against_it_until_that_day() -> None:
    """The order was due on 6 April for a start planned for 13 April; from the 14th on the start lacks, and once
    it happened the order is overdue again."""
    for day in (date(2026, 4, 5), date(2026, 4, 6)):
        assert stands(SAMPLE_CASE, "order_signed", today=day) == Lateness()
    for day in (date(2026, 4, 7), date(2026, 4, 12), START):
        assert stands(SAMPLE_CASE, "order_signed", today=day) == OVERDUE
    assert stands(SAMPLE_CASE, "order_signed", today=date(2026, 4, 14)) == WAITS(waiting_for="analysis_started")
    sample_case = case(facts={"analysis_started": START}, planned={"order_signed": date(2026, 4, 3)})

    assert stands(sample_case, "order_signed", today=date(2026, 4, 14)) == OVERDUE


def test_only_a_day_derived_from_facts_by_obligatory_terms_makes_late() -> None:
    """At most 30 working days are recommended: nobody is late for a discussion counted back from their end.
    Were they obligatory, it would be late until that end, 28 May; but not where the start is only planned."""
    sample_case = case(facts={"analysis_started": START})

    for day in (date(2026, 5, 20), date(2026, 5, 28), date(2026, 5, 29)):
        assert stands(sample_case, "discussion_announced", today=day) == WAITS(waiting_for="analysis_ended")
    edition = law(analysis_ended={"force": "obligatory"})

    assert stands(sample_case, "discussion_announced", today=date(2026, 5, 20), edition=edition) == OVERDUE
    assert stands(sample_case, "discussion_announced", today=date(2026, 5, 28), edition=edition) == OVERDUE
    waits = WAITS(waiting_for="analysis_ended")
    assert stands(sample_case, "discussion_announced", today=date(2026, 5, 29), edition=edition) == waits
    assert not stands(
        case(planned={"analysis_started": START}),
        "discussion_announced",
        today=date(2026, 5, 20),
        edition=edition,
    ).overdue


@pytest.mark.parametrize("term", [OnDate(date(2026, 5, 28)), YearlyDate(5, 28)])
def test_a_day_the_act_names_is_sure_though_its_year_is_planned(term: Term) -> None:
    """Were the end of the analysis due on 28 May of its year, that day would come whenever it begins."""
    edition = law(analysis_ended={"force": "obligatory", "anchored": AnchoredTerm(term, "analysis_started")})

    assert stands(SAMPLE_CASE, "discussion_announced", today=date(2026, 5, 28), edition=edition) == OVERDUE
    waits = WAITS(waiting_for="analysis_ended")
    assert stands(SAMPLE_CASE, "discussion_announced", today=date(2026, 5, 29), edition=edition) == waits


def test_a_chain_of_derived_anchors_holds_until_the_first_of_them_is_overdue() -> None:
    """The note by 10 June, so the plan by 24 and the publication by 29 June, until the note is overdue."""
    sample_case = case(facts={"analysis_started": START, "analysis_ended": END})
    signed, approved, published = (
        at(sample_case, name, today=END) for name in ("note_signed", "plan_approved", "published")
    )

    assert [deadline.due for deadline in (signed, approved, published)] == [
        date(2026, 6, 10),
        date(2026, 6, 24),
        date(2026, 6, 29),
    ]
    assert [deadline.waiting_for for deadline in (signed, approved, published)] == [
        None,
        "note_signed",
        "plan_approved",
    ]
    assert approved.counts_until == published.counts_until == date(2026, 6, 10)
    assert holds_on(published, date(2026, 6, 10))
    late = date(2026, 6, 11)
    assert lateness(signed, today=late) == OVERDUE
    assert lateness(approved, today=late) == WAITS(waiting_for="note_signed")
    assert lateness(published, today=late) == WAITS(waiting_for="plan_approved")
    assert lateness(published, today=date(2026, 6, 30)) == WAITS(waiting_for="plan_approved")


def test_a_term_with_a_day_of_its_own_waits_only_for_what_opens_it() -> None:
    """The fifth of the month after a quarter binds once the note is signed, and not while it is planned."""
    planned = case(planned={"note_signed": date(2026, 6, 10)})
    signed = case(facts={"note_signed": date(2026, 6, 10)})
    name, due, day = "quarter_reported.2026Q2", date(2026, 7, 7), date(2026, 7, 8)

    assert at(signed, name, today=due).due == due, "the fifth is a Sunday, the sixth a holiday"
    assert stands(signed, name, today=due) == Lateness()
    assert stands(signed, name, today=day) == OVERDUE
    assert stands(planned, name, today=day) == WAITS(waiting_for="note_signed")


def test_a_review_waits_for_the_information_of_its_own_quarter() -> None:
    """Five working days from receipt: before it nobody is late with the review."""
    sample_case = case(facts={"note_signed": date(2026, 3, 10)})

    assert stands(sample_case, "quarter_reported.2026Q1", today=date(2026, 5, 4)) == OVERDUE
    waits = WAITS(waiting_for="quarter_reported.2026Q1")
    assert stands(sample_case, "quarter_reviewed.2026Q1", today=date(2026, 5, 4)) == waits


def test_a_branch_that_is_only_planned_makes_nothing_late() -> None:
    """The council is invited five working days before a sitting; a sitting not held yet opens nothing."""
    sample_case = case(planned={"council_discussed": START})

    assert at(sample_case, "council_invited", today=date(2026, 4, 6)).due == date(2026, 4, 6)
    waits = WAITS(waiting_for="council_discussed")
    assert stands(sample_case, "council_invited", today=date(2026, 4, 7)) == waits


@pytest.mark.parametrize("exempted", ["plan_approved", "note_signed"])
def test_what_counts_from_an_exempted_fact_is_not_required(exempted: str) -> None:
    """Nor what counts from that in its turn; recorded all the same, it counts again."""
    sample_case = replace(case(facts={"analysis_ended": END}), exempted={exempted: Exemption()})
    recorded = replace(
        case(facts={"analysis_ended": END, "plan_approved": APPROVAL}), exempted={exempted: Exemption()}
    )

    assert at(sample_case, "published", today=END).state == "not_required"
    assert at(recorded, "published", today=END).state == "open"


def test_what_counts_from_a_missed_fact_is_not_required() -> None:
    """A note that could no longer be signed in time leaves nothing to count the plan from."""
    sample_case = case(facts={"analysis_ended": END, "monitoring_noted": date(2027, 6, 1)})
    edition = law(note_signed={"lapses_with": "monitoring_noted"})

    assert at(sample_case, "note_signed", today=END, edition=edition).state == "missed"
    for name in ("plan_approved", "published"):
        assert at(sample_case, name, today=END, edition=edition).state == "not_required"
    assert at(sample_case, "note_signed", today=END).state == "open"


def test_what_precedes_a_missed_fact_is_not_required_and_is_missed_if_that_comes_late() -> None:
    """The text of an announcement that came to nothing is not checked (tbn4-2024, P1.T2.S1); once it is out,
    nothing is left to check."""
    facts_held = {"analysis_started": START, "discussion_held": date(2026, 5, 19)}

    assert at(case(facts=facts_held), "discussion_announced", today=END).state == "missed"
    assert at(case(facts=facts_held), "discussion_text_checked", today=END).state == "not_required"
    late = case(facts={**facts_held, "discussion_announced": date(2026, 5, 20)})
    assert at(late, "discussion_text_checked", today=END).state == "missed"


def test_a_day_of_the_year_of_an_exempted_fact_is_not_required() -> None:
    """The schedule is approved by 30 June of the year the analysis begins in (map of 2023, row 1): without a
    beginning there is no such year."""
    sample_case = replace(case(), exempted={"analysis_started": Exemption()})

    assert at(case(), "schedule_approved", today=START).state == "open"
    assert at(sample_case, "schedule_approved", today=START).state == "not_required"


def test_an_exemption_takes_nothing_along_that_counts_from_another_fact() -> None:
    """An analysis may begin a year after an outside one; without one, it begins all the same. Monitoring begins
    with the note: signed, its quarters are asked for though nothing is published."""
    sample_case = replace(case(), exempted={"external_analysis_ended": Exemption()})

    assert at(sample_case, "analysis_started", today=START).state == "open"
    sample_case = replace(case(facts={"note_signed": date(2026, 3, 10)}), exempted={"published": Exemption()})

    assert at(sample_case, "quarter_reported.2026Q1", today=date(2026, 4, 1)).state == "open"


@pytest.mark.parametrize(
    ("exempted", "second"), [("quarter_reported.2026Q1", "open"), ("quarter_reported", "not_required")]
)
def test_what_counts_from_an_exempted_period_is_not_required_in_it(exempted: str, second: str) -> None:
    """Freed of the report of one quarter, nobody reviews it; freed of all, nobody reviews any."""
    sample_case = replace(case(facts={"note_signed": date(2026, 3, 10)}), exempted={exempted: Exemption()})
    states = [at(sample_case, f"quarter_reviewed.2026Q{n}", today=date(2026, 7, 1)).state for n in (1, 2)]

    assert states == ["not_required", second]


def test_a_plan_date_slips_on_the_day_after_and_not_what_is_overdue() -> None:
    """On the day itself it can still be done; recorded, nothing is asked. Planned for 14 May, due on 18 May: a
    question until the 18th, a lateness from the 19th on."""
    recorded = case(planned={"analysis_started": START}, facts={"analysis_started": date(2026, 4, 15)})

    for day in (date(2026, 4, 12), START):
        assert not stands(SAMPLE_CASE, "analysis_started", today=day).slipped
    assert stands(SAMPLE_CASE, "analysis_started", today=date(2026, 4, 14)) == Lateness(slipped=True)
    assert stands(recorded, "analysis_started", today=date(2026, 4, 16)) == Lateness()
    sample_case = case(facts={"plan_approved": APPROVAL}, planned={"published": date(2026, 5, 14)})

    for day in (date(2026, 5, 15), date(2026, 5, 18)):
        assert stands(sample_case, "published", today=day) == Lateness(slipped=True)
    assert stands(sample_case, "published", today=date(2026, 5, 19)) == OVERDUE


def test_what_is_done_missed_or_asked_of_nobody_is_none_of_it() -> None:
    """Lateness is of what is still to be done."""
    sample_case = case(facts={"analysis_started": START, "analysis_ended": END, "order_signed": END})
    late = date(2026, 12, 1)

    assert at(sample_case, "start_announced", today=late).state == "missed"
    assert stands(sample_case, "start_announced", today=late) == Lateness()
    assert stands(sample_case, "order_signed", today=late) == Lateness()


def test_what_another_body_owes_is_never_overdue_here() -> None:
    """The authorised body forwards the National report by 15 May (Decree 154, paragraph 11(1)): the case waits
    for it, and nothing in it is overdue."""
    edition = library().named("national-report.2022-02-02")
    sample_case = Case(
        id="2026-0001",
        procedure="national-report",
        edition=edition.edition,
        facts={"year_begun": Fact(name="year_begun", on=date(2025, 1, 1))},
        planned={},
    )
    for today in (date(2026, 5, 14), date(2026, 5, 15), date(2026, 5, 16), date(2026, 12, 1)):
        sent = at(sample_case, "report_sent_to_administration", today=today, edition=edition)
        assert sent.due == date(2026, 5, 15)
        assert lateness(sent, today=today) == Lateness()
    assert most_urgent([sent], today=date(2026, 12, 1)) is None


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (date(2026, 3, 25), "open"),  # seven working days on is Friday 3 April
        (date(2026, 3, 26), "soon"),  # 27, 30 and 31 March, 1, 2, 3 and 6 April
        (date(2026, 4, 6), "soon"),
        (date(2026, 4, 7), "overdue"),
        (START, "overdue"),
        (date(2026, 4, 14), "waits"),
    ],
)
def test_a_deadline_is_shown_as_near_from_seven_working_days_before_its_last_day(
    today: date, status: str
) -> None:
    """The order is due on 6 April for a start planned for the 13th; 21-25 March are days off."""
    order = at(case(planned={"analysis_started": START}), "order_signed", today=today)

    assert status_on(order, today=today, soon=last_near_day(CALENDAR, today)) == status


def test_what_is_required_before_a_step_that_waits_is_open() -> None:
    """The check before the announcement of the discussion has no last day that could have passed."""
    check = at(
        case(planned={"analysis_started": START, "analysis_ended": END}), "discussion_text_checked", today=END
    )

    assert status_on(check, today=END, soon=END) == "open"


def test_a_deadline_is_shown_by_what_became_of_it_before_anything_else() -> None:
    """Done in time and late, missed, and a plan date that passed where no day is due."""
    facts = {"analysis_started": START, "order_signed": date(2026, 4, 6), "analysis_ended": END}
    planned = case(planned={"analysis_started": START})
    states = {
        (name, today): status_on(at(sample_case, name, today=today), today=today, soon=date.max)
        for sample_case, name, today in (
            (case(facts=facts), "order_signed", END),
            (case(facts={**facts, "order_signed": date(2026, 4, 7)}), "order_signed", START),
            (case(facts=facts), "start_announced", END),
            (planned, "analysis_started", START),
            (planned, "analysis_started", date(2026, 4, 14)),
        )
    }

    assert list(states.values()) == ["done", "done_late", "missed", "open", "slipped"]


def test_the_most_urgent_of_a_case_is_open_and_counts_from_what_happened() -> None:
    """Approved on 13 May, the publication; while the approval is only planned, nothing from the day after."""
    approved, planned = (case(**{how: {"plan_approved": APPROVAL}}) for how in ("facts", "planned"))  # type: ignore[arg-type]
    for sample_case, today, urgent in (
        (approved, date(2026, 5, 19), "published"),
        (planned, APPROVAL, "published"),
        (planned, date(2026, 5, 14), None),
    ):
        first = most_urgent(deadlines(sample_case, analysis(), CALENDAR, today=today), today=today)
        assert (first.id if first else None) == urgent


def test_what_is_overdue_stands_before_what_is_ahead_and_each_by_its_day() -> None:
    """Two overdue, one ahead, one waiting; what waits until its very due day cannot be done before it."""
    sample = at(case(facts={"plan_approved": APPROVAL}), "published", today=APPROVAL)
    days = {"ahead": date(2026, 6, 1), "late": date(2026, 5, 15), "later": date(2026, 5, 20)}
    one = {name: sample._replace(due=day, counts_until=None) for name, day in days.items()}
    waiting = sample._replace(due=date(2026, 5, 28), counts_until=date(2026, 5, 20), waiting_for="note_signed")
    today = date(2026, 5, 26)

    assert most_urgent((one["ahead"], one["later"], waiting), today=today) == one["later"]
    assert most_urgent((waiting, one["ahead"]), today=today) == one["ahead"]
    assert most_urgent((one["ahead"], one["later"], waiting, one["late"]), today=today) == one["late"]
    assert [
        can_be_done(waiting._replace(counts_until=until)) for until in (date(2026, 5, 28), date(2026, 5, 29))
    ] == [False, True]


@pytest.mark.parametrize(
    ("due", "days"), [(None, 0), (date(2026, 4, 6), 1), (date(2026, 4, 3), 0), (date(2026, 4, 2), 1)]
)
def test_the_working_days_to_a_due_date_are_counted_both_ways(due: date | None, days: int) -> None:
    """Friday 3 April: the day after is Monday's, a weekend adds nothing, and without a date there are none."""
    assert working_days_between(due, date(2026, 4, 3), CALENDAR) == days


def test_beyond_the_records_what_is_near_is_counted_in_calendar_days() -> None:
    """Friday 22 December 2028 has five working days after it on record."""
    assert last_near_day(CALENDAR, date(2028, 12, 22)) == date(2028, 12, 29)


@pytest.mark.parametrize(
    ("kept_from", "overdue"),
    [(None, True), (date(2026, 4, 5), True), (date(2026, 4, 6), True), (date(2026, 4, 7), False)],
)
def test_what_was_due_before_the_first_day_of_records_is_not_overdue(
    kept_from: date | None, overdue: bool
) -> None:
    """The order was due on 6 April; kept from the 7th on, it is open and not recorded here, ever: it does not
    wait for its start."""
    facts = {"analysis_started": START, "start_announced": START}
    for sample, today in ((case(planned={"analysis_started": START}), START), (case(facts=facts), END)):
        order = at(replace(sample, kept_from=kept_from), "order_signed", today=today)
        status = status_on(order, today=today, soon=END)

        assert (order.state, status) == ("open", "overdue" if overdue else "not_recorded")


def test_what_lapsed_before_the_first_day_of_records_is_not_missed() -> None:
    """The start of 13 April was to be announced by 30 March: a loss for records kept from March alone."""
    ended = case(facts={"analysis_started": START, "analysis_ended": END})
    states = [
        at(replace(ended, kept_from=day), "start_announced", today=END).state
        for day in (date(2026, 3, 30), date(2026, 3, 31))
    ]
    assert states == ["missed", "not_required"]


@pytest.mark.parametrize(("on", "late"), [(date(2026, 3, 20), None), (date(2026, 3, 26), 1)])
def test_what_was_done_on_its_last_day_is_not_late(on: date, late: int | None) -> None:
    """Due on Friday 20 March; the 26th is the first working day after it."""
    assert late_by(date(2026, 3, 20), on, CALENDAR) == late
