"""Edits of a register row: an event with only the changed fields."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import OnDate
from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import ExposedPosition, RegisterCommands, edit_row
from tests.workflow.test_withdrawals import NOW, TODAY, found, measure, stored, take_back
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.cases.registers.exposure import exposure, remarks
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.risk import register
from workflow.org.audit import Stamp
from workflow.refusal import Refusal

AT = Stamp(by="a", now=NOW, today=TODAY)


def edit(case_commands: CaseCommands, case: Case, row: str, **fields: object) -> Change:
    return edit_row(case_commands, case.id, row, fields, at=AT)


def test_an_edit_carries_only_what_changed(case_commands: CaseCommands, case: Case, ledger: SqlLedger) -> None:
    """What says what it said is left out; an edit of nothing writes nothing."""
    found(case_commands, case, "Закупки без конкурса")

    change = edit(case_commands, case, "risk.1", description="Закупки без конкурса", cause="нет порядка")

    assert [(event.kind, event.name, event.payload) for event in change.events] == [
        ("row_edited", "risk.1", {"cause": "нет порядка"})
    ]
    risk = register(stored(ledger, case)).risks[1]
    assert (risk.description, risk.cause) == ("Закупки без конкурса", "нет порядка")
    assert edit(case_commands, case, "risk.1", cause=" нет порядка ").events == ()


def test_two_people_who_edit_different_fields_both_keep_theirs(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Neither writes what the other has changed back."""
    found(case_commands, case, "Закупки")

    edit(case_commands, case, "risk.1", cause="причина")
    edit(case_commands, case, "risk.1", act="Приказ № 5")

    risk = register(stored(ledger, case)).risks[1]
    assert (risk.cause, risk.act) == ("причина", "Приказ № 5")


def test_an_edited_measure_has_its_new_term_and_responsible(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """On the board, with its responsible person."""
    found(case_commands, case, "Закупки")
    measure(case_commands, case, 1)
    term = MeasureTerm(written="01.09.2026", term=OnDate(date(2026, 9, 1)), reading="date")

    edit(case_commands, case, "measure.1", term=term, responsible="Юристы")

    stored_case = stored(ledger, case)
    assert ledger.rows(case.id)["measure.1"].due == date(2026, 9, 1)
    assert stored_case.responsible["measure.1"] == "Юристы"
    assert register(stored_case).measures[1].term == term


def test_positions_and_remarks_are_edited_and_keep_the_rest(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """Talks and answers stay; a day may be taken out again."""
    registers, day = RegisterCommands(case_commands), date(2026, 5, 20)
    exposed = ExposedPosition(title="Закупщик", holder="Б", approved_on=day)
    registers.expose(case.id, exposed, on=day, at=AT)
    registers.talk(case.id, 1, on=day, at=AT)
    fields = {"text": "Нет сроков", "author": "А", "source": "discussion"}
    registers.remark(case.id, **fields, on=day, at=AT)

    edit(case_commands, case, "position.1", holder="В", approved_on=None)
    edit(case_commands, case, "remark.1", text="Сроков нет", on=date(2026, 5, 19))

    stored_case = stored(ledger, case)
    position, remark = exposure(stored_case).positions[1], remarks(stored_case)[1]
    assert (position.holder, position.approved_on, len(position.talks)) == ("В", None, 1)
    assert (remark.text, remark.on, remark.author) == ("Сроков нет", date(2026, 5, 19), "А")


@pytest.mark.parametrize(
    ("row", "fields", "code"),
    [
        ("risk.2", {"cause": "x"}, "risk.unknown_row"),
        ("rank.1", {"cause": "x"}, "risk.unknown_row"),
        ("risk.x", {"cause": "x"}, "risk.unknown_row"),
        ("risk.1", {"number": 7}, "risk.unknown_field"),
        ("risk.1", {"description": "  "}, "risk.field_empty"),
        ("risk.1", {"direction": "nowhere"}, "risk.unknown_direction"),
        ("measure.1", {"risk": 9}, "risk.unknown_risk"),
    ],
)
def test_what_cannot_be_edited_is_refused(
    case_commands: CaseCommands, case: Case, row: str, fields: dict[str, object], code: str
) -> None:
    """One sentence that names what can be; nothing is written."""
    found(case_commands, case, "Закупки")
    measure(case_commands, case, 1)
    before = len(case_commands.events(case.id))

    with pytest.raises(Refusal) as refusal:
        edit(case_commands, case, row, **fields)
    assert refusal.value.code == code
    assert len(case_commands.events(case.id)) == before


def test_an_edit_is_withdrawn_by_its_line(case_commands: CaseCommands, case: Case, ledger: SqlLedger) -> None:
    """What it said before counts again; withdrawn whole, the risk takes its edits along."""
    found(case_commands, case, "Закупки")
    edit(case_commands, case, "risk.1", description="Закупки у одного")

    take_back(case_commands, case, "#5")
    assert register(stored(ledger, case)).risks[1].description == "Закупки"

    edit(case_commands, case, "risk.1", description="Закупки у двух")
    change = take_back(case_commands, case, "risk.1")
    assert (change.events[0].payload["lines"], change.events[0].payload["title"]) == ([4, 7], "Закупки у двух")
