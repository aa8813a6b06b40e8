"""The office on a database: units and people, its stream of events, the acts it adopts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, event, text

from merzim.storage import events, office as office_store
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database import reading
from merzim.storage.events import office_head
from merzim.storage.maintenance.verify import verify
from merzim.storage.office import NOBODY
from merzim.storage.settings import CALENDAR_CHANGED, adopted_calendar_acts, link_key, record_act
from tests.storage.sample_cases import NOW, TODAY, on_sqlite_alone
from tests.storage.test_accounts import way_in
from tests.storage.test_verify import by_hand, codes
from workflow.cases.case import Case
from workflow.law.files import UnreadableRegulation
from workflow.moments import Moment
from workflow.org.access import Reader
from workflow.org.office import Person, Unit

UNITS = [Unit(id="dep", name="Қаржы департаменті"), Unit(id="div", name="Бюджет басқармасы", parent="dep")]
AIGUL = Person(
    key="aigul@example.kz",
    name="Айгүл Әбілқызы",
    unit="dep",
    post="басшы",
    duties=("head", "authorised_person"),
    email="aigul@example.kz",
    language="kk",
    away=((date(2026, 7, 1), date(2026, 7, 31)),),
    deputy="div:Ұлан Өтеген",
)
ULAN = Person(key="div:Ұлан Өтеген", name="Ұлан Өтеген", unit="div", language="ru")
MATCHES = {"Қаржы департаменті, Айгүл": "aigul@example.kz"}


def saved_rows(engine: Engine) -> int:
    """How many rows were saved, new or changed."""
    return len(events.office_events(engine, "unit_saved", "person_saved", "match_saved"))


@on_sqlite_alone
def test_an_office_is_read_back_as_it_was_saved_and_the_same_again_changes_nothing(engine: Engine) -> None:
    """With duties, leave and deputies, in Kazakh letters. A table of people may be imported every morning."""
    office_store.save(engine, units=UNITS, people=[AIGUL, ULAN], matches=MATCHES)

    office = office_store.office(engine)

    assert office.units == {unit.id: unit for unit in UNITS}
    assert office.people == {AIGUL.key: AIGUL, ULAN.key: ULAN}
    assert office.matches == MATCHES
    assert office.officer is None
    office_store.save(engine, units=UNITS, people=[AIGUL, ULAN], matches=MATCHES)

    assert saved_rows(engine) == 5


@on_sqlite_alone
def test_what_changed_is_changed_and_what_is_not_named_stays(engine: Engine) -> None:
    """People missing from one table are not deleted."""
    office_store.save(engine, units=UNITS, people=[AIGUL, ULAN])
    moved_person = Person(key=ULAN.key, name=ULAN.name, unit="dep")

    office_store.save(engine, people=[AIGUL, moved_person])

    assert saved_rows(engine) == 5
    assert office_store.office(engine).people == {AIGUL.key: AIGUL, ULAN.key: moved_person}


@on_sqlite_alone
def test_a_language_of_their_own_choice_stays_with_the_next_table(engine: Engine) -> None:
    """The table says what it always said; the person is written to as they asked."""
    office_store.save(engine, people=[AIGUL])
    office_store.choose(engine, AIGUL.key, language="ru", at=NOBODY)

    office_store.save(engine, people=[AIGUL])

    assert saved_rows(engine) == 1
    assert office_store.office(engine).people[AIGUL.key] == replace(AIGUL, language="ru")


SAID = Moment(by="root", now=NOW, today=TODAY)
ALIYEVA = Reader(login="aliyeva", access="responsible", person="a@org.kz", name="Айгүл", unit="hr")


def test_people_of_a_country_are_taken_in_by_few_statements(engine: Engine) -> None:
    """The chain is written by one statement however many lines there are."""
    people = [
        Person(key=f"p{n}@org.kz", name=f"Адам {n}", unit="hr", email=f"p{n}@org.kz") for n in range(1000)
    ]
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(engine, "before_cursor_execute", counted)
    office_store.save(engine, people=people, at=SAID)
    event.remove(engine, "before_cursor_execute", counted)

    assert count < 30
    assert len(events.office_events(engine, "person_saved")) == 1000
    assert verify(engine) == ()


def test_the_newest_line_of_a_kind_is_found_without_reading_the_chain(sqlite: Engine) -> None:
    """It is asked for with every request, and the chain has a line for every person and session."""
    query = events.last_of_office(("a", "b")).compile(
        sqlite, compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    with sqlite.connect() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))

    assert "SEARCH event USING COVERING INDEX ix_event_office" in plan


def test_many_write_the_chain_at_once(engine: Engine) -> None:
    """Nobody is refused, nothing is lost, and it verifies."""
    SqlAccounts(engine).save(ALIYEVA, disabled=False, at=SAID)
    ready, troubles = Barrier(6), list[BaseException]()

    def enter(number: int) -> None:
        accounts = SqlAccounts(engine)
        ready.wait()
        try:
            for turn in range(5):
                accounts.store_entry(way_in(f"{number}{turn}"))
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [Thread(target=enter, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert troubles == []
    assert len(events.office_events(engine, "session_given")) == 30
    assert verify(engine) == ()


def test_what_was_given_to_an_account_and_said_of_a_person_stands_in_the_events(engine: Engine) -> None:
    """The rights openly, the person beside the chain, where they may be erased."""
    SqlAccounts(engine).save(ALIYEVA, disabled=False, at=SAID)
    office_store.save(engine, people=[Person(key="a@org.kz", name="Айгүл", unit="hr")], at=SAID)

    with reading(engine) as connection:
        account, person = connection.execute(events.OFFICE_IN_ORDER).all()
    assert '"access":"responsible"' in account.payload
    assert "Айгүл" in person.private
    assert "Айгүл" not in person.payload


ACT = """
[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000111"
address = "https://adilet.zan.kz/rus/docs/G26G0000111"
"""
NEXT = ACT.replace("05-08", "07-10").replace("05-16", "07-18")


def adopted(engine: Engine, act: str = ACT) -> bool:
    before = adopted_calendar_acts(engine)
    return record_act(engine, before, name="бұйрық.toml", text=act, at=replace(SAID, by="Айгүл"))


def test_an_office_begins_without_acts_and_one_comes_back_as_it_was_given(engine: Engine) -> None:
    """Its calendar is the shipped one. Who, when, which file; every letter of its text."""
    assert adopted_calendar_acts(engine) == ()
    assert office_head(engine, CALENDAR_CHANGED) == ""
    assert adopted(engine)
    (act,) = adopted_calendar_acts(engine)

    assert (act.name, act.text) == ("бұйрық.toml", ACT)
    assert (act.on, act.at, act.by) == (TODAY, NOW, "Айгүл")
    assert office_head(engine, CALENDAR_CHANGED) == act.hash != ""


def test_of_two_that_adopt_at_once_one_wins(engine: Engine) -> None:
    """The slower one writes nothing and looks again."""
    before = adopted_calendar_acts(engine)
    adopted(engine)

    assert not record_act(engine, before, name="x.toml", text=NEXT, at=SAID)
    assert [act.text for act in adopted_calendar_acts(engine)] == [ACT]


def test_an_act_changed_by_hand_is_named_and_no_board_is_compared_under_it(engine: Engine, case: Case) -> None:
    """A Saturday moved by a week; the rows it would compute prove nothing."""
    adopted(engine)
    with by_hand(engine) as connection:
        connection.execute(text("UPDATE event SET payload = replace(payload, '05-16', '05-23')"))

    def never(case: object) -> object:
        raise AssertionError(case)

    assert codes(verify(engine, recompute=never)) == [("event_altered", 1)]  # type: ignore[arg-type]


def test_an_act_altered_past_reading_says_so_when_it_is_read(engine: Engine) -> None:
    """A refusal that names the file, not a broken program."""
    adopted(engine)
    with by_hand(engine) as connection:
        connection.execute(text("UPDATE event SET payload = '{'"))

    with pytest.raises(UnreadableRegulation, match=r"бұйрық\.toml"):
        _ = adopted_calendar_acts(engine)[0].records


def test_all_that_ask_first_for_the_key_of_links_get_the_one_that_stays(engine: Engine) -> None:
    """Nodes started at once on a new database sign the addresses of their letters alike."""
    with ThreadPoolExecutor(8) as nodes:
        keys = {*nodes.map(link_key, [engine] * 8)}

    assert keys == {link_key(engine)}
