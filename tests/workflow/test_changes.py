"""Change history of a case: changed fields with old and new values."""

from __future__ import annotations

from datetime import date

from tests.case_rows import FoundRisk
from tests.workflow.one_case import STAMP, TODAY, OneCase
from workflow.cases.changes import field_changes
from workflow.cases.commands import recording

Line = tuple[str, object, object]


def changes(one_case: OneCase) -> dict[int, list[Line]]:
    changes_by_seq = field_changes(one_case.ledger.events(one_case.id))
    return {
        seq: [(change.field, change.before, change.after) for change in event_changes]
        for seq, event_changes in changes_by_seq.items()
    }


def test_an_edit_shows_what_stood_there_before(one_case: OneCase) -> None:
    """Fields of a row and of the passport, the day of a fact and of a plan; a first record changes nothing."""
    one_case.found("Закупки")
    one_case.edit("risk.1", cause="нет порядка", for_legal_monitoring=True)
    one_case.edit("risk.1", cause="порядок устарел", for_legal_monitoring=False)
    one_case.record("order_signed", date(2026, 4, 6))
    one_case.core.write(
        one_case.id, STAMP, recording.correct, "order_signed", on=date(2026, 4, 3), ground="описка"
    )
    one_case.core.write(one_case.id, STAMP, recording.replan, {"analysis_ended": date(2026, 5, 29)})
    one_case.describe(unit="Юристы", object_ru="Закупки", responsible={"published": "А"})
    one_case.describe(responsible={"published": "Б", "order_signed": "В"})

    last = one_case.stored().seq
    assert changes(one_case) == {
        last - 6: [("cause", None, "нет порядка"), ("for_legal_monitoring", None, True)],
        last - 5: [("cause", "нет порядка", "порядок устарел"), ("for_legal_monitoring", True, None)],
        last - 3: [("on", "2026-04-06", "2026-04-03")],
        last - 2: [("on", "2026-05-26", "2026-05-29")],
        last - 1: [("object_ru", None, "Закупки"), ("unit", "Комплаенс", "Юристы"), ("responsible", None, "А")],
        last: [("responsible", None, "В"), ("responsible", "А", "Б")],
    }


def test_a_row_described_anew_shows_what_it_lost(one_case: OneCase) -> None:
    """As the whole row is said again, a field left out is a field emptied."""
    for risk in (
        FoundRisk(description="Закупки", cause="нет порядка"),
        FoundRisk(description="Закупки у одного", number=1),
    ):
        one_case.risks.find(one_case.id, risk, on=TODAY, at=STAMP)

    (event_changes,) = changes(one_case).values()
    assert set(event_changes) == {
        ("description", "Закупки", "Закупки у одного"),
        ("cause", "нет порядка", None),
    }


def test_after_a_withdrawal_the_value_before_it_stands(one_case: OneCase) -> None:
    """The next edit is compared with what the case says, not with what was taken back."""
    one_case.describe(object_ru="Первое")
    one_case.describe(object_ru="Второе")
    one_case.take_back("passport")
    one_case.describe(object_ru="Третье")

    assert changes(one_case)[one_case.stored().seq] == [("object_ru", "Первое", "Третье")]
