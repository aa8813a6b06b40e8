"""Adopted acts decide what an office is shown: a new one has internal analysis alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import Site, account, dashboard_of, people, settings_in
from tests.web.offices import office as three_units


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An office that has adopted nothing yet."""
    site = dashboard_of(settings_in(tmp_path, acts=()))
    site.keep(three_units())
    people(site.accounts)
    yield site
    site.close()


@pytest.fixture
def officer(site: Site) -> Iterator[TestClient]:
    with site.client(accept_language="ru") as client:
        client.headers["accept-language"] = "ru"
        yield client


def menu(client: TestClient) -> list[str]:
    """The addresses of the menu."""
    page = client.get("/").text
    return re.findall(r'href="(/[^"]*)"', re.search(r'<nav class="menu".*?</nav>', page, re.S)[0])


def adopt(client: TestClient, act: str, do: str = "adopt") -> None:
    assert client.post("/acts", data={"act": act, "unit": "head", "do": do}).status_code == 303


def test_a_new_office_has_internal_analysis_alone(officer: TestClient) -> None:
    """Four entries and "more"; no choice of a procedure; no registers and no hits of other acts."""
    addresses = menu(officer)
    opening = officer.get("/open").text
    registers = re.findall(r'href="/registers/([a-z-]+)"', officer.get("/registers").text)
    hits = officer.get("/search", params={"q": "подарок"}).text

    assert addresses[:4] == ["/desk", "/", "/cases", "/calendar/2026/4"]
    assert not {"/reports/points", "/campaigns", "/registers"} & set(addresses)
    assert "<select" not in opening
    assert 'action="/open/year"' not in opening
    assert registers == []
    assert "/open/case?procedure=" not in hits
    assert "Баллы" not in re.sub(r"<[^>]+>", "", officer.get("/help/officer").text)
    assert 'href="/reports/cartogram"' not in officer.get("/reports/monitoring").text


def test_one_click_adopts_an_act_and_shows_what_it_brings(site: Site, officer: TestClient) -> None:
    """The page says what it adds; adopted, its procedures and pages are there; left, they are gone."""
    page = officer.get("/acts").text
    adopt(officer, "tbn4-2024")
    with_points = menu(officer)
    opening = officer.get("/open").text
    adopt(officer, "tbn4-2024", "leave")

    assert "баллы года" in page
    assert {"/reports/points", "/campaigns"} <= set(with_points)
    assert 'value="tbn4-project-2"' in opening
    assert 'value="mne-standard-year"' not in opening
    assert site.office.units["head"].acts == ()
    assert "/reports/points" not in menu(officer)


def test_an_officer_of_a_unit_adopts_acts_for_it_alone(site: Site) -> None:
    """Those above it stay as they are."""
    account(site, "of_law", "officer", unit="law")
    with site.client("of_law") as client:
        above = client.post("/acts", data={"act": "tbn4-2024", "unit": "head"})
        own = client.post("/acts", data={"act": "tbn4-2024"})

    assert (above.status_code, own.status_code) == (403, 303)
    assert [unit.id for unit in site.office.units.values() if unit.acts] == ["law"]
