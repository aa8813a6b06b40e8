"""Measures and requests on the case page and in the API."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi.testclient import TestClient

from calendars.terms import OnDate, PerPeriod, WithoutTerm
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.web.conftest import NOW, TODAY, Site
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.org.audit import Stamp

AT = Stamp(by="o", now=NOW, today=TODAY)

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
    risks.take_in(site.real, lines, on=TODAY, at=AT)
    risks.ask(
        site.real,
        1,
        body="",
        asked="Қағиданы өзгерту туралы",
        term=OVERDUE,
        on=TODAY,
        at=AT,
    )
    return site.real


def test_the_case_shows_its_measures_and_what_they_lack(site: Site, case: str) -> None:
    """Each by its words, with the plan's own term; nobody is asked to record them as facts."""
    page = site.client().get(f"/cases/{case}")

    assert page.status_code == 200
    assert "Сатып алу қағидасын бекіту" in page.text
    assert "01.04.2026" in page.text
    assert "fact=measure.1" not in page.text
    recorded, _, withdrawn = page.text.partition('id="withdraw-title"')
    assert '<option value="measure.1"' not in recorded
    assert '<option value="measure.1"' in withdrawn


def test_what_was_written_in_a_register_is_said_on_the_page_it_comes_back_to(
    site: Site, browser: TestClient
) -> None:
    """A position entered, changed, talked with and taken out; a remark recorded and answered."""
    day = TODAY.isoformat()
    register_writes = (
        ("positions", {"title": "Басшы", "holder": "А. Б."}, "Position exposed."),
        ("positions", {"number": "1", "title": "Орынбасар"}, "Register entry changed."),
        ("positions/talk", {"number": "1", "on": day, "holder": "А. Б."}, "Talk held."),
        ("positions/clear", {"number": "1", "on": day}, "Position cleared."),
        ("remarks", {"text": "Тәртіп ашылмаған", "source": "discussion", "on": day}, "Remark made."),
        ("remarks/answer", {"number": "1", "taken": "yes", "on": day}, "Remark answered."),
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
