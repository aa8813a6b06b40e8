"""Every shipped register with a whole row in it: what is confidential reaches nobody it should not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from services import maintenance
from services.app import AppContext
from services.context import RequestContext
from services.inputs import build
from services.register_views import AskRegisters, AskRow, ListRows, list_my_rows, list_rows, show_row
from services.registers import AddRow, add_row
from tests.storage.registers import NOW, TODAY, office, operator, reader
from workflow.refusal import Refusal
from workflow.registers.definition import Register, RegisterField


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[AppContext]:
    made = office(engine, tmp_path)
    yield made
    made.close()


def test_no_mark_of_a_hidden_field_reaches_its_subject_or_another_reader(app: AppContext) -> None:
    """A row about Әлиев in every register, each text a mark: an officer too, he reads what `[[access]]` grants;
    the first head, who need not know, no confidential field and no confidential register at all.
    """
    rows = {name: _filled(app, register) for name, register in _shipped(app).items()}
    himself, head = reader(app, "guest", "officer", unit="ministry"), reader(app, "lawyer", "first_head")
    wrong = []
    for name, row in rows.items():
        register = _shipped(app)[name]
        granted = {field for access in register.access for field in access.fields}
        about_him = bool(register.subjects)
        secret = {one.id for one in register.fields.values() if one.confidential}
        hidden = {*register.fields} - granted if about_him and register.confidential else set[str]()
        seen = {"himself": _said(himself, name, row), "head": _said(head, name, row)}
        if register.confidential:
            allowed = {"himself": {*register.fields} - hidden, "head": set[str]()}
        else:
            allowed = {"himself": {*register.fields}, "head": {*register.fields} - secret}
        wrong += [
            (who, name, field)
            for who, text in seen.items()
            for field in register.fields
            if f"mark-{field}-" in text and field not in allowed[who]
        ]

    assert wrong == []
    assert "mark-reporter-" in _said(operator(app), "offences", rows["offences"])
    assert maintenance.verify(app, now=NOW, today=TODAY) == ()


def _shipped(app: AppContext) -> dict[str, Register]:
    own = {"visits", "reports", "certificates", "presents"}
    found = {name: app.registers.on(name, TODAY) for name in app.registers.ids() if name not in own}
    return {name: one for name, one in found.items() if one.binds("central_body", [one.adopted_act])}


def _filled(app: AppContext, register: Register) -> str:
    """Add a row with every field but files filled; its id."""
    ctx = operator(app)
    values = {
        one.id: value for one in register.fields.values() if (value := _value(app, register, one)) is not None
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
            return max(
                [
                    1,
                    *(
                        int(rule.value or 0)
                        for rule in register.rules
                        if rule.field == field.id and rule.kind == "at_least"
                    ),
                ]
            )
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
            return _filled(app, app.registers.on(field.register, TODAY))
        case _:
            return None


def _said(ctx: RequestContext, register: str, row: str) -> str:
    """Return all a reader can read of a register and a row of it."""
    own = list_my_rows(ctx, build(AskRegisters, {})).rows if not ctx.operator else []
    said = "".join(one.model_dump_json() for one in own if one.register_id == register)
    for ask in (
        lambda: list_rows(ctx, build(ListRows, {"register_id": register})).model_dump_json(),
        lambda: list_rows(ctx, build(ListRows, {"register_id": register, "search": "mark"})).model_dump_json(),
        lambda: show_row(ctx, build(AskRow, {"row": row})).model_dump_json(),
    ):
        try:
            said += ask()
        except Refusal:
            continue
    return said
