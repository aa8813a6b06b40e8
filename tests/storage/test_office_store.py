"""Storage of units, people and matches: saving twice is harmless, reading gives one office."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from merzim.storage.org import store as office_store
from merzim.storage.org.staff import SqlChoices
from merzim.storage.org.store import SaveCounts
from tests.storage.sample_cases import on_sqlite_alone
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


@on_sqlite_alone
def test_an_office_is_read_back_as_it_was_saved_and_the_same_again_changes_nothing(engine: Engine) -> None:
    """With duties, leave and deputies, in Kazakh letters. A table of people may be imported every morning."""
    first = office_store.save(engine, units=UNITS, people=[AIGUL, ULAN], matches=MATCHES)

    office = office_store.office(engine)

    assert office.units == {unit.id: unit for unit in UNITS}
    assert office.people == {AIGUL.key: AIGUL, ULAN.key: ULAN}
    assert office.matches == MATCHES
    assert office.officer is None
    second_save = office_store.save(engine, units=UNITS, people=[AIGUL, ULAN], matches=MATCHES)

    assert first == SaveCounts(added=5)
    assert second_save == SaveCounts(same=5)


@on_sqlite_alone
def test_what_changed_is_changed_and_what_is_not_named_stays(engine: Engine) -> None:
    """People missing from one table are not deleted."""
    office_store.save(engine, units=UNITS, people=[AIGUL, ULAN])
    moved_person = Person(key=ULAN.key, name=ULAN.name, unit="dep")

    saved = office_store.save(engine, people=[moved_person])

    assert saved == SaveCounts(changed=1)
    assert office_store.office(engine).people == {AIGUL.key: AIGUL, ULAN.key: moved_person}


@on_sqlite_alone
def test_a_language_of_their_own_choice_stays_with_the_next_table(engine: Engine) -> None:
    """The table says what it always said; the person is written to as they asked."""
    office_store.save(engine, people=[AIGUL])
    SqlChoices(engine, "k").speak(AIGUL.key, "ru", by="a", now=datetime(2026, 4, 6, 5, tzinfo=UTC))

    assert office_store.save(engine, people=[AIGUL]) == SaveCounts(same=1)
    assert office_store.office(engine).people[AIGUL.key] == replace(AIGUL, language="ru")
