"""The passport of a case: an edit is an event with only the changed fields, and can be withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.workflow.test_withdrawals import NOW, TODAY, stored, take_back
from workflow.cases.case import Case, Wording
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.cases.commands.opening import NotForKind, Opening
from workflow.cases.commands.passports import PassportEdit, edit_passport
from workflow.org.audit import Stamp
from workflow.refusal import Refusal

AT = Stamp(by="a", now=NOW, today=TODAY)


def describe(case_commands: CaseCommands, case: Case, kind: str = "", **fields: Any) -> Change:
    edit = PassportEdit(**fields)
    return edit_passport(case_commands, case.id, edit, kind_of=lambda _: kind, at=AT)


def test_an_edit_carries_only_what_changed(case_commands: CaseCommands, case: Case, ledger: SqlLedger) -> None:
    """The words of the file stay beside; an edit of nothing writes nothing."""
    change = describe(
        case_commands, case, object_ru=" Департамент закупок ", unit="Комплаенс", group=["Ахметов А.; юрист"]
    )

    assert [(event.kind, event.payload) for event in change.events] == [
        ("passport", {"object_ru": "Департамент закупок", "group": ["Ахметов А.; юрист"]})
    ]
    describe(
        case_commands, case, object_kk="Сатып алу департаменті", period=[date(2024, 1, 1), date(2025, 12, 31)]
    )
    now = stored(ledger, case)
    assert (now.object, now.object_in("kk"), now.object_in("ru"), now.object_in("en")) == (
        *("Департамент закупок", "Сатып алу департаменті"),
        *("Департамент закупок", "Департамент закупок"),
    )
    assert (now.group, now.period) == (("Ахметов А.; юрист",), (date(2024, 1, 1), date(2025, 12, 31)))
    assert (
        describe(case_commands, case, object_kk="Сатып алу департаменті", group=["Ахметов А.; юрист"]).events
        == ()
    )

    describe(case_commands, case, group=[], period=[])
    assert (stored(ledger, case).group, stored(ledger, case).period) == ((), None)


def test_another_unit_and_another_responsible_reach_the_board(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Every row belongs to the new unit; one of them has the new name."""
    describe(case_commands, case, unit="Юристы", responsible={"order_signed": "Әлиева Г."})

    rows = ledger.rows(case.id)
    assert {row.unit for row in rows.values()} == {"Юристы"}
    assert rows["order_signed"].responsible == "Әлиева Г."
    assert stored(ledger, case).written == (Wording("Департамент закупок", "Комплаенс"),)


def test_a_withdrawn_edit_brings_back_what_was_before(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """By its name the latest, then the one before; then there is none."""
    describe(case_commands, case, object_ru="Первое")
    describe(case_commands, case, object_ru="Второе", unit="Юристы")

    take_back(case_commands, case, "passport")
    assert (stored(ledger, case).object_ru, stored(ledger, case).unit) == ("Первое", "Комплаенс")
    assert {row.unit for row in ledger.rows(case.id).values()} == {"Комплаенс"}
    take_back(case_commands, case, "passport")
    assert stored(ledger, case).object_ru == ""
    with pytest.raises(Refusal):
        take_back(case_commands, case, "passport")


def test_what_a_passport_cannot_hold_is_refused(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """A period that ends before it begins, half a period, an unknown obligation; nothing is written."""
    for period in ([date(2025, 1, 2), date(2025, 1, 1)], [date(2025, 1, 1)]):
        with pytest.raises(Refusal, match=r"passport\.bad_period"):
            describe(case_commands, case, period=period)
    with pytest.raises(Refusal):
        describe(case_commands, case, object_ru="Иное", responsible={"order_singed": "Әлиева Г."})
    assert stored(ledger, case).seq == case.seq


def test_a_unit_of_another_kind_of_organisation_is_asked_of_the_act(case_commands: CaseCommands) -> None:
    """As at the opening: a procedure for quasi-state subjects is not moved into a ministry."""
    opening = Opening(procedure="enterprise-gift", facts={"doubt_arisen": date(2026, 5, 4)})
    case = case_commands.open(opening, at=AT)

    with pytest.raises(NotForKind):
        describe(case_commands, case, kind="central_body", unit="Министерство")
    assert describe(case_commands, case, kind="quasi_state", unit="Қоғам").case.kind == "quasi_state"
