"""Saved views: a named filter of a list, private or shared, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from merzim.services.cases.saved_views import MAX_VIEWS, clean_query
from merzim.storage.accounts.saved_views import SqlSavedViews
from tests.web.real import RealOffice, real_office
from workflow.org.access import Reader

V1 = "/api/v1/views"


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealOffice]:
    """The example office; its readers of one unit lie below the board."""
    with real_office(tmp_path) as office:
        yield office


def saved(browser: Any, **fields: Any) -> Any:
    answer = browser.post(V1, json={"list": "cases", "name": "Кешіккен", "query": "late=1", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def names(browser: Any, list: str = "cases") -> list[str]:
    return [view["name"] for view in browser.get(V1, params={"list": list}).json()["views"]]


def test_what_a_list_is_narrowed_to_is_saved_from_its_page(real: RealOffice) -> None:
    """The page offers to save only what narrows it; the view is a link above the list."""
    browser = real.client("responsible")
    assert 'action="/views"' not in browser.get("/cases").text
    page = browser.get("/cases?late=1").text
    query = re.search(r'name="query" value="([^"]*)"', page)
    assert query is not None
    answer = browser.post("/views", data={"list": "cases", "query": query[1], "name": " Кешіккен \n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?late=1")
    page = browser.get("/cases?late=1&lang=ru").text
    assert re.search(r'<a class="chip is-here" href="/cases\?late=1" aria-current="true">Кешіккен</a>', page)
    assert 'action="/views/change"' in page
    assert names(real.client("head_of_unit")) == [], "it is not shared"


def test_a_shared_view_shows_to_each_reader_only_what_they_may_see(real: RealOffice) -> None:
    """The officer shares one with the office: the auditor opens it and sees the case, a reader of a unit
    without cases opens the same address and sees none. Its name stands above both lists, with whose it is."""
    number = saved(real.client(), name="Правление", query="unit=Правление", shared=True)["number"]
    stranger = Reader(login="press", access="responsible", unit="Пресс-служба", person="")
    real.app.accounts.save(stranger, disabled=False, by="t", now=real.moment[0].now, today=real.moment[0].today)
    for login, sees in (("auditor", True), ("press", False)):
        browser = real.client(login)
        assert names(browser) == ["Правление"]
        page = browser.get("/cases?unit=Правление").text
        assert ("/cases/2026-0001" in page, "officer" in page) == (sees, True)
        assert "/views/change" not in page
        assert browser.post(f"{V1}/{number}/changes", json={"name": "x"}).status_code == 404
        assert browser.post(f"{V1}/{number}/removal").status_code == 404


def test_a_view_of_a_unit_is_shared_with_that_unit_and_those_below_it_alone(real: RealOffice) -> None:
    """The head of a department shares: its people see it. Another unit, and who sees all units, do not."""
    own_unit, when = "Департамент управления активами", real.moment[0]
    for reader in (
        Reader(login="boss", access="head_of_unit", unit=own_unit),
        Reader(login="clerk", access="responsible", unit=own_unit),
        Reader(login="press", access="responsible", unit="Пресс-служба"),
    ):
        real.app.accounts.save(reader, disabled=False, by="t", now=when.now, today=when.today)
    saved(real.client("boss"), shared=True)
    assert names(real.client("clerk")) == ["Кешіккен"]
    assert names(real.client("press")) == names(real.client("auditor")) == []


def test_sharing_is_for_officers_and_heads(real: RealOffice) -> None:
    """A responsible person and an auditor keep views to themselves, by the form and by the API."""
    for login in ("responsible", "auditor"):
        browser = real.client(login)
        assert browser.post(V1, json={"list": "cases", "name": "x", "shared": True}).status_code == 403
        saved_view = saved(browser)
        assert browser.post(f"{V1}/{saved_view['number']}/changes", json={"shared": True}).status_code == 403
        assert browser.get(V1, params={"list": "cases"}).json()["may_share"] is False
        assert 'name="shared"' not in browser.get("/cases?late=1&search=x").text
    assert 'name="shared"' in real.client("first_head").get("/cases?late=1").text


def test_a_view_is_renamed_shared_and_deleted_by_its_owner(real: RealOffice) -> None:
    """What is not said stays. A name of one's own is replaced, not doubled; an officer may take away a shared
    one."""
    browser = real.client("head_of_unit")
    number = saved(browser)["number"]
    assert saved(browser, query="stage=order&page=3&lang=kk")["number"] == number
    changed_view = browser.post(f"{V1}/{number}/changes", json={"name": "Бұйрық"}).json()
    assert (changed_view["name"], changed_view["query"], changed_view["shared"], changed_view["mine"]) == (
        *("Бұйрық", "stage=order"),
        *(False, True),
    )
    assert real.client().post(f"{V1}/{number}/removal").status_code == 404, "it is nobody else's"
    form = {"number": str(number), "name": "Бұйрық", "shared": "1"}
    assert browser.post("/views/change", data=form).headers["location"] == "/cases?stage=order"
    assert names(real.client("responsible")) == ["Бұйрық"]
    assert real.client().post(f"{V1}/{number}/removal").json() == {"number": number}
    view_number = saved(browser)["number"]
    answer = browser.post("/views/delete", data={"number": str(view_number), "list": "cases"})
    assert (answer.status_code, answer.headers["location"], names(browser)) == (303, "/cases", [])


def test_each_list_has_views_of_its_own(real: RealOffice) -> None:
    """Deadlines, the two pages of a year, and a register; no other address is a list."""
    browser = real.client()
    for list, query in (
        ("deadlines", "urgency=overdue"),
        ("portfolio", "year=2026&stage=order"),
        ("portfolio/stages", "year=2025"),
        ("registers/gifts", "sort=-id"),
    ):
        saved(browser, list=list, query=query, name=list)
        assert names(browser, list) == [list]
        page = browser.get(f"/{list}?{query}").text
        assert f'href="/{list}?{query.replace("&", "&amp;")}" aria-current="true"' in page, list
    assert names(browser) == []
    for bad in ("administration", "registers/../x", "//evil.example", "cases\n"):
        assert browser.post(V1, json={"list": bad, "name": "x"}).status_code == 422, bad


def test_a_hundred_views_are_enough(real: RealOffice) -> None:
    """The hundred and first is refused with a sentence; another account has a hundred of its own."""
    browser = real.client()
    stored = SqlSavedViews(real.app.engine)
    for n in range(MAX_VIEWS):
        stored.save(list="cases", login="officer", name=str(n), query="", shared=False, unit="")
    refused = browser.post("/views", data={"list": "cases", "name": "x", "query": "late=1"})
    assert refused.status_code == 422
    saved(real.client("auditor"))


def test_what_is_no_part_of_a_view_is_left_out_of_it() -> None:
    """Page, language, theme and what was just done; empty fields too. What is repeated stays repeated."""
    assert (
        clean_query("?late=1&page=2&lang=ru&theme=dark&replanned=2026-0001&unit=&f=a&f=b") == "late=1&f=a&f=b"
    )
