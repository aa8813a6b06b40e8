"""Search over everything a reader may see."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from merzim.services.law.regulations import case_registers
from tests.case_rows import case_rows
from tests.web.conftest import TODAY, Site
from workflow.cases.case import Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_rows import NewRow
from workflow.cases.commands.withdrawals import withdraw
from workflow.search_words import NameIndex, normalise, search_words


def test_a_word_is_cut_of_its_ending_and_of_its_kazakh_letters() -> None:
    """Five letters lose one, six two, nine three; numbers, short and Latin words stay."""
    assert search_words("Приказа дочерним план 2026-0001 report") == (
        "прика",
        "дочерн",
        "план",
        "2026-0001",
        "report",
    )
    assert normalise("Қоғамда") == normalise("коғамда") == "когамда"


@pytest.mark.parametrize("typed", ["дочерним", "ДОЧЕРНИЕ", "жарнамасы", "Жарнама", "коғамдагы"])
def test_a_case_is_found_in_any_form_of_its_words(typed: str, site: Site, browser: TestClient) -> None:
    """Whatever the ending, the letter case or the keyboard it was typed on."""
    case = site.open(object="Дочерние организации, қоғамдағы жарнама")
    page = browser.get("/search", params={"q": typed, "lang": "ru"}).text

    assert f'href="/cases/{case}"' in page.partition('id="found-case"')[2]
    assert case in browser.get("/cases", params={"search": typed}).text


def test_such_signs_are_found_where_they_stand(site: Site, browser: TestClient) -> None:
    for object in ("Сатып алу [2026]", "Приказ*", "Что это?", "А^Б-В", "Сколько %_"):
        case = site.open(object=object)
        for typed_word in {object, object[-2:].strip()}:
            assert case in browser.get("/cases", params={"search": typed_word}).text, typed_word


def test_names_are_alike_but_for_one_letter_of_a_word_and_only_what_is_seen_counts() -> None:
    """A letter left out, one too many, two changed places; another word, or a name out of sight, is not."""
    names = NameIndex([("a", ["Нұрғалиев Асхат"], ""), ("b", ["Нургалеева Дина"], ""), ("c", ["Ким"], "")])

    def alike(text: str, *hidden: str) -> list[str]:
        return names.alike(text, limit=10, is_visible=lambda key: key not in hidden)

    assert set(alike("нургалев")) == {"a", "b"}
    assert alike("нругалиев", "b") == ["a"]
    assert alike("нургалиев", "a", "b") == []
    assert (alike("асхат нургаилев"), alike("дина нургаилев"), alike("мир")) == (["a"], ["b"], [])
    assert alike("петров") == alike("") == alike("я") == []
    assert names.having("асхат нургалиев") == ["a"]


def test_a_person_is_found_by_a_surname_and_by_one_that_is_nearly_theirs(browser: TestClient) -> None:
    """Әлиева declined and without her own letter; with a letter too many it says that names are only alike."""
    exact = browser.get("/search", params={"q": "Алиевой", "lang": "en"}).text
    near = browser.get("/search", params={"q": "Ивоанов", "lang": "en"}).text

    assert "/deadlines?person=" in exact
    assert "no exact match" not in exact
    assert "/deadlines?person=" in near
    assert "no exact match" in near


def test_nobody_finds_a_confidential_case_they_need_not_know_of(site: Site, browser: TestClient) -> None:
    """Neither by its words, nor by its number, nor as one of so many."""
    case = site.open(object="Тосынсыйлық", procedure="conflict-of-interest")
    answers = [browser.get("/search", params={"q": text, "lang": "en"}).text for text in ("Тосынсыйлық", case)]
    program = browser.get("/api/v1/search", params={"text": "Тосынсыйлық"}).json()

    assert all(f'href="/cases/{case}"' not in answer for answer in answers)
    assert "Nothing found" in answers[0]
    assert program["groups"] == []


def test_a_reader_of_one_unit_finds_its_people_alone(site: Site) -> None:
    """The head of a unit searches the unit and what lies below it."""
    with site.client("head_of_unit") as head_client, site.client() as officer:
        head_answer = head_client.get("/api/v1/search", params={"text": "org.kz"}).json()
        officer_answer = officer.get("/api/v1/search", params={"text": "org.kz"}).json()
    people = [
        {hit["id"] for group in answer["groups"] if group["kind"] == "person" for hit in group["hits"]}
        for answer in (head_answer, officer_answer)
    ]

    assert people[0] < people[1]


def test_a_file_an_obligation_and_an_act_are_found_by_their_names(site: Site, browser: TestClient) -> None:
    """The file opens where it lies; an obligation names its procedure and leads to the cases of it, or, where
    nobody has opened any, to the form of one case."""
    order = Evidence(kind="document:order", reference="a" * 64, name="Бұйрық №15.pdf")
    site.write(site.real, recording.record, "order_signed", on=TODAY, evidence=[order])
    pages = {
        text: browser.get("/search", params={"q": text, "lang": "ru"}).text
        for text in (
            *("буйрыктар", "объявлению о начале анализа", "инструкция по исполнению проектов"),
            "передача подарка",
        )
    }
    file, obligation, act, unopened = pages.values()

    assert f'href="/cases/{site.real}/evidence/{"a" * 64}"' in file.partition('id="found-file"')[2]
    announced = obligation.partition('id="found-obligation"')[2]
    assert ("Объявление о начале анализа" in announced, "Внутренний анализ" in announced) == (True, True)
    assert 'href="/cases?procedure=internal-analysis"' in announced
    assert "Основание: " in announced
    assert "Что требуется: объявление о начале анализа" in announced.replace("\xa0", " ")
    assert "Инструкция по исполнению проектов" in act.partition('id="found-act"')[2]
    for kind in ("procedure", "obligation"):
        assert 'href="/open/case?procedure=gift-handover"' in unopened.partition(f'id="found-{kind}"')[2]
    assert "/cases?procedure=gift-handover" not in unopened
    assert browser.get("/open/case?procedure=gift-handover").status_code == 200


ROWS = (
    ("risks", {"description": "Сговор", "cause": "Үнемсіз", "direction": "procurement"}),
    ("measures", {"risk": 1, "action": "Ротация", "responsible": "Үнемделген", "recommendation": "Сменять"}),
    ("positions", {"title": "Кассир", "why": "Қосымша", "on": TODAY}),
    ("remarks", {"text": "Медленно", "author": "Ұялы", "source": "public_council", "on": TODAY}),
)


def entered(site: Site, *, procedure: str = "internal-analysis", unit: str = "hr") -> str:
    """A case with a row of each register."""
    case = site.open(procedure=procedure, unit=unit, object="Закупки")
    add = case_rows(registers=case_registers()).add
    for register, values in ROWS:
        site.write(case, add, NewRow(register=register, values=values), on=TODAY)
    return case


def test_rows_are_found_by_the_words_of_every_field(site: Site, browser: TestClient) -> None:
    """Also by what an answer is called in any language; corrected and withdrawn, by what stands alone."""
    case = entered(site)

    def links(words: str) -> list[str]:
        page = browser.get("/search", params={"q": words, "lang": "ru"}).text
        return [
            row for row in ("risk", "measure", "position", "remark") if f"/cases/{case}/risks#{row}-1" in page
        ]

    assert [links(words) for words in ("сговора", "үнемсіз")] == [["risk"]] * 2
    assert [links(words) for words in ("общественному совету", "КОГАМДЫК КЕНЕС")] == [["remark"]] * 2
    assert [links(words) for words in ("үнемделген", "қосымша", "уялы")] == [
        ["measure"],
        ["position"],
        ["remark"],
    ]
    assert links("сговор ротация") == []
    answer = browser.get(
        "/api/v1/search", params={"text": "үнемделген"}, headers={"accept-language": "ru"}
    ).json()
    (hit,) = [hit for group in answer["groups"] for hit in group["hits"] if hit["kind"] == "case_row"]
    assert (hit["id"], hit["within"], hit["title"]["ru"]) == ("measure.1", case, "Ротация")

    edit = case_rows(registers=case_registers()).edit
    site.write(case, edit, "measure.1", {"responsible": "Басқа"})
    site.write(case, withdraw, "remark.1", ground="x")
    assert [links(words) for words in ("үнемделген", "басқа", "уялы")] == [[], ["measure"], []]


def test_nobody_finds_rows_of_a_case_they_do_not_see(site: Site, browser: TestClient) -> None:
    """Neither of a confidential case nor of another unit's."""
    entered(site, procedure="conflict-of-interest")
    entered(site, unit="law")

    def rows_found(reader: TestClient) -> list[int]:
        groups = reader.get("/api/v1/search", params={"text": "үнемделген"}).json()["groups"]
        return [group["total"] for group in groups if group["kind"] == "case_row"]

    with site.client("responsible") as other:
        assert rows_found(other) == []
    assert rows_found(browser) == [1]
