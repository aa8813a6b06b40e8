"""The table of people, and the texts of schedules that name them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from merzim.documents.people.matching import match
from merzim.documents.people.read_people import ReadAbsence
from merzim.documents.people.table import read_people
from merzim.documents.sheets.texts import is_address
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import REAL, day
from tests.law import analysis
from workflow.org.office import DUTIES, Office, Person, Unit

EXAMPLE = REAL.with_name("people.csv")


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def refused(*lines: str) -> list[tuple[int, str]]:
    with pytest.raises(UnreadablePaper) as refusal:
        read_people(csv(*lines), "people.csv")
    return [(error.row, error.code) for error in refusal.value.errors]


def test_the_example_organisation_is_read() -> None:
    """Units with their parents first, people with duties, languages, deputies and leave."""
    read = read_people(EXAMPLE)
    people = {person.key: person for person in read.people}
    group = people["s.nurgalieva@example.kz"]
    away = people["t.zhumabekov@example.kz"]

    assert read.units[0] == Unit(id="Правление", name="Правление", kind="quasi_state", name_kk="Басқарма")
    assert ("Рабочая группа по ВАКР", "Антикоррупционная комплаенс-служба") in {
        (unit.id, unit.parent) for unit in read.units
    }
    assert group.duties == ("authorised_person", "head_of_unit")
    assert group.deputy == "p.litvinova@example.kz"
    assert (away.language, away.away) == ("ru", ((day("2026-05-04"), day("2026-05-06")),))
    assert people["Пресс-служба / Сейтқали Арман"].email is None
    duties_in_file = {duty for person in read.people for duty in person.duties}
    assert {obligation.duty for obligation in analysis().obligations} <= duties_in_file <= set(DUTIES)


@pytest.mark.parametrize(
    ("words", "duty"),
    [
        (("ответственный сотрудник", "Ответственный", "исполнитель", "ответственный исполнитель"), ""),
        (("жауапты қызметкер", "Орындаушы", "рабочая группа", "жұмыс тобы", "responsible"), ""),
        (("ответственный за сроки (комплаенс-офицер)", "ответственный за сроки"), "officer"),
        (("комплаенс-офицер", "officer"), "officer"),
    ],
)
def test_words_for_an_executor_give_no_access_and_the_officer_is_named_exactly(
    words: Sequence[str], duty: str
) -> None:
    """Every office says them of whoever carries out the work; access to everything is not meant."""
    for word in words:
        read = read_people(csv("unit;name;duties", f'Отдел;Ибраева Н.;"{word}, заместитель"'), "p.csv")
        assert {*read.people[0].duties} == {*filter(None, (duty, "deputy"))}, word


@pytest.mark.parametrize("word", ["офицер", "уполномоченный", "ответственный за всё"])
def test_a_word_that_only_resembles_one_giving_access_is_refused(word: str) -> None:
    assert refused("unit;name;duties", f"Отдел;Ибраева Н.;{word}") == [(2, "paper_duty_unknown")]


def test_every_bad_row_is_named() -> None:
    """E-mail, duty, language, leave, an empty unit, one person twice: each by its row, all at once."""
    assert refused(
        "unit;name;duties;e-mail;language;away",
        "Отдел;А;officer;a@example.kz;kk;",
        "Отдел;Б;;b@@example.kz;;",
        "Отдел;В;царь;;;",
        "Отдел;Г;;;клингонский;",
        "Отдел;Д;;;;31.02.26",
        ";Е;;;;",
        "Отдел;Ж;;A@example.kz;;",
        "Отдел;;царь;нет адреса;;",
    ) == [
        (3, "paper_email_malformed"),
        (4, "paper_duty_unknown"),
        (5, "paper_language_unknown"),
        (6, "paper_date_impossible"),
        (7, "paper_cell_empty"),
        (8, "paper_person_twice"),
        (9, "paper_cell_empty"),
        (9, "paper_email_malformed"),
        (9, "paper_duty_unknown"),
    ]


def test_an_unknown_deputy_is_refused() -> None:
    """A deputy must be a known other person."""
    assert refused("unit;name;deputy", "Отдел;А;Я", "Отдел;Б;Б") == [
        (2, "paper_deputy_unknown"),
        (3, "paper_deputy_unknown"),
    ]


def test_units_in_a_circle_are_refused() -> None:
    """So are two parents for one unit."""
    assert refused("unit;parent;name", "А;Б;x", "Б;А;y") == [(3, "paper_parent_circle")]
    assert refused("unit;parent;name", "А;Б;x", "А;В;y") == [(3, "paper_parent_differs")]


def test_a_table_without_names_is_refused() -> None:
    """By the name of the column; without any of our headings, by those that are needed."""
    with pytest.raises(UnreadablePaper, match="paper_columns_missing"):
        read_people(csv("unit;post", "a;b"), "p.csv")
    with pytest.raises(UnreadablePaper, match="paper_people_form_unknown"):
        read_people(csv("что;где", "a;b"), "p.csv")


@pytest.mark.parametrize(
    "text", ["a@b", "a b@c.kz", "a@b.kz, c@d.kz", "a@b.kz\nBcc: c@d.kz", ".a@b.kz", "a@-b.kz", "@b.kz"]
)
def test_what_is_no_address_of_one_letter_box(text: str) -> None:
    """Neither two addresses nor a hidden header pass."""
    assert not is_address(text)


def test_each_text_of_an_absence_is_listed_beside_the_days_it_became() -> None:
    """Letters of who is away go to the deputy: what was read must be seen before it counts."""
    part = refused("unit;name;away", "Отдел;Ким В.;13.04-17.04.2026, отпуск", "Отдел;Ли А.;13-17.04.26")
    read = read_people(csv("unit;name;away", "Отдел;Ли А.;13-17.04.26", "Отдел;Ким В.;"), "p.csv")

    assert part == [(2, "paper_date_words")]
    assert read.absences == (ReadAbsence(2, "13-17.04.26", day("2026-04-13"), day("2026-04-17")),)
    assert read.people[0].away == ((day("2026-04-13"), day("2026-04-17")),)


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
