"""Withdrawals on both databases: the chain verifies, a rebuild agrees, points and lists drop the fact."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.services.imports.considering import consider
from merzim.services.imports.schedules import take_in
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.rebuild import rebuild
from merzim.storage.maintenance.verify import verify
from tests.law import CALENDAR, library
from tests.storage.sample_cases import NOW, OBJECT, PLANNED, UNIT, case_commands, opened, recompute, seal
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.evidence_list import events_as_seen
from workflow.org.access import Scope
from workflow.org.audit import Stamp
from workflow.org.office import Office

TODAY = date(2026, 7, 20)
AT = Stamp(by="А", now=NOW, today=TODAY)
LINK = Evidence(kind="link:site", reference="https://org.kz/1", published_on=date(2026, 3, 27))


def record(engine: Engine, case: Case, fact: str, on: date, *evidence: Evidence) -> None:
    case_commands(engine).write(case.id, AT, recording.record, fact, on=on, evidence=evidence)


def take_back(engine: Engine, case: Case, name: str, *, evidence: str = "") -> None:
    case_commands(engine).write(case.id, AT, withdraw, name, ground="внесено ошибочно", evidence=evidence)


def test_chain_seals_and_rebuild_hold_after_a_withdrawal(engine: Engine) -> None:
    """Verify finds nothing before and after; a rebuild writes not one row otherwise."""
    case = opened(engine)
    record(engine, case, "start_announced", date(2026, 3, 27), LINK)
    record(engine, case, "analysis_started", date(2026, 4, 20))
    seal(engine, now=NOW)
    take_back(engine, case, "analysis_started")
    take_back(engine, case, "start_announced", evidence=LINK.reference)
    seal(engine, now=NOW)

    new_recompute = recompute(engine, TODAY)
    assert verify(engine, recompute=new_recompute) == ()
    before = SqlLedger(engine).rows(case.id)
    rebuild(engine, new_recompute, now=NOW)
    assert SqlLedger(engine).rows(case.id) == before
    assert verify(engine, recompute=new_recompute) == ()


def test_the_history_hides_a_restricted_document_after_its_withdrawal(engine: Engine) -> None:
    """Who may not open it does not read its name in the event that brought it."""
    case = opened(engine)
    secret = Evidence(kind="document:order", reference="a" * 64, name="тайна.pdf", restricted="госсекреты")
    record(engine, case, "order_signed", date(2026, 4, 6), secret)
    take_back(engine, case, "order_signed", evidence="a" * 64)

    visible_events = events_as_seen(SqlLedger(engine).events(case.id), Scope(unit="x", names=()))

    assert "тайна" not in str([event.payload for event in visible_events])
    assert "a" * 64 not in str([event.payload for event in visible_events])


def test_a_file_that_says_it_again_does_not_bring_it_back(engine: Engine) -> None:
    """The withdrawn day of the same schedule is left out, with a note; another day is a new plan date."""
    case = opened(engine)
    take_back(engine, case, "plan.analysis_ended")

    def taken(ended: date) -> tuple[bool, list[str]]:
        stored_case = SqlLedger(engine).case(case.id)
        assert stored_case is not None
        schedule = ReadSchedule(
            form="table", object=OBJECT, unit=UNIT, row=3, planned={**PLANNED, "analysis_ended": ended}
        )
        considered = consider(
            [schedule],
            name="кесте.xlsx",
            library=library(),
            cases=[stored_case],
            office=Office(),
            procedure=library().latest("internal-analysis"),
            calendar=CALENDAR,
            today=TODAY,
        )
        import_result = take_in(considered, case_commands=case_commands(engine), at=AT)
        return import_result.unchanged == (case.id,), [note.code for note in import_result.notes]

    assert taken(PLANNED["analysis_ended"]) == (True, ["cli.import.withdrawn"])
    assert taken(date(2026, 5, 28)) == (False, [])
