"""Rows and the passport of a case: their fields, their edits, and what an edit shows."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import OnDate
from merzim.services.law.regulations import (
    case_registers,
    read_own_register,
    read_register,
    shipped_register_files,
)
from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import ExposedPosition, FoundRisk, RowCommands, case_rows
from tests.workflow.one_case import NOW, STAMP, TODAY, OneCase
from workflow.cases.case import Case
from workflow.cases.changes import field_changes
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, NotForKind, Opening
from workflow.cases.commands.case_rows import CaseRows, NewRow
from workflow.cases.registers.rows import MeasureTerm, rows_of
from workflow.law.files import UnreadableRegulation
from workflow.moments import Moment
from workflow.refusal import Refusal
from workflow.registers.definition import Registers


def test_an_edit_carries_only_what_changed(one_case: OneCase) -> None:
    """What says what it said is left out; an edit of nothing writes nothing."""
    one_case.found("Закупки без конкурса")

    change = one_case.edit("risk.1", description="Закупки без конкурса", cause="нет порядка")

    assert [(event.kind, event.name, event.payload) for event in change.events] == [
        ("row_edited", "risk.1", {"cause": "нет порядка"})
    ]
    risk = rows_of(one_case.stored(), "risk")[1]
    assert (risk["description"], risk["cause"]) == ("Закупки без конкурса", "нет порядка")
    assert one_case.edit("risk.1", cause=" нет порядка ").events == ()
    one_case.edit("risk.1", act="Приказ № 5")
    assert rows_of(one_case.stored(), "risk")[1]["cause"] == "нет порядка", "who edits another field keeps it"


def test_an_edited_measure_has_its_new_term_and_responsible(one_case: OneCase) -> None:
    """On the board, with its responsible person."""
    one_case.found("Закупки")
    one_case.measure(1)
    term = MeasureTerm(written="01.09.2026", term=OnDate(date(2026, 9, 1)), reading="date")

    one_case.edit("measure.1", term=term, responsible="Юристы")

    stored_case = one_case.stored()
    assert one_case.rows()["measure.1"].due == date(2026, 9, 1)
    assert stored_case.responsible["measure.1"] == "Юристы"
    assert rows_of(stored_case, "measure")[1].term == term


def test_positions_and_remarks_are_edited_and_keep_the_rest(one_case: OneCase) -> None:
    """Talks and answers stay; a day may be taken out again."""
    registers, day = RowCommands(one_case.core), date(2026, 5, 20)
    exposed = ExposedPosition(title="Закупщик", holder="Б", approved_on=day)
    registers.expose(one_case.id, exposed, on=day, at=STAMP)
    registers.talk(one_case.id, 1, on=day, at=STAMP)
    fields = {"text": "Нет сроков", "author": "А", "source": "discussion"}
    registers.remark(one_case.id, **fields, on=day, at=STAMP)

    one_case.edit("position.1", holder="В", approved_on=None)
    one_case.edit("remark.1", text="Сроков нет", on=date(2026, 5, 19))

    stored_case = one_case.stored()
    position, remark = rows_of(stored_case, "position")[1], rows_of(stored_case, "remark")[1]
    assert (position["holder"], position.day("approved_on"), len(position.records)) == ("В", None, 1)
    assert (remark["text"], remark.day("on"), remark["author"]) == ("Сроков нет", date(2026, 5, 19), "А")


@pytest.mark.parametrize(
    ("row", "fields", "code"),
    [
        ("risk.2", {"cause": "x"}, "risk.unknown_row"),
        ("rank.1", {"cause": "x"}, "risk.unknown_row"),
        ("risk.x", {"cause": "x"}, "risk.unknown_row"),
        ("risk.1", {"number": 7}, "register.value.unknown_field"),
        ("risk.1", {"description": "  "}, "register.value.required"),
        ("risk.1", {"direction": "nowhere"}, "register.value.not_an_option"),
        ("measure.1", {"risk": 9}, "risk.unknown_risk"),
    ],
)
def test_what_cannot_be_edited_is_refused(
    one_case: OneCase, row: str, fields: dict[str, object], code: str
) -> None:
    """One sentence that names what can be; nothing is written."""
    one_case.found("Закупки")
    one_case.measure(1)
    before = len(one_case.core.events(one_case.id))

    with pytest.raises(Refusal) as refusal:
        one_case.edit(row, **fields)
    assert refusal.value.code == code
    assert len(one_case.core.events(one_case.id)) == before


def test_an_edit_is_withdrawn_by_its_line(one_case: OneCase) -> None:
    """What it said before counts again; withdrawn whole, the risk takes its edits along."""
    one_case.found("Закупки")
    one_case.edit("risk.1", description="Закупки у одного")

    one_case.take_back("#5")
    assert rows_of(one_case.stored(), "risk")[1]["description"] == "Закупки"

    one_case.edit("risk.1", description="Закупки у двух")
    change = one_case.take_back("risk.1")
    assert (change.events[0].payload["lines"], change.events[0].payload["title"]) == ([4, 7], "Закупки у двух")


WHO = Moment(by="a", now=NOW, today=TODAY)
NAME, TEXT = next(file for file in shipped_register_files("registers/cases") if file[0].startswith("risks."))
ADDED = b"""
[[field]]
id = "loss"
title = { kk = "Sh", ru = "U", en = "Loss" }
kind = "money"

[[field]]
id = "area"
title = { kk = "A", ru = "O", en = "Area" }
kind = "choice"
options = [{ id = "money", title = { kk = "a", ru = "d", en = "money" } }]
"""


@pytest.fixture
def rows() -> CaseRows:
    """The commands with two fields more in the file of the risks."""
    other_registers = [row_register for row_register in case_registers().all() if row_register.id != "risks"]
    return case_rows(registers=Registers([*other_registers, read_register(NAME, TEXT + ADDED)]))


def test_a_field_of_the_file_alone_is_carried_by_the_event_and_edited(
    rows: CaseRows, case_commands: CaseCommands, case: Case
) -> None:
    """What else the risk says stays; an amount is parsed as in any register."""
    values = {"description": "Сговор", "loss": "1 250,50", "area": "money"}
    entered = case_commands.write(case.id, WHO, rows.add, NewRow(register="risks", values=values), on=TODAY)
    fields = {"description": "Сговор", "direction": "other", "loss": "1250.5", "area": "money"}
    assert entered.events[0].payload == fields

    change = case_commands.write(case.id, WHO, rows.edit, "risk.1", {"loss": "2000"})
    assert change.events[0].payload == {"loss": "2000"}
    assert rows_of(change.case, "risk")[1].values == {**fields, "loss": "2000", "on": TODAY.isoformat()}
    assert case_commands.write(case.id, WHO, rows.edit, "risk.1", {"loss": "2 000"}).events == ()


def test_a_value_that_cannot_stand_in_it_is_refused(
    rows: CaseRows, case_commands: CaseCommands, case: Case
) -> None:
    """By the sentences of every register."""
    for values in ({"loss": "much"}, {"area": "time"}):
        new = NewRow(register="risks", values={"description": "x", **values})
        with pytest.raises(ValueError, match=r"register\.value\."):
            case_commands.write(case.id, WHO, rows.add, new, on=TODAY)


def test_only_shipped_files_define_registers_of_a_case(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An own file would make rows of other offices unreadable; fields that name people stand elsewhere."""
    file = tmp_path_factory.mktemp("own") / NAME
    file.write_bytes(TEXT)
    with pytest.raises(UnreadableRegulation, match="reserved"):
        read_own_register(file)
    person = TEXT.replace(b'kind = "yes_no"', b'kind = "person"', 1)
    with pytest.raises(UnreadableRegulation, match="not_allowed"):
        read_register(NAME, person)


def test_an_edit_of_a_passport_carries_only_what_changed(one_case: OneCase) -> None:
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
        one_case.risks.add(one_case.id, risk, on=TODAY, at=STAMP)

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
