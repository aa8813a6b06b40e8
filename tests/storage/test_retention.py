"""Anonymisation of a former employee: the name is gone from the database, the chains still verify."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from merzim.app import build_app
from merzim.services.accounts import verbs as accounts
from merzim.services.accounts.verbs import AccountAccess
from merzim.services.app import AppContext
from merzim.services.cases import assignments, verbs as cases
from merzim.services.context import RequestContext, operator_context
from merzim.services.jobs.rounds import deliver, run_round
from merzim.services.people import leaving, staff
from merzim.services.people.leaving import AnonymisePerson
from merzim.services.registers import tables as register_tables, verbs as registers, views as register_views
from merzim.services.registers.views import ListRows
from merzim.services.upkeep import maintenance
from merzim.settings import DatabaseSettings, RetentionSettings
from merzim.storage.office import former_people
from merzim.web.ui.name_fields import person_names
from tests.checking import refusal_codes
from tests.storage.sample_cases import on_sqlite_alone
from tests.storage.test_verify import by_hand
from tests.web.conftest import NOW, THREE_UNITS, TODAY, office_store, settings_in
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.case_commands import Opening
from workflow.moments import Moment
from workflow.org.access import Reader
from workflow.org.office import Person
from workflow.refusal import Refusal

AT = Moment(by="dina.q", now=NOW, today=TODAY)

KEY = "d.qasymova@org.kz"
LATER = date(2029, 4, 6)
"""Three years to the day after she left."""
NAMES = ("Қасымова Дина Маратқызы", "Касымова Дина Маратовна")
FORMER = "№1 бұрынғы қызметкер / Бывший сотрудник № 1 / Former employee No. 1"
OWN = Person(
    key=KEY,
    name=NAMES[0],
    name_ru=NAMES[1],
    unit="hr",
    email="D.Qasymova@org.kz",
    duties=("object_unit",),
    language="ru",
)
BY = Moment(by="administrator", now=NOW, today=TODAY)


@pytest.fixture
def office_app(tmp_path: Path, url: str) -> Iterator[AppContext]:
    """An office where somebody was everywhere: cases, letters, registers, comments, an account, a chat."""
    settings = settings_in(tmp_path).model_copy(
        update={"database": DatabaseSettings(url=url), "retention": RetentionSettings(people_years=3)}
    )
    app = build_app(settings, clock=lambda: Moment(now=NOW, today=TODAY))
    office_store.save(app.engine, units=THREE_UNITS.units.values(), people=[*THREE_UNITS.people.values(), OWN])
    yield app
    app.close()


def acting(app: AppContext, today: date = TODAY, by: str = "administrator") -> RequestContext:
    return operator_context(app, at=Moment(by=by, now=NOW + (today - TODAY), today=today))


def live(app: AppContext) -> str:
    """Let her work: a case she answers for, a comment, a letter read, a row, an account that did things."""
    ctx = acting(app)
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    opening = Opening(
        procedure="internal-analysis",
        unit="hr",
        object="Бөлім",
        planned=planned,
        responsible={"order_signed": NAMES[0]},
        notes=(f"{NAMES[0]} жауапты",),
    )
    case = app.case_commands.open_many([opening], at=BY)[0].id
    accounts.add(ctx, AccountAccess(login="dina.q", access="officer", person=KEY))
    comment_text = f"@{NAMES[0]} қарап шықты, {NAMES[1]} деп жазылған."
    assignments.add_comment(
        ctx, assignments.AddComment(case=case, text=comment_text, asks=KEY, until=date(2026, 4, 20))
    )
    app.case_commands.write(case, AT, recording.record, "order_signed", on=TODAY)
    values = {"employee": KEY, "post": "маман", "paper": "consent", "signed_on": TODAY.isoformat()}
    registers.add_row(ctx, registers.AddRow(register_id="consents", unit="hr", values=values))
    office_store.choose(app.engine, KEY, digest="daily", at=AT)
    run_round(app, at=AT)
    deliver(app, at=AT)
    return case


def leave(app: AppContext, on: date = TODAY) -> None:
    ctx = acting(app, on)
    staff.remove_person(ctx, staff.Removal(id=KEY, mark=staff.mark(staff.get_person(ctx, KEY))))


def order(person: str = "1", *, today: date = LATER, **extra_fields: object) -> AnonymisePerson:
    fields = {"person": person, "act": "15-ө", "act_on": today, "ground": f"{NAMES[1]} туралы жеке деректер"}
    return AnonymisePerson.model_validate({**fields, **extra_fields})


def everything(app: AppContext) -> str:
    """All there is in the database: the file's bytes, or every row of every table the server has."""
    if app.engine.dialect.name == "sqlite":
        app.engine.dispose()
        file = Path(app.settings.database.url.partition(":///")[2])
        files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)
    with app.engine.connect() as connection:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        names = connection.execute(text(query)).scalars().all()
        rows = (connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars() for name in names)
        return "\n".join(str(row) for table_rows in rows for row in table_rows)


def hand_over(app: AppContext, case: str) -> None:
    """Name somebody else where she answered, and let the case end."""
    change = cases.Passport(case=case, responsible={"order_signed": "Иванов Пётр"})
    cases.describe_case(acting(app), change)
    app.case_commands.write(case, AT, statuses.cancel, ground=f"{NAMES[1]} кетті")


def test_rows_go_on_naming_who_left_and_are_edited_until_the_act(office_app: AppContext) -> None:
    """In the list, its workbook, a search, a filter and the form; afterwards the place of the name is empty."""
    values = {"employee": KEY, "post": "маман", "paper": "consent", "signed_on": TODAY.isoformat()}
    ctx = replace(acting(office_app), language="ru")
    row = registers.add_row(ctx, registers.AddRow(register_id="consents", unit="hr", values=values)).row
    leave(office_app)

    def named(by: str) -> tuple[object, ...]:
        ask = {"register_id": "consents", "filters": [{"field": "employee", "is": [by]}]}
        rows = register_views.list_rows(ctx, ListRows.model_validate(ask)).rows
        sheet = register_tables.export(ctx, ListRows.model_validate(ask), "ru")
        cells = [cell.value for cell in load_workbook(BytesIO(sheet)).active[2]]
        field = person_names(office_app.reads.office()).field(str(rows[0].values["employee"]))
        return rows[0].names[rows[0].values["employee"]], field.options[-1].id, cells

    name, option, cells = named(NAMES[0])
    edit = registers.EditRow(row=row.id, seq=row.seq, values={"post": "эксперт"}, ground="лауазымы өзгерді")
    edited = registers.edit_row(ctx, edit).row
    assert (name, option, edited.names[KEY]) == (NAMES[1], KEY, NAMES[1])
    assert NAMES[1] in cells
    search = ListRows(register_id="consents", search="касымова")
    assert [listed_row.id for listed_row in register_views.list_rows(ctx, search).rows] == [row.id]

    leaving.anonymise_person(acting(office_app, LATER), order())
    [emptied] = register_views.list_rows(ctx, ListRows(register_id="consents")).rows
    assert emptied.id == row.id
    assert emptied.values == {name: value for name, value in edited.values.items() if name != "employee"}


@on_sqlite_alone
def test_after_the_act_her_name_is_nowhere_and_the_chains_verify(office_app: AppContext) -> None:
    """Names in both languages, e-mail, key, log-in name: in the whole database; others stay."""
    case = live(office_app)
    hand_over(office_app, case)
    leave(office_app)
    words = ("қасымова", "касымова", "qasymova", "dina.q")
    before = everything(office_app).casefold()
    preview = leaving.anonymise_person(acting(office_app, LATER), order(preview=True))
    unchanged = everything(office_app).casefold()

    result = leaving.anonymise_person(acting(office_app, LATER), order())
    after = everything(office_app).casefold()

    assert [word in before for word in words] == [True] * 4
    assert before.count("қасымова") == unchanged.count("қасымова")
    assert [word for word in words if word in after] == []
    assert (preview.preview, result.preview, result.key) == (True, False, FORMER)
    assert result.rows["event"] > 0
    assert maintenance.verify(office_app, at=Moment(now=NOW, today=LATER)) == ()
    assert "Иванов Пётр".casefold() in after
    assert "№1 бұрынғы қызметкер" in after
    assert office_app.accounts.account("dina.q") is None
    [person] = former_people(office_app.engine)
    assert (person.said, person.key, person.act, person.anonymised_on) == ([], FORMER, "15-ө", LATER)
    with pytest.raises(Refusal):
        leaving.anonymise_person(acting(office_app, LATER), order())


@on_sqlite_alone
def test_not_before_its_day_nor_while_open_cases_wait_for_her(office_app: AppContext) -> None:
    case = live(office_app)

    def ordered(person: str = "1", today: date = LATER, **fields: object) -> str:
        anonymise = partial(leaving.anonymise_person, acting(office_app, today), order(person, **fields))
        return refusal_codes(anonymise)[0]

    assert ordered(KEY) == "retention_has_not_left"
    leave(office_app)
    eve = LATER - timedelta(days=1)
    assert ordered(today=eve, act_on=eve) == "retention_not_due"
    with pytest.raises(Refusal) as open_case:
        leaving.anonymise_person(acting(office_app, LATER), order())
    assert (open_case.value.code, open_case.value.arguments["cases"]) == ("retention_open_cases", (case,))
    hand_over(office_app, case)
    assert ordered(act_on=LATER + timedelta(days=1)) == "retention_act_ahead"
    vars(office_app)["settings"] = office_app.settings.model_copy(update={"retention": RetentionSettings()})
    assert ordered() == "retention_off"


@on_sqlite_alone
def test_a_namesake_keeps_the_name_and_who_came_back_has_not_left(office_app: AppContext) -> None:
    live(office_app)
    twin = replace(OWN, key="twin@org.kz", email="twin@org.kz", unit="law")
    office_store.save(office_app.engine, people=[twin])
    plain = Reader(login="twin", access="officer", person="twin@org.kz", name=NAMES[0])
    office_app.accounts.save(plain, disabled=False, at=BY)
    hand_over(office_app, office_app.reads.cases()[0].id)
    leave(office_app)
    former_count = len(former_people(office_app.engine))
    office_store.save(office_app.engine, people=[OWN])
    back = former_people(office_app.engine)
    leave(office_app)

    leaving.anonymise_person(acting(office_app, LATER), order())
    account = office_app.accounts.account("twin")

    assert (former_count, back) == (1, [])
    assert account.reader.name == NAMES[0]
    assert office_app.reads.office().people["twin@org.kz"].name == NAMES[0]
    assert KEY not in everything(office_app).casefold()
    assert maintenance.verify(office_app, at=Moment(now=NOW, today=LATER)) == ()

    person = staff.get_person(acting(office_app), twin.key)
    staff.remove_person(acting(office_app), staff.Removal(id=twin.key, mark=staff.mark(person)))
    leaving.anonymise_person(acting(office_app, LATER), order("2", act="16-ө"))

    assert NAMES[0].casefold() not in everything(office_app).casefold()
    assert maintenance.verify(office_app, at=Moment(now=NOW, today=LATER)) == ()


def test_verify_names_events_that_were_rewritten_without_an_act(office_app: AppContext) -> None:
    """The act names the events it rewrote and what they say since: it excuses nothing else."""
    hand_over(office_app, live(office_app))
    leave(office_app)
    leaving.anonymise_person(acting(office_app, LATER), order())
    assert maintenance.verify(office_app, at=Moment(now=NOW, today=LATER)) == ()
    with by_hand(office_app.engine) as connection:
        connection.execute(text("UPDATE event SET payload = replace(payload, 'бұрынғы', 'басқа')"))

    problems = maintenance.verify(office_app, at=Moment(now=NOW, today=LATER))
    assert {problem.code for problem in problems} == {"event_altered"}


@on_sqlite_alone
def test_who_has_the_address_and_the_account_now_keeps_them(office_app: AppContext) -> None:
    """They were handed on: the order takes the name of who left, and nothing of the colleague's."""
    hand_over(office_app, live(office_app))
    leave(office_app)
    heir = Person(key="hr / Серік", name="Серік Асан", unit="hr", email=KEY)
    office_store.save(office_app.engine, people=[heir])
    handed = Reader(login="dina.q", access="officer", person=heir.key, name=heir.name)
    office_app.accounts.save(handed, disabled=False, at=BY)
    leaving.anonymise_person(acting(office_app, LATER), order())
    account = office_app.accounts.account("dina.q")

    assert account.reader.person == heir.key
    assert office_app.reads.office().people[heir.key].email == KEY
    assert "қасымова" not in everything(office_app).casefold()
    assert maintenance.verify(office_app, at=Moment(now=NOW, today=LATER)) == ()
