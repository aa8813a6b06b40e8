"""Change history of a case: changed fields with old and new values."""

from __future__ import annotations

from datetime import date

from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import FoundRisk, RiskCommands
from tests.workflow.test_passports import describe
from tests.workflow.test_row_edits import edit
from tests.workflow.test_withdrawals import STAMP, TODAY, found, record, stored, take_back
from workflow.cases.case import Case
from workflow.cases.changes import field_changes
from workflow.cases.commands.case_commands import CaseCommands

Line = tuple[str, object, object]


def changes(ledger: SqlLedger, case: Case) -> dict[int, list[Line]]:
    changes_by_seq = field_changes(ledger.events(case.id))
    return {
        seq: [(change.field, change.before, change.after) for change in event_changes]
        for seq, event_changes in changes_by_seq.items()
    }


def test_an_edit_shows_what_stood_there_before(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Fields of a row and of the passport, the day of a fact and of a plan; a first record changes nothing."""
    found(case_commands, case, "Закупки")
    edit(case_commands, case, "risk.1", cause="нет порядка", for_legal_monitoring=True)
    edit(case_commands, case, "risk.1", cause="порядок устарел", for_legal_monitoring=False)
    record(case_commands, case, "order_signed", date(2026, 4, 6))
    case_commands.correct(case.id, "order_signed", on=date(2026, 4, 3), ground="описка", at=STAMP)
    case_commands.replan(case.id, "analysis_ended", on=date(2026, 5, 29), at=STAMP)
    describe(case_commands, case, unit="Юристы", object_ru="Закупки", responsible={"published": "А"})
    describe(case_commands, case, responsible={"published": "Б", "order_signed": "В"})

    last = stored(ledger, case).seq
    assert changes(ledger, case) == {
        last - 6: [("cause", None, "нет порядка"), ("for_legal_monitoring", None, True)],
        last - 5: [("cause", "нет порядка", "порядок устарел"), ("for_legal_monitoring", True, None)],
        last - 3: [("on", "2026-04-06", "2026-04-03")],
        last - 2: [("on", "2026-05-26", "2026-05-29")],
        last - 1: [("object_ru", None, "Закупки"), ("unit", "Комплаенс", "Юристы"), ("responsible", None, "А")],
        last: [("responsible", None, "В"), ("responsible", "А", "Б")],
    }


def test_a_row_described_anew_shows_what_it_lost(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """As the whole row is said again, a field left out is a field emptied."""
    for risk in (
        FoundRisk(description="Закупки", cause="нет порядка"),
        FoundRisk(description="Закупки у одного", number=1),
    ):
        RiskCommands(case_commands).find(case.id, risk, on=TODAY, at=STAMP)

    (event_changes,) = changes(ledger, case).values()
    assert set(event_changes) == {
        ("description", "Закупки", "Закупки у одного"),
        ("cause", "нет порядка", None),
    }


def test_after_a_withdrawal_the_value_before_it_stands(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The next edit is compared with what the case says, not with what was taken back."""
    describe(case_commands, case, object_ru="Первое")
    describe(case_commands, case, object_ru="Второе")
    take_back(case_commands, case, "passport")
    describe(case_commands, case, object_ru="Третье")

    assert changes(ledger, case)[stored(ledger, case).seq] == [("object_ru", "Первое", "Третье")]
