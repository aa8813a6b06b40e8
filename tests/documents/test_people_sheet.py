"""The table of people that is written is one that can be read."""

from __future__ import annotations

import pytest

from documents.people.sheet import people_table
from documents.people.words import DUTY_TITLES, duty
from workflow.org.office import DUTIES, Office, Person, Unit


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_duty_is_read_as_it_is_written(language: str) -> None:
    """No title of one means another."""
    assert [duty(title[language]) for title in DUTY_TITLES] == list(DUTIES)


def test_units_without_people_have_a_row_of_their_own() -> None:
    """So that the tree comes back whole."""
    units = {"а": Unit(id="а", name="Аппарат"), "б": Unit(id="б", name="Бөлім", parent="а")}
    person = Person(key="k", name="Ә. Әлиев", unit="а", duties=("head",))
    table = people_table(Office(units=units, people={"k": person}), "kk")

    assert [row[:4] for row in table.rows] == [["Аппарат", "", "", "Ә. Әлиев"], ["Бөлім", "Аппарат", "", ""]]
