"""The office's stream of events: written by few statements, found by its index, many at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from threading import Barrier, Thread

from sqlalchemy import Engine, event

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import chain as office_chain
from merzim.storage.org import store
from tests.storage.test_accounts import way_in
from workflow.org.access import Reader
from workflow.org.audit import Stamp
from workflow.org.office import Person

NOW, TODAY = datetime(2026, 4, 6, 7, 0, tzinfo=UTC), date(2026, 4, 6)
SAID = Stamp(by="root", now=NOW, today=TODAY)
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
    store.save(engine, people=people, stamp=SAID)
    event.remove(engine, "before_cursor_execute", counted)

    assert count < 30
    assert len(office_chain.lines(engine, "person_saved")) == 1000
    assert verify(engine) == ()


def test_the_newest_line_of_a_kind_is_found_without_reading_the_chain(sqlite: Engine) -> None:
    """It is asked for with every request, and the chain has a line for every person and session."""
    query = office_chain.last(("a", "b")).compile(
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
    assert len(office_chain.lines(engine, "session_given")) == 30
    assert verify(engine) == ()


def test_what_was_given_to_an_account_and_said_of_a_person_stands_in_the_events(engine: Engine) -> None:
    """The rights openly, the person beside the chain, where they may be erased."""
    SqlAccounts(engine).save(ALIYEVA, disabled=False, at=SAID)
    store.save(engine, people=[Person(key="a@org.kz", name="Айгүл", unit="hr")], stamp=SAID)

    with reading(engine) as connection:
        account, person = connection.execute(office_chain.IN_ORDER).all()
    assert '"access":"responsible"' in account.payload
    assert "Айгүл" in person.private
    assert "Айгүл" not in person.payload
