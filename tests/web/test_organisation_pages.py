"""Pages across organisations and registers of a case, on a real database."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from tests.web.real import RealOffice, real_office

CASE = "2026-0001"


def sheet(browser: Any, address: str) -> list[tuple[object, ...]]:
    """The rows of the first sheet of a workbook."""
    return [*openpyxl.load_workbook(io.BytesIO(browser.get(address).content)).worksheets[0].values]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with real_office(tmp_path_factory.mktemp("together")) as office:
        yield office


@pytest.fixture(scope="module")
def officer(office: RealOffice) -> Iterator[Any]:
    with office.client() as browser:
        yield browser


def test_what_is_announced_and_proved_waits_to_be_uploaded(officer: Any) -> None:
    """Three links of the announcement; through the holder of the platform account."""
    text = officer.get("/reports/uploads?lang=ru").text

    assert f'href="/cases/{CASE}#start_announced"' in text
    assert "документов: 3" in text
    assert "Ахметова Айгерім Нұрланқызы" in text


def test_one_obligation_is_gathered_from_all_organisations(officer: Any) -> None:
    """The page names the organisation, the case and its day; the workbook has the same line."""
    query = "procedure=internal-analysis&obligation=start_announced&year=2026"
    text = officer.get(f"/reports/consolidated?{query}&lang=ru").text
    sheet = openpyxl.load_workbook(
        io.BytesIO(officer.get(f"/reports/consolidated?format=xlsx&{query}&lang=ru").content)
    ).active

    assert "30.03.2026" in text
    assert re.search(rf'<a href="/cases/{CASE}#start_announced">(?!{CASE})[^<]+</a>', text)
    assert "Ещё не отчитались" not in text
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [CASE]


def test_who_has_no_case_has_not_reported(officer: Any) -> None:
    """An obligation of a procedure nobody opened."""
    query = "procedure=internal-analysis&obligation=start_announced&year=2025"
    assert "Ещё не отчитались" in officer.get(f"/reports/consolidated?{query}&lang=ru").text


def test_the_yearly_clock_shows_when_the_next_analysis_starts(officer: Any) -> None:
    """The plan of the example schedule, with the sentence that the count is practice and not law."""
    text = officer.get("/reports/yearly?lang=ru").text

    assert f'<a href="/cases/{CASE}">13.04.2026</a>' in text
    assert "а не требование закона" in text


def test_what_is_refused_is_said_though_its_form_is_not_on_the_page(officer: Any) -> None:
    """A position nobody knows, or that was taken off meanwhile, has no form the sentence could stand in."""
    answer = officer.post(
        f"/cases/{CASE}/positions/talk?lang=ru", data={"number": "77", "on": "2026-04-03", "topic": "Тема"}
    )
    (message,) = re.findall(
        r'<div id="talk-77-problem" class="problem-line" role="alert">([^<]+)</div>', answer.text
    )

    assert answer.status_code == 422
    assert "77" in message


CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n"


def _cartogram(officer: Any, rows: str, **fields: str) -> Any:
    return officer.post(
        f"/cases/{CASE}/cartogram?lang=ru",
        data={"on": "2026-04-03", **fields},
        files={"table": ("картограмма.csv", (CARTOGRAM + rows).encode(), "text/csv")},
    )


def test_a_published_cartogram_is_held_against_the_results(officer: Any) -> None:
    """Before it is recorded there is nothing to compare; recorded, each difference is named by its place."""
    officer.post(
        f"/cases/{CASE}/positions",
        data={"title": "Кадровик", "department": "Кадры", "district": "Алматинский район"},
    )
    before = officer.get("/reports/cartogram?lang=ru").text
    recorded = _cartogram(officer, "1;Кадры;Алматинский район;кадровик\n2;Закупки;;Сговор при закупках\n")
    after = officer.get("/reports/cartogram?lang=ru").text

    assert "Опубликованная картограмма не записана" in before
    assert recorded.headers["location"] == f"/cases/{CASE}/risks?said=cartogram_recorded#cartogram"
    assert "опубликованная 3 апреля 2026" in after
    assert "нет в результатах анализа: Сговор при закупках" in after
    assert "нет в разделе" not in after
