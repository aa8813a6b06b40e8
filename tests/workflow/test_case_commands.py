"""Case commands: written events, refusals; a fact is never refused for being late or out of order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest

import i18n
from merzim.storage.cases.ledger import SqlLedger
from tests.checking import refusal_codes
from tests.law import library
from tests.workflow.conftest import END, NOW, START, TODAY
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.answers import deadline_of
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.deadlines.deadline import Row
from workflow.law.library import UnknownFact
from workflow.moments import Moment
from workflow.refusal import Refusal

AT = Moment(by="officer", now=NOW, today=TODAY)


def record(case_commands: CaseCommands, case: Case, fact: str, on: date, *evidence: Evidence) -> list[str]:
    change = case_commands.write(case.id, AT, recording.record, fact, on=on, evidence=evidence)
    return [event.kind for event in change.events]


def test_an_opened_case_keeps_its_edition_and_its_plan_dates(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The edition in force on the earliest date, with the file's hash; one event a plan date."""
    stored_case = ledger.case(case.id)

    assert stored_case is not None
    assert replace(stored_case, head="") == case
    assert case.edition == "internal-analysis.2024-01-01"
    assert case.digest == library().named(case.edition).digest
    assert [event.kind for event in ledger.events(case.id)] == ["opened", "planned", "planned"]


def test_cases_opened_together_have_the_rows_of_cases_opened_one_by_one(
    case_commands: CaseCommands, ledger: SqlLedger
) -> None:
    """Two of them differ in names alone, and the rows of one serve the other; the third begins a day later."""
    openings = [
        Opening(procedure="internal-analysis", unit=unit, object=unit, planned={"analysis_started": on})
        for unit, on in (("a", START), ("b", START), ("c", date(2026, 4, 14)))
    ]
    together = case_commands.open_many(openings, at=AT)
    alone = [case_commands.open(opening, at=AT) for opening in openings]

    def rows_of(case: Case) -> list[Row]:
        return [row._replace(case="") for row in ledger.rows(case.id).values()]

    assert [rows_of(case) for case in together] == [rows_of(case) for case in alone]
    assert {row.unit for row in ledger.rows(together[1].id).values()} == {"b"}
    assert rows_of(together[2]) != [row._replace(unit="c") for row in rows_of(together[1])]


def test_a_late_fact_is_recorded_and_only_a_finding(case_commands: CaseCommands, case: Case) -> None:
    """Announced a week late: written down, late by its working days."""
    assert record(case_commands, case, "start_announced", date(2026, 4, 6)) == ["fact"]

    late = deadline_of(case_commands.view(case.id, today=TODAY), "start_announced")
    assert (late.state, late.late_by) == ("done", 5)


def test_the_same_fact_again_is_done_already_or_refused_with_the_date_there_is(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """No event the second time; new evidence is one event, the same evidence again none; another date is for
    `correct`."""
    record(case_commands, case, "order_signed", date(2026, 4, 6))

    assert record(case_commands, case, "order_signed", date(2026, 4, 6)) == []
    order = Evidence(kind="document:order", reference="a" * 64, name="бұйрық.pdf")
    assert record(case_commands, case, "order_signed", date(2026, 4, 6), order) == ["evidence"]
    assert record(case_commands, case, "order_signed", date(2026, 4, 6), order) == []
    stored_case = ledger.case(case.id)
    assert stored_case.facts["order_signed"].evidence == (order,)
    with pytest.raises(Refusal) as refusal:
        record(case_commands, case, "order_signed", date(2026, 4, 7))
    assert (refusal.value.code, refusal.value.arguments["known"]) == ("fact_known", date(2026, 4, 6))


def test_refused_are_what_has_not_happened_unknown_names_and_impossible_dates(
    case_commands: CaseCommands, case: Case
) -> None:
    """Today may be recorded, tomorrow may not; a typo, a period too many, missing, or of the wrong kind;
    2009 is before the first day on file."""
    may = date(2026, 5, 1)
    wrong = [
        ("published", date(2026, 6, 2), "fact_in_future"),
        ("ordr_signed", may, "unknown_fact"),
        ("order_signed.2026Q3", may, "fact_without_period"),
        ("order_signed.", may, "fact_without_period"),
        ("quarter_reported", may, "fact_needs_period"),
        ("quarter_reported.Q5", may, "fact_needs_period"),
        ("quarter_reported.2026-03", may, "no_such_period"),
        ("order_signed", date(2009, 12, 31), "out_of_range"),
    ]
    refused = refusal_codes(*(partial(record, case_commands, case, fact, on) for fact, on, _ in wrong))

    assert refused == [code for *_, code in wrong]
    assert record(case_commands, case, "published", date(2026, 6, 1)) == ["fact"]
    assert refusal_codes(lambda: case_commands.view("2026-9999", today=TODAY)) == ["unknown_case"]


@pytest.mark.parametrize("period", ["2027Q5", "2027-03", "2027"])
def test_a_period_there_is_not_is_refused_with_those_of_its_year(
    case_commands: CaseCommands, case: Case, period: str
) -> None:
    """A year has four quarters; none of them is the fifth, and none is a month."""
    with pytest.raises(Refusal, match="no_such_period") as refused:
        record(case_commands, case, f"quarter_reported.{period}", TODAY)

    assert refused.value.arguments["allowed"] == ("2027Q1", "2027Q2", "2027Q3", "2027Q4")
    assert period in i18n.refusal(refused.value, "kk")


def test_a_correction_moves_what_follows(case_commands: CaseCommands, case: Case) -> None:
    """The end of the analysis corrected by a day moves the note; the ground is kept. What was never recorded
    cannot be corrected, nor anything without a ground."""
    record(case_commands, case, "analysis_ended", date(2026, 5, 26))
    ground = "бұйрықтағы күн"
    change = case_commands.write(
        case.id, AT, recording.correct, "analysis_ended", on=date(2026, 5, 25), ground=ground
    )

    assert ("note_signed", date(2026, 6, 10), date(2026, 6, 9)) in change.moved
    assert change.events[0].payload["ground"] == ground
    with pytest.raises(Refusal):
        case_commands.write(case.id, AT, recording.correct, "published", on=END, ground="қате")
    with pytest.raises(Refusal):
        case_commands.write(case.id, AT, recording.correct, "published", on=END, ground=" ")


def test_a_plan_date_is_replaced_by_a_later_one_and_may_lie_ahead(
    case_commands: CaseCommands, case: Case
) -> None:
    """Replanning the start moves the announcement; the same plan date again writes nothing."""
    change = case_commands.write(case.id, AT, recording.replan, {"analysis_started": date(2026, 6, 22)})
    second_change = case_commands.write(case.id, AT, recording.replan, {"analysis_started": date(2026, 6, 22)})

    assert ("start_announced", date(2026, 3, 30), date(2026, 6, 8)) in change.moved
    assert second_change.events == ()


def test_who_exempts_or_cancels_is_told_which_dates_are_asked_for_no_more(
    case_commands: CaseCommands, case: Case
) -> None:
    """The order is due on 6 April 2026, five working days before the start; nothing counts from it. Reopened,
    its day is back; of a cancelled case no day is left."""
    due, ground = date(2026, 4, 6), "құпия нысан"
    order = {"obligation": "order_signed", "ground": ground}
    exempted = case_commands.write(case.id, AT, statuses.exempt, **order)
    reopened = case_commands.write(case.id, AT, statuses.reopen, **order)
    cancelled = case_commands.write(case.id, AT, statuses.cancel, ground=ground)

    assert exempted.moved == (("order_signed", due, None),)
    assert reopened.moved == (("order_signed", None, due),)
    assert ("order_signed", due, None) in cancelled.moved
    assert {new for _, _, new in cancelled.moved} == {None}


def test_a_cancelled_case_is_not_required_and_can_be_reopened(case_commands: CaseCommands, case: Case) -> None:
    """Cancelling twice is refused with what is open; reopening brings the obligations back."""
    case_commands.write(case.id, AT, statuses.cancel, ground="құрылым таратылды")
    assert case_commands.view(case.id, today=TODAY).stage == "cancelled"
    with pytest.raises(Refusal) as refusal:
        case_commands.write(case.id, AT, statuses.cancel, ground="тағы")
    assert refusal.value.arguments["open"] == ("reopen",)

    case_commands.write(case.id, AT, statuses.reopen, ground="қате")
    assert case_commands.view(case.id, today=TODAY).stage == "announcement"


def test_an_exemption_of_one_obligation_is_withdrawn_with_a_ground(
    case_commands: CaseCommands, case: Case
) -> None:
    """It is required again, by its current due date; the chain records who, when and why."""
    freed, stamp = "start_announced", Moment(by="Айгүл", now=NOW, today=TODAY)
    case_commands.write(case.id, stamp, statuses.exempt, obligation=freed, ground="құпия объект")
    exempted_view = case_commands.view(case.id, today=TODAY)
    states = [deadline_of(exempted_view, name).state for name in (freed, "order_signed")]
    assert states == ["not_required", "open"], "the rest goes on"
    case_commands.write(case.id, stamp, recording.replan, {"analysis_started": date(2026, 6, 22)})
    change = case_commands.write(case.id, stamp, statuses.reopen, obligation=freed, ground="құпиялығы алынды")
    (event,) = change.events
    deadline = deadline_of(case_commands.view(case.id, today=TODAY), freed)

    assert (event.kind, event.name, event.by, event.at) == ("reopened", freed, "Айгүл", NOW)
    assert event.payload["ground"] == "құпиялығы алынды"
    assert change.case.exempted == {}
    assert (deadline.state, deadline.due) == ("open", date(2026, 6, 8))


def test_a_recurring_obligation_is_asked_for_again_as_it_was_freed(
    case_commands: CaseCommands, case: Case
) -> None:
    """All its periods, or the one: of a period nobody freed by itself there is nothing to withdraw."""
    stamp = AT
    for freed in ("quarter_reported", "quarter_reported.2026Q3"):
        case_commands.write(case.id, stamp, statuses.exempt, obligation=freed, ground="x")
    with pytest.raises(Refusal) as refusal:
        case_commands.write(case.id, stamp, statuses.reopen, obligation="quarter_reported.2026Q4", ground="y")
    names_left = case_commands.write(
        case.id, stamp, statuses.reopen, obligation="quarter_reported", ground="y"
    ).case.exempted

    assert refusal.value.code == "not_exempted"
    assert refusal.value.arguments["allowed"] == ("quarter_reported", "quarter_reported.2026Q3")
    assert [*names_left] == ["quarter_reported.2026Q3"]


def test_what_was_not_exempted_cannot_be_asked_for_again(case_commands: CaseCommands, case: Case) -> None:
    """Nor without a ground, nor while the whole case is not required; each says why."""
    stamp = AT
    with pytest.raises(Refusal) as nothing:
        case_commands.write(case.id, stamp, statuses.reopen, obligation="uploaded", ground="x")
    with pytest.raises(Refusal):
        case_commands.write(case.id, stamp, statuses.reopen, obligation="uplaoded", ground="x")
    case_commands.write(case.id, stamp, statuses.exempt, obligation="uploaded", ground="x")
    with pytest.raises(Refusal):
        case_commands.write(case.id, stamp, statuses.reopen, obligation="uploaded", ground=" ")
    case_commands.write(case.id, stamp, statuses.exempt, ground="x")
    with pytest.raises(Refusal) as closed:
        case_commands.write(case.id, stamp, statuses.reopen, obligation="uploaded", ground="x")

    assert nothing.value.code == "nothing_exempted"
    assert (closed.value.code, closed.value.arguments["open"]) == ("cannot_reopen_one", ("reopen",))


def test_the_board_equals_its_rebuild_after_every_command(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The stored rows equal the rows computed from the events."""
    for step in (
        lambda: record(case_commands, case, "start_announced", date(2026, 4, 1)),
        lambda: case_commands.write(case.id, AT, recording.replan, {"analysis_ended": date(2026, 5, 22)}),
        lambda: record(case_commands, case, "analysis_ended", date(2026, 5, 22)),
        lambda: case_commands.write(case.id, AT, statuses.cancel, ground="x"),
        lambda: case_commands.write(case.id, AT, statuses.reopen, ground="y"),
        lambda: case_commands.write(case.id, AT, statuses.exempt, obligation="note_signed", ground="x"),
        lambda: case_commands.write(case.id, AT, statuses.reopen, obligation="note_signed", ground="y"),
    ):
        step()
        stored_case = ledger.case(case.id)
        assert stored_case is not None
        rebuilt = {row.obligation: row for row in case_commands.recomputed(stored_case, today=TODAY).rows}
        assert ledger.rows(case.id) == rebuilt


def test_evidence_published_after_today_is_refused(case_commands: CaseCommands, case: Case) -> None:
    """A link may have appeared today; tomorrow's has not happened."""

    def announce(published_on: date) -> list[str]:
        link = Evidence(kind="link:site", reference="https://example.kz", published_on=published_on)
        return record(case_commands, case, "start_announced", date(2026, 3, 30), link)

    assert refusal_codes(lambda: announce(date(2026, 6, 2))) == ["evidence_in_future"]
    assert announce(date(2026, 6, 1)) == ["fact"]


def test_a_period_that_cannot_be_is_not_exempted(case_commands: CaseCommands, case: Case) -> None:
    """Nothing would come of it, and nobody would see that."""
    for period in ("order_signed.2026Q3", "quarter_reported.2026Q9", "quarter_reported."):
        with pytest.raises(UnknownFact):
            case_commands.write(case.id, AT, statuses.exempt, obligation=period, ground="жоқ")
