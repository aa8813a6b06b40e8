"""The table of people: read, written, and the days off typed for a unit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import openpyxl
import pytest

from i18n import say
from merzim.documents.matching import match
from merzim.documents.people import (
    ReadPeople,
    duties,
    merge_people,
    parse,
    people_sheets,
    people_table,
    read_people,
)
from merzim.documents.sheets.dates import parse_days
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.documents.sheets.texts import is_email
from merzim.documents.sheets.unreadable import RowNote, UnreadablePaper
from tests.documents.sheets import REAL, day
from tests.law import analysis
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, Office, Person, Unit
from workflow.refusal import Refusal

EXAMPLE = REAL.with_name("people.csv")


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def refused(*lines: str) -> list[tuple[int, str]]:
    with pytest.raises(UnreadablePaper) as refusal:
        read_people(csv(*lines), "people.csv")
    return [(error.row, error.code) for error in refusal.value.errors]


def test_the_example_organisation_is_read() -> None:
    """Units with their parents first, people with duties, languages, deputies and leave."""
    read = read_people(EXAMPLE.read_bytes(), EXAMPLE.name)
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
    assert not is_email(text)


def test_each_text_of_an_absence_is_listed_beside_the_days_it_became() -> None:
    """Letters of who is away go to the deputy: what was read must be seen before it counts."""
    part = refused("unit;name;away", "Отдел;Ким В.;13.04-17.04.2026, отпуск", "Отдел;Ли А.;13-17.04.26")
    read = read_people(csv("unit;name;away", "Отдел;Ли А.;13-17.04.26", "Отдел;Ким В.;"), "p.csv")

    assert part == [(2, "paper_date_words")]
    days = {"text": "13-17.04.26", "first": day("2026-04-13"), "last": day("2026-04-17")}
    assert read.notes == (RowNote.of(2, "read_text_as_span", **days),)
    assert read.people[0].away == ((day("2026-04-13"), day("2026-04-17")),)
    plain = read_people(csv("unit;Тегі, аты;away", "Отдел;Ли А.;13.04.2026 – 17.04.2026"), "p.csv")
    assert (plain.notes, plain.people[0].away) == ((), read.people[0].away), "nothing is to be seen there"


def test_columns_that_are_not_read_are_named() -> None:
    """Also those that tables of earlier days had: accounts and office hours are no names, duties or leave."""
    other = (
        *("Роль в системе", "Имя пользователя", "Часы работы", "Собственные выходные дни", "Примечание"),
        *("Жүйедегі рөлі", "Пайдаланушы аты", "Өз демалыс күндері", "Log-in name", "Курирующий сотрудник"),
    )
    read = read_people(csv(";".join(("Подразделение", "ФИО", *other)), "Архив;Омар Дана;" + "x;" * 10), "p.csv")

    assert (read.people[0].name, read.people[0].duties, read.people[0].away) == ("Омар Дана", (), ())
    assert [note.arguments["column"] for note in read.notes] == [*other]


SERVICE, GROUP = "Антикоррупционная комплаенс-служба", "Рабочая группа по ВАКР"


def office(**matches: str) -> Office:
    read = read_people(REAL.with_name("people.csv").read_bytes(), "people.csv")
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


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_title_the_product_shows_is_read_back(language: str) -> None:
    """Of duties, all in one cell, and of kinds of organisation; some titles have a comma of their own, and are
    read without it too."""
    cell = ", ".join(say(f"duty.{code}", {}, language).capitalize() for code in DUTIES)

    assert [code for _, code in duties(cell)] == list(DUTIES)
    assert [parse("kind", say(f"kind.{code}", {}, language)) for code in KINDS] == list(KINDS)
    for word in ("Управление города республиканского значения", "Республикалық маңызы бар қала басқармасы"):
        assert parse("kind", word) == "city_department"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_blank_table_offers_the_duties_and_shows_how_it_is_filled_in(language: str) -> None:
    """Every word it offers, and its example, are taken when they stand in the table. Names in two languages,
    which papers in both need, are asked for from the first person on."""
    people, words, example = people_sheets(Office(), language)
    content = tables_workbook([people, words, example])
    book = openpyxl.load_workbook(io.BytesIO(content))
    rules = {
        str(validation.sqref): validation.formula1
        for validation in book.worksheets[0].data_validations.dataValidation
    }
    duty_titles = [row[0] for row in words.rows]

    assert rules["F2:F10001"] == f"lists!$F$1:$F${len(duty_titles)}"
    assert [cell.value for cell in book["lists"]["F"]] == duty_titles
    assert rules["H2:H10001"] == '"kk,ru,en"'
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


def test_a_unit_of_which_nothing_else_is_said_is_part_of_the_only_organisation() -> None:
    """A list of personnel names no parents: departments do not stand beside their organisation."""
    company = Unit(id="company", name="ТОО «Су»", kind="quasi_state")
    archive = Unit(id="Архив", name="Архив", parent="company")
    branch = Unit(id="Филиал", name="Филиал", kind="quasi_state")

    def parents(recorded: Sequence[Unit], *named: Unit) -> dict[str, str | None]:
        office = Office(units={unit.id: unit for unit in recorded})
        return {unit.id: unit.parent for unit in merge_people(ReadPeople(named, ()), office).units}

    purchases, unsaid = Unit(id="Закупки", name="Закупки"), Unit(id="Архив", name="Архив")
    assert parents([company], purchases) == {"Закупки": "company"}
    assert parents([company, archive], unsaid, branch) == {"Архив": "company", "Филиал": None}
    assert [*parents([], purchases, branch).items()] == [("Филиал", None), ("Закупки", "Филиал")]
    assert parents([company, branch], purchases) == {"Закупки": None}
    assert parents([], purchases) == {"Закупки": None}


def _csv(table: Table) -> bytes:
    lines = (";".join(f'"{cell}"' for cell in row) for row in (table.heads, *table.rows))
    return "\n".join(lines).encode()


@pytest.mark.parametrize("text", ["08.05.2026, 2026-05-04", "4.5.26; 8.5.26", "2026-05-08\n2026-05-04"])
def test_days(text: str) -> None:
    """ISO or with dots, in order of days."""
    assert parse_days(text) == (date(2026, 5, 4), date(2026, 5, 8))


@pytest.mark.parametrize("text", ["31.02.2026", "2040-01-01", "завтра"])
def test_what_is_no_day_is_refused(text: str) -> None:
    """By what was written."""
    with pytest.raises(Refusal, match=r"office_time\.no_day"):
        parse_days(text)
