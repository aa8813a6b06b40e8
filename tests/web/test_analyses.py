"""Analyses: their list and search, the portfolio of a year, the passport of one."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from html import unescape

import docx
import pytest
from starlette.testclient import TestClient

from tests.web.conftest import TODAY, build
from tests.web.offices import Site, example_office
from tests.web.serving import first_sheet, sheets
from workflow.cases.commands import recording, statuses


def open_cases(site: Site, count: int, *, unit: str = "hr", object: str = "Басқарма") -> None:
    """That many cases more, their analyses a week apart."""
    for n in range(count):
        begins = date(2026, 5, 4) + timedelta(weeks=n % 20)
        site.open(unit=unit, object=f"{object} {n}", planned={"analysis_started": begins})


@pytest.fixture
def empty() -> Site:
    """An office without cases."""
    return build()


@pytest.fixture
def officer(empty: Site) -> Iterator[TestClient]:
    with empty.client() as client:
        yield client


def test_filters_narrow_together(empty: Site, officer: TestClient) -> None:
    """Unit with those below it, procedure, stage, status, delay."""
    open_cases(empty, 2, unit="hr", object="Алғашқы")
    open_cases(empty, 1, unit="law", object="Екінші")
    first = empty.open(unit="law", object="Кешіккен", planned={"analysis_started": TODAY})
    empty.write(first, statuses.cancel, ground="ұйым таратылды")

    def count(**filters: str) -> int:
        text = officer.get("/cases", params={"lang": "en", **filters}).text
        return text.count('class="cell-title"')

    assert count() == 4
    assert count(unit="head") == 4
    assert count(unit="law") == 2
    assert count(status="cancelled") == 1
    assert count(procedure="internal-analysis", status="active") == 3
    assert count(procedure="conflict-of-interest") == 0
    assert count(late="1") == 0
    assert count(procedure="internal-analysis", stage="no-such-stage") == 0
    assert count(status="no-such-status") == 4


def test_what_is_due_first_stands_first_where_asked(site: Site, browser: TestClient) -> None:
    """Of three analyses the one that starts on 13 April has least to catch up with on 6 April."""

    def order(query: str) -> list[str]:
        return re.findall(r'<a href="/cases/(\d{4}-\d{4})">', browser.get(f"/cases?{query}").text)

    assert order("order=urgent")[-1] == site.real
    assert order("order=newest") == sorted(order(""), reverse=True)
    assert order("order=unit")[0] == site.real, "hr before law"
    cells = [str(cell) for row in first_sheet(browser.get("/cases.xlsx?order=urgent").content) for cell in row]
    ids = [cell for cell in cells if re.fullmatch(r"\d{4}-\d{4}", cell)]
    assert ids == order("order=urgent"), "the workbook is the list of the page"


def test_a_plan_date_that_passed_is_said_in_the_list(site: Site, browser: TestClient) -> None:
    """A start planned for Friday 3 April and not recorded on Monday."""
    site.write(site.real, recording.replan, {"analysis_started": date(2026, 4, 3)})

    assert "плановая дата прошла" in browser.get("/cases?lang=ru&unit=hr").text


ORDER_DUE = datetime.combine(date(2026, 4, 6), time())


@pytest.fixture
def real() -> Site:
    """The published schedule, its analysis's end planned for a later day since it was approved."""
    office = example_office()
    office.run("replan", "2026-0001", "analysis_ended", "--on", "2026-05-28")
    return office


def test_page_workbook_and_command_say_what_the_api_says(
    real: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Russian: the same drift, slack and step, the dates of all steps on a sheet of their own."""
    browser = real.client()
    page = browser.get("/portfolio?lang=ru").text
    assert re.search(r'<td class="col-points" data-label="Отклонение от графика">\+1', page)
    assert "Подписание приказа о внутреннем анализе" in page
    assert "06.04.2026 → 06.04.2026" in page
    assert "окончание анализа: по утверждённому графику – 26 мая 2026 года" in unescape(page).lower()
    lines, steps = (rows[1:] for rows in sheets(browser.get("/portfolio.xlsx").content).values())
    assert (lines[0][0], lines[0][4], lines[0][6], lines[0][9]) == ("2026-0001", 1, 0, ORDER_DUE)
    assert [isinstance(row[5], datetime) for row in steps].count(True) == 2, (
        "the approval and the announcement are done"
    )


def test_a_mark_without_a_script_is_a_link_to_the_form_of_the_plan(real: Site) -> None:
    """The form stands open at its step. Who may not record sees the dates, and nothing to move."""
    browser = real.client()
    page = browser.get("/portfolio").text
    assert 'href="/cases/2026-0001?plan=analysis_ended#plan"' in page
    form = browser.get("/cases/2026-0001?plan=analysis_ended").text
    assert re.search(r'id="plan".*?<details class="fold" open>.*?"analysis_ended" selected', form, re.DOTALL)
    assert '<details class="fold" open><summary><h2 id="plan-title"' not in browser.get("/cases/2026-0001").text
    auditor = real.client("auditor").get("/portfolio").text
    assert "2026-0001" in auditor
    assert "plan=" not in auditor
    assert "portfolio.js" not in auditor


RU, KK = "Акционерное общество и его дочерние и зависимые организации", "Қоғам"


def order(client: TestClient, case: str, language: str) -> str:
    """The words of the order, its tables among them."""
    document = docx.Document(io.BytesIO(client.get(f"/cases/{case}/forms/order/{language}").content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_passport_is_edited_by_the_fields_that_differ(site: Site, browser: TestClient) -> None:
    """The title, the order in both languages and the feed of events follow; what was shown and is the same is
    not written."""
    case = f"/cases/{site.real}"
    fields_shown = {
        "was.object_kk": "",
        "was.object_ru": "",
        "was.group": "",
        "was.unit": site.case(site.real).unit,
    }
    form_fields = {
        **fields_shown,
        "object_kk": KK,
        "object_ru": RU,
        "unit": site.case(site.real).unit,
        "group": "Ахметов А.; юрист; руководитель\r\nСәрсен Б.; маман",
        "more": "published",
        "more_who": "Б",
        "was.period_first": "",
        "was.period_last": "",
        "period_first": "2024-01-01",
    }
    refused = browser.post(f"{case}/passport", data={**form_fields, "period_last": "2023-12-31"})
    assert refused.status_code == 422
    assert site.case(site.real).object_ru == ""
    assert RU in refused.text

    edit_answer = browser.post(f"{case}/passport", data={**form_fields, "period_last": "2025-12-31"})

    assert edit_answer.status_code == 303
    event = site.events(site.real)[-1]
    assert event.payload.keys() == {"object_kk", "object_ru", "group", "responsible", "period"}
    assert site.case(site.real).responsible["published"] == "Б"
    assert f"<h1>{RU}</h1>" in browser.get(f"{case}?lang=ru").text
    assert KK in browser.get("/cases?lang=kk").text
    kazakh, russian = order(browser, site.real, "kk"), order(browser, site.real, "ru")
    assert f"талдау) жүргізілсін: {KK}." in kazakh
    assert f"объекта: {RU}." in russian
    assert "Ахметов А." in russian
    assert "1 января 2024" in russian
    answer = browser.get(f"/api/v1{case}").json()
    assert (answer["object_kk"], answer["object_ru"], answer["period"]) == (
        KK,
        RU,
        ["2024-01-01", "2025-12-31"],
    )


def test_the_history_names_people_and_units_that_were_changed(site: Site, browser: TestClient) -> None:
    """Never by their keys; words that name nobody of the office stay as they are."""
    person = next(iter(site.office.people.values()))
    old, new = site.office.units[site.case(site.real).unit], site.office.units["law"]
    address = f"/api/v1/cases/{site.real}/passport"
    browser.post(address, json={"responsible": {"published": person.key}})
    browser.post(address, json={"responsible": {"published": "Сарапшы"}, "unit": new.id})

    history = " ".join(html.unescape(browser.get(f"/cases/{site.real}/history?lang=ru").text).split())

    assert f"«{person.name_in('ru')}» → «Сарапшы»" in history
    assert f"«{old.name_in('ru')}» → «{new.name_in('ru')}»" in history
    assert person.key not in history
