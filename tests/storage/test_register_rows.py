"""Register rows on both databases: writing, listing, hiding, sealing, verification."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import OpenFile, build
from merzim.services.registers.results import UnknownRow
from merzim.services.registers.tables import ImportRows, import_rows
from merzim.services.registers.verbs import (
    AddRow,
    EditRow,
    EraseRow,
    FileInput,
    WithdrawRow,
    add_row,
    edit_row,
    erase_row,
    withdraw_row,
)
from merzim.services.registers.views import (
    AskRegisters,
    AskRow,
    ListRows,
    RowPage,
    list_my_rows,
    list_registers,
    list_rows,
    show_row,
)
from merzim.services.upkeep import maintenance
from merzim.services.verbs import NotAllowed
from merzim.storage.office import save
from tests.storage.registers import AT, NOW, operator, reader
from tests.storage.sample_cases import on_sqlite_alone
from tests.storage.test_verify import by_hand
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import Registers, UnknownRegister, UnknownRegisterField
from workflow.registers.values import InvalidRow


def add(ctx: RequestContext, register: str = "visits", unit: str = "hr", **values: Any) -> str:
    required = {"visits": {"place": "Office", "came_on": "2026-04-01"}, "reports": {"came_on": "2026-04-01"}}
    fields = {"register_id": register, "unit": unit, "values": {**required[register], **values}}
    return add_row(ctx, build(AddRow, fields)).row.id


def edit(ctx: RequestContext, row: str, **values: Any) -> None:
    edit_row(ctx, build(EditRow, {"row": row, "values": values}))


def page(ctx: RequestContext, register: str = "visits", **asked: Any) -> RowPage:
    return list_rows(ctx, build(ListRows, {"register_id": register, **asked}))


def ids(ctx: RequestContext, register: str = "visits", **filters: Any) -> list[str]:
    return [row.id[-4:] for row in page(ctx, register, **filters).rows]


def problems(app: AppContext) -> list[str]:
    return [problem.code for problem in maintenance.verify(app, at=AT)]


@on_sqlite_alone
def test_a_row_keeps_its_values_its_history_and_its_author(app: AppContext, ctx: RequestContext) -> None:
    """Numbers without needless noughts, options by their title, people by name, dates as people write them."""
    words = {"place": "  Two   words ", "guest": "әлиев самат", "purpose": "talk KK"}
    row = add(ctx, **words, came_on="01.04.2026", cost="1 250,50")

    edit(ctx, row, cost="0", place="Two words", paid="иә")

    detail = show_row(ctx, AskRow(row=row))
    assert row == "visits-2026-0001"
    assert detail.row.values == {
        "place": "Two words",
        "guest": "guest@org.kz",
        "purpose": "talk",
        "came_on": "2026-04-01",
        "cost": "0",
        "paid": True,
    }
    assert (detail.row.names["guest@org.kz"], detail.row.seq, detail.row.created_by) == (
        "Әлиев Самат",
        2,
        "operator",
    )
    changes = [(entry.kind, [(c.field, c.before, c.after) for c in entry.changes]) for entry in detail.history]
    assert changes[1] == ("edited", [("cost", "1250.5", "0"), ("paid", None, True)])
    assert problems(app) == []


@on_sqlite_alone
def test_an_edit_of_nothing_writes_nothing_and_an_old_page_overwrites_nothing(ctx: RequestContext) -> None:
    """The same value again is no event; somebody else's change is not lost."""
    row = add(ctx)

    edit(ctx, row, place="Office", left_on="")
    assert show_row(ctx, AskRow(row=row)).row.seq == 1
    edit(ctx, row, place="Park")
    with pytest.raises(Contradiction):
        edit_row(ctx, EditRow(row=row, values={"place": "Home"}, seq=1))
    assert show_row(ctx, AskRow(row=row)).row.values["place"] == "Park"


@on_sqlite_alone
def test_everything_wrong_with_a_row_is_said_at_once_and_nothing_is_written(ctx: RequestContext) -> None:
    """Each problem with its field; what a rule asks is asked of the row as it would become."""
    wrong = {
        "place": "",
        "guest": "nobody",
        "purpose": "tea",
        "came_on": "31.02.2026",
        "cost": "many",
        "paid": "maybe",
        "paper": "x.pdf",
    }
    with pytest.raises(InvalidRow) as caught:
        add_row(ctx, AddRow(register_id="visits", unit="hr", values=wrong))

    assert {problem.field: problem.code.rpartition(".")[2] for problem in caught.value.errors} == {
        "guest": "unknown_person",
        "purpose": "not_an_option",
        "came_on": "impossible_date",
        "cost": "not_a_number",
        "paid": "not_yes_no",
        "paper": "not_a_file",
        "place": "required",
    }
    assert page(ctx).total == 0
    row = add(ctx, left_on="2026-04-01")
    for values, code in (
        ({"left_on": "2026-03-31"}, "not_before"),
        ({"came_on": "2026-04-02"}, "not_before"),
        ({"paid": True}, "required_when"),
        ({"place": " "}, "required"),
        ({"place": "a\x07b"}, "control_sign"),
        ({"cost": "0.12345"}, "number_too_long"),
        ({"cost": "99999999999999"}, "number_too_long"),
    ):
        with pytest.raises(InvalidRow) as refused:
            edit(ctx, row, **values)
        assert [problem.code for problem in refused.value.errors] == [f"register.value.{code}"], values
    assert show_row(ctx, AskRow(row=row)).row.seq == 1


def test_a_unique_value_is_refused_the_second_time_whatever_its_letters(app: AppContext) -> None:
    """Given back when the row is withdrawn or gets another one; hidden rows of others are no hint."""
    ctx = operator(app)
    first = add(ctx, **{"pass": "AB-1"})
    second = add(ctx, **{"pass": "AB-2"})

    for attempt in (lambda: add(ctx, **{"pass": "ab-1"}), lambda: edit(ctx, second, **{"pass": "ab-1"})):
        with pytest.raises(InvalidRow):
            attempt()
    add(reader(app, "lawyer", "responsible"), unit="law", **{"pass": "AB-1"})
    withdraw_row(ctx, WithdrawRow(row=first, ground="mistake"))
    edit(ctx, second, **{"pass": "AB-3"})
    add(ctx, **{"pass": "AB-2"})
    assert problems(app) == []


def test_lists_are_filtered_sorted_summed_and_searched(ctx: RequestContext) -> None:
    """Numbers sort as numbers, Kazakh letters in their alphabet, empty values first; sums follow."""
    rows = (
        ("Ауыл", "2026-04-03", "9", "talk"),
        ("Әуежай", "2026-04-01", "10.5", "check"),
        ("Бекет халқы", "2026-04-02", "-3", "talk"),
        ("Ямал", "2026-03-01", "", ""),
    )
    for place, came, cost, purpose in rows:
        add(ctx, place=place, came_on=came, cost=cost, purpose=purpose)

    assert ids(ctx) == ["0004", "0003", "0002", "0001"]
    assert ids(ctx, sort="place") == ["0001", "0002", "0003", "0004"]
    assert ids(ctx, sort="cost") == ["0004", "0003", "0001", "0002"]
    assert ids(ctx, sort="-came_on", size=2, page=2) == ["0002", "0004"]
    assert ids(ctx, filters=[{"field": "purpose", "is": ["talk"]}], sort="came_on") == ["0003", "0001"]
    assert ids(ctx, filters=[{"field": "came_on", "from": "2026-04-02", "until": "2026-04-03"}]) == [
        "0003",
        "0001",
    ]
    assert ids(ctx, filters=[{"field": "cost", "until": "9"}], sort="cost") == ["0003", "0001"]
    assert ids(ctx, filters=[{"field": "cost", "empty": True}]) == ["0004"]
    assert ids(ctx, filters=[{"field": "place", "contains": "ӘУЕ"}]) == ["0002"]
    assert ids(ctx, search="talk бек") == ["0003"]
    assert ids(ctx, search="ауеж") == ids(ctx, search="ӘУЕЖ") == ["0002"]
    assert ids(ctx, search="ауылда") == ids(ctx, search="ауылы") == ["0001"]
    assert ids(ctx, unit="law") == []
    assert page(ctx).totals == {"cost": "16.5"}
    assert page(ctx, filters=[{"field": "purpose", "is": ["talk"]}]).totals == {"cost": "6"}
    withdraw_row(ctx, WithdrawRow(row="visits-2026-0001", ground="mistake"))
    assert (page(ctx).total, page(ctx).totals) == (3, {"cost": "7.5"})
    assert ids(ctx, withdrawn=True) == ["0001"]


def test_people_units_and_options_are_sorted_by_their_names_in_the_readers_language(app: AppContext) -> None:
    """Not by addresses and ids: Ахметова, Әлиев, Бекова, Власов; in Russian Алиев stands before Ахметова. Page
    by page and narrowed the order is the same; who is not named comes first."""
    guest = app.reads.office().people["guest@org.kz"]
    save(app.engine, people=[replace(guest, name_ru="Алиев Самат")])
    ctx = operator(app)
    for person_name, unit, purpose in (
        ("lawyer", "ministry", "talk"),
        ("guest", "hr", "check"),
        ("clerk", "law", "talk"),
        ("officer", "hr", "check"),
        ("clerk", "law", ""),
    ):
        add(ctx, guest=f"{person_name}@org.kz", unit=unit, purpose=purpose)
    add(ctx, unit="ministry")
    questions: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"sort": "guest"}, ["0006", "0004", "0002", "0003", "0005", "0001"]),
        ({"sort": "guest", "size": 2, "page": 2}, ["0002", "0003"]),
        ({"sort": "guest", "size": 2, "page": 3}, ["0005", "0001"]),
        ({"sort": "-guest"}, ["0001", "0005", "0003", "0002", "0004", "0006"]),
        ({"sort": "guest", "unit": "hr"}, ["0004", "0002"]),
        ({"sort": "guest", "search": "office", "size": 3}, ["0006", "0004", "0002"]),
        ({"sort": "unit"}, ["0003", "0005", "0002", "0004", "0001", "0006"]),
        ({"sort": "purpose"}, ["0005", "0006", "0002", "0004", "0001", "0003"]),
    )
    assert [ids(ctx, **filters) for filters, _ in questions] == [expected for _, expected in questions]
    in_russian = ids(replace(ctx, language="ru"), sort="guest")
    assert in_russian == ["0006", "0002", "0004", "0003", "0005", "0001"]


@on_sqlite_alone
def test_a_reader_sees_the_rows_of_their_reach_and_no_confidential_field(app: AppContext) -> None:
    """A hidden field joins no list, filter, sort, search, history or write, and is no column of a list; a row
    elsewhere is not there."""
    ctx = operator(app)
    row = add(ctx, informer="Тайный")
    elsewhere = add(ctx, unit="law", guest="guest@org.kz")
    clerk = reader(app, "clerk", "responsible")

    columns = [
        register.columns
        for reader in (ctx, clerk)
        for register in list_registers(reader, AskRegisters()).registers
        if register.id == "visits"
    ]

    assert columns == [["informer", "cost", "guest"], ["cost", "guest"]]
    assert ids(clerk) == ["0001"]
    assert "informer" not in json.dumps(page(clerk).model_dump(mode="json"))
    assert "Тайный" not in show_row(clerk, AskRow(row=row)).model_dump_json()
    assert ids(clerk, search="тайный") == ids(ctx, search="тайный") == []
    for filters in ({"sort": "informer"}, {"filters": [{"field": "informer", "is": ["Тайный"]}]}):
        for some_reader in (clerk, ctx):
            with pytest.raises(UnknownRegisterField):
                page(some_reader, **filters)
    with pytest.raises(UnknownRegisterField):
        edit(clerk, row, informer="Other")
    for attempt in (
        lambda: show_row(clerk, AskRow(row=elsewhere)),
        lambda: edit(clerk, elsewhere, place="x"),
        lambda: show_row(clerk, AskRow(row="visits-2026-9999")),
    ):
        with pytest.raises(UnknownRow):
            attempt()
    with pytest.raises(Refusal):
        add(clerk, unit="law")
    with pytest.raises(NotAllowed):
        withdraw_row(clerk, WithdrawRow(row=row, ground="x"))
    with pytest.raises(NotAllowed):
        add(reader(app, "clerk", "auditor"))
    assert "Тайный" in show_row(reader(app, "officer", "officer"), AskRow(row=row)).model_dump_json()


@on_sqlite_alone
def test_a_row_whose_unit_is_not_named_lies_where_its_person_works(app: AppContext) -> None:
    """A unit named wins; who may not write there is told to name one, whatever they enter the row by."""
    officer, clerk = operator(app), reader(app, "clerk", "responsible")
    lines = ("place;came_on;guest\nHall;2026-04-01;guest@org.kz\n" + "Yard;2026-04-01;\n").encode()

    def take(ctx: RequestContext, **options: Any) -> list[str]:
        file = OpenFile("visits.csv", BytesIO(lines))
        return import_rows(ctx, ImportRows(register_id="visits", content=file, preview=True, **options)).units

    def unit(ctx: RequestContext, **values: Any) -> str:
        return show_row(ctx, AskRow(row=add(ctx, **values))).row.unit

    assert [unit(officer, unit=unit_name, guest="guest@org.kz") for unit_name in ("", "hr")] == ["law", "hr"]
    assert [unit(reader, unit="") for reader in (officer, clerk)] == ["ministry", "hr"]
    assert unit(clerk, unit="hr", guest="guest@org.kz") == "hr"
    assert (take(officer), take(officer, unit="hr")) == (["law", "ministry"], ["hr", "hr"])
    with pytest.raises(Refusal, match="person_elsewhere"):
        unit(clerk, unit="", guest="guest@org.kz")
    with pytest.raises(UnreadablePaper) as refused:
        take(clerk)
    assert [(error.row, error.code) for error in refused.value.errors] == [(2, "register.person_elsewhere")]


def test_whom_a_row_names_sees_their_own_row_and_the_fields_granted_alone(app: AppContext) -> None:
    """The accused never reads the reporter's name, as officer and as head neither; others see nothing."""
    ctx = operator(app)
    visit = add(ctx, unit="hr", guest="guest@org.kz", informer="Тайный")
    report = add(ctx, "reports", accused="guest@org.kz", reporter="Хабаршы", decision="none")
    guest = reader(app, "guest", "responsible")

    own_rows = list_my_rows(guest, AskRegisters()).rows
    assert {row.id: set(row.values) for row in own_rows} == {
        visit: {"place", "came_on"},
        report: {"came_on", "decision"},
    }
    assert not any(row.may_write or row.created_by for row in own_rows)
    with pytest.raises(UnknownRegister):
        page(guest, "reports")
    assert "reports" not in {register.id for register in list_registers(guest, AskRegisters()).registers}
    for access in ("officer", "first_head", "head_of_unit"):
        about = reader(app, "guest", access, unit="ministry")
        assert set(show_row(about, AskRow(row=report)).row.values) == {"came_on", "decision"}
        with pytest.raises(NotAllowed):
            edit(about, report, decision="x")
    accused = reader(app, "guest", "officer")
    assert ids(accused, "reports") == []
    row_counts = {register.id: register.rows for register in list_registers(accused, AskRegisters()).registers}
    assert row_counts["reports"] == 0
    with pytest.raises(NotAllowed):
        erase_row(accused, EraseRow(row=report, fields=["decision"], ground="x"))
    assert ids(reader(app, "officer", "officer"), "reports") == ["0001"]
    with pytest.raises(UnknownRow):
        show_row(reader(app, "lawyer", "first_head"), AskRow(row=report))


def test_events_carry_no_value_of_people_and_none_of_a_confidential_register(
    ctx: RequestContext, engine: Engine
) -> None:
    """A salted hash alone; the same value twice has two of them."""
    add(ctx, guest="guest@org.kz", informer="Тайный")
    add(ctx, guest="guest@org.kz", informer="Тайный")
    add(ctx, "reports", accused="guest@org.kz", reporter="Хабаршы", decision="Жазаланды")

    with engine.connect() as connection:
        payloads = [payload for (payload,) in connection.execute(text("SELECT payload FROM event"))]
    joined_text = " ".join(payloads)
    assert not any(word in joined_text for word in ("guest@org.kz", "Тайный", "Хабаршы", "Жазаланды"))
    hashes = [json.loads(payload)["hashes"].get("informer") for payload in payloads if "informer" in payload]
    assert len(set(hashes)) == 2


@on_sqlite_alone
def test_a_file_is_stored_as_evidence_and_missed_when_it_is_gone(app: AppContext, tmp_path: Path) -> None:
    """Nothing is stored of a row that is refused, nor of an edit of one."""
    ctx = operator(app)
    paper = FileInput(content=OpenFile("акт.txt", BytesIO("Акт".encode())))
    with pytest.raises(InvalidRow):
        add(ctx, paper=paper, came_on="")
    with pytest.raises(InvalidRow):
        edit(ctx, add(ctx), paper=paper, came_on="")
    assert not (tmp_path / "evidence").exists()

    row = add(ctx, paper=FileInput(content=OpenFile("акт.txt", BytesIO("Акт".encode()))))

    file = show_row(ctx, AskRow(row=row)).row.values["paper"]
    assert (file["name"], file["size"]) == ("акт.txt", 6)
    assert problems(app) == []
    (tmp_path / "evidence" / file["sha256"][:2] / file["sha256"]).unlink()
    assert problems(app) == ["evidence_missing"]


def test_the_events_of_a_row_cannot_be_rewritten_and_say_what_was(app: AppContext, engine: Engine) -> None:
    """The database refuses; past it, verify names the value, the end that was cut off, the row that is gone."""
    ctx = operator(app)
    add(ctx, informer="Тайный", cost="5")
    second = add(ctx)
    edit(ctx, second, place="Park")
    maintenance.seal(app, now=NOW)
    assert problems(app) == []
    forged = "UPDATE event SET private = replace(private, 'Тайный', 'Чужой человек')"
    for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM event", forged):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))

    def change(*statements: str) -> list[str]:
        with by_hand(engine) as connection:
            for statement in statements:
                connection.execute(text(statement))
        return problems(app)

    assert change(forged) == ["private_altered"]
    assert change("UPDATE event SET private = replace(private, 'Чужой человек', 'Тайный')") == []
    moved = change(f"UPDATE register_row SET cells = '{{}}', unit = 'other' WHERE id = '{second}'")
    assert moved == ["row_differs"]
    assert ids(ctx, filters=[{"field": "place", "is": ["Park"]}]) == []
    maintenance.rebuild(app, at=AT)
    assert ids(ctx, filters=[{"field": "place", "is": ["Park"]}]) == ["0002"]
    cut = change(f"DELETE FROM event WHERE stream = 'row/{second}' AND seq = 2")
    assert cut[:2] == ["sealed_missing", "stream_cut"]
    assert "head_missing" in change(f"DELETE FROM register_row WHERE id = '{second}'")


@on_sqlite_alone
def test_a_rebuild_leaves_rows_of_a_register_that_is_gone(app: AppContext) -> None:
    """An own file that cannot be used is left out; else no round after a change of steps would go on. The
    office is read once for all rows."""
    ctx, registers, queries, numbers = operator(app), app.registers, list[object](), list[int]()
    event.listen(app.engine, "before_cursor_execute", lambda *call: queries.append(call[2]))
    for place in ("Hall", "Yard", "Park"):
        add(ctx, place=place)
        queries.clear()
        maintenance.rebuild(app, at=AT)
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]
    vars(app)["registers"] = Registers(())

    assert maintenance.rebuild(app, at=AT) == 0
    vars(app)["registers"] = registers
    assert ids(ctx, filters=[{"field": "place", "is": ["Park"]}]) == ["0003"]


def test_erased_values_are_gone_for_good_and_the_chain_still_verifies(app: AppContext, engine: Engine) -> None:
    """By an event with its ground; the value and its salt are nowhere any more."""
    ctx = operator(app)
    row, _ = add(ctx, informer="Тайный", guest="guest@org.kz"), add(ctx, informer="Другой")

    erase_row(ctx, EraseRow(row=row, fields=["informer", "guest"], ground="term of storage"))

    assert set(show_row(ctx, AskRow(row=row)).row.values) == {"place", "came_on"}
    with engine.connect() as connection:
        query = "SELECT private FROM event WHERE stream LIKE 'row/%' AND private <> '{}'"
        private = connection.execute(text(query)).scalars().all()
    assert len(private) == 1
    assert "Другой" in private[0]
    assert page(ctx, search="алиев").total == 0
    assert problems(app) == []
    with pytest.raises(UnknownRegisterField):
        erase_row(ctx, EraseRow(row=row, fields=["place"], ground="x"))


@on_sqlite_alone
def test_numbers_of_rows_go_on_in_a_year_and_begin_anew_in_the_next(app: AppContext) -> None:
    """A withdrawn row keeps its number."""
    ctx = operator(app)
    row = add(ctx)
    withdraw_row(ctx, WithdrawRow(row=row, ground="mistake"))

    later = operator(app, at=NOW + timedelta(days=365))
    assert [add(ctx), add(later), add(later)] == ["visits-2026-0002", "visits-2027-0001", "visits-2027-0002"]
    assert add(ctx) == "visits-2026-0003"
    with pytest.raises(Refusal):
        edit(ctx, row, place="x")
