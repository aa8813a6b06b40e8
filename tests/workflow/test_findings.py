"""Findings: every kind of departure, and what is not one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from calendars import calendar
from tests.law import CALENDAR, TODAY, analysis, case, chain, library
from workflow.cases.case import Case, Evidence
from workflow.cases.commands.planning import audit, plan
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import Finding, feasibility, findings
from workflow.law.procedure import Text

START, END = date(2026, 4, 13), date(2026, 5, 26)


def found(sample_case: Case, *, prove: bool = False) -> list[Finding]:
    chain = deadlines(sample_case, analysis(), CALENDAR, today=TODAY)
    return list(findings(sample_case, analysis(), chain, CALENDAR, prove=prove))


def short(findings: list[Finding] | tuple[Finding, ...]) -> set[tuple[str, str, str]]:
    return {(finding.kind, finding.obligation, finding.code) for finding in findings}


def test_a_fact_after_its_due_date_is_a_term_finding_with_working_days_late() -> None:
    """Announced on 31 March instead of 30 March: late by one working day."""
    (finding,) = found(case(facts={"analysis_started": START, "start_announced": date(2026, 3, 31)}))

    assert (finding.kind, finding.obligation, finding.late_by) == ("term", "start_announced", 1)
    assert (finding.basis, finding.force) == ("law", "obligatory")


def test_a_note_before_the_discussion_is_an_order_finding_though_every_date_is_in_time() -> None:
    """Order of steps and terms are two separate checks. What has not come yet and is planned for later can
    only come later."""
    sample_case = case(
        facts={
            "analysis_started": START,
            "analysis_ended": END,
            "start_announced": date(2026, 3, 30),
            "order_signed": date(2026, 4, 6),
            "discussion_announced": date(2026, 5, 12),
            "discussion_held": date(2026, 5, 19),
            "note_signed": date(2026, 5, 12),
            "plan_approved": date(2026, 5, 13),
            "published": date(2026, 5, 18),
        }
    )

    assert short(found(sample_case)) == {("order", "note_signed", "order")}
    sample_case = case(
        facts={"analysis_started": START, "note_signed": date(2026, 5, 12)},
        planned={"discussion_held": date(2026, 5, 19), "analysis_ended": END},
    )

    assert ("order", "note_signed", "order") in short(found(sample_case))


def test_a_step_recorded_while_those_it_must_follow_are_not_is_out_of_order_at_once() -> None:
    """Publication follows the note and the plan (000, P1.T3.S2). What came before the office kept records is
    not asked for, what is only recommended may be left out (the end of the analysis), and a what-if knows
    nothing of the others."""
    alone = case(facts={"published": date(2026, 5, 18)})

    def missing(sample_case: Case, *, prove: bool = True) -> dict[str, list[str]]:
        order = [finding for finding in found(sample_case, prove=prove) if finding.code == "order"]
        return {finding.obligation: [text["en"] for text in texts(finding)] for finding in order}

    def texts(finding: Finding) -> tuple[Text, ...]:
        others = finding.arguments["others"]
        assert isinstance(others, tuple)
        return others

    note, plan, held = (
        analysis().by_id[name].title["en"] for name in ("note_signed", "plan_approved", "discussion_held")
    )
    signed = replace(alone, facts=case(facts={"note_signed": date(2026, 5, 12)}).facts | alone.facts)
    assert missing(alone) == {"published": [note, plan]}
    assert missing(signed) == {"published": [plan], "note_signed": [held]}
    assert missing(replace(alone, kept_from=date(2026, 5, 18))) == {"published": [note, plan]}
    assert missing(replace(alone, kept_from=date(2026, 5, 19))) == {}
    assert missing(alone, prove=False) == {}


def test_a_report_of_a_quarter_made_before_its_last_day_is_said() -> None:
    """The second quarter of 2026 ends on 30 June: the day before, the day, the day after; the act names only
    the last day of the term, so it is our own check."""

    def said(on: date) -> list[tuple[str, str]]:
        sample_case = case(facts={"note_signed": date(2026, 5, 12), "quarter_reported.2026Q2": on})
        early = [finding for finding in found(sample_case) if finding.code == "before_period_ends"]
        return [(finding.obligation, finding.basis) for finding in early]

    assert [said(date(2026, *day)) for day in ((6, 29), (6, 30), (7, 1))] == [
        [("quarter_reported.2026Q2", "practice")],
        [],
        [],
    ]


def test_what_was_in_time_by_the_calendar_then_known_is_told_apart() -> None:
    """By what was known before 18 March 2026 ten days from 24 August end on 8 September, then on the 7th."""
    for signed, known_on, code in (
        (date(2026, 9, 8), date(2026, 3, 17), "late_known"),
        (date(2026, 9, 9), date(2026, 3, 17), "late"),
        (date(2026, 9, 8), date(2026, 3, 18), "late"),
    ):
        sample_case = case(facts={"analysis_ended": date(2026, 8, 24), "note_signed": signed})
        chain = deadlines(sample_case, analysis(), CALENDAR, today=TODAY)
        late = findings(
            sample_case, analysis(), chain, CALENDAR, prove=False, known_calendar=calendar(known_on)
        )
        assert [finding.code for finding in late if finding.kind == "term"] == [code]


def test_what_must_come_first_is_measured_by_the_first_of_the_others() -> None:
    """The schedule comes before every step; a step of the plan counts where none has happened."""
    for day, code in ((START, None), (date(2026, 4, 14), "order_precedes")):
        orders = found(case(facts={"analysis_started": START, "schedule_approved": day}))
        wrong = [(each.code, each.arguments["first"]) for each in orders if each.kind == "order"]
        assert wrong == ([(code, START)] if code else [])
    planned = case(planned={"analysis_started": START, "schedule_approved": date(2026, 4, 14)})
    assert ("order", "schedule_approved", "order_precedes_planned") in short(found(planned))


def test_an_analysis_of_31_working_days_is_a_duration_finding_on_a_recommended_term() -> None:
    """Thirty working days from 13 April 2026 end on 28 May; the 29th is the day after."""
    day_30 = found(case(facts={"analysis_started": START, "analysis_ended": date(2026, 5, 28)}))
    day_31 = found(case(facts={"analysis_started": START, "analysis_ended": date(2026, 5, 29)}))

    assert not [finding for finding in day_30 if finding.kind == "duration"]
    (long,) = [finding for finding in day_31 if finding.kind == "duration"]
    assert (long.arguments["count"], long.arguments["limit"], long.force) == (31, 30, "recommended")


def test_a_fact_without_its_documents_is_an_evidence_finding() -> None:
    """Two links of three are not three."""
    sample_case = case(facts={"analysis_started": START, "order_signed": date(2026, 4, 6)})

    assert ("evidence", "order_signed", "unproved") in short(found(sample_case, prove=True))
    assert ("evidence", "order_signed", "unproved") not in short(found(sample_case, prove=False))


def test_an_internal_analysis_within_a_year_of_an_external_one_is_a_finding() -> None:
    """The year ends on 15 September 2026: begun that day it is too early, the day after it is not."""
    facts = {"external_analysis_ended": date(2025, 9, 15)}
    early = found(case(facts={**facts, "analysis_started": date(2026, 9, 15)}))
    later = found(case(facts={**facts, "analysis_started": date(2026, 9, 16)}))

    assert ("term", "analysis_started", "embargo") in short(early)
    assert ("term", "analysis_started", "embargo") not in short(later)


def test_a_plan_date_after_the_due_date_is_a_conflict_of_the_plan() -> None:
    """The note is due on 10 June; planned for that day it is in time, for the 11th it is late."""
    for day, conflicts in ((10, set()), (11, {("feasibility", "note_signed", "planned_late")})):
        sample_case = case(facts={"analysis_ended": END}, planned={"note_signed": date(2026, 6, day)})
        chain = deadlines(sample_case, analysis(), CALENDAR, today=TODAY)
        assert {
            conflict for conflict in short(feasibility(chain, CALENDAR)) if conflict[1] == "note_signed"
        } == conflicts


def test_a_plan_too_short_for_its_announcement_has_no_room() -> None:
    """Nine working days of analysis leave no room to announce the discussion ten days before the end."""
    sample_plan = plan(
        library(),
        "internal-analysis",
        facts={},
        planned={"analysis_started": START, "analysis_ended": date(2026, 4, 24)},
        calendar=CALENDAR,
    )

    assert ("feasibility", "discussion_announced", "no_room") in short(sample_plan.findings)


@pytest.mark.parametrize(("opens", "room"), [(9, True), (10, True), (11, False)])
@pytest.mark.parametrize(("kept", "basis"), [("opens", "law"), ("opens_in_practice", "practice")])
def test_there_is_room_for_what_may_be_done_on_its_last_day_alone(
    kept: str, basis: str, opens: int, room: bool
) -> None:
    """The note is due on 10 June; what must come before it may come that day and no later."""
    note = chain(case(facts={"analysis_ended": END}))["note_signed"]
    conflicts = feasibility([note._replace(**{kept: date(2026, 6, opens)})], CALENDAR)

    assert [(conflict.code, conflict.basis) for conflict in conflicts] == ([] if room else [("no_room", basis)])


def test_the_latest_safe_start_still_reaches_the_wanted_end() -> None:
    """Started on that day the publication is due in time, started a working day later it is not."""
    target_day = date(2026, 12, 15)
    sample_plan = plan(
        library(), "internal-analysis", facts={}, planned={"published": target_day}, calendar=CALENDAR
    )
    start = dict(sample_plan.latest_start)["published"]

    def due(start_day: date) -> date:
        chain = plan(
            library(), "internal-analysis", facts={}, planned={"analysis_started": start_day}, calendar=CALENDAR
        )
        return next(d.due for d in chain.deadlines if d.id == "published" and d.due)

    assert due(start) <= target_day < due(CALENDAR.add_working_days(start, 1))


def test_an_audit_uses_the_earliest_edition_and_judges_a_publication_by_its_own_date() -> None:
    """An analysis of 2022 is judged by the edition of 2023, with a finding of kind range. Announced on the
    30th by the file, published on the 31st: late by one."""
    audit_findings = audit(
        library(),
        "internal-analysis",
        facts={"analysis_started": date(2022, 10, 31), "start_announced": date(2022, 10, 14)},
        published={},
        calendar=CALENDAR,
    ).findings

    assert short(audit_findings) == {("range", "analysis_started", "before_first_edition")}
    assert [finding.arguments["since"] for finding in audit_findings] == [date(2023, 1, 1)], "no id of a file"
    undated = plan(library(), "internal-analysis", facts={}, planned={}, calendar=CALENDAR)
    assert undated.procedure.edition == "internal-analysis.2024-01-01", "nobody asked for the law of 2023"
    (finding,) = audit(
        library(),
        "internal-analysis",
        facts={"analysis_started": START, "start_announced": date(2026, 3, 30)},
        published={"start_announced": date(2026, 3, 31)},
        calendar=CALENDAR,
    ).findings

    assert (finding.obligation, finding.late_by) == ("start_announced", 1)


def test_a_plan_that_recorded_steps_have_overtaken_is_no_departure_of_order() -> None:
    """The note planned for 12 May stands before an end planned for the 26th; once the end came, a new day is
    asked for, and nothing departs. A discussion planned before its announcement is told as planned, not held.
    """
    planned = {"note_signed": date(2026, 5, 12), "analysis_ended": END}
    began = {"analysis_started": START}
    ahead = case(facts=began, planned=planned)
    overtaken = case(facts={**began, "analysis_ended": END}, planned=planned)
    discussed = case(planned={"discussion_held": date(2026, 5, 11), "discussion_announced": date(2026, 5, 12)})

    assert ("order", "note_signed", "order_planned") in short(found(ahead))
    assert not [finding for finding in found(overtaken) if finding.obligation == "note_signed"]
    assert ("order", "discussion_held", "order_practice_planned") in short(found(discussed))


def test_a_recurring_step_must_follow_that_of_its_own_quarter() -> None:
    """The second quarter reviewed before its report came; that the third is reported later is no matter."""
    sample_case = case(
        facts={
            "note_signed": date(2026, 6, 8),
            "quarter_reported.2026Q2": date(2026, 7, 7),
            "quarter_reviewed.2026Q2": date(2026, 7, 3),
            "quarter_reported.2026Q3": date(2026, 10, 5),
            "quarter_reviewed.2026Q3": date(2026, 10, 5),
        }
    )

    assert short(found(sample_case)) == {("order", "quarter_reviewed.2026Q2", "order")}


def test_a_report_of_a_quarter_nobody_asked_for_is_kept_and_said() -> None:
    """The note of June 2026 asks for four quarters; a fifth is a finding of kind range."""
    sample_case = case(facts={"note_signed": date(2026, 6, 8), "quarter_reported.2027Q3": date(2027, 10, 5)})

    assert ("range", "quarter_reported.2027Q3", "period_not_asked") in short(found(sample_case))


@pytest.mark.parametrize(
    ("restricted", "certified", "edition", "lacking"),
    [
        ("Государственные секреты", "", "internal-analysis.2024-01-01", True),
        ("Государственные секреты", "document:certificate", "internal-analysis.2024-01-01", False),
        ("", "", "internal-analysis.2024-01-01", False),
        # An act that asks for no certificate misses none.
        ("Государственные секреты", "", "conflict-of-interest.2025-09-18", False),
    ],
)
def test_what_is_restricted_needs_the_certificate_where_the_act_asks_for_one(
    restricted: str, certified: str, edition: str, lacking: bool
) -> None:
    """Any one restricted document of a fact, whatever else is attached; the certificate may lie anywhere."""
    law = library().named(edition)
    order, other = law.obligations[:2]
    dated = case(procedure=law, facts={order.id: START, other.id: START})
    papers = (
        Evidence(kind="", reference="a" * 64),
        Evidence(kind="", reference="b" * 64, restricted=restricted),
    )
    proof = tuple(Evidence(kind=kind, reference="c" * 64) for kind in (certified,) if kind)
    evidence = {order.id: papers, other.id: proof}
    facts = {name: replace(fact, evidence=evidence[name]) for name, fact in dated.facts.items()}
    sample_case = replace(dated, facts=facts)
    case_findings = findings(sample_case, law, deadlines(sample_case, law, CALENDAR, today=TODAY), CALENDAR)
    uncertified = [each.obligation for each in case_findings if each.code == "restricted_uncertified"]

    assert uncertified == ([order.id] if lacking else [])
