"""Decisions: required questions, branches opened by answers, stages that wait for them."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.services.law.regulations import shared_law
from tests.law import CALENDAR, ROOT, case, library
from tests.workflow.conftest import NOW, TODAY
from workflow.cases.case import Case
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.answers import deadline_of
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.commands.withdrawals import withdraw
from workflow.deadlines.deadline import Deadline, is_overdue
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import findings
from workflow.law.files import UnreadableRegulation
from workflow.law.library import UnknownFact, read_edition, unfinished
from workflow.law.procedure import Procedure
from workflow.machine import stage
from workflow.moments import Moment
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.reminders import RESPONSIBLE, steps_of, undated_kind

AT = Moment(by="officer", now=NOW, today=TODAY)

FILE = "procurement-analysis.2025-09-18.toml"
PROCUREMENT = (ROOT / "regulations" / FILE).read_text(encoding="utf-8")
NO_SIGNS = 'fact = "offence_signs_absent"'
# Of the standard of the Ministry, paragraph 14: known, told, forwarded, the unit's opinion given.
CONFLICT = {
    "conflict_known": date(2026, 3, 13),
    "conflict_notified": date(2026, 3, 13),
    "head_informed": date(2026, 3, 16),
    "notice_forwarded": date(2026, 3, 19),
    "opinion_given": date(2026, 4, 7),
}
OPINION = CONFLICT["opinion_given"]


def conflict() -> Procedure:
    return library().named("conflict-of-interest.2025-09-18")


def looked_at(law: Procedure, sample_case: Case, today: date = TODAY) -> tuple[str, dict[str, Deadline]]:
    """Stage of the case, and its deadlines by id."""
    all_deadlines = deadlines(sample_case, law, CALENDAR, today=today)
    return stage(law, sample_case, all_deadlines), {deadline.id: deadline for deadline in all_deadlines}


def test_a_case_whose_question_is_open_stands_at_its_stage() -> None:
    """Paragraph 14(4): whether the conflict is confirmed decides; 13: signs of a crime are sent on. With every
    other duty done the case waits for both answers; denied and without signs it is closed."""
    denied = {"conflict_not_confirmed": OPINION}
    clean = {"crime_signs_absent": OPINION}
    stands = [
        looked_at(conflict(), case(procedure=conflict(), facts=CONFLICT | facts))[0]
        for facts in ({}, denied, clean, denied | clean)
    ]

    assert stands == ["settlement", "settlement", "settlement", "closed"]


def test_a_question_answered_before_what_it_follows_is_out_of_order_however_it_is_answered(
    core: CaseCommands,
) -> None:
    """Paragraph 14(4): the unit's opinion comes first. A fact is never refused, and no answer either; the
    finding names what is missing, and is gone once that is recorded."""
    law = conflict()
    facts = {name: on for name, on in CONFLICT.items() if name != "opinion_given"}
    name = core.open(Opening(procedure=law.id, facts=facts), at=AT).id
    core.write(name, AT, recording.decide, "conflict", "confirmed", on=OPINION)
    recorded = case(procedure=law, facts=facts | {"conflict_confirmed": OPINION})
    decided = core.view(name, today=TODAY).case

    def out_of_order(sample_case: Case) -> list[tuple[str, object]]:
        chain = deadlines(sample_case, law, CALENDAR, today=TODAY)
        said = findings(sample_case, law, chain, CALENDAR)
        return [
            (finding.obligation, finding.arguments["others"]) for finding in said if finding.kind == "order"
        ]

    missing = [("conflict", (law.by_id["opinion_given"].title,))]
    assert (out_of_order(decided), out_of_order(recorded)) == (missing, missing)
    core.write(name, AT, recording.record, "opinion_given", on=OPINION)
    assert out_of_order(core.view(name, today=TODAY).case) == []


def test_the_answer_opens_its_branch_and_closes_the_other() -> None:
    """Confirmed on 7 April: measures within 10 working days of the opinion (14(4)), by 21 April 2026, and the
    next question; after measures and a settlement the case is over. Denied: neither is asked."""
    confirmed = CONFLICT | {"conflict_confirmed": OPINION, "crime_signs_absent": OPINION}
    stands, deadlines_by_id = looked_at(conflict(), case(procedure=conflict(), facts=confirmed))
    ended = confirmed | {"measures_taken": date(2026, 4, 20), "conflict_settled": date(2026, 4, 20)}

    assert stands == "settlement"
    measures = deadlines_by_id["measures_taken"]
    assert (measures.state, measures.due) == ("open", date(2026, 4, 21))
    assert (deadlines_by_id["conflict"].state, deadlines_by_id["conflict"].done_on) == ("done", OPINION)
    assert deadlines_by_id["conflict"].answer == conflict().decisions["conflict"].options[0]
    assert deadlines_by_id["settlement"].state == "open"
    assert looked_at(conflict(), case(procedure=conflict(), facts=ended))[0] == "closed"

    denied = CONFLICT | {"conflict_not_confirmed": OPINION}
    _, deadlines_by_id = looked_at(conflict(), case(procedure=conflict(), facts=denied))
    assert {deadlines_by_id[name].state for name in ("measures_taken", "settlement", "equal_post_given")} == {
        "not_required"
    }


def test_materials_are_handed_over_after_the_chance_to_correct_and_only_where_decided() -> None:
    """The enterprise's policy, 7.2: established on 10 April, the corrective measures come first; then whether
    the materials go to the state is a question, and not asked of every case."""
    law = library().named("internal-investigation.2016-01-01")
    facts = {name: date(2026, 4, 10) for name in ("act_known", "act_reported", "investigation_held")}
    facts["corruption_established"] = date(2026, 4, 10)
    _, deadlines_by_id = looked_at(law, case(procedure=law, facts=facts))
    states = [deadlines_by_id[name].state for name in ("corrective_measures_taken", "materials_handed_over")]
    assert states == ["open", "not_required"]

    facts["corrective_measures_taken"] = facts["handing_over_not_needed"] = date(2026, 4, 13)
    assert looked_at(law, case(procedure=law, facts=facts))[0] == "closed"


@pytest.mark.parametrize(
    ("today", "overdue"), [(date(2026, 3, 19), False), (date(2026, 3, 20), False), (date(2026, 3, 26), True)]
)
def test_a_decision_with_a_term_is_due_like_an_obligation(today: date, overdue: bool) -> None:
    """One working day from the end on 19 March: due on Friday the 20th, overdue on the 26th, the next working
    day after Nauryz; reminded of by the steps of its term alone."""
    term = 'term = { count = 1, in = "working days", from = "procurement_analysis_ended" }'
    text = PROCUREMENT.replace('p. 52"\nterm = "none"', f'p. 52"\n{term}', 1)
    law = read_edition(FILE, text.encode(), shared_law())
    sample_case = case(procedure=law, facts={"procurement_analysis_ended": date(2026, 3, 19)})
    deadline = looked_at(law, sample_case, today)[1]["offence_signs"]

    assert deadline.due == date(2026, 3, 20)
    assert is_overdue(deadline, today=today) is overdue
    steps = steps_of(sample_case, law, "offence_signs", deadline, CALENDAR, today=today)
    assert steps
    assert all(undated_kind(step.id) == "" for step in steps)


def test_a_decision_without_a_term_is_asked_every_fifth_working_day() -> None:
    """From the first working day after it became open (20 March 2026; 23-25 March are days off), about the day
    it became open, so that a letter has one key; the officer hears from the fourth time; never before what it
    follows."""
    law = library().named("procurement-analysis.2025-09-18")
    ended = date(2026, 3, 19)

    def steps(sample_case: Case, today: date) -> list[tuple[str, date, tuple[str, ...]]]:
        deadline = looked_at(law, sample_case, today)[1]["offence_signs"]
        scheduled_steps = steps_of(sample_case, law, "offence_signs", deadline, CALENDAR, today=today)
        assert all(step.about == ended for step in scheduled_steps)
        return [(step.id, step.on, step.step.to) for step in scheduled_steps]

    first = ("open+1", date(2026, 3, 20), RESPONSIBLE)
    second = ("open+6", date(2026, 4, 1), RESPONSIBLE)
    sample_case = case(procedure=law, facts={"procurement_analysis_ended": ended})
    assert steps(case(procedure=law), ended) == []
    assert steps(sample_case, ended) == [first, second]
    assert steps(sample_case, date(2026, 4, 6))[0] == second
    assert steps(sample_case, date(2026, 4, 15))[0] == ("open+16", date(2026, 4, 15), (*RESPONSIBLE, "officer"))


def test_a_decision_is_answered_once_and_anew_after_a_withdrawal(case_commands: CaseCommands) -> None:
    """Another answer is refused while one stands; withdrawn, the question is open and its branch closed. The
    answer is withdrawn by the name of its fact or of the question."""
    opening = Opening(procedure="conflict-of-interest", facts=CONFLICT)
    opened_case = case_commands.open(opening, at=AT)

    def decide(option: str, decision: str = "conflict") -> None:
        case_commands.write(opened_case.id, AT, recording.decide, decision, option, on=OPINION)

    def state(name: str) -> str:
        return deadline_of(case_commands.view(opened_case.id, today=TODAY), name).state

    with pytest.raises(Refusal, match="decision_after_answer"):
        decide("settled", "settlement")
    decide("confirmed")
    decide("confirmed")
    with pytest.raises(Contradiction) as refusal:
        decide("none")
    assert refusal.value.arguments["answer"] == conflict().by_id["conflict_confirmed"].title
    with pytest.raises(Contradiction):
        case_commands.write(opened_case.id, AT, recording.record, "conflict_not_confirmed", on=OPINION)
    assert (state("conflict"), state("measures_taken")) == ("done", "open")

    case_commands.write(opened_case.id, AT, withdraw, "conflict_confirmed", ground="қате")
    assert (state("conflict"), state("measures_taken")) == ("open", "not_required")
    decide("none")
    assert state("conflict") == "done"
    assert list(case_commands.view(opened_case.id, today=TODAY).case.facts)[-1] == "conflict_not_confirmed"

    case_commands.write(opened_case.id, AT, withdraw, "conflict", ground="қате")
    assert state("conflict") == "open"
    assert "conflict_not_confirmed" not in case_commands.view(opened_case.id, today=TODAY).case.facts
    with pytest.raises(Contradiction):
        case_commands.write(opened_case.id, AT, withdraw, "conflict", ground="қате")


def test_a_question_asked_only_after_another_one_names_it_when_it_is_answered_too_soon(
    case_commands: CaseCommands,
) -> None:
    """Standard, 14(4): whether a conflict can be settled is asked once it is confirmed: until then the refusal
    names that question and its answer; denied, another branch was taken. Instruction 2024, 2.3.1: a resignation
    is decided once it was applied for, and that is asked of a political servant alone."""

    def refusal(name: str, decision: str, option: str) -> tuple[str, object, object]:
        with pytest.raises(Refusal) as raised:
            case_commands.write(name, AT, recording.decide, decision, option, on=OPINION)
        of = raised.value.arguments
        return raised.value.code, of.get("first"), of.get("answer")

    def answer(name: str, decision: str, option: str) -> None:
        case_commands.write(name, AT, recording.decide, decision, option, on=OPINION)

    law = conflict()
    case_id = case_commands.open(Opening(procedure=law.id, facts=CONFLICT), at=AT).id
    confirmed = (law.decisions["conflict"].title, law.by_id["conflict_confirmed"].title)
    assert refusal(case_id, "settlement", "settled") == ("decision_after_answer", *confirmed)
    answer(case_id, "conflict", "none")
    assert refusal(case_id, "settlement", "settled") == ("decision_not_asked", None, None)

    head = library().named("head-responsibility.2024-01-01")
    facts = {"court_act_in_force": OPINION}
    case_id = case_commands.open(Opening(procedure=head.id, facts=facts), at=AT).id
    political = (head.decisions["office"].title, head.by_id["head_political"].title)
    assert refusal(case_id, "resignation", "accepted") == ("decision_after_answer", *political)
    answer(case_id, "office", "political")
    applied = head.by_id["resignation_applied"].title
    assert refusal(case_id, "resignation", "accepted") == ("decision_after_fact", applied, None)
    case_commands.write(case_id, AT, statuses.exempt, ground="демалыс", obligation="resignation")
    assert refusal(case_id, "resignation", "accepted") == ("decision_not_asked", None, None)


def test_an_unknown_question_or_answer_is_refused_with_those_there_are(case_commands: CaseCommands) -> None:
    """And a question is no fact: the refusal names the facts of its answers."""
    opened_case = case_commands.open(Opening(procedure="conflict-of-interest"), at=AT)
    other = case_commands.open(Opening(procedure="internal-analysis"), at=AT)
    questions = [
        (opened_case, "conflict", "maybe", "unknown_option", ("confirmed", "none")),
        (opened_case, "conflikt", "none", "unknown_decision", ("conflict", "crime_signs", "settlement")),
        (other, "conflict", "none", "no_decisions", ()),
    ]
    for of, decision, option, code, allowed in questions:
        with pytest.raises(Refusal) as refusal:
            case_commands.write(of.id, AT, recording.decide, decision, option, on=OPINION)
        assert refusal.value.code == code
        assert set(refusal.value.arguments.get("allowed", ())) == set(allowed)

    with pytest.raises(UnknownFact) as no_fact:
        case_commands.write(opened_case.id, AT, recording.record, "conflict", on=OPINION)
    assert no_fact.value.arguments["allowed"] == ("conflict_confirmed", "conflict_not_confirmed")


def test_mistaken_decisions_are_refused() -> None:
    """Fewer than two answers, a fact of two answers, names nothing describes: each with its place."""
    decision = 'obligation 2 "offence_signs"'
    no = PROCUREMENT[PROCUREMENT.index('[[obligation.option]]\nid = "none"') :].partition("\n\n")[0]
    mistakes = [
        (NO_SIGNS, 'fact = "offence_signs_found"', "duplicate", f"{decision}: option"),
        (NO_SIGNS, 'fact = "offence_signs"', "duplicate", f"{decision}: option"),
        ('id = "none"', 'id = "found"', "duplicate", f"{decision}: option"),
        (no, "", "too_few_options", decision),
        ('= "offence_signs_found"\nafter', '= "offence_signs=maybe"\nafter', "unknown_reference", None),
        (
            'ended"]\n\n[[obligation.option]]',
            'endet"]\n\n[[obligation.option]]',
            "unknown_reference",
            f"{decision}: after",
        ),
        ('?" }\nduty = "prevention_unit"', '?" }\nduty = "nobody"', "not_allowed", f"{decision}: duty"),
        ('_signs"\nstage = "report"', '_signs"\nstage = "never"', "unknown_reference", f"{decision}: stage"),
    ]
    for before, after, code, place in mistakes:
        assert PROCUREMENT.count(before) == 1, before
        with pytest.raises(UnreadableRegulation) as refusal:
            read_edition(FILE, PROCUREMENT.replace(before, after).encode(), shared_law())
        problem = refusal.value.problems[0]
        where = problem.arguments["place"]
        assert (problem.code, place or where) == (f"regulation.{code}", where), after


def test_a_procedure_that_holds_no_case_is_unfinished() -> None:
    """Without anything blocking a case would be over the day it is opened; of ours none is so."""
    name = "unlawful-order.2016-01-01.toml"
    text = (ROOT / "regulations" / name).read_text(encoding="utf-8").replace("blocking = true\n", "")

    assert [problem.code for problem in unfinished(read_edition(name, text.encode(), shared_law()))] == [
        "regulation.nothing_blocks"
    ]
    assert [edition.edition for edition in library().all() if list(unfinished(edition))] == []
