"""An organisation's own rules: the stricter term counts, the other is shown; permitted readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from calendars.counting import count
from tests.law import CALENDAR, analysis, case, library
from tests.workflow.rules import codes, counted, rules, term, under
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import feasibility, findings
from workflow.law.overlay import overlaid
from workflow.law.reader.overlay import milder

FIVE = term("plan_approved", '{ count = 5, in = "working days", from = "note_signed" }')
FIFTEEN = term("plan_approved", '{ count = 15, in = "working days", from = "note_signed" }')
NOTE = {"note_signed": date(2026, 5, 12)}


def test_the_stricter_own_term_counts_and_the_act_s_is_shown() -> None:
    """10 working days by the instruction, 5 by the own rules (contradiction 4)."""
    plan = counted(rules(FIVE), facts=NOTE)["plan_approved"]
    elements_by_code = {element.code: element for element in plan.explanation}

    assert (plan.due, plan.law_due) == (date(2026, 5, 19), date(2026, 5, 26))
    assert elements_by_code["own_rule_stricter"].on == date(2026, 5, 26)
    assert elements_by_code["basis"].arguments["act"]["en"] == "Rules of the akimat"  # type: ignore[index]


def test_a_milder_own_term_is_kept_and_the_act_s_counts() -> None:
    """15 working days end on 3 June (27 May is Kurban Ait): shown, and not relied on."""
    plan = counted(rules(FIFTEEN), facts=NOTE)["plan_approved"]
    elements_by_code = {element.code: element for element in plan.explanation}

    assert (plan.due, plan.own, plan.law_due) == (date(2026, 5, 26), None, None)
    assert elements_by_code["own_rule_milder"].on == date(2026, 6, 3)
    assert "own_rule_stricter" not in elements_by_code


def test_which_is_stricter_is_decided_when_it_is_counted() -> None:
    """4 calendar days against 3 working days: over Nauryz the calendar days are fewer."""
    own_rules = rules(term("published", '{ count = 4, in = "calendar days", from = "plan_approved" }'))
    plain = counted(own_rules, facts={"plan_approved": date(2026, 6, 8)})["published"]
    holidays = counted(own_rules, facts={"plan_approved": date(2026, 3, 19)})["published"]

    # Thursday 11 June by the act, Friday 12 June by the own rules.
    assert (plain.due, plain.own) == (date(2026, 6, 11), None)
    # Nauryz: 26 March would be 3 working days after 19 March (20, 26, 27), 23 March rolls to 26 March.
    assert (holidays.due, holidays.law_due) == (date(2026, 3, 26), date(2026, 3, 27))


def test_before_an_event_the_earlier_day_is_the_stricter() -> None:
    """Minus 7 working days instead of minus 5 for the order."""
    own_rules = rules(term("order_signed", '{ count = -7, in = "working days", from = "analysis_started" }'))
    order = counted(own_rules, planned={"analysis_started": date(2026, 4, 13)})["order_signed"]

    assert (order.due, order.law_due) == (date(2026, 4, 2), date(2026, 4, 6))


def test_where_the_act_names_no_term_the_own_one_counts() -> None:
    """The instruction gives the development of the plan no day of its own."""
    own_rules = rules(term("plan_developed", '{ count = 3, in = "working days", from = "note_signed" }'))
    deadline = counted(own_rules, facts=NOTE)["plan_developed"]
    unknown = counted(own_rules)["plan_developed"]

    assert (deadline.due, deadline.law_due) == (date(2026, 5, 15), None)
    assert "own_rule_alone" in codes(deadline)
    assert (unknown.due, unknown.anchor) == (None, "none")
    assert "anchor_none" in codes(unknown)


def test_what_waits_for_the_last_day_waits_for_the_stricter_one() -> None:
    """The plan's own five days make the publication three days after them."""
    published = counted(rules(FIVE), facts=NOTE)["published"]

    assert (published.anchor, published.due) == ("derived", date(2026, 5, 22))


def test_a_day_between_the_two_terms_is_late_by_the_own_rules_alone() -> None:
    """20 May: after the own term, in time by the act; 28 May: late by the act, counted from the act's day."""

    def found(on: date) -> list[tuple[str, str, int | None]]:
        facts = {**NOTE, "plan_approved": on}
        sample_case = case(facts=facts)
        edition = under(rules(FIVE)).of(sample_case)
        chain = deadlines(sample_case, edition, CALENDAR, today=on)
        departures = findings(sample_case, edition, chain, CALENDAR, prove=False)
        return [
            (departure.code, departure.basis, departure.late_by)
            for departure in departures
            if departure.obligation == "plan_approved"
        ]

    assert found(date(2026, 5, 19)) == []
    assert found(date(2026, 5, 20)) == [("late_own", "practice", 1)]
    assert found(date(2026, 5, 26)) == [("late_own", "practice", 5)]
    assert found(date(2026, 5, 28)) == [("late", "law", 1)]


def test_a_plan_date_after_the_own_term_only_is_said_to_be_so() -> None:
    """Intended for 20 May."""
    sample_case = case(facts=NOTE, planned={"plan_approved": date(2026, 5, 20)})
    edition = under(rules(FIVE)).of(sample_case)
    chain = deadlines(sample_case, edition, CALENDAR, today=date(2026, 5, 13))
    (conflict,) = [
        candidate for candidate in feasibility(chain, CALENDAR) if candidate.obligation == "plan_approved"
    ]

    assert (conflict.code, conflict.basis, conflict.late_by) == ("planned_late_own", "practice", 1)


def test_a_shorter_own_period_asks_more_often_and_keeps_the_act_s_day_at_its_quarters() -> None:
    """Monthly by the 10th (contradiction 5); where a quarter ends, the act's 5th is the stricter."""
    own_rules = rules(
        '\n[[term]]\nobligation = "quarter_reported"\nevery = "month"\nparagraph = "p. 30"\n'
        'term = { day = 10, of = "month after the period" }\n'
    )
    deadlines_by_id = counted(own_rules, facts=NOTE, today=date(2026, 5, 13))

    assert [name for name in deadlines_by_id if name.startswith("quarter_reported")][:3] == [
        "quarter_reported.2026-05",
        "quarter_reported.2026-06",
        "quarter_reported.2026-07",
    ]
    assert deadlines_by_id["quarter_reported.2026-05"].due == date(2026, 6, 10)
    assert deadlines_by_id["quarter_reported.2026-06"].due == date(2026, 7, 7)
    assert deadlines_by_id["quarter_reported.2026-09"].due == date(2026, 10, 5)
    # What counts from the reports comes back with them: 5 working days after 10 June.
    assert deadlines_by_id["quarter_reviewed.2026-05"].due == date(2026, 6, 17)
    assert len([name for name in deadlines_by_id if name.startswith("quarter_reported")]) == 12


def test_a_term_that_ends_on_a_day_off_may_be_read_strictly() -> None:
    """Contradiction 8: 5 July 2026 is a Sunday and 6 July the Capital Day; the usual 7 July is shown."""
    strict = counted(rules('[switches]\nroll = "none"\n'), facts=NOTE)["quarter_reported.2026Q2"]
    days_by_code = {element.code: element.on for element in strict.explanation}

    assert strict.due == date(2026, 7, 5)
    assert days_by_code["reading_usual"] == date(2026, 7, 7)
    assert "reading.roll.none" in days_by_code


def test_a_quarter_may_be_three_months_from_the_signing() -> None:
    """Contradiction 7: from 12 May to 12 August, reported by 5 September, which is a Saturday."""
    deadlines_by_id = counted(rules('[switches]\nquarters = "rolling"\n'), facts=NOTE)
    reports = {
        name: deadline.due for name, deadline in deadlines_by_id.items() if name.startswith("quarter_reported")
    }

    assert reports == {
        "quarter_reported.2026Q3": date(2026, 9, 7),
        "quarter_reported.2026Q4": date(2026, 12, 7),
        "quarter_reported.2027Q1": date(2027, 3, 5),
        "quarter_reported.2027Q2": date(2027, 6, 7),
    }
    assert "period_rolling" in codes(deadlines_by_id["quarter_reported.2026Q3"])


@pytest.mark.parametrize(
    ("signed", "last"),
    [(date(2025, 11, 30), date(2026, 2, 28)), (date(2024, 11, 30), date(2025, 2, 28))],
)
def test_three_months_from_the_end_of_november_end_with_february(signed: date, last: date) -> None:
    """No 30 February: the last day of the month, and the four periods have four names."""
    own_rules = rules('[switches]\nquarters = "rolling"\n', on="2024-01-01")
    deadlines_by_id = counted(own_rules, facts={"note_signed": signed})
    periods = [
        deadline.period for name, deadline in deadlines_by_id.items() if name.startswith("quarter_reported")
    ]
    first = deadlines_by_id[f"quarter_reported.{last.year}Q1"]

    assert len(set(periods)) == 4
    assert next(element for element in first.explanation if element.code == "period_rolling").on == last


def test_clear_days_are_one_working_day_more() -> None:
    """Minus 5 working days from 13 April: the 6th, with five clear days between the 3rd."""
    order = counted(
        rules('[switches]\nbackward = "clear_days"\n'), planned={"analysis_started": date(2026, 4, 13)}
    )["order_signed"]

    assert order.due == date(2026, 4, 3)


def test_a_discussion_that_is_only_allowed_is_nobody_s_open_duty() -> None:
    """Contradiction 6: neither open nor missed; held all the same, it is done and its points stay."""
    own_rules = rules('[switches]\ndiscussion = "allowed"\n')
    ended = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    without = counted(own_rules, facts=ended)["discussion_held"]
    discussion = counted(own_rules, facts={**ended, "discussion_held": date(2026, 5, 19)})["discussion_held"]

    assert (without.state, without.obligation.force) == ("not_required", "may")
    assert (discussion.state, discussion.obligation.indicator) == ("done", "P1.T2.S2")


def test_the_first_day_of_a_duration_may_be_left_out() -> None:
    """Contradiction 19: thirty working days after 13 April instead of from it."""
    both_ends = counted(facts={"analysis_started": date(2026, 4, 13)})["analysis_ended"]
    after = counted(
        rules('[switches]\nfirst_day = "not_counted"\n'), facts={"analysis_started": date(2026, 4, 13)}
    )["analysis_ended"]

    assert (both_ends.due, after.due) == (date(2026, 5, 28), date(2026, 5, 29))


def test_rules_hold_from_their_day_on_the_case_s_own_dates() -> None:
    """The earliest fact or plan date decides, as with editions: the day itself belongs to the rules."""
    own_rules = rules(FIVE, on="2026-02-02")

    def due(start_day: date) -> date | None:
        return counted(own_rules, facts={**NOTE, "analysis_started": start_day})["plan_approved"].due

    assert due(date(2026, 2, 1)) == date(2026, 5, 26)
    assert due(date(2026, 2, 2)) == date(2026, 5, 19)


def test_rules_of_a_unit_hold_for_it_and_all_below_it() -> None:
    """By id or by name; a neighbour and the body above are counted by the act."""
    for unit in ("district", "аудан  әкімдігі"):
        own_rules = rules(FIVE, unit=unit)
        dues = {
            name: counted(own_rules, facts=NOTE, unit=name)["plan_approved"].due
            for name in ("oblast", "district", "village", "other", "")
        }

        assert dues == {
            "oblast": date(2026, 5, 26),
            "district": date(2026, 5, 19),
            "village": date(2026, 5, 19),
            "other": date(2026, 5, 26),
            "": date(2026, 5, 26),
        }


def test_of_rules_above_and_below_the_strictest_term_counts_and_the_nearest_reading() -> None:
    """The oblast asks 5 days and does not move a day off; the district asks 7 and moves it."""
    oblast = rules(FIVE + '\n[switches]\nroll = "none"\n', name="oblast", unit="oblast")
    seven = term("plan_approved", '{ count = 7, in = "working days", from = "note_signed" }')
    district = rules(seven + '\n[switches]\nroll = "next"\n', name="district", unit="district")
    deadlines_by_id = counted(oblast, district, facts=NOTE, unit="village")

    assert deadlines_by_id["plan_approved"].due == date(2026, 5, 19)
    assert "own_rule_milder" in codes(deadlines_by_id["plan_approved"])
    assert deadlines_by_id["quarter_reported.2026Q2"].due == date(2026, 7, 7)


def test_a_later_file_of_the_same_rules_takes_the_place_of_the_earlier() -> None:
    """From its own day on; before it the earlier one counts."""
    first = rules(FIVE, on="2026-01-01")
    seven = term("plan_approved", '{ count = 7, in = "working days", from = "note_signed" }')
    second = rules(seven, on="2026-05-01")

    assert counted(first, second, facts=NOTE)["plan_approved"].due == date(2026, 5, 21)
    earlier = {**NOTE, "analysis_started": date(2026, 4, 13)}
    assert counted(first, second, facts=earlier)["plan_approved"].due == date(2026, 5, 19)


def test_without_rules_an_edition_is_itself() -> None:
    """Nothing is laid over, nothing is copied: the same object."""
    sample_case = replace(case(facts=NOTE), unit="district")

    assert under().of(sample_case) is analysis()
    assert under(rules(FIVE, unit="other")).of(sample_case) is analysis()


def test_laying_over_keeps_both_terms_and_the_edition() -> None:
    """A pure function: the edition is not changed, its digest and name stay."""
    laid = overlaid(analysis(), [rules(FIVE)])

    assert laid.by_id["plan_approved"].term == analysis().by_id["plan_approved"].term
    assert [own_term.paragraph for own_term in laid.by_id["plan_approved"].own] == ["p. 24"]
    assert (laid.edition, laid.digest) == (analysis().edition, analysis().digest)
    assert laid.overlays == ("akimat.2026-01-01",)
    assert analysis().by_id["plan_approved"].own == ()


def test_a_term_that_is_nowhere_stricter_is_said_to_be_so() -> None:
    """15 days against 10 always lose; 5 never do; calendar days sometimes win."""
    calendar_days = term("published", '{ count = 4, in = "calendar days", from = "plan_approved" }')
    mild = milder(rules(FIFTEEN + calendar_days), analysis(), CALENDAR)

    assert [milder_term.obligation.id for milder_term in mild] == ["plan_approved"]
    assert milder(rules(FIVE), analysis(), CALENDAR) == ()


def test_days_of_a_kind_not_said_may_be_read_as_working_days() -> None:
    """Contradiction 14: ten days after 4 May 2026 end on the 14th, ten working days on the 20th."""
    laid = overlaid(library().latest("head-responsibility"), [rules('[switches]\ndays = "working"\n')])
    usual = library().latest("head-responsibility").by_id["resignation_applied"]
    read = laid.by_id["resignation_applied"]

    assert count(usual.term, date(2026, 5, 4), CALENDAR).due == date(2026, 5, 14)
    assert count(read.term, date(2026, 5, 4), CALENDAR).due == date(2026, 5, 20)
    assert [reading.usual for reading in read.readings] == [usual.term]


def test_the_day_a_term_runs_to_may_be_read_as_outside_it() -> None:
    """Contradiction 23: "to 15 April" of the next year ends on the 14th then."""
    laid = overlaid(library().latest("national-report"), [rules('[switches]\nto_day = "exclusive"\n')])
    (read,) = [
        obligation
        for obligation in laid.obligations
        if [reading.switch for reading in obligation.readings] == ["to_day"]
    ][:1]
    usual = library().latest("national-report").by_id[read.id]

    assert count(usual.term, date(2025, 1, 1), CALENDAR).due == date(2026, 4, 15)
    assert count(read.term, date(2025, 1, 1), CALENDAR).due == date(2026, 4, 14)


def test_a_reading_that_is_the_usual_one_changes_nothing() -> None:
    """Named in the rules all the same: it may set right what a body above reads otherwise."""
    laid = overlaid(analysis(), [rules('[switches]\nroll = "next"\nquarters = "calendar"\n')])

    assert laid.obligations == analysis().obligations
