"""The passport of a case: an edit is an event with only the changed fields, and can be withdrawn."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.workflow.one_case import STAMP, OneCase
from workflow.cases.case import Wording
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import NotForKind, Opening
from workflow.refusal import Refusal


def test_an_edit_carries_only_what_changed(one_case: OneCase) -> None:
    """The words of the file stay beside; an edit of nothing writes nothing."""
    change = one_case.describe(object_ru=" Департамент закупок ", unit="Комплаенс", group=["Ахметов А.; юрист"])

    assert [(event.kind, event.payload) for event in change.events] == [
        ("passport", {"object_ru": "Департамент закупок", "group": ["Ахметов А.; юрист"]})
    ]
    one_case.describe(object_kk="Сатып алу департаменті", period=[date(2024, 1, 1), date(2025, 12, 31)])
    now = one_case.stored()
    assert (now.object, now.object_in("kk"), now.object_in("ru"), now.object_in("en")) == (
        *("Департамент закупок", "Сатып алу департаменті"),
        *("Департамент закупок", "Департамент закупок"),
    )
    assert (now.group, now.period) == (("Ахметов А.; юрист",), (date(2024, 1, 1), date(2025, 12, 31)))
    assert one_case.describe(object_kk="Сатып алу департаменті", group=["Ахметов А.; юрист"]).events == ()

    one_case.describe(group=[], period=[])
    assert (one_case.stored().group, one_case.stored().period) == ((), None)


def test_another_unit_and_another_responsible_reach_the_board(one_case: OneCase) -> None:
    """Every row belongs to the new unit; one of them has the new name."""
    one_case.describe(unit="Юристы", responsible={"order_signed": "Әлиева Г."})

    rows = one_case.rows()
    assert {row.unit for row in rows.values()} == {"Юристы"}
    assert rows["order_signed"].responsible == "Әлиева Г."
    assert one_case.stored().written == (Wording("Департамент закупок", "Комплаенс"),)


def test_a_withdrawn_edit_brings_back_what_was_before(one_case: OneCase) -> None:
    """By its name the latest, then the one before; then there is none."""
    one_case.describe(object_ru="Первое")
    one_case.describe(object_ru="Второе", unit="Юристы")

    one_case.take_back("passport")
    assert (one_case.stored().object_ru, one_case.stored().unit) == ("Первое", "Комплаенс")
    assert {row.unit for row in one_case.rows().values()} == {"Комплаенс"}
    one_case.take_back("passport")
    assert one_case.stored().object_ru == ""
    with pytest.raises(Refusal):
        one_case.take_back("passport")


def test_what_a_passport_cannot_hold_is_refused(one_case: OneCase) -> None:
    """A period that ends before it begins, half a period, an unknown obligation; nothing is written."""
    before = one_case.stored()
    for period in ([date(2025, 1, 2), date(2025, 1, 1)], [date(2025, 1, 1)]):
        with pytest.raises(Refusal, match=r"passport\.bad_period"):
            one_case.describe(period=period)
    with pytest.raises(Refusal):
        one_case.describe(object_ru="Иное", responsible={"order_singed": "Әлиева Г."})
    assert one_case.stored() == before


def test_a_case_whose_unit_is_taken_away_is_of_the_office_s_own_kind(one_case: OneCase) -> None:
    """As if it had been opened without one."""
    one_case.describe(kind="oblast_akim_office", unit="Юристы")
    assert one_case.describe(kind="quasi_state", unit="").case.kind == "quasi_state"
    assert one_case.rows()["cartogram_updated"].state == "not_required"


def test_a_unit_of_another_kind_of_organisation_is_asked_of_the_act(
    core: CaseCommands, ledger: SqlLedger
) -> None:
    """As at the opening: a procedure for quasi-state subjects is not moved into a ministry."""
    opening = Opening(procedure="enterprise-gift", facts={"doubt_arisen": date(2026, 5, 4)})
    gift = OneCase(core, ledger, core.open(opening, at=STAMP).id)

    with pytest.raises(NotForKind):
        gift.describe(kind="central_body", unit="Министерство")
    assert gift.describe(kind="quasi_state", unit="Қоғам").case.kind == "quasi_state"
