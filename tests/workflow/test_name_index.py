"""Name lookup: exact, by prefix, by word."""

from __future__ import annotations

import pytest

from workflow.org.name_index import NameIndex, alphabetical
from workflow.org.office import Office, Person, Unit

SCHOOLS = NameIndex(
    [
        ("u1", "u1"),
        ("Абай мектебі", "u1"),
        ("u2", "u2"),
        ("Абай мектебінің кітапханасы", "u2"),
        ("u3", "u3"),
        ("№ 7 «Әл-Фараби» мектебі", "u3"),
    ]
)


@pytest.mark.parametrize("said", ["u1", "U1", "Абай мектебі", "  АБАЙ   МЕКТЕБІ "])
def test_letter_case_and_spaces_are_not_looked_at(said: str) -> None:
    assert SCHOOLS.exactly(said) == ("u1",)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("абай", ["u1", "u2"]),
        ("абай мектебі", ["u1", "u2"]),
        ("абай мектебін", ["u2"]),
        ("абай мектебінің кітапханасы", ["u2"]),
        ("абай мектебінің кітапханасы.", []),
        ("мектебі", []),
        ("u", ["u1", "u2", "u3"]),
    ],
)
def test_a_beginning_finds_whoever_is_called_just_so_first(said: str, found: list[str]) -> None:
    """One letter less, all of it, one more."""
    assert list(SCHOOLS.beginning(said)) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("мектебі", {"u1", "u2", "u3"}),
        ("фараби", {"u3"}),
        ("мект фар", {"u3"}),
        ("кіт абай", {"u2"}),
        ("фараби абай", set()),
        ("раби", set()),
        ("«»", set()),
        ("", set()),
    ],
)
def test_words_inside_are_found_by_their_beginnings_in_any_order(said: str, found: set[str]) -> None:
    """Signs before a word are none of it; the middle of a word is no word; all of them must be there."""
    assert set(SCHOOLS.holding(said)) == found


KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
"""The alphabet of 1940, which holds the Russian one in its own order."""


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    """Every letter after the one before it, whatever follows either; Latin letters first."""
    words = [letter + end for letter in KAZAKH for end in ("а", "я")]

    assert words == sorted({*words}, key=alphabetical)
    assert sorted("яҚЯәкАZa", key=alphabetical) == list("aZАәкҚяЯ")


def test_people_and_units_are_listed_as_their_letters_stand() -> None:
    """Ә sorts between А and Б, Ё between Е and Ж; by code points both came after Я."""
    names = [
        "Абаев Н.",
        "Әбенов С.",
        "Баймұратов А.",
        "Егоров И.",
        "Ёлкин П.",
        "Жұмабеков Т.",
        "Қасымов Е.",
        "Яров О.",
    ]
    units = ["Аппарат", "Әкімдік", "Бухгалтерия", "Ішкі аудит", "Юрист"]
    office = Office(
        units={name: Unit(id=name, name=name, parent=None) for name in reversed(units)},
        people={
            name: Person(key=name, name=name, unit="Аппарат", post="", duties=("executor",))
            for name in reversed(names)
        },
        matches={},
    )

    assert [person.name for person in office.by_name] == names
    assert [person.name for person in office.people_of["Аппарат"]] == names
    assert [holder.name for holder in office.holders["Аппарат", "executor"]] == names
    assert list(office.tops) == list(office.children[""]) == units
