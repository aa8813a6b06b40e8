"""The reading pages."""

from __future__ import annotations

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from tests.law import library
from tests.web.conftest import Site, account, rewrite
from workflow.cases.commands import recording


def test_the_explanation_stands_on_the_page_word_for_word(site: Site, browser: TestClient) -> None:
    """What the board says is defended with the act and the counted days, in Kazakh and in Russian."""
    kazakh = browser.get(f"/cases/{site.real}?lang=kk").text
    russian = browser.get(f"/cases/{site.real}?lang=ru").text

    assert "Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз." in kazakh
    assert "10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта." in russian
    assert "не позднее 30 марта 2026 года" in russian
    assert "по предположению" in russian, "the date of its edition is assumed, and says so"


def test_an_unknown_case_is_a_404_page_in_the_readers_language(browser: TestClient) -> None:
    """A wrong number leads to a page that says so and leads on."""
    answer = browser.get("/cases/2026-999", params={"lang": "ru"})

    assert answer.status_code == 404
    assert "нет" in answer.text
    assert 'href="/cases"' in answer.text


@pytest.mark.parametrize("year", [2010, 2026, 2038])
def test_every_year_of_the_records_has_its_calendar(year: int, browser: TestClient) -> None:
    """From the first to the last year on record, and those after it by rule; what is not confirmed is said."""
    answer = browser.get(f"/calendar/{year}?lang=ru")

    assert answer.status_code == 200
    assert f"Производственный календарь на {year} год" in answer.text
    assert (f"Приказа о переносе выходных дней в {year} году ещё нет" in answer.text) == (year > 2026)


@pytest.mark.parametrize("number", ["-1", "99999999999999999999"])
def test_a_page_number_that_is_none_is_refused_plainly(number: str, browser: TestClient) -> None:
    """A refused value is a sentence, not a stack of JSON."""
    answer = browser.get(f"/cases?page={number}&lang=ru")

    assert answer.status_code == 422
    assert "не распознан" in answer.text


def test_a_file_of_the_law_that_is_gone_is_said(site: Site, browser: TestClient) -> None:
    """A case whose edition is no longer at hand explains itself instead of breaking."""
    rewrite(site, site.real, edition="internal-analysis.1999-01-01")
    answer = browser.get(f"/cases/{site.real}?lang=ru")

    assert answer.status_code == 422
    assert "internal-analysis.1999-01-01" in answer.text


def test_a_case_of_every_procedure_can_be_shown(site: Site, browser: TestClient) -> None:
    """Ongoing duties, targets, rights and branches included."""
    account(site, "named", "officer", "a@org.kz")
    browser_of_named, wrong = site.client("named"), list[str]()
    for procedure in library().procedures():
        edition = library().latest(procedure)
        began = max(date(2026, 1, 1), edition.in_force)
        case = site.open(procedure=procedure, unit="law", planned={edition.begins_with: began})
        if edition.confidential:
            site.write(case, recording.name_reader, "a@org.kz")
        reader = browser_of_named if edition.confidential else browser
        if reader.get(f"/cases/{case}").status_code != 200:
            wrong.append(procedure)

    assert wrong == []


def test_procedures_are_offered_by_document_the_offices_own_first(site: Site) -> None:
    """Under the instruction of the base direction stand the analysis and the year of its projects; the list of
    analyses offers them alike."""
    with site.client() as browser:
        pages = [browser.get(f"{path}?lang=ru").text for path in ("/open/case", "/cases")]
    select = pages[0].partition('name="procedure"')[2].partition("</select>")[0]
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', select, re.DOTALL)

    assert groups[0][0] == "Инструкция по исполнению проектов ТБН №4"
    assert 'value="internal-analysis"' in groups[0][1]
    assert 'value="tbn4-year"' in groups[0][1]
    assert all("<optgroup" in page for page in pages)
