"""A row of a register and the case it opened are written together or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from merzim.services.app import AppContext
from merzim.services.inputs import build
from merzim.services.registers import cases as row_cases
from merzim.services.registers import verbs
from merzim.services.registers.verbs import EditRow, WithdrawRow, edit_row, withdraw_row
from merzim.services.registers.views import AskRow, show_row
from merzim.storage.registers.rows import SqlRegisterRows
from tests.storage.registers import operator
from tests.storage.test_register_cases import add, agrees, case_of, edit
from workflow.cases.commands.case_commands import CaseCommands
from workflow.ports import Contradiction


class Stopped(RuntimeError):
    """The process died here."""


def stop(*_: object, **__: object) -> None:
    raise Stopped


def audit_entries(app: AppContext) -> int:
    with app.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one())


def test_a_gift_is_never_written_without_its_case(app: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while its case is opened, the row is not there either; tried again, both are."""
    ctx, before = operator(app), audit_entries(app)
    with monkeypatch.context() as stopped:
        stopped.setattr(CaseCommands, "open_many", stop)
        with pytest.raises(Stopped):
            add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    assert SqlRegisterRows(app.engine).rows(["presents-2026-0001"]) == {}
    assert audit_entries(app) == before

    row = add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    assert row == "presents-2026-0001"
    assert case_of(ctx, row) is not None
    assert agrees(app)


def test_a_row_that_needs_a_case_later_gets_it_with_the_change_or_is_not_changed(
    app: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flowers that turn out to be a gift."""
    ctx = operator(app)
    row = add(ctx, "presents", what="Гүл", came_on="2026-04-01", kind="flowers")
    with monkeypatch.context() as stopped:
        stopped.setattr(CaseCommands, "open_many", stop)
        with pytest.raises(Stopped):
            edit(ctx, row, kind="gift")
    shown = show_row(ctx, AskRow(row=row))
    assert (shown.row.values["kind"], shown.row.opened_case) == ("flowers", "")
    assert [entry.kind for entry in shown.history] == ["added"]

    edit(ctx, row, kind="gift")
    assert case_of(ctx, row) is not None
    assert agrees(app)


def _refused(*_: object, **__: object) -> None:
    raise Contradiction("register.row_changed", row="")


@pytest.mark.parametrize(
    ("place", "name", "put", "error"),
    [(SqlRegisterRows, "change", _refused, Contradiction), (row_cases, "_prove", stop, Stopped)],
)
def test_an_edit_that_fails_changes_neither_the_row_nor_its_case(
    app: AppContext,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    put: Callable[..., None],
    error: type[Exception],
) -> None:
    """Somebody else wrote the row first, or the process dies after the case was changed."""
    ctx = operator(app)
    row = add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    with monkeypatch.context() as stopped:
        stopped.setattr(place, name, put)
        with pytest.raises(error):
            edit(ctx, row, came_on="2026-04-02")
    case = case_of(ctx, row)
    assert case is not None
    assert case.facts["gift_received"].on == date(2026, 4, 1)
    assert show_row(ctx, AskRow(row=row)).row.values["came_on"] == "2026-04-01"
    assert agrees(app)

    edit_row(ctx, build(EditRow, {"row": row, "values": {"came_on": "2026-04-02"}}))
    case = case_of(ctx, row)
    assert case is not None
    assert case.facts["gift_received"].on == date(2026, 4, 2)
    assert agrees(app)


@pytest.mark.parametrize(("place", "name"), [(SqlRegisterRows, "change"), (verbs, "follow_row")])
def test_a_row_and_its_case_are_withdrawn_together(
    app: AppContext, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    """Stopped in between, both stand."""
    ctx = operator(app)
    row = add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    command = build(WithdrawRow, {"row": row, "ground": "entered twice"})
    with monkeypatch.context() as stopped:
        stopped.setattr(place, name, stop)
        with pytest.raises(Stopped):
            withdraw_row(ctx, command)
    case = case_of(ctx, row)
    assert case is not None
    assert (case.standing, show_row(ctx, AskRow(row=row)).row.withdrawn) == ("active", False)

    withdraw_row(ctx, command)
    case = case_of(ctx, row)
    assert case is not None
    assert (case.standing, show_row(ctx, AskRow(row=row)).row.withdrawn) == ("cancelled", True)
    assert agrees(app)
