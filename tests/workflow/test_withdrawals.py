"""Withdrawals: the case is computed as if the mistaken fact had never been recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import ExposedPosition, FoundRisk, RegisterCommands, RiskCommands, SetMeasure
from tests.law import CALENDAR, library
from workflow.cases.case import Case, Evidence, apply
from workflow.cases.commands import standings
from workflow.cases.commands.case_commands import CaseCommands, Change, View
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.exposure import exposure, remarks
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.risk import register
from workflow.deadlines.deadline import Deadline
from workflow.findings.findings import findings
from workflow.findings.of_risks import risk_findings
from workflow.law.names import UnknownFact
from workflow.org.audit import Stamp
from workflow.ports import Contradiction
from workflow.refusal import Refusal

NOW = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
TODAY = date(2026, 6, 1)
START, END = date(2026, 4, 13), date(2026, 5, 26)
STAMP = Stamp(by="officer", now=NOW, today=TODAY)
SITE = Evidence(kind="link:site", reference="https://org.kz/1", published_on=date(2026, 3, 27))
MEDIA = Evidence(kind="link:media", reference="https://gazeta.kz/2", published_on=date(2026, 4, 3))


def record(case_commands: CaseCommands, case: Case, fact: str, on: date, *evidence: Evidence) -> Change:
    return case_commands.record(case.id, fact, on=on, evidence=evidence, at=STAMP)


def take_back(
    case_commands: CaseCommands,
    case: Case,
    name: str,
    *,
    ground: str = "кем-то внесено ошибочно",
    evidence: str = "",
) -> Change:
    return withdraw(
        case_commands,
        case.id,
        name,
        ground=ground,
        evidence=evidence,
        at=STAMP,
    )


def deadline(case_commands: CaseCommands, case: Case, name: str) -> Deadline:
    return next(
        deadline for deadline in case_commands.view(case.id, today=TODAY).deadlines if deadline.id == name
    )


def stored(ledger: SqlLedger, case: Case) -> Case:
    stored_case = ledger.case(case.id)
    assert stored_case is not None
    return stored_case


def codes(case_commands: CaseCommands, case: Case) -> list[tuple[str, str]]:
    view: View = case_commands.view(case.id, today=TODAY)
    case_findings = findings(view.case, view.procedure, view.deadlines, CALENDAR)
    return [
        (finding.code, finding.obligation)
        for finding in (*case_findings, *risk_findings(view.case, view.deadlines))
    ]


def test_a_withdrawn_fact_is_as_if_never_recorded(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The note's 10 working days count from the plan again: from 26 May, not from the fact of 20 May."""
    before = deadline(case_commands, case, "note_signed")
    record(case_commands, case, "analysis_ended", date(2026, 5, 20))
    assert deadline(case_commands, case, "note_signed").due == date(2026, 6, 4)

    change = take_back(case_commands, case, "analysis_ended")

    after = deadline(case_commands, case, "note_signed")
    assert (after.due, after.anchor) == (before.due, "planned") == (date(2026, 6, 10), "planned")
    assert ("note_signed", date(2026, 6, 4), date(2026, 6, 10)) in change.moved
    assert "analysis_ended" not in stored(ledger, case).facts
    assert "rests_on_withdrawn" not in dict(codes(case_commands, case)), "nothing is recorded that rested on it"


def test_the_event_stays_in_the_chain(case_commands: CaseCommands, case: Case, ledger: SqlLedger) -> None:
    """Nothing is deleted: the withdrawal is one event more, with its ground and what it takes back."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))

    take_back(case_commands, case, "order_signed", ground="приказ другого дела")

    *_, fact, withdrawal = ledger.events(case.id)
    assert (fact.kind, fact.seq, withdrawal.kind, withdrawal.name) == ("fact", 4, "withdrawn", "order_signed")
    assert withdrawal.on == date(2026, 4, 6)
    assert (withdrawal.payload["ground"], withdrawal.payload["lines"]) == ("приказ другого дела", [4])


def test_rows_of_the_board_are_those_of_a_case_that_never_had_it(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Every row, every column, is what it was before the fact."""
    before = ledger.rows(case.id)
    record(case_commands, case, "analysis_started", date(2026, 4, 20))
    assert ledger.rows(case.id) != before

    take_back(case_commands, case, "analysis_started")

    assert ledger.rows(case.id) == before
    recomputed = case_commands.recomputed(stored(ledger, case), today=TODAY)
    assert {row.obligation: row for row in recomputed.rows} == before


def test_it_takes_its_own_corrections_and_evidence_along(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """A fact recorded, proved, corrected: the one withdrawal takes back all three."""
    record(case_commands, case, "start_announced", date(2026, 3, 27))
    record(case_commands, case, "start_announced", date(2026, 3, 27), SITE)
    case_commands.correct(
        case.id,
        "start_announced",
        on=date(2026, 3, 30),
        ground="опечатка",
        at=Stamp(by="a", now=NOW, today=TODAY),
    )

    change = take_back(case_commands, case, "start_announced")

    assert change.events[0].payload["lines"] == [4, 5, 6]
    assert change.events[0].on == date(2026, 3, 30)
    assert stored(ledger, case).facts == {}


def test_recording_anew_is_recording(case_commands: CaseCommands, case: Case, ledger: SqlLedger) -> None:
    """With another day, without `correct`; nothing of the withdrawn record comes back with it."""
    record(case_commands, case, "start_announced", date(2026, 3, 27), SITE)
    take_back(case_commands, case, "start_announced")

    change = record(case_commands, case, "start_announced", date(2026, 3, 30))

    assert [event.kind for event in change.events] == ["fact"]
    fact = stored(ledger, case).facts["start_announced"]
    assert (fact.on, fact.evidence) == (date(2026, 3, 30), ())
    assert stored(ledger, case).withdrawn == {}


def test_what_is_recorded_anew_can_be_withdrawn_again(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Each withdrawal takes back what counts now, and only that."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    take_back(case_commands, case, "order_signed")
    record(case_commands, case, "order_signed", date(2026, 4, 7))

    change = take_back(case_commands, case, "order_signed")

    assert change.events[0].payload["lines"] == [6]
    assert stored(ledger, case).facts == {}


def test_withdrawn_twice_is_refused(case_commands: CaseCommands, case: Case) -> None:
    """The refusal says who withdrew it, when and why; nothing is written."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    take_back(case_commands, case, "order_signed", ground="двойник")

    with pytest.raises(Contradiction) as refusal:
        take_back(case_commands, case, "order_signed")
    assert refusal.value.code == "withdrawn_already"
    assert (refusal.value.arguments["by"], refusal.value.arguments["ground"]) == ("officer", "двойник")
    assert len(case_commands.events(case.id)) == 5


def test_what_is_not_recorded_is_refused_naming_what_is(case_commands: CaseCommands, case: Case) -> None:
    """Facts, plan dates and rows, the nearest first."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))

    with pytest.raises(Refusal) as refusal:
        take_back(case_commands, case, "note_signed")
    assert refusal.value.code == "nothing_to_withdraw"
    assert set(refusal.value.arguments["allowed"]) == {  # type: ignore[call-overload]
        "order_signed",
        "plan.analysis_started",
        "plan.analysis_ended",
    }


def test_an_unknown_name_and_an_empty_ground_are_refused(case_commands: CaseCommands, case: Case) -> None:
    """A typo names the facts there are; a ground of blanks is none."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))

    with pytest.raises(UnknownFact):
        take_back(case_commands, case, "ordr_signed")
    with pytest.raises(Refusal):
        take_back(case_commands, case, "order_signed", ground=" ")


def test_the_anchor_of_an_overdue_term_is_withdrawn(case_commands: CaseCommands, case: Case) -> None:
    """Note signed 12 May: the plan was due on 26 May. Without it the plan counts from the note's own last day,
    10 June."""
    record(case_commands, case, "note_signed", date(2026, 5, 12))
    late = deadline(case_commands, case, "plan_approved")
    assert (late.due, late.anchor) == (date(2026, 5, 26), "happened")

    take_back(case_commands, case, "note_signed")

    plan = deadline(case_commands, case, "plan_approved")
    assert (plan.state, plan.anchor) == ("open", "derived")
    assert plan.due == date(2026, 6, 24)


def test_what_was_missed_is_asked_for_again(case_commands: CaseCommands, case: Case) -> None:
    """The start was never announced before the analysis ended; without that end it is open and not missed."""
    record(case_commands, case, "analysis_ended", END)
    assert deadline(case_commands, case, "start_announced").state == "missed"

    take_back(case_commands, case, "analysis_ended")

    assert deadline(case_commands, case, "start_announced").state == "open"
    assert ("missed", "start_announced") not in codes(case_commands, case)


def test_facts_that_rested_on_it_stay_and_rest_on_nothing(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The note counts from the end of the analysis; it stays recorded, and a finding says so until there is an
    end again."""
    record(case_commands, case, "analysis_ended", END)
    record(case_commands, case, "note_signed", date(2026, 5, 28))
    assert ("rests_on_withdrawn", "note_signed") not in codes(case_commands, case)

    take_back(case_commands, case, "analysis_ended")
    assert deadline(case_commands, case, "note_signed").state == "done"
    assert ("rests_on_withdrawn", "note_signed") in codes(case_commands, case)

    record(case_commands, case, "analysis_ended", date(2026, 5, 25))
    assert ("rests_on_withdrawn", "note_signed") not in codes(case_commands, case)


def test_a_plan_date_withdrawn_gives_way_to_the_one_before(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Replanned by mistake: the plan of the schedule counts again; withdrawn too, there is none."""
    case_commands.replan(case.id, "analysis_started", on=date(2026, 6, 15), at=STAMP)

    take_back(case_commands, case, "plan.analysis_started")
    assert stored(ledger, case).planned["analysis_started"] == START

    take_back(case_commands, case, "plan.analysis_started")
    assert "analysis_started" not in stored(ledger, case).planned
    with pytest.raises(Contradiction):
        take_back(case_commands, case, "plan.analysis_started")


def test_a_fact_and_its_plan_date_are_withdrawn_apart(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The fact's name takes back the fact alone."""
    record(case_commands, case, "analysis_started", START)

    take_back(case_commands, case, "analysis_started")

    assert stored(ledger, case).planned["analysis_started"] == START


def test_a_correction_alone_is_withdrawn_by_its_line(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """#5 is the correction: the day before it counts again; once more is refused."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    case_commands.correct(
        case.id, "order_signed", on=date(2026, 4, 3), ground="опечатка", at=Stamp(by="a", now=NOW, today=TODAY)
    )

    change = take_back(case_commands, case, "#5")

    assert stored(ledger, case).facts["order_signed"].on == date(2026, 4, 6)
    assert (change.events[0].name, change.events[0].payload["what"]) == ("order_signed", "corrected")
    with pytest.raises(Contradiction):
        take_back(case_commands, case, "#5")


@pytest.mark.parametrize("line", ["#1", "#99", "#6"])
def test_a_line_that_is_no_record_is_refused(case_commands: CaseCommands, case: Case, line: str) -> None:
    """The opening, a line there is not, a cancellation: none is taken back so."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    record(case_commands, case, "order_signed", date(2026, 4, 6), SITE)
    standings.cancel(case_commands, case.id, ground="х", at=STAMP)

    with pytest.raises(Refusal):
        take_back(case_commands, case, line)


def test_the_last_link_withdrawn_gives_the_day_back_to_the_one_before(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """On the site on 27 March, in the press on 3 April: judged by 3 April, four working days late of 30 March;
    without the press link by 27 March, in time."""
    record(case_commands, case, "start_announced", date(2026, 3, 27), SITE, MEDIA)
    before = deadline(case_commands, case, "start_announced")
    assert (before.done_on, before.late_by) == (date(2026, 4, 3), 4)

    take_back(case_commands, case, "start_announced", evidence="https://gazeta.kz/2")

    after = deadline(case_commands, case, "start_announced")
    assert (after.done_on, after.late_by) == (date(2026, 3, 27), None)
    assert [evidence.reference for evidence in stored(ledger, case).facts["start_announced"].evidence] == [
        SITE.reference
    ]


def test_a_document_withdrawn_can_be_attached_again(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Attached anew it is evidence again; withdrawn before that it is refused, naming what is there."""
    record(case_commands, case, "start_announced", date(2026, 3, 27), SITE, MEDIA)
    take_back(case_commands, case, "start_announced", evidence=MEDIA.reference)

    with pytest.raises(Refusal) as refusal:
        take_back(case_commands, case, "start_announced", evidence=MEDIA.reference)
    assert refusal.value.arguments["allowed"] == (SITE.reference,)

    change = record(case_commands, case, "start_announced", date(2026, 3, 27), MEDIA)
    assert [event.kind for event in change.events] == ["evidence"]
    assert len(stored(ledger, case).facts["start_announced"].evidence) == 2


def test_a_refusal_never_names_a_restricted_document(case_commands: CaseCommands, case: Case) -> None:
    """What few may open is not listed as evidence there is."""
    secret = Evidence(kind="document:order", reference="a" * 64, name="тайна.pdf", restricted="госсекреты")
    record(case_commands, case, "order_signed", date(2026, 4, 6), secret)

    with pytest.raises(Refusal) as refusal:
        take_back(case_commands, case, "order_signed", evidence="x")
    assert (refusal.value.code, refusal.value.arguments["allowed"]) == ("no_evidence", ())


def test_the_fact_that_opened_a_branch_is_withdrawn(case_commands: CaseCommands) -> None:
    """A conflict of interest confirmed by mistake: the branch closes; what was recorded in it stays, resting on
    nothing."""
    opening = Opening(procedure="conflict-of-interest", person="p1", planned={})
    opened_case = case_commands.open(opening, at=STAMP)
    branch = next(
        fact
        for fact in library().of(opened_case).facts.values()
        if fact.when is not None and fact.recurs is None
    )
    assert branch.when is not None
    record(case_commands, opened_case, branch.when, date(2026, 5, 12))
    assert deadline(case_commands, opened_case, branch.id).state == "open"

    take_back(case_commands, opened_case, branch.when)
    assert deadline(case_commands, opened_case, branch.id).state == "not_required"

    record(case_commands, opened_case, branch.id, date(2026, 5, 14))
    assert deadline(case_commands, opened_case, branch.id).state == "done"
    assert ("rests_on_withdrawn", branch.id) in codes(case_commands, opened_case)


def found(case_commands: CaseCommands, case: Case, *texts: str) -> None:
    for text in texts:
        RiskCommands(case_commands).find(
            case.id, FoundRisk(description=text), on=date(2026, 5, 20), at=Stamp(by="a", now=NOW, today=TODAY)
        )


def measure(case_commands: CaseCommands, case: Case, risk: int) -> None:
    command = SetMeasure(risk=risk, action="Утвердить порядок закупок", responsible="ДЗ", term=MeasureTerm())
    RiskCommands(case_commands).set_measure(case.id, command, at=Stamp(by="a", now=NOW, today=TODAY))


def test_a_risk_is_withdrawn_with_all_that_was_said_of_it(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Its request, its answer and its removal go along; its measure stays and rests on nothing."""
    risks = RiskCommands(case_commands)
    found(case_commands, case, "Закупки без конкурса", "Совмещение функций")
    stamp = Stamp(by="a", now=NOW, today=TODAY)
    risks.ask(case.id, 1, body="Минфин", asked="изменить", term=MeasureTerm(), on=date(2026, 5, 21), at=stamp)
    risks.answer(case.id, 1, text="учтено", on=date(2026, 5, 25), at=stamp)
    risks.remove(case.id, 1, on=date(2026, 5, 26), completed=False, at=stamp)
    measure(case_commands, case, 1)

    take_back(case_commands, case, "risk.1")

    risk_register = register(stored(ledger, case))
    assert list(risk_register.risks) == [2]
    assert list(risk_register.measures) == [1]
    assert ("risk.measure_of_withdrawn_risk", "measure.1") in codes(case_commands, case)


def test_a_new_row_never_gets_the_number_of_a_withdrawn_one(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The measure of the withdrawn risk would answer the new one."""
    found(case_commands, case, "Закупки без конкурса")
    measure(case_commands, case, 1)
    take_back(case_commands, case, "risk.1")

    found(case_commands, case, "Совмещение функций")

    assert list(register(stored(ledger, case)).risks) == [2]


def test_a_measure_is_withdrawn_with_its_deadline(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Its row leaves the board, and its responsible text is removed from the case."""
    found(case_commands, case, "Закупки без конкурса")
    measure(case_commands, case, 1)
    assert "measure.1" in ledger.rows(case.id)

    take_back(case_commands, case, "measure.1")

    assert "measure.1" not in ledger.rows(case.id)
    assert "measure.1" not in stored(ledger, case).responsible


def test_positions_and_remarks_are_withdrawn_with_their_talks_and_answers(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """By their numbers."""
    registers = RegisterCommands(case_commands)
    day, stamp = date(2026, 5, 20), Stamp(by="a", now=NOW, today=TODAY)
    registers.expose(case.id, ExposedPosition(title="Закупщик", holder="Б"), on=day, at=stamp)
    registers.talk(case.id, 1, on=day, at=stamp)
    registers.remark(case.id, text="Нет сроков", author="А", source="discussion", on=day, at=stamp)
    registers.answer_remark(case.id, 1, taken=True, answer="", on=day, at=stamp)

    take_back(case_commands, case, "position.1")
    take_back(case_commands, case, "remark.1")

    stored_case = stored(ledger, case)
    assert (dict(exposure(stored_case).positions), dict(remarks(stored_case)), stored_case.entries) == (
        {},
        {},
        (),
    )


def test_a_request_withdrawn_by_its_line_takes_its_answer_along(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The risk stays, nobody was asked."""
    found(case_commands, case, "Закупки без конкурса")
    stamp = Stamp(by="a", now=NOW, today=TODAY)
    day = date(2026, 5, 21)
    RiskCommands(case_commands).ask(
        case.id, 1, body="Минфин", asked="изменить", term=MeasureTerm(), on=day, at=stamp
    )  # type: ignore[arg-type]
    RiskCommands(case_commands).answer(case.id, 1, text="учтено", on=day, at=stamp)

    take_back(case_commands, case, "#5")

    assert register(stored(ledger, case)).risks[1].request is None


def test_a_withdrawal_is_never_applied_to_a_case_alone(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """It changes what came before: only the whole chain tells the case."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    before = stored(ledger, case)
    (withdrawal,) = take_back(case_commands, case, "order_signed").events

    with pytest.raises(ValueError, match="fold the whole chain"):
        apply(before, withdrawal)
