"""Measures and requests on board, list, case page and API, in every language."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi.testclient import TestClient

from calendars.terms import OnDate, PerPeriod, WithoutTerm
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.web.conftest import NOW, TODAY, Site
from workflow.cases.registers.measure_term import MeasureTerm

OVERDUE = MeasureTerm(written="01.04.2026", term=OnDate(date(2026, 4, 1)), reading="date")
QUARTERLY = MeasureTerm(
    written="ежеквартально", term=PerPeriod(1, "quarter"), reading="recurring", every="quarter"
)
STANDING = MeasureTerm(written="постоянно", term=WithoutTerm(), reading="standing")


@pytest.fixture
def case(site: Site) -> str:
    """The real case with three measures, one of them overdue, and a request."""
    lines = [
        FoundRisk(description="Жеткізуші ашық таңдалмайды", body="Қаржы министрлігі"),
        SetMeasure(risk=1, action="Сатып алу қағидасын бекіту", term=OVERDUE, responsible="Сатып алу бөлімі"),
        SetMeasure(risk=1, action="Тоқсан сайын тексеру жүргізу", term=QUARTERLY),
        SetMeasure(risk=1, action="Сайтта жариялап отыру", term=STANDING),
    ]
    risks = RiskCommands(site.case_commands)
    risks.take_in(site.real, lines, on=TODAY, by="o", now=NOW, today=TODAY)
    risks.ask(
        site.real,
        1,
        body="",
        asked="Қағиданы өзгерту туралы",
        term=OVERDUE,
        on=TODAY,
        by="o",
        now=NOW,
        today=TODAY,
    )
    return site.real


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_case_shows_its_measures_and_what_they_lack(site: Site, case: str, language: str) -> None:
    """Each by its words, with the plan's own term; nobody is asked to record them as facts."""
    page = site.client().get(f"/cases/{case}", headers={"Accept-Language": language})

    assert page.status_code == 200
    assert "Сатып алу қағидасын бекіту" in page.text
    assert "01.04.2026" in page.text
    assert "fact=measure.1" not in page.text
    recorded, _, withdrawn = page.text.partition('id="withdraw-title"')
    assert '<option value="measure.1"' not in recorded
    assert '<option value="measure.1"' in withdrawn


def test_a_request_says_whom_it_went_to_and_by_when_an_answer_is_due(site: Site, case: str) -> None:
    """The body of the risk where the request names none, the day its words come to, and the words."""
    page = site.client().get(f"/cases/{case}/risks?lang=ru").text
    passage = page.partition("Қағиданы өзгерту туралы")[2].partition("</dd>")[0]

    assert "Қаржы министрлігі, 06.04.2026" in passage
    assert "1 апреля 2026 года" in passage
    assert "«01.04.2026»" in passage
    assert page.count("Қаржы министрлігі") == 1


def test_the_board_and_the_list_name_a_measure(site: Site, case: str) -> None:
    """An overdue measure stands on the board by its words, the responsible text beside it."""
    board = site.client().get("/")

    assert board.status_code == 200
    assert "Сатып алу қағидасын бекіту" in board.text
    assert site.client().get("/cases").status_code == 200
    assert site.client().get(f"/cases/{case}?fact=measure.1").status_code == 200


def test_the_api_gives_measures_as_obligations(site: Site, case: str) -> None:
    """By their ids, with due dates."""
    obligations = site.client().get(f"/api/v1/cases/{case}").json()["obligations"]
    dues = {obligation["id"]: obligation["due"] for obligation in obligations}

    assert (dues["measure.1"], dues["measure.3"], dues["request.1"]) == ("2026-04-01", None, "2026-04-01")


def test_what_was_written_in_a_register_is_said_on_the_page_it_comes_back_to(
    site: Site, browser: TestClient
) -> None:
    """A position entered, changed, talked with and taken out; a remark recorded and answered."""
    day = TODAY.isoformat()
    register_writes = (
        ("positions", {"title": "Басшы", "holder": "А. Б."}, "The position has been added to the list."),
        ("positions", {"number": "1", "title": "Орынбасар"}, "The position has been updated"),
        ("positions/talk", {"number": "1", "on": day, "holder": "А. Б."}, "The preventive talk is recorded."),
        ("positions/clear", {"number": "1", "on": day}, "The position has been taken off the list."),
        ("remarks", {"text": "Тәртіп ашылмаған", "source": "discussion", "on": day}, "The remark is recorded."),
        ("remarks/answer", {"number": "1", "taken": "yes", "on": day}, "The answer to the remark is recorded."),
    )
    address, headers = f"/cases/{site.real}", {"Accept-Language": "en"}
    answers = (
        browser.post(f"{address}/{path}", data=data, headers=headers, follow_redirects=True)
        for path, data, _ in register_writes
    )
    pages = [answer.text for answer in answers]

    unsaid = [
        message for page, (*_, message) in zip(pages, register_writes, strict=True) if message not in page
    ]
    assert unsaid == []


PLAN = """№;Рекомендация;Мероприятие;Форма завершения;Ответственные;Срок исполнения
1;Порядок;Первая мера;приказ;юрист;до 30 aпреля
2;Порядок;Вторая мера;приказ;юрист;ежегодно до 15 декабря
3;Порядок;Третья мера;приказ;юрист;26.05.2026 + 10 рабочих дней
4;Порядок;Четвёртая мера;приказ;юрист;с I квартала 2026 по III квартал 2026
5;Порядок;Пятая мера;приказ;юрист;до 30.06.2026, до 31.12.2026
"""


def test_an_uploaded_plan_shows_each_term_beside_the_day_it_became(site: Site) -> None:
    """26 May + 10 working days is 10 June 2026 (27 May is Kurban Ait); two days in one cell are none."""
    client = site.client()
    sent = client.post(
        f"/cases/{site.real}/risks/plan",
        data={"year": "2026"},
        files={"file": ("план.csv", PLAN.encode())},
    )
    assert sent.status_code == 303
    text = " ".join(client.get(f"/cases/{site.real}/risks?lang=ru").text.split())
    days = {
        "Первая мера": "30 апреля 2026 года",
        "Третья мера": "10 июня 2026 года",
        "Четвёртая мера": "30 сентября 2026 года",
    }

    for action, day in days.items():
        assert day in text.partition(action)[2].partition("</tr>")[0]
    assert "«до 30 aпреля»" in text
    fifth = text.partition("Пятая мера")[2].partition("</tr>")[0]
    assert "«до 30.06.2026, до 31.12.2026»" in fifth
    assert "2026 года" not in fifth
