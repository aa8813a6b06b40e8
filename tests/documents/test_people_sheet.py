"""Round trip of the table of people: an exported table can be imported."""

from __future__ import annotations

import io

import openpyxl
import pytest

from i18n import say
from merzim.documents.people.read_people import ReadPeople, merge_people
from merzim.documents.people.sheet import people_sheets, people_table
from merzim.documents.people.table import read_people
from merzim.documents.people.words import duties, parse_kind
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.documents.sheets.unreadable import UnreadablePaper
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, Office, Person, Unit


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_title_the_product_shows_is_read_back(language: str) -> None:
    """Of duties, all in one cell, and of kinds of organisation; some titles have a comma of their own."""
    cell = ", ".join(say(f"duty.{code}", {}, language).capitalize() for code in DUTIES)

    assert [code for _, code in duties(cell)] == list(DUTIES)
    assert [parse_kind(say(f"kind.{code}", {}, language)) for code in KINDS] == list(KINDS)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_blank_table_offers_the_duties_and_shows_how_it_is_filled_in(language: str) -> None:
    """Every word it offers, and its example, are taken when they stand in the table. Names in two languages,
    which papers in both need, are asked for from the first person on.
    """
    people, words, example = people_sheets(Office(), language)
    content = tables_workbook([people, words, example])
    book = openpyxl.load_workbook(io.BytesIO(content))
    rules = {
        str(validation.sqref): validation.formula1
        for validation in book.worksheets[0].data_validations.dataValidation
    }
    duty_titles = [row[0] for row in words.rows]

    assert rules["F2:F5001"] == f"'{words.name}'!$A$2:$A${len(duty_titles) + 1}"
    assert rules["H2:H5001"] == '"kk,ru,en"'
    assert [code for word in duty_titles for _, code in duties(str(word))] == [
        duty for duty in DUTIES if duty not in ("person_concerned", "direct_head", "outside")
    ]
    read = read_people(_csv(example), "people.csv")
    assert [person.duties[0] for person in read.people] == ["head", "authorised_person", "authorised_person"]
    assert [unit.kind for unit in read.units] == ["central_body", ""]
    assert [(unit.name_kk, unit.name_ru) for unit in read.units] == [
        ("Құрылыс министрлігі", "Министерство строительства"),
        ("Тәуекелдерді талдау бөлімі", "Отдел анализа рисков"),
    ]
    assert (read.people[1].post_kk, read.people[1].post_ru) == ("Бөлім басшысы", "Начальник отдела")
    assert people.heads == example.heads
    with pytest.raises(UnreadablePaper, match="paper_no_rows"):
        read_people(content, "people.xlsx")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_names_in_two_languages_are_written_and_read_back(language: str) -> None:
    """In columns of their own, beside the name and the post; two rows of a unit may not differ."""
    unit = Unit(id="Аппарат", name="Аппарат", name_kk="Аппарат басқармасы", name_ru="Управление аппарата")
    person = Person(
        key="k@x.kz",
        name="Ә. Әлиев",
        unit="Аппарат",
        email="k@x.kz",
        post="Маман",
        post_ru="Специалист",
        name_kk="Әлиев Ә. Серікұлы",
        name_ru="Алиев А. Серикович",
    )
    table = people_table(Office(units={unit.id: unit}, people={person.key: person}), language)

    assert read_people(_csv(table), "people.csv") == ReadPeople((unit,), (person,))
    other = [
        *table.rows,
        [cell.replace("Әлиев", "Бек").replace("Управление", "Отдел") for cell in table.rows[0]],
    ]
    other[1][6] = "b@x.kz"
    with pytest.raises(UnreadablePaper) as caught:
        read_people(_csv(Table(table.heads, other)), "people.csv")
    assert [(error.row, error.code) for error in caught.value.errors] == [(3, "paper_unit_name_differs")]


def test_a_name_in_two_languages_stays_until_the_name_is_another() -> None:
    """A table that does not say it takes none away; who is called otherwise now is not written as before."""
    person = Person(key="k@x.kz", name="Алиева А.", unit="а", email="k@x.kz", name_kk="Әлиева Ә.")
    office = Office(units={"а": Unit(id="а", name="а")}, people={person.key: person})

    def merged(name: str) -> Person:
        read = ReadPeople((), (Person(key=person.key, name=name, unit="а", email="k@x.kz"),))
        return merge_people(read, office).people[0]

    assert merged("Алиева А.").name_kk == "Әлиева Ә."
    assert merged("Оспанова А.").name_kk == ""


def _csv(table: Table) -> bytes:
    lines = (";".join(f'"{cell}"' for cell in row) for row in (table.heads, *table.rows))
    return "\n".join(lines).encode()
