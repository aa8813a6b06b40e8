"""Every shipped register with a full row: confidential fields reach only permitted readers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from io import BytesIO

import pytest

from i18n import say
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.campaigns.verbs import StartCampaign, start_campaign
from merzim.services.context import RequestContext
from merzim.services.inputs import OpenFile, build
from merzim.services.registers.results import UnknownRow
from merzim.services.registers.tables import ImportRows, import_rows, template
from merzim.services.registers.verbs import AddRow, EditRow, WithdrawRow, add_row, edit_row, withdraw_row
from merzim.services.registers.views import (
    AskRegisters,
    AskRow,
    ListRows,
    list_my_rows,
    list_registers,
    list_rows,
    show_row,
)
from merzim.services.upkeep import maintenance
from merzim.services.verbs import NotAllowed
from tests.storage.registers import AT, TODAY, operator, reader
from tests.storage.sample_cases import on_sqlite_alone
from tests.storage.test_register_tables import workbook
from workflow.org.kinds import among
from workflow.refusal import Refusal
from workflow.registers.definition import Register, RegisterField
from workflow.registers.values import InvalidRow

WITHHELD = {
    "conflicts": set[str](),
    "internal-investigations": {"reporter", "materials"},
    "foreign-accounts": {"bank", "tax_reply", "closing_documents"},
    "head-responsibility": set[str](),
}
"""The confidential registers a first head decides by, with what he does not see of them."""


@on_sqlite_alone
def test_no_mark_of_a_hidden_field_reaches_its_subject_or_another_reader(app: AppContext) -> None:
    """A row about Әлиев in every register, each text a mark: an officer too, he reads what `[[access]]` grants;
    the first head, who decides on conflicts, investigations, accounts and heads' discipline, of these registers
    alone what he decides by, never who reported; of the others no confidential field, no confidential register.
    """
    rows = {name: _filled(app, register) for name, register in _shipped(app).items()}
    himself, head = reader(app, "guest", "officer", unit="ministry"), reader(app, "lawyer", "first_head")
    wrong = []
    for name, row in rows.items():
        register = _shipped(app)[name]
        granted = {field for access in register.access if access.person for field in access.fields}
        granted |= {field.id for field in register.fields.values() if field.translation_of in granted}
        about_him = bool(register.subjects)
        secret = {field.id for field in register.fields.values() if field.confidential}
        hidden = {*register.fields} - granted if about_him and register.confidential else set[str]()
        texts_by_reader = {"himself": _said(himself, name, row), "head": _said(head, name, row)}
        if register.confidential:
            decided_by = {*register.fields} - WITHHELD[name] if name in WITHHELD else set[str]()
            allowed = {"himself": {*register.fields} - hidden, "head": decided_by}
        else:
            allowed = {"himself": {*register.fields}, "head": {*register.fields} - secret}
        wrong += [
            (reader_name, name, field)
            for reader_name, text in texts_by_reader.items()
            for field in register.fields
            if f"mark-{field}-" in text and field not in allowed[reader_name]
        ]

    assert wrong == []
    assert "mark-circumstances-" in _said(head, "conflicts", rows["conflicts"])
    assert "mark-findings-" in _said(head, "internal-investigations", rows["internal-investigations"])
    assert "mark-reporter-" in _said(operator(app), "offences", rows["offences"])
    assert maintenance.verify(app, at=AT) == ()


@on_sqlite_alone
def test_a_first_head_reads_the_registers_he_decides_by_and_writes_in_none(app: AppContext) -> None:
    """Paragraphs 14 and 28 of the standard, 7.2 of the policy, P2.T3.S1; of a row about himself only what its
    subject sees, and not in lists."""
    rows = {name: _filled(app, register) for name, register in _shipped(app).items() if name in WITHHELD}
    head, about = reader(app, "lawyer", "first_head"), reader(app, "guest", "first_head")
    registers_listed = list_registers(head, AskRegisters()).registers

    assert {register.id for register in registers_listed if register.confidential} == {*WITHHELD}
    assert not any(register.may_write for register in registers_listed if register.confidential)
    for name, row in rows.items():
        row_page = show_row(head, AskRow(row=row))
        assert not row_page.row.may_write
        for command in (
            lambda name=name: add_row(head, AddRow(register_id=name, values={})),
            lambda row=row: edit_row(head, EditRow(row=row, values={"measures": "x"})),
            lambda name=name: template(head, name, "ru"),
        ):
            with pytest.raises(NotAllowed):
                command()
        assert list_rows(about, ListRows(register_id=name)).rows == []
        secret = {field.id for field in _shipped(app)[name].fields.values() if field.confidential}
        with suppress(UnknownRow):
            assert secret.isdisjoint(show_row(about, AskRow(row=row)).row.values)


@on_sqlite_alone
def test_what_cannot_have_happened_yet_is_said_and_not_taken(app: AppContext) -> None:
    """Taken of today, not of tomorrow: in a form and in what a campaign gives; a plan may be ahead."""
    gift = {"kind": "gift", "description": "Кітап", "employee": "guest@org.kz"}
    assert _refused(app, "gifts", {**gift, "received_on": "2026-04-07"}) == [
        "Day of receipt, or when it became known: 7 April 2026 is in the future. "
        "Enter today (6 April 2026) or an earlier day."
    ]
    assert list_rows(operator(app), ListRows(register_id="gifts")).total == 0
    assert _add(app, "gifts", {**gift, "received_on": "2026-04-06"})
    training = {"kind": "culture", "topic": "Әдеп", "format": "offline", "audience": "бәрі"}
    assert _add(app, "trainings", {**training, "held_on": "2026-05-03"})

    assert _add(app, "declarations", {**DECLARED, "year": "2027", "due_on": "2027-09-15"})
    assert _refused(app, "declarations", {**DECLARED, "year": "2028"}) == [
        "Year of the campaign: 2028 is more than 2027."
    ]
    values = {"year": "2028", "due_on": "2028-09-15"}
    arguments = {"register_id": "declarations", "kind": "filing", "until": date(2026, 4, 30), "preview": True}
    with pytest.raises(InvalidRow) as refused:
        start_campaign(operator(app), build(StartCampaign, {**arguments, "values": values}))
    assert [problem.code for problem in refused.value.errors] == ["register.value.at_most"]


def test_the_same_declaration_or_attendance_is_no_second_row(app: AppContext) -> None:
    """Another form is one; an edit that would make two rows the same is refused; a withdrawn row counts not."""
    ctx, first = operator(app), _add(app, "declarations", DECLARED)
    other = _add(app, "declarations", {**DECLARED, "form": "assets"})
    of_income = build(EditRow, {"row": other, "values": {"form": "income"}})
    for attempt in (lambda: _add(app, "declarations", DECLARED), lambda: edit_row(ctx, of_income)):
        with pytest.raises(InvalidRow) as refused:
            attempt()
        assert say(refused.value.code, refused.value.arguments, "en") == (
            "Employee: there is such a row already, with all of these the same: Employee, "
            "Year of the campaign, Kind of declaration, Whose declaration."
        )
    edit_row(ctx, build(EditRow, {"row": first, "values": {"due_on": "2026-09-16"}}))
    withdraw_row(ctx, WithdrawRow(row=first, ground="mistake"))
    edit_row(ctx, of_income)

    training = _filled(app, app.registers.on("trainings", TODAY))
    row = (training, "guest@org.kz", "да", "event", "2026-04-06", 40, "да")
    heads = ("training", "employee", "civil_servant", "counted_as", "passed_on", "test_score", "test_passed")
    passed, failed = (
        [heads, row],
        [heads, (*row[:5], 40, "нет"), (*row[:5], 60, "да"), (*row[:4], "2027-03-12", 10, "да")],
    )
    assert _said_of_file(app, passed) == [
        'F2, Test result: 40 is less than 60, which the answer to "Test passed (at least 60 %)" asks for.'
    ]
    count, *sentences = _said_of_file(app, failed, with_count=True)
    assert ("rows with errors – 2." in count, len(sentences)) == (True, 4)
    assert _said_of_file(app, failed[:3]) == [
        "B3, Attendee: there is such a row already, with all of these the same: Attendee, Training."
    ]
    (unknown,) = _said_of_file(app, [heads, ("Лекция\nоб этике", *row[1:5], 60, "да")])
    assert unknown.startswith("A2, Training: ")


def test_who_attended_is_listed_and_counted_on_their_training(app: AppContext) -> None:
    """The newest visible rows, and how many; withdrawn ones are left out."""
    training = {"kind": "culture", "topic": "Әдеп", "format": "offline", "audience": "бәрі", "attended": "40"}
    first, second = (_add(app, "trainings", {**training, "held_on": f"2026-03-0{day}"}) for day in (2, 9))
    attendee_values = {
        "civil_servant": "yes",
        "counted_as": "event",
        "passed_on": "2026-03-02",
        "training": first,
    }
    withdrawn_row, _ = (
        _add(app, "training-attendees", {**attendee_values, "employee": f"{name}@org.kz"})
        for name in ("guest", "clerk")
    )

    detail = show_row(operator(app), AskRow(row=first))
    [pointing] = detail.pointing
    assert (pointing.view.id, pointing.field, pointing.total) == ("training-attendees", "training", 2)
    assert {row.values["employee"] for row in pointing.rows} == {"guest@org.kz", "clerk@org.kz"}
    withdraw_row(operator(app), WithdrawRow(row=withdrawn_row, ground="mistake"))
    assert show_row(operator(app), AskRow(row=first)).pointing[0].total == 1
    assert show_row(operator(app), AskRow(row=second)).pointing[0].total == 0


DECLARED = {
    "year": "2026",
    "employee": "guest@org.kz",
    "category": "official",
    "declarant": "employee",
    "form": "income",
    "due_on": "2026-09-15",
    "published": "no",
}


def _add(app: AppContext, register: str, values: dict[str, str]) -> str:
    command = build(AddRow, {"register_id": register, "unit": "ministry", "values": values})
    return add_row(operator(app), command).row.id


def _refused(app: AppContext, register: str, values: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidRow) as refused:
        _add(app, register, values)
    return [say(problem.code, problem.arguments, "en") for problem in refused.value.errors]


def _said_of_file(app: AppContext, rows: Sequence[Sequence[object]], *, with_count: bool = False) -> list[str]:
    """Say all that is wrong with a file of attendees."""
    content = OpenFile("attendees.xlsx", BytesIO(workbook(rows)))
    command = ImportRows(register_id="training-attendees", unit="ministry", content=content)
    with pytest.raises(UnreadablePaper) as refused:
        import_rows(operator(app), command)
    error = refused.value
    messages = [say(row_error.code, row_error.arguments, "en") for row_error in error.errors]
    return [*([say(error.code, error.arguments, "en")] if with_count else []), *messages]


def _shipped(app: AppContext) -> dict[str, Register]:
    own_registers = {"visits", "reports", "certificates", "presents"}
    registers = {
        name: app.registers.on(name, TODAY) for name in app.registers.ids() if name not in own_registers
    }
    return {
        name: register for name, register in registers.items() if among("central_body", register.applies_to)
    }


def _filled(app: AppContext, register: Register) -> str:
    """Add a row with every field but files filled; its id."""
    ctx = operator(app)
    values = {
        field.id: value
        for field in register.fields.values()
        if (value := _value(app, register, field)) is not None
    }
    return add_row(
        ctx, build(AddRow, {"register_id": register.id, "unit": "ministry", "values": values})
    ).row.id


def _value(app: AppContext, register: Register, field: RegisterField) -> object:
    match field.kind:
        case "text" | "long_text":
            return f"mark-{field.id}-{register.id}"
        case "date":
            return "2026-03-02"
        case "number" | "money":
            return max(1, int(field.at_least or 0))
        case "choice":
            return [field.options[0].id] if field.several else field.options[0].id
        case "yes_no":
            return True
        case "person":
            return "guest@org.kz"
        case "unit":
            return "law"
        case "link":
            return f"https://example.kz/mark-{field.id}-"
        case "row" if field.required:
            return _filled(app, app.registers.on(field.rows_of, TODAY))
        case _:
            return None


def _said(ctx: RequestContext, register: str, row: str) -> str:
    """Return all a reader can read of a register and a row of it."""
    own_rows = list_my_rows(ctx, build(AskRegisters, {})).rows if not ctx.operator else []
    text = "".join(own_row.model_dump_json() for own_row in own_rows if own_row.register_id == register)
    for ask in (
        lambda: list_rows(ctx, build(ListRows, {"register_id": register})).model_dump_json(),
        lambda: list_rows(ctx, build(ListRows, {"register_id": register, "search": "mark"})).model_dump_json(),
        lambda: show_row(ctx, build(AskRow, {"row": row})).model_dump_json(),
    ):
        try:
            text += ask()
        except Refusal:
            continue
    return text
