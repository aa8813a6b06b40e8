"""The form of one case as a planner: dates in the address, all deadlines on the page, nothing stored."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from merzim.web.auth import attempts
from tests.web.conftest import Site

START = "/open/case?lang=ru&planned.analysis_started=2026-06-01"


def test_who_opens_no_cases_is_asked_one_field_and_the_other_dates_are_folded(site: Site) -> None:
    """When the analysis begins; what has happened is no question of a plan, unless the address says it."""
    browser = site.client("auditor")
    page = browser.get("/open/case").text
    asked = page.partition('<details class="further">')[0]
    told = browser.get("/open/case?fact.order_signed=2026-03-30").text

    assert re.findall(r'name="(planned\.[a-z_]+)"', asked) == ["planned.analysis_started"]
    assert "fact." not in page
    assert 'method="post" action="/open/case"' not in page
    assert browser.post("/open/case", data={"procedure": "internal-analysis"}).status_code == 403
    assert 'name="fact.order_signed" value="2026-03-30"' in told


def test_a_conflict_is_named_at_once(browser: TestClient) -> None:
    """An end within the notice of the discussion leaves no room for it."""
    page = browser.get(f"{START}&planned.analysis_ended=2026-06-03").text

    assert "Противоречий нет" not in page
    assert "на исполнение не остаётся времени" in page


def test_a_fact_ahead_is_counted_as_planned_and_said(browser: TestClient) -> None:
    page = browser.get("/open/case?lang=ru&fact.order_signed=2026-04-07").text

    assert "учтены как плановые: подписание приказа" in page


@pytest.mark.parametrize("typed", ["2026-02-30", "0000-00-00", "<script>alert(1)</script>"])
def test_what_is_no_date_is_given_back_as_typed(typed: str, browser: TestClient) -> None:
    """One sentence; the other dates hold."""
    answer = browser.get(
        "/open/case",
        params={"planned.analysis_started": typed, "planned.analysis_ended": "2026-07-10", "lang": "ru"},
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text
    assert "10 июля 2026 года" in answer.text or 'value="2026-07-10"' in answer.text
    if not typed.startswith("<"):
        assert f'name="planned.analysis_started" value="{typed}"' in answer.text


def test_the_address_can_be_sent_to_somebody(browser: TestClient) -> None:
    """Without the fields left empty, by either way of asking; the officer goes on to opening with it."""
    long = "/open/case?procedure=internal-analysis&unit=&planned.analysis_started=2026-06-01&fact.order_signed="
    short = "/open/case?procedure=internal-analysis&planned.analysis_started=2026-06-01"
    plain = browser.get(long)
    at_once = browser.get(long, headers={"hx-request": "true"})

    assert (plain.status_code, plain.headers["location"]) == (303, short)
    assert at_once.headers["hx-push-url"] == short
    assert short.partition("?")[2].replace("&", "&amp;") in browser.get(short).text


def test_every_procedure_can_be_planned(site: Site, browser: TestClient) -> None:
    """Each by the fact it begins with."""
    library = site.app.state.context().library
    for name in library.ids():
        begins = library.latest(name).begins_with
        answer = browser.get(f"/open/case?procedure={name}&planned.{begins}=2026-06-01")

        assert answer.status_code == 200, name
        assert 'id="chain-title"' in answer.text, name


def opened_to_everybody(site: Site) -> TestClient:
    """A stranger's browser, where config.toml opens the planner."""
    web = site.context.settings.web.model_copy(update={"public_planner": True})
    vars(site.context)["settings"] = site.context.settings.model_copy(update={"web": web})
    return site.stranger()


def test_a_stranger_plans_by_one_date_where_the_office_allows_it(site: Site) -> None:
    """The same days as for a reader, with their reasons, and no name of a case, unit or person; robots are
    asked to pass it by."""
    office = site.office
    names = {one.name for one in (*office.units.values(), *office.people.values())} | set(site.cases())
    stranger = opened_to_everybody(site)
    answer = stranger.get("/plan?lang=ru&planned.analysis_started=2026-06-01&unit=hr&object=hr")
    asked = answer.text.partition('<details class="further">')[0]

    assert "15 мая 2026 года" in answer.text
    assert "10 рабочих дней до него: 29, 28, 26, 25, 22, 21, 20, 19, 18, 15 мая" in answer.text
    assert re.findall(r'name="(planned\.[a-z_]+)"', asked) == ["planned.analysis_started"]
    assert answer.headers["x-robots-tag"] == "noindex"
    assert [name for name in names if name in answer.text] == []
    assert 'href="/plan"' in stranger.get("/login").text


def test_an_office_that_does_not_allow_it_has_no_planner_for_strangers(site: Site) -> None:
    """As by default: no page, and no link to one."""
    stranger = site.stranger()

    assert stranger.get("/plan?planned.analysis_started=2026-06-01").status_code == 404
    assert "/plan" not in stranger.get("/login").text


def test_one_network_plans_only_so_often(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What shows the empty form is not counted."""
    monkeypatch.setitem(attempts.LIMITS, "plan", (2, 15))
    stranger = opened_to_everybody(site)
    dates = "/plan?lang=ru&planned.analysis_started=2026-06-01"
    allowed = [stranger.get(dates).status_code for _ in range(2)]
    refused = stranger.get(dates)

    assert allowed == [200, 200]
    assert refused.status_code == 429
    assert "Из этой сети слишком часто рассчитывали сроки" in refused.text
    assert stranger.get("/plan").status_code == 200
