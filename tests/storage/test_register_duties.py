"""Register rows that fulfil duties of yearly cases: recorded, corrected and withdrawn with the row."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import Engine

from merzim.services import yearly
from merzim.services.app import AppContext
from merzim.services.cases.verbs import OpenCase, open_case
from merzim.services.context import RequestContext
from merzim.services.inputs import FileInput, OpenFile, build
from merzim.services.jobs.rounds import run_round
from merzim.services.law.acts import ChangeAct, change_act
from merzim.services.registers.verbs import AddRow, EditRow, WithdrawRow, add_row, edit_row, withdraw_row
from merzim.services.registers.views import ListRows, list_rows
from merzim.services.yearly import open_cases
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.office import save
from tests.storage.registers import NOW, TODAY, Stopped, agrees, office, operator, reader, stop
from tests.storage.sample_cases import on_sqlite_alone
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording, statuses, withdrawals
from workflow.moments import Moment
from workflow.org.office import Unit
from workflow.refusal import Refusal

AT = Moment(by="officer", now=NOW, today=TODAY)

FULFILS = """
[[fulfils]] # each month, as often as somebody likes
fact = "tbn4-project-4:event_held"
where = ["purpose=talk"]
date = "came_on"
evidence = { "document:report" = "paper" }

[[fulfils]] # one of each guest
fact = "tbn4-project-4:talk_held"
where = ["guest=filled"]
date = "left_on"
period = "came_on"
distinct = "guest"

[[fulfils]] # once a year
fact = "tbn4-project-4:propaganda_reported"
where = ["purpose=check"]
date = "came_on"
values = { views = "cost" }
"""
JANUARY, FEBRUARY = "event_held.2026-01", "event_held.2026-02"


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[AppContext]:
    context = office(engine, tmp_path, extra_texts={"visits": FULFILS})
    change_act(operator(context), ChangeAct(act="tbn4-2024", unit="ministry"))
    yield context
    context.close()


def begin(app: AppContext, year: int = 2026) -> None:
    open_cases(app, year, at=AT)


def visit(
    app: AppContext, day: str, *, unit: str = "ministry", purpose: str = "talk", **extra_values: str
) -> str:
    values = {"place": "Зал", "came_on": day, "purpose": purpose, **extra_values}
    fields = {"register_id": "visits", "unit": unit, "values": values}
    return add_row(operator(app), build(AddRow, fields)).row.id


def edit(app: AppContext, row: str, **values: Any) -> None:
    edit_row(operator(app), build(EditRow, {"row": row, "values": values, "ground": "wrong day"}))


def case_of(app: AppContext, unit: str = "ministry", year: int = 2026) -> Case:
    cases = app.ledger.cases(app.ledger.ids()).values()
    [case] = [
        case
        for case in cases
        if (case.procedure, case.unit) == ("tbn4-project-4", unit)
        and case.planned.get("year_begun") == date(year, 1, 1)
    ]
    return case


def recorded(app: AppContext, unit: str = "ministry", year: int = 2026) -> dict[str, tuple[str, str]]:
    return {name: (f"{fact.on}", fact.row) for name, fact in case_of(app, unit, year).facts.items()}


def state(app: AppContext, name: str) -> str:
    return app.ledger.rows(case_of(app).id)[name].state


@on_sqlite_alone
def test_a_row_carries_out_the_duty_of_the_month_its_day_lies_in(app: AppContext) -> None:
    """The last day of January and the first of February are two months; what lies ahead waits for its day."""
    begin(app)
    assert state(app, JANUARY) == "open"
    january, february = visit(app, "2026-01-31", unit="hr"), visit(app, "2026-02-01")
    ahead = visit(app, "2026-04-20")

    assert recorded(app) == {JANUARY: ("2026-01-31", january), FEBRUARY: ("2026-02-01", february)}
    assert (state(app, JANUARY), state(app, FEBRUARY)) == ("done", "done")
    event = app.ledger.events(case_of(app).id)[-2]
    assert (event.kind, event.by, event.payload) == ("fact", "operator", {"row": january})

    at, day = datetime(2026, 4, 20, 4, 0, tzinfo=UTC), date(2026, 4, 20)
    run_round(app, at=Moment(now=at, today=day))
    assert recorded(app)["event_held.2026-04"] == ("2026-04-20", ahead)
    chain = app.ledger.events(case_of(app).id)
    run_round(app, at=Moment(now=at, today=day))
    assert app.ledger.events(case_of(app).id) == chain
    assert agrees(app)


@on_sqlite_alone
def test_the_case_follows_an_edited_and_a_withdrawn_row(app: AppContext) -> None:
    """Within a month corrected, across months withdrawn and recorded; out of `where` and withdrawn: gone, with
    the ground of the row."""
    begin(app)
    row = visit(app, "2026-01-12")
    edit(app, row, came_on="2026-01-15")
    assert recorded(app) == {JANUARY: ("2026-01-15", row)}
    edit(app, row, came_on="2026-02-02")
    assert recorded(app) == {FEBRUARY: ("2026-02-02", row)}
    edit(app, row, purpose="check")
    assert recorded(app) == {"propaganda_reported.2026": ("2026-02-02", row)}
    edit(app, row, came_on="2026-04-30")
    assert recorded(app) == {}
    edit(app, row, came_on="2026-03-03", purpose="talk")
    assert recorded(app) == {"event_held.2026-03": ("2026-03-03", row)}
    withdraw_row(operator(app), WithdrawRow(row=row, ground="never held"))
    assert recorded(app) == {}
    assert case_of(app).withdrawn["event_held.2026-03"].ground == "never held"
    assert agrees(app)


@on_sqlite_alone
def test_each_of_several_rows_of_a_month_is_recorded_and_carries_the_duty_alone(app: AppContext) -> None:
    """Where the first is withdrawn, the other stands; of what is done once a year, the next one comes in."""
    begin(app)
    first, second = visit(app, "2026-01-12"), visit(app, "2026-01-20")
    assert recorded(app) == {JANUARY: ("2026-01-12", first), f"{JANUARY}#2": ("2026-01-20", second)}
    withdraw_row(operator(app), WithdrawRow(row=first, ground="never held"))
    assert recorded(app) == {f"{JANUARY}#2": ("2026-01-20", second)}
    assert state(app, JANUARY) == "done"

    report, other = (visit(app, day, purpose="check") for day in ("2026-03-02", "2026-02-10"))
    assert recorded(app)["propaganda_reported.2026"] == ("2026-03-02", report)
    withdraw_row(operator(app), WithdrawRow(row=report, ground="a draft"))
    assert recorded(app)["propaganda_reported.2026"] == ("2026-02-10", other)


def test_evidence_and_numbers_of_a_row_go_with_its_fact(app: AppContext, ctx: RequestContext) -> None:
    """What was added by hand stays when the row moves to another month; a guest twice in a month is one talk,
    in the month of the visit whenever it ended."""
    begin(app)
    row = visit(app, "2026-01-12")
    paper = FileInput(content=OpenFile("отчёт.txt", BytesIO(b"report")))
    edit_row(ctx, EditRow(row=row, values={"paper": paper}))
    link = Evidence(kind="link:site", reference="https://org.kz/1")
    app.case_commands.write(
        case_of(app).id, ctx.moment, recording.record, JANUARY, on=date(2026, 1, 12), evidence=[link]
    )
    edit(app, row, came_on="2026-02-02")
    fact = case_of(app).facts[FEBRUARY]
    papers = [(evidence.kind, evidence.name) for evidence in fact.evidence]
    assert papers == [("document:report", "отчёт.txt"), ("link:site", None)]
    report = visit(app, "2026-03-02", purpose="check", cost="999")
    edit(app, report, cost="1000")
    assert case_of(app).facts["propaganda_reported.2026"].values == {"views": 1000}

    guest = {"guest": "guest@org.kz", "purpose": ""}
    first, _ = (visit(app, "2026-01-30", left_on=day, **guest) for day in ("2026-02-01", "2026-02-02"))
    later = visit(app, "2026-02-10", left_on="2026-02-10", **guest)
    talks = {name: fact for name, fact in recorded(app).items() if name.startswith("talk_held")}
    first_talk, second_talk = ("2026-02-01", first), ("2026-02-10", later)
    assert talks == {"talk_held.2026-01": first_talk, "talk_held.2026-02": second_talk}


@on_sqlite_alone
def test_what_somebody_recorded_is_neither_doubled_nor_withdrawn_by_a_row(app: AppContext) -> None:
    """A typed event and its row are one event; a second row is another. A row's own fact is changed there."""
    begin(app)
    by = operator(app).moment
    case = case_of(app).id
    app.case_commands.write(case, by, recording.record, JANUARY, on=date(2026, 1, 12))
    same = visit(app, "2026-01-12")
    assert recorded(app) == {JANUARY: ("2026-01-12", "")}
    other = visit(app, "2026-01-20")
    assert recorded(app) == {JANUARY: ("2026-01-12", ""), f"{JANUARY}#2": ("2026-01-20", other)}
    withdraw_row(operator(app), WithdrawRow(row=same, ground="mistake"))
    assert recorded(app)[JANUARY] == ("2026-01-12", "")

    with pytest.raises(Refusal, match="fact_of_row"):
        app.case_commands.write(case, by, withdrawals.withdraw, f"{JANUARY}#2", ground="mistake")
    with pytest.raises(Refusal, match="fact_of_row"):
        app.case_commands.write(
            case, by, recording.correct, f"{JANUARY}#2", on=date(2026, 1, 21), ground="mistake"
        )


def test_a_year_that_is_opened_takes_the_rows_that_are_there(app: AppContext) -> None:
    """The rows of each year go into the case of that year; before it is opened nothing is refused."""
    row, before = visit(app, "2026-01-12"), visit(app, "2025-12-30")
    begin(app)
    assert recorded(app) == {JANUARY: ("2026-01-12", row)}
    begin(app, 2025)
    assert recorded(app, year=2025) == {"event_held.2025-12": ("2025-12-30", before)}
    assert recorded(app) == {JANUARY: ("2026-01-12", row)}


def test_a_row_belongs_to_its_own_organisation(app: AppContext, engine: Engine) -> None:
    """The nearest case above a unit, and never that of another organisation; who may write rows need not be
    allowed to record in the case."""
    agency = Unit(id="agency", name="Агенттік", kind="central_body", parent="ministry")
    save(engine, units=[agency, Unit(id="branch", name="Бөлім", parent="agency")], people=[])
    open_cases(app, 2026, unit="ministry", at=AT)
    below = visit(app, "2026-01-12", unit="branch")
    assert recorded(app, "agency") == {JANUARY: ("2026-01-12", below)}
    for parent, there, gone in (("hr", "ministry", "agency"), ("agency", "agency", "ministry")):
        save(engine, units=[Unit(id="branch", name="Бөлім", parent=parent)], people=[])
        run_round(app, at=AT)  # the row went with its unit
        assert (recorded(app, there), recorded(app, gone)) == ({JANUARY: ("2026-01-12", below)}, {})
    clerk = reader(app, "clerk", "responsible")
    values = {"place": "Зал", "came_on": "2026-01-13", "purpose": "talk"}
    fields = {"register_id": "visits", "unit": "hr", "values": values}
    own_row = add_row(clerk, build(AddRow, fields)).row.id
    assert recorded(app) == {JANUARY: ("2026-01-13", own_row)}
    cancelled = case_of(app, "agency").id
    app.case_commands.write(cancelled, operator(app).moment, statuses.cancel, ground="merged")
    visit(app, "2026-02-12", unit="branch")
    assert recorded(app) == {JANUARY: ("2026-01-13", own_row)}


def test_rows_that_people_add_at_once_are_all_recorded(app: AppContext) -> None:
    """Four keep events of a month at once: none takes another's for one whose row is gone."""
    begin(app)
    days = [f"2026-01-{day}" for day in (12, 13, 14, 20)]

    with ThreadPoolExecutor(len(days)) as pool:
        rows = list(pool.map(partial(visit, app), days))

    names = {JANUARY, *(f"{JANUARY}#{number}" for number in (2, 3, 4))}
    assert {*recorded(app)} == names
    assert {*recorded(app).values()} == {*zip(days, rows, strict=True)}
    assert "withdrawn" not in [event.kind for event in app.ledger.events(case_of(app).id)]


@pytest.mark.parametrize(("owner", "look"), [(yearly, "year_ahead"), (SqlLedger, "active_case")])
def test_what_two_open_at_once_is_opened_once(
    app: AppContext, monkeypatch: pytest.MonkeyPatch, owner: Any, look: str
) -> None:
    """A year, and a case of a procedure that is opened once; even where both would have looked which cases
    there are before either opened any."""
    both, alone = Barrier(2), getattr(owner, look)

    def looked_together(*arguments: Any, **options: Any) -> Any:
        found = alone(*arguments, **options)
        with suppress(BrokenBarrierError):
            both.wait(1)
        return found

    def open_what(_: int) -> int:
        if owner is yearly:
            return len(open_cases(app, 2026, at=AT).opened)
        plan = OpenCase(procedure="concept-plan", unit="ministry", planned={}, facts={})
        with suppress(Refusal):
            return bool(open_case(operator(app), plan))
        return 0

    monkeypatch.setattr(owner, look, looked_together)

    with ThreadPoolExecutor(2) as people:
        opened = [*people.map(open_what, range(2))]

    assert sorted(opened) == [0, len(app.ledger.ids())]
    assert any(opened)


@pytest.mark.parametrize("write", ["add", "edit", "withdraw"])
def test_a_row_is_written_with_the_facts_it_carries_out_or_not_at_all(
    app: AppContext, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """Stopped while its fact is recorded, corrected or withdrawn, the row stands as before."""
    begin(app)
    row = "" if write == "add" else visit(app, "2026-01-12")
    before = recorded(app)
    steps = {
        "add": lambda: visit(app, "2026-01-12"),
        "edit": lambda: edit(app, row, came_on="2026-01-15"),
        "withdraw": lambda: withdraw_row(operator(app), WithdrawRow(row=row, ground="never held")),
    }
    with monkeypatch.context() as stopped:
        stopped.setattr("merzim.services.registers.cases.row_changes", stop)
        with pytest.raises(Stopped):
            steps[write]()

    page = list_rows(operator(app), ListRows(register_id="visits"))
    rows = [(shown.id, shown.values["came_on"]) for shown in page.rows]
    assert rows == ([(row, "2026-01-12")] if row else [])
    assert recorded(app) == before
    steps[write]()
    assert recorded(app) != before
    assert agrees(app)


@on_sqlite_alone
def test_a_row_takes_the_place_of_what_was_withdrawn_in_the_case(app: AppContext) -> None:
    """What somebody recorded by hand for the day of a row is withdrawn: the next round records the row."""
    begin(app)
    by = operator(app).moment
    app.case_commands.write(case_of(app).id, by, recording.record, JANUARY, on=date(2026, 1, 12))
    row = visit(app, "2026-01-12")
    run_round(app, at=AT)
    app.case_commands.write(case_of(app).id, by, withdrawals.withdraw, JANUARY, ground="not mine")
    assert recorded(app) == {}
    run_round(app, at=AT)
    assert recorded(app) == {JANUARY: ("2026-01-12", row)}
