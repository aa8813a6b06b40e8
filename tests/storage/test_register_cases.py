"""Cases opened by register rows: facts follow the row, deadlines are on the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import FileInput, OpenFile, build
from merzim.services.jobs.rounds import run_round
from merzim.services.registers import cases as row_cases, verbs
from merzim.services.registers.verbs import AddRow, EditRow, WithdrawRow, add_row, edit_row, withdraw_row
from merzim.services.registers.views import AskRow, ListRows, list_rows, show_row
from merzim.storage import register_rows as row_store
from merzim.storage.office import save
from notifications.channels.folder import Folder
from tests.storage.registers import NOW, TODAY, Stopped, agrees, operator, reader, stop
from tests.storage.sample_cases import on_sqlite_alone
from workflow.cases.case import Case
from workflow.cases.commands import recording, withdrawals
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.statuses import edit_passport
from workflow.cases.registers.evidence_list import as_seen
from workflow.findings.findings import findings
from workflow.moments import Moment
from workflow.org.access import scope

AT = Moment(by="officer", now=NOW, today=TODAY)


def add(ctx: RequestContext, register: str, **values: Any) -> str:
    fields = {"register_id": register, "unit": "ministry", "values": values}
    return add_row(ctx, build(AddRow, fields)).row.id


def edit(ctx: RequestContext, row: str, **values: Any) -> None:
    edit_row(ctx, build(EditRow, {"row": row, "values": values}))


def case_of(ctx: RequestContext, row: str) -> Case:
    case = ctx.app.ledger.case(show_row(ctx, AskRow(row=row)).row.opened_case)
    assert case is not None
    return case


def due(ctx: RequestContext, case: Case) -> dict[str, tuple[str, date | None]]:
    return {row.obligation: (row.state, row.due) for row in ctx.app.ledger.rows(case.id).values()}


@on_sqlite_alone
def test_a_gift_opens_its_case_with_the_days_of_the_row(app: AppContext, ctx: RequestContext) -> None:
    """Seven days from receipt; flowers open none until they turn out to be a gift; each names the other."""
    gift = add(ctx, "presents", what="Сағат", receiver="guest@org.kz", came_on="2026-04-01", kind="gift")
    flowers = add(ctx, "presents", what="Гүл", came_on="2026-04-01", kind="flowers")

    case = case_of(ctx, gift)
    assert (case.procedure, case.object) == ("gift-handover", "Сағат")
    assert (case.person, case.unit) == ("guest@org.kz", "ministry")
    assert due(ctx, case)["gift_handed_over"] == ("open", date(2026, 4, 8))
    assert app.ledger.events(case.id)[0].payload["row"] == gift
    assert show_row(ctx, AskRow(row=flowers)).row.opened_case == ""
    edit(ctx, flowers, kind="gift")
    assert case_of(ctx, flowers).facts["gift_received"].on == date(2026, 4, 1)
    assert [entry.kind for entry in show_row(ctx, AskRow(row=flowers)).history] == ["added", "edited", "opened"]
    assert agrees(app)


@on_sqlite_alone
def test_a_row_of_no_unit_is_of_the_organisation_and_opens_its_case(ctx: RequestContext) -> None:
    """An officer of the whole office need not name the unit: the terms would be lost with it."""
    fields = {"what": "Сағат", "came_on": "2026-04-01", "kind": "gift"}
    row = add_row(ctx, build(AddRow, {"register_id": "presents", "values": fields})).row

    assert row.unit == ctx.reads.office().root != ""
    assert row.opened_case


@on_sqlite_alone
def test_the_case_follows_the_row(app: AppContext, ctx: RequestContext) -> None:
    """A day filled is recorded, changed corrected, emptied withdrawn; a withdrawn row cancels its case."""
    row = add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")

    def facts() -> dict[str, date]:
        return {name: fact.on for name, fact in case_of(ctx, row).facts.items()}

    edit(ctx, row, handed_on="2026-04-06")
    assert facts() == {"gift_received": date(2026, 4, 1), "gift_handed_over": date(2026, 4, 6)}
    edit(ctx, row, came_on="2026-04-02", what="Қалам")
    assert facts()["gift_received"] == date(2026, 4, 2)
    edit(ctx, row, handed_on="")
    assert facts() == {"gift_received": date(2026, 4, 2)}
    edit(ctx, row, handed_on="2026-04-20")
    assert case_of(ctx, row).planned == {"gift_handed_over": date(2026, 4, 20)}
    withdraw_row(ctx, WithdrawRow(row=row, ground="mistake"))
    cancelled = case_of(ctx, row)
    assert (cancelled.status, cancelled.ground) == ("cancelled", "mistake")
    assert agrees(app)


@on_sqlite_alone
def test_the_file_of_a_row_is_evidence_of_the_facts_of_its_case(app: AppContext, ctx: RequestContext) -> None:
    """Without being uploaded twice; the next file proves what the first did not. Restricted as the register is:
    whom the gift came to opens it by no officer's access; named by its row, it tells nothing by itself."""

    def paper(text: str) -> FileInput:
        return FileInput(content=OpenFile("Омаров сыйлығы.TXT", BytesIO(text.encode())))

    def proved() -> dict[str, list[str]]:
        case = case_of(ctx, row)
        papers_by_fact = {
            name: [f"{evidence.kind} {evidence.name}" for evidence in fact.evidence]
            for name, fact in case.facts.items()
        }
        return {name: papers for name, papers in papers_by_fact.items() if papers}

    gift = {"kind": "gift", "description": "Сағат", "employee": "guest@org.kz", "received_on": "2026-04-01"}
    handed = {"handed_on": "2026-04-02", "handed_to": "Департамент", "document": paper("акт")}
    row = add(ctx, "gifts", **gift, **handed)
    assert proved() == {"gift_handed_over": [f"document:act {row}.txt"]}
    edit(ctx, row, decision="bought_back", buy_back_on="2026-04-03")
    assert [*proved()] == ["gift_handed_over"]
    edit(ctx, row, document=paper("шарт"))
    assert proved() == {
        "gift_handed_over": [f"document:act {row}.txt"],
        "gift_bought_back": [f"document:contract {row}.txt"],
    }
    edit(ctx, row, document=paper("түзетілген шарт"))
    assert [len(papers) for papers in proved().values()] == [1, 2]
    case = case_of(ctx, row)
    events = len(app.ledger.events(case.id))
    edit(ctx, row, reason="Мереке")
    assert len(app.ledger.events(case.id)) == events
    himself, other = reader(app, "guest", "officer"), reader(app, "lawyer", "officer")
    seen = []
    for account in (himself, other):
        evidence = as_seen(case, scope(account.reader)).facts["gift_handed_over"].evidence[0]
        seen.append((evidence.name, bool(evidence.reference), bool(evidence.restricted)))
    assert seen == [("", False, True), (f"{row}.txt", True, True)]
    # The certificate with the grounds is asked of what the Instruction has published, of no gift.
    view = ctx.case_commands.view_of(case, today=TODAY)
    case_findings = findings(case, view.procedure, view.deadlines, ctx.calendar)
    assert [finding.code for finding in case_findings if finding.kind == "evidence"] == []
    assert agrees(app)


def test_whom_and_what_a_case_is_about_follows_the_row(app: AppContext, ctx: RequestContext) -> None:
    """Another receiver and other words reach the case; words an officer gave it stay; no event for nothing."""
    row = add(ctx, "presents", what="Сағат", receiver="clerk@org.kz", came_on="2026-04-01", kind="gift")

    def about() -> tuple[str, str, str]:
        case = case_of(ctx, row)
        return case.person, case.object_kk or case.object, case.object_ru or case.object

    edit(ctx, row, receiver="lawyer@org.kz")
    assert about() == ("lawyer@org.kz", "Сағат", "Сағат")
    edit(ctx, row, what="Қалам")
    assert about() == ("lawyer@org.kz", "Қалам", "Қалам")
    case = case_of(ctx, row)
    app.case_commands.write(case.id, AT, edit_passport, object_ru="Ручка", kind_of=lambda _: "")
    edit(ctx, row, what="Дәптер", receiver="")
    assert about() == ("", "Қалам", "Ручка")
    before = len(app.ledger.events(case.id))
    edit(ctx, row, number="7")
    assert len(app.ledger.events(case.id)) == before
    assert agrees(app)


@on_sqlite_alone
def test_who_does_not_see_the_case_does_not_read_its_number_in_the_row(app: AppContext) -> None:
    """The case of a gift is confidential; the register of presents is not."""
    row = add(operator(app), "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    clerk = reader(app, "officer", "responsible")

    assert show_row(clerk, AskRow(row=row)).row.opened_case == ""
    assert [row.opened_case for row in list_rows(clerk, ListRows(register_id="presents")).rows] == [""]


def test_a_row_shows_what_its_case_says_of_its_days(app: AppContext, ctx: RequestContext) -> None:
    """Recorded, corrected, withdrawn in the case itself: the row keeps its own, the case's stands beside."""
    row = add(ctx, "presents", what="Сағат", came_on="2026-04-01", kind="gift")
    case = case_of(ctx, row)

    def shown() -> dict[str, date | None]:
        return show_row(ctx, AskRow(row=row)).days_of_case

    assert shown() == {}
    app.case_commands.write(case.id, AT, recording.record, "gift_handed_over", on=date(2026, 4, 5))
    assert shown() == {"handed_on": date(2026, 4, 5)}
    app.case_commands.write(case.id, AT, recording.correct, "gift_received", on=date(2026, 4, 2), ground="act")
    assert shown() == {"came_on": date(2026, 4, 2), "handed_on": date(2026, 4, 5)}
    app.case_commands.write(case.id, AT, withdrawals.withdraw, "gift_received", ground="mistake")
    assert shown() == {"came_on": None, "handed_on": date(2026, 4, 5)}
    edit(ctx, row, handed_on="2026-04-05")
    assert shown() == {"came_on": None}
    assert show_row(reader(app, "officer", "responsible"), AskRow(row=row)).days_of_case == {}
    assert agrees(app)


def letters(app: AppContext, case: Case, term: str, first: date, last: date) -> dict[str, list[str]]:
    """Day -> who is written to about a term, and how many working days before its last day, or after it."""
    recipients_by_day = dict[str, list[str]]()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        now = datetime.combine(day, time(7), tzinfo=UTC)
        run_round(app, at=Moment(now=now, today=day))
        notices = [notice for notice in app.reads.notices_matching(case=case.id) if notice.obligation == term]
        if new := [notice for notice in notices if notice.queued_at == now]:
            recipients_by_day[f"{day:%d.%m}"] = sorted(
                f"{notice.person.partition('@')[0]} {notice.step}" for notice in new
            )
    return recipients_by_day


@on_sqlite_alone
def test_each_letter_about_the_term_of_a_row_goes_on_its_working_day(app: AppContext, tmp_path: Path) -> None:
    """A gift of Wednesday 1 April is handed over by Wednesday the 8th: its receiver alone is told, 3 and 1
    working days before, on the day and a working day after. A certificate that ends on 22 May is renewed by
    Wednesday 22 April: who is responsible is told 5 and 1 working days before, on the day, 1 and 5 after."""
    app.__dict__["channels"] = {"folder": Folder(path=tmp_path / "letters", sender="m@org.kz")}
    at = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
    ctx = operator(app, at=at)
    gift = add(ctx, "presents", what="Сағат", receiver="guest@org.kz", came_on="2026-04-01", kind="gift")
    expiry = add(ctx, "certificates", number="ISO-1", owner="clerk@org.kz", valid_until="2026-05-22")
    handover, renewal = case_of(ctx, gift), case_of(ctx, expiry)
    assert due(ctx, handover)["gift_handed_over"] == ("open", date(2026, 4, 8))
    assert due(ctx, renewal)["renewed_on"] == ("open", date(2026, 4, 22))

    first, last = date(2026, 4, 1), date(2026, 4, 14)
    assert letters(app, handover, "gift_handed_over", first, last) == {
        "03.04": ["guest -3"],
        "07.04": ["guest -1"],
        "08.04": ["guest 0"],
        "09.04": ["guest +1"],
    }
    assert letters(app, renewal, "renewed_on", date(2026, 4, 15), date(2026, 5, 5)) == {
        "15.04": ["clerk -5"],
        "21.04": ["clerk -1"],
        "22.04": ["clerk 0"],
        "23.04": ["clerk +1"],
        "29.04": ["clerk +5"],
    }


def test_letters_about_a_term_go_to_whom_the_row_names_now(app: AppContext, tmp_path: Path) -> None:
    """Another responsible person is told from then on; of a row that names nobody, who holds the duty."""
    app.__dict__["channels"] = {"folder": Folder(path=tmp_path / "letters", sender="m@org.kz")}
    officer = replace(app.reads.office().people["officer@org.kz"], duties=("officer",))
    save(app.engine, units=[], people=[officer])
    ctx = operator(app, at=datetime(2026, 4, 1, 4, 0, tzinfo=UTC))
    row = add(ctx, "certificates", number="ISO-1", owner="clerk@org.kz", valid_until="2026-05-22")
    case = case_of(ctx, row)
    case_letters = partial(letters, app, case, "renewed_on")
    assert case_letters(date(2026, 4, 15), date(2026, 4, 15)) == {"15.04": ["clerk -5"]}
    edit(operator(app, at=datetime(2026, 4, 16, 4, 0, tzinfo=UTC)), row, owner="lawyer@org.kz")
    assert case_letters(date(2026, 4, 21), date(2026, 4, 21)) == {"21.04": ["lawyer -1"]}
    edit(operator(app, at=datetime(2026, 4, 21, 9, 0, tzinfo=UTC)), row, owner="")
    assert case_letters(date(2026, 4, 22), date(2026, 4, 22)) == {"22.04": ["officer 0"]}


PRESENT = {"what": "Сағат", "came_on": "2026-04-01"}


@pytest.mark.parametrize(
    ("kind", "act", "place", "name"),
    [
        ("", "add", CaseCommands, "open_many"),
        ("flowers", "edit", CaseCommands, "open_many"),
        ("gift", "edit", row_store, "write"),
        ("gift", "edit", row_cases, "_prove"),
        ("gift", "withdraw", row_store, "write"),
        ("gift", "withdraw", verbs, "follow_row"),
    ],
)
def test_a_row_and_its_case_are_written_together_or_not_at_all(
    app: AppContext, monkeypatch: pytest.MonkeyPatch, kind: str, act: str, place: object, name: str
) -> None:
    """Stopped in between, whichever is written first, all stands as before; tried again, both are written."""
    ctx = operator(app)
    row = add(ctx, "presents", **PRESENT, kind=kind) if kind else ""
    acts = {
        "add": lambda: add(ctx, "presents", **PRESENT, kind="gift"),
        "edit": lambda: edit(ctx, row, kind="gift", came_on="2026-04-02"),
        "withdraw": lambda: withdraw_row(ctx, WithdrawRow(row=row, ground="entered twice")),
    }

    def stands() -> tuple[object, ...]:
        rows = list_rows(ctx, ListRows(register_id="presents")).rows
        cases = app.ledger.cases(app.ledger.ids()).values()
        with app.engine.connect() as connection:
            events = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
        return [row.values for row in rows], [(case.status, case.facts) for case in cases], events

    before = stands()
    with monkeypatch.context() as stopped:
        stopped.setattr(place, name, stop)
        with pytest.raises(Stopped):
            acts[act]()
    assert stands() == before

    acts[act]()
    rows, cases, _ = stands()
    assert rows == {"add": [{**PRESENT, "kind": "gift"}], "withdraw": []}.get(
        act, [{**PRESENT, "kind": "gift", "came_on": "2026-04-02"}]
    )
    on = date(2026, 4, 2 if act == "edit" else 1)
    [(standing, facts)] = cases  # type: ignore[misc]
    assert (standing, facts["gift_received"].on) == ("cancelled" if act == "withdraw" else "active", on)
    assert agrees(app)
