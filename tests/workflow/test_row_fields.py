"""A register field defined only in its file: entered, edited, offered by page, API and command."""

from __future__ import annotations

import pytest

from merzim.services.cases.rows import add_row
from merzim.services.law.regulations import (
    case_registers,
    read_own_register,
    read_register,
    shipped_register_files,
)
from tests.case_rows import case_rows
from tests.workflow.one_case import NOW, TODAY
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.case_rows import CaseRows, NewRow
from workflow.cases.registers.risk import register
from workflow.law.files import UnreadableRegulation
from workflow.org.audit import Stamp
from workflow.registers.definition import Registers

WHO = Stamp(by="a", now=NOW, today=TODAY)
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
    risk = register(change.case).risks[1]
    assert (risk.description, risk.extra) == ("Сговор", {"loss": "2000", "area": "money"})
    assert case_commands.write(case.id, WHO, rows.edit, "risk.1", {"loss": "2 000"}).events == ()


def test_a_value_that_cannot_stand_in_it_is_refused(
    rows: CaseRows, case_commands: CaseCommands, case: Case
) -> None:
    """By the sentences of every register."""
    for values in ({"loss": "much"}, {"area": "time"}):
        new = NewRow(register="risks", values={"description": "x", **values})
        with pytest.raises(ValueError, match=r"register\.value\."):
            case_commands.write(case.id, WHO, rows.add, new, on=TODAY)


def test_commands_have_every_field_of_the_files_and_no_other() -> None:
    """Body of the API, form of the page, options of the command line: all are this model."""
    for row_register in case_registers().all():
        own_fields = {"case"} if row_register.entry and row_register.entry.distinct else {"case", "number"}
        assert {*add_row(row_register.id).command.model_fields} == {*row_register.fields, *own_fields}


def test_only_shipped_files_define_registers_of_a_case(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An own file would make rows of other offices unreadable; fields that name people stand elsewhere."""
    file = tmp_path_factory.mktemp("own") / NAME
    file.write_bytes(TEXT)
    with pytest.raises(UnreadableRegulation, match="reserved"):
        read_own_register(file)
    person = TEXT.replace(b'kind = "yes_no"', b'kind = "person"', 1)
    with pytest.raises(UnreadableRegulation, match="not_allowed"):
        read_register(NAME, person)
