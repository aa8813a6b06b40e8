"""Withdrawals: the case is computed as if the mistaken fact had never been recorded."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import ExposedPosition, RowCommands
from tests.law import library
from tests.workflow.conftest import END, START, TODAY
from tests.workflow.one_case import STAMP, OneCase
from workflow.cases.case import Evidence
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.registers.rows import MeasureTerm, rows_of
from workflow.law.library import UnknownFact
from workflow.ports import Contradiction
from workflow.refusal import Refusal

SITE = Evidence(kind="link:site", reference="https://org.kz/1", published_on=date(2026, 3, 27))
MEDIA = Evidence(kind="link:media", reference="https://gazeta.kz/2", published_on=date(2026, 4, 3))


def test_a_withdrawn_fact_is_as_if_never_recorded(one_case: OneCase) -> None:
    """The note's 10 working days count from the plan again: from 26 May, not from the fact of 20 May."""
    before = one_case.deadline("note_signed")
    one_case.record("analysis_ended", date(2026, 5, 20))
    assert one_case.deadline("note_signed").due == date(2026, 6, 4)

    change = one_case.take_back("analysis_ended")

    after = one_case.deadline("note_signed")
    assert (after.due, after.anchor) == (before.due, "planned") == (date(2026, 6, 10), "planned")
    assert ("note_signed", date(2026, 6, 4), date(2026, 6, 10)) in change.moved
    assert "analysis_ended" not in one_case.stored().facts
    assert "rests_on_withdrawn" not in dict(one_case.codes()), "nothing is recorded that rested on it"


def test_the_event_stays_in_the_chain_and_twice_is_refused(one_case: OneCase) -> None:
    """Nothing is deleted: the withdrawal is one event more, with its ground and what it takes back. The
    refusal says who withdrew it, when and why; nothing is written."""
    one_case.record("order_signed", date(2026, 4, 6))

    one_case.take_back("order_signed", ground="приказ другого дела")

    *_, fact, withdrawal = one_case.ledger.events(one_case.id)
    assert (fact.kind, fact.seq, withdrawal.kind, withdrawal.name) == ("fact", 4, "withdrawn", "order_signed")
    assert withdrawal.on == date(2026, 4, 6)
    assert (withdrawal.payload["ground"], withdrawal.payload["lines"]) == ("приказ другого дела", [4])
    with pytest.raises(Contradiction) as refusal:
        one_case.take_back("order_signed")
    assert refusal.value.code == "withdrawn_already"
    assert (refusal.value.arguments["by"], refusal.value.arguments["ground"]) == (
        "officer",
        "приказ другого дела",
    )
    assert len(one_case.core.events(one_case.id)) == 5


def test_rows_of_the_board_are_those_of_a_case_that_never_had_it(one_case: OneCase) -> None:
    """Every row, every column, is what it was before the fact."""
    before = one_case.rows()
    one_case.record("analysis_started", date(2026, 4, 20))
    assert one_case.rows() != before

    one_case.take_back("analysis_started")

    assert one_case.rows() == before
    recomputed = one_case.core.recomputed(one_case.stored(), today=TODAY)
    assert {row.obligation: row for row in recomputed.rows} == before


def test_it_takes_its_own_corrections_and_evidence_along(one_case: OneCase) -> None:
    """A fact recorded, proved, corrected: the one withdrawal takes back all three."""
    one_case.record("start_announced", date(2026, 3, 27))
    one_case.record("start_announced", date(2026, 3, 27), SITE)
    one_case.core.write(
        one_case.id, STAMP, recording.correct, "start_announced", on=date(2026, 3, 30), ground="опечатка"
    )

    change = one_case.take_back("start_announced")

    assert change.events[0].payload["lines"] == [4, 5, 6]
    assert change.events[0].on == date(2026, 3, 30)
    assert one_case.stored().facts == {}


def test_recording_anew_is_recording_and_can_be_withdrawn_again(one_case: OneCase) -> None:
    """With another day, without `correct`; nothing of the withdrawn record comes back with it, and each
    withdrawal takes back what counts now, and only that."""
    one_case.record("start_announced", date(2026, 3, 27), SITE)
    one_case.take_back("start_announced")

    change = one_case.record("start_announced", date(2026, 3, 30))

    assert [event.kind for event in change.events] == ["fact"]
    fact = one_case.stored().facts["start_announced"]
    assert (fact.on, fact.evidence) == (date(2026, 3, 30), ())
    assert one_case.stored().withdrawn == {}
    assert one_case.take_back("start_announced").events[0].payload["lines"] == [6]
    assert one_case.stored().facts == {}


def test_what_is_not_recorded_is_refused_naming_what_is(one_case: OneCase) -> None:
    """Facts, plan dates and rows, the nearest first; a ground of blanks is none."""
    one_case.record("order_signed", date(2026, 4, 6))

    for name in ("note_signed", "risk.9", "request.1", "plan.note_signed", "#99"):
        with pytest.raises(Refusal) as refusal:
            one_case.take_back(name)
        assert refusal.value.code == "nothing_to_withdraw"
        there_are = {"order_signed", "plan.analysis_started", "plan.analysis_ended"}
        assert set(refusal.value.arguments["allowed"]) == there_are  # type: ignore[call-overload]
    with pytest.raises(UnknownFact):
        one_case.take_back("ordr_signed")
    with pytest.raises(Refusal):
        one_case.take_back("order_signed", ground=" ")


def test_facts_that_rested_on_it_stay_and_rest_on_nothing(one_case: OneCase) -> None:
    """The note counts from the end of the analysis; it stays recorded, and a finding says so until there is an
    end again."""
    one_case.record("analysis_ended", END)
    one_case.record("note_signed", date(2026, 5, 28))
    assert ("rests_on_withdrawn", "note_signed") not in one_case.codes()

    one_case.take_back("analysis_ended")
    assert one_case.deadline("note_signed").state == "done"
    assert ("rests_on_withdrawn", "note_signed") in one_case.codes()

    one_case.record("analysis_ended", date(2026, 5, 25))
    assert ("rests_on_withdrawn", "note_signed") not in one_case.codes()


def test_a_plan_date_withdrawn_gives_way_to_the_one_before(one_case: OneCase) -> None:
    """Replanned by mistake: the plan of the schedule counts again; withdrawn too, there is none."""
    one_case.core.write(one_case.id, STAMP, recording.replan, {"analysis_started": date(2026, 6, 15)})

    one_case.take_back("plan.analysis_started")
    assert one_case.stored().planned["analysis_started"] == START

    one_case.take_back("plan.analysis_started")
    assert "analysis_started" not in one_case.stored().planned
    with pytest.raises(Contradiction):
        one_case.take_back("plan.analysis_started")


def test_a_correction_alone_is_withdrawn_by_its_line(one_case: OneCase) -> None:
    """#5 is the correction: the day before it counts again; once more is refused."""
    one_case.record("order_signed", date(2026, 4, 6))
    one_case.core.write(
        one_case.id, STAMP, recording.correct, "order_signed", on=date(2026, 4, 3), ground="опечатка"
    )

    change = one_case.take_back("#5")

    assert one_case.stored().facts["order_signed"].on == date(2026, 4, 6)
    assert (change.events[0].name, change.events[0].payload["what"]) == ("order_signed", "corrected")
    with pytest.raises(Contradiction):
        one_case.take_back("#5")


def test_a_line_that_is_no_record_is_refused(one_case: OneCase) -> None:
    """The opening, a line there is not, a cancellation: none is taken back so."""
    one_case.record("order_signed", date(2026, 4, 6))
    one_case.record("order_signed", date(2026, 4, 6), SITE)
    one_case.core.write(one_case.id, STAMP, statuses.cancel, ground="х")

    for line in ("#1", "#99", "#6"):
        with pytest.raises(Refusal):
            one_case.take_back(line)


def test_the_last_link_withdrawn_gives_the_day_back_to_the_one_before(one_case: OneCase) -> None:
    """On the site on 27 March, in the press on 3 April: judged by 3 April, four working days late of 30
    March; without the press link by 27 March, in time. Attached anew it is evidence again; withdrawn before
    that it is refused, naming what is there."""
    one_case.record("start_announced", date(2026, 3, 27), SITE, MEDIA)
    before = one_case.deadline("start_announced")
    assert (before.done_on, before.recorded_on, before.late_by) == (date(2026, 4, 3), date(2026, 3, 27), 4)
    assert "judged_published" in [element.code for element in before.explanation]

    one_case.take_back("start_announced", evidence="https://gazeta.kz/2")

    after = one_case.deadline("start_announced")
    assert (after.done_on, after.late_by) == (date(2026, 3, 27), None)
    with pytest.raises(Refusal) as refusal:
        one_case.take_back("start_announced", evidence=MEDIA.reference)
    assert refusal.value.arguments["allowed"] == (SITE.reference,)

    change = one_case.record("start_announced", date(2026, 3, 27), MEDIA)
    assert [event.kind for event in change.events] == ["evidence"]
    assert len(one_case.stored().facts["start_announced"].evidence) == 2


def test_a_refusal_never_names_a_restricted_document(one_case: OneCase) -> None:
    """What few may open is not listed as evidence there is."""
    secret = Evidence(kind="document:order", reference="a" * 64, name="тайна.pdf", restricted="госсекреты")
    one_case.record("order_signed", date(2026, 4, 6), secret)

    with pytest.raises(Refusal) as refusal:
        one_case.take_back("order_signed", evidence="x")
    assert (refusal.value.code, refusal.value.arguments["allowed"]) == ("no_evidence", ())


def test_the_fact_that_opened_a_branch_is_withdrawn(core: CaseCommands, ledger: SqlLedger) -> None:
    """A conflict of interest confirmed by mistake: the branch closes; what was recorded in it stays, resting on
    nothing."""
    opening = Opening(procedure="conflict-of-interest", person="p1", planned={})
    opened_case = core.open(opening, at=STAMP)
    one_case = OneCase(core, ledger, opened_case.id)
    branch = next(
        fact
        for fact in library().of(opened_case).facts.values()
        if fact.when is not None and fact.recurs is None
    )
    assert branch.when is not None
    one_case.record(branch.when, date(2026, 5, 12))
    assert one_case.deadline(branch.id).state == "open"

    one_case.take_back(branch.when)
    assert one_case.deadline(branch.id).state == "not_required"

    one_case.record(branch.id, date(2026, 5, 14))
    assert one_case.deadline(branch.id).state == "done"
    assert ("rests_on_withdrawn", branch.id) in one_case.codes()


def test_a_risk_is_withdrawn_with_all_that_was_said_of_it(one_case: OneCase) -> None:
    """Its request, its answer and its removal go along; its measure stays and rests on nothing."""
    one_case.found("Закупки без конкурса", "Совмещение функций")
    one_case.risks.ask(
        one_case.id, 1, body="Минфин", asked="изменить", term=MeasureTerm(), on=date(2026, 5, 21), at=STAMP
    )
    one_case.risks.answer(one_case.id, 1, text="учтено", on=date(2026, 5, 25), at=STAMP)
    one_case.risks.remove(one_case.id, 1, on=date(2026, 5, 26), completed=False, at=STAMP)
    one_case.measure(1)

    one_case.take_back("risk.1")

    assert list(rows_of(one_case.stored(), "risk")) == [2]
    assert list(rows_of(one_case.stored(), "measure")) == [1]
    assert ("risk.measure_of_withdrawn_risk", "measure.1") in one_case.codes()
    one_case.take_back("risk.2")
    one_case.found("Нет сроков")
    assert list(rows_of(one_case.stored(), "risk")) == [3], (
        "the number of a withdrawn one is given to nothing new"
    )


def test_a_measure_is_withdrawn_with_its_deadline(one_case: OneCase) -> None:
    """Its row leaves the board, and its responsible text is removed from the case."""
    one_case.found("Закупки без конкурса")
    one_case.measure(1)
    assert "measure.1" in one_case.rows()

    one_case.take_back("measure.1")

    assert "measure.1" not in one_case.rows()
    assert "measure.1" not in one_case.stored().responsible


def test_positions_and_remarks_are_withdrawn_with_their_talks_and_answers(one_case: OneCase) -> None:
    """By their numbers."""
    registers = RowCommands(one_case.core)
    day = date(2026, 5, 20)
    registers.expose(one_case.id, ExposedPosition(title="Закупщик", holder="Б"), on=day, at=STAMP)
    registers.talk(one_case.id, 1, on=day, at=STAMP)
    registers.remark(one_case.id, text="Нет сроков", author="А", source="discussion", on=day, at=STAMP)
    registers.answer_remark(one_case.id, 1, taken=True, answer="", on=day, at=STAMP)

    one_case.take_back("position.1")
    one_case.take_back("remark.1")

    assert one_case.stored().entries == ()


def test_a_request_withdrawn_by_its_line_takes_its_answer_along(one_case: OneCase) -> None:
    """Of two requests the second, with its answer; the first with what came between them; the risk stays."""
    one_case.found("Закупки без конкурса")
    day = date(2026, 5, 21)
    for asked in ("изменить", "отменить"):
        one_case.risks.ask(one_case.id, 1, body="Минфин", asked=asked, term=MeasureTerm(), on=day, at=STAMP)
        one_case.risks.answer(one_case.id, 1, text=f"{asked}: учтено", on=day, at=STAMP)

    assert one_case.take_back("#5").events[0].payload["lines"] == [5, 6]
    assert "request.1" not in one_case.stored().withdrawn
    assert one_case.take_back("#7").events[0].payload["lines"] == [7, 8]
    assert rows_of(one_case.stored(), "risk")[1].records == ()


def test_the_line_a_record_began_with_is_the_whole_record(one_case: OneCase) -> None:
    """Of a risk, with what was said of it later; of a plan date, as by its name."""
    one_case.found("Закупки без конкурса")
    one_case.edit("risk.1", cause="нет порядка")

    assert one_case.take_back("#4").events[0].payload["lines"] == [4, 5]
    assert one_case.take_back("#2").events[0].payload["record"] == "plan.analysis_started"
