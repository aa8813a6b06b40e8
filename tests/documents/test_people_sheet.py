"""The table of people that is written is one that can be read."""

from __future__ import annotations

import pytest

from documents.people.kind_words import parse_kind
from documents.people.sheet import people_table
from documents.people.words import duties
from i18n import say
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, Office, Person, Unit


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_title_the_product_shows_is_read_back(language: str) -> None:
    """Of duties, all in one cell, and of kinds of organisation; some titles have a comma of their own."""
    cell = ", ".join(say(f"duty.{code}", {}, language).capitalize() for code in DUTIES)

    assert [code for _, code in duties(cell)] == list(DUTIES)
    assert [parse_kind(say(f"kind.{code}", {}, language)) for code in KINDS] == list(KINDS)


def test_a_word_that_is_no_duty_is_named_alone() -> None:
    """Between two that are."""
    assert list(duties("первый руководитель, дворник; лицо, которого это касается")) == [
        ("первый руководитель", "head"),
        ("дворник", None),
        ("лицо, которого это касается", "person_concerned"),
    ]


def test_units_without_people_have_a_row_of_their_own() -> None:
    """So that the tree comes back whole."""
    units = {"а": Unit(id="а", name="Аппарат"), "б": Unit(id="б", name="Бөлім", parent="а")}
    person = Person(key="k", name="Ә. Әлиев", unit="а", duties=("head",))
    table = people_table(Office(units=units, people={"k": person}), "kk")

    assert [row[:4] for row in table.rows] == [["Аппарат", "", "", "Ә. Әлиев"], ["Бөлім", "Аппарат", "", ""]]
