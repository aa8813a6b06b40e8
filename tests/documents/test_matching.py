"""Matching of a schedule's responsible texts to people and units."""

from __future__ import annotations

import pytest

from merzim.documents.people.matching import match
from merzim.documents.people.table import read_people
from tests.documents.sheets import REAL
from workflow.org.office import Office, Person, Unit

SERVICE, GROUP = "Антикоррупционная комплаенс-служба", "Рабочая группа по ВАКР"


def office(**matches: str) -> Office:
    read = read_people(REAL.with_name("people.csv"))
    return Office(
        units={unit.id: unit for unit in read.units},
        people={person.key: person for person in read.people},
        matches=matches,
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Антикоррупционная комплаенс-служба Общества и ДЗО", SERVICE),
        ("Рабочая группа по ВАКР", GROUP),
        ("Рабочей группой по ВАКР", GROUP),
        ("Комплаенс-служба", SERVICE),
        ("Рабочая группа по ВАКР, пресс-служба", GROUP),
        ("Ахметова А.Н.", "a.akhmetova@example.kz"),
        ("Ким В.", "v.kim@example.kz"),
        ("Пресс-секретарь", "Пресс-служба / Сейтқали Арман"),
        ("Председатель Правления", "d.serikbaev@example.kz"),
        ("Главный специалист комплаенс-службы Жұмабеков Т.Е.", "t.zhumabekov@example.kz"),
    ],
)
def test_a_text_means_a_unit_or_a_person(text: str, meant: str) -> None:
    """By name, by a part of the name, by post, in whatever case of the noun; of several the first."""
    assert match(text, office()) == meant


@pytest.mark.parametrize("text", ["", "-", "Руководитель", "Космическое агентство", "Общества и ДЗО"])
def test_a_text_that_means_nobody_for_certain_means_nobody(text: str) -> None:
    """It is shown for a person to choose."""
    assert match(text, office()) is None


def test_a_kazakh_name_is_known_by_its_beginnings() -> None:
    """Endings pile up; beginnings stay."""
    units = {"g": Unit(id="g", name="Жұмыс тобы"), "h": Unit(id="h", name="Жұмыспен қамту бөлімі")}

    assert match("Талдау жөніндегі жұмыс тобының мүшелері", Office(units=units)) == "g"


def test_a_match_kept_by_hand_goes_first() -> None:
    """However unlike the texts are."""
    matched_office = Office(
        units=office().units, people=office().people, matches={"Служба  безопасности": GROUP}
    )

    assert match("служба безопасности", matched_office) == GROUP


def test_two_people_of_one_name_are_neither() -> None:
    """Two as well as each other: nobody is chosen."""
    people = {key: Person(key=key, name="Ахметов Асан", unit="u") for key in ("a", "b")}

    assert match("Ахметов А.", Office(people=people)) is None
