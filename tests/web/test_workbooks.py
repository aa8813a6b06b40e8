"""Lists as workbooks: columns and rows of the page, with the page's access."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from merzim.services import results
from merzim.web.pages.reports import page as report_pages
from tests.web.conftest import Site, account, office_with_cases
from tests.web.serving import first_sheet, sheets
from tests.web.test_names_of_others import letter

LISTS = {
    "/deadlines.xlsx?urgency=overdue": (
        "/deadlines?urgency=overdue",
        "Просроченные обязанности 06.04.2026.xlsx",
    ),
    "/cases.xlsx": ("/cases", "Анализы 06.04.2026.xlsx"),
    "/reports/monitoring?format=xlsx": ("/reports/monitoring", ""),
    "/register/xlsx": ("/register", "Реестр уведомлений 06.04.2026.xlsx"),
    "/audit.xlsx": ("/audit", "Журнал действий 06.04.2026.xlsx"),
}


@pytest.fixture(scope="module")
def site() -> Site:
    site = office_with_cases()
    account(site, "officer", "officer", "a@org.kz")
    return site


def sheet(browser: TestClient, address: str) -> list[tuple[object, ...]]:
    """The rows of the first sheet."""
    return first_sheet(browser.get(address).content)


def test_each_list_offers_its_workbook_with_the_headings_of_the_page(site: Site) -> None:
    """Linked from the page, named in the reader's language, and every heading of the page stands in it."""
    wrong = []
    for address, (path, name) in LISTS.items():
        login = "administrator" if path.startswith("/administration") else "officer"
        browser = site.client(login)
        page = browser.get(path, params={"lang": "ru"}).text
        answer = browser.get(address)
        table = page.partition('<table class="table')[2].partition("</thead>")[0]
        heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', table)
        headings = sheet(browser, address)[0]
        file = unquote(answer.headers["content-disposition"].partition("''")[2])
        if f'href="{address.partition("?")[0]}' not in page:
            wrong.append(f"{path} does not link {address}")
        if path != "/register" and not set(heads) <= set(headings):
            wrong.append(f"{address}: {set(heads) - set(headings)}")
        wrong += [f"{address}: {head} twice" for head in {*headings} if headings.count(head) > 1]
        if name and file != name:
            wrong.append(f"{address}: called {file}")
    assert not wrong


def test_a_workbook_of_deadlines_holds_every_row_and_no_more_than_its_reader_sees(site: Site) -> None:
    """All open deadlines, not the first page only; a reader of one unit gets that unit's rows only."""
    everything = sheet(site.client(), "/deadlines.xlsx?lang=en")
    own_sheet = sheet(site.client("responsible"), "/deadlines.xlsx?lang=en")
    place = everything[0].index("Case")
    page = site.client().get("/deadlines?lang=en").text
    (total,) = re.findall(r"(\d+) obligations? in total", page)

    assert len(everything) - 1 == int(total)
    assert {row[place] for row in everything[1:]} >= {site.real, site.late}
    assert {row[place] for row in own_sheet[1:]} == {site.real}


def test_the_tables_of_a_case_are_one_workbook(site: Site) -> None:
    """Linked from its pages: what is due, its documents, its risks with measures."""
    browser, case = site.client(), f"/cases/{site.late}"
    assert f'href="{case}/xlsx"' in browser.get(case, params={"lang": "ru"}).text
    risk = {"field.description": "Сговор", "field.direction": "procurement", "field.on": "2026-04-06"}
    done = browser.post(f"{case}/rows/risks", data=risk)
    proof = {"fact": "order_signed", "on": "2026-04-06", "link.other": "https://org.kz/a"}
    assert (done.status_code, browser.post(case, data=proof).status_code) == (303, 303)

    rows = sheets(browser.get(f"{case}/xlsx").content)

    assert list(rows) == ["Сроки", "Подтверждающие документы", "Риски и рекомендации"]
    assert all(len(set(table[0])) == len(table[0]) for table in rows.values())
    deadlines, documents, risks = rows.values()
    assert deadlines[0][:2] == ("Этап", "Обязанность")
    (signed,) = (row for row in deadlines if str(row[1]).startswith("Подписание приказа"))
    assert (str(signed[4]).startswith("исполнено"), str(signed[5])[:10]) == (True, "2026-04-06")
    assert documents[1][0] == "https://org.kz/a"
    assert risks[1][:3] == (site.late, 1, "Сговор")


def test_a_list_too_long_for_a_workbook_is_refused_in_words(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many rows there are and how to have fewer: a file that ended early would leave out people."""
    monkeypatch.setattr(results, "MAX_EXPORTED", 1)
    monkeypatch.setattr(report_pages, "MAX_EXPORTED", 1)
    site.sent(*(letter(case, "a@org.kz") for case in (site.real, site.late)))
    for address, rows in (
        ("/deadlines.xlsx", "строк"),
        ("/cases.xlsx", "строк"),
        ("/register/xlsx", "уведомлений"),
    ):
        answer = site.client().get(address, params={"lang": "ru"})
        assert answer.status_code == 422
        assert f"не больше 1 {rows}" in answer.text
