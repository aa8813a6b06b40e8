"""Write access: every writing route with every access, in cases that are seen and in those that are not.

The routes come from the router. All are sent one form, in which each finds what it asks for: a refusal is then
of who asks. What the verbs refuse in cases not seen, for the API too: `tests.web.test_verb_rights`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, READERS, Site, account, hide, office_with_cases
from tests.web.test_access import OPEN, ROUTES, filled, is_question, need
from workflow.org.access import Reader

Asked = tuple[str, APIRoute]
WRITES: list[Asked] = [(method, route) for method, route in ROUTES if method != "GET"]
ASKED = [(method, route) for method, route in WRITES if need(route) is not None]
FORM = {
    "case": "",
    "fact": "work_plan_approved",
    "obligation": "note_signed",
    "name": "start_announced",
    "on": "2026-04-02",
    "until": "2026-12-31",
    "first": "2026-08-03",
    "last": "2026-08-10",
    "ground": "негіздемесі бар",
    "text": "Мәтін",
    "number": "1",
    "line": "1",
    "person": "b@org.kz",
    "key": "nothing",
    "description": "Тәуекел",
    "action": "Шара",
    "likelihood": "2",
    "effect": "2",
    "outcome": "partly",
    "asked": "Өзгерту",
    "body": "Министрлік",
    "kind": "risk",
    "title": "Басшы",
    "holder": "Ахметов",
    "taken": "yes",
    "answer": "Жауап",
    "edition": "internal-analysis.2023-01-01",
    "procedure": "internal-analysis",
    "object": "Объект",
    "act": "decree-154",
    "unit": "law",
    "year": "2028",
    "field": "employee",
    "old": PASSWORD,
    "password": PASSWORD,
    "again": PASSWORD,
}
ACT = """[[transfer]]
off = 2026-05-08
work = 2026-05-16
act = "G26G0000001"
address = "https://adilet.zan.kz/rus/docs/G26G0000001"
"""
ELSEWHERE = Reader(login="hr_officer", access="officer", unit="hr", person="b@org.kz")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Cases of hr and law; of one of law the person a@org.kz alone was named to know."""
    site = office_with_cases()
    site.shared = True
    account(site, ELSEWHERE.login, ELSEWHERE.access, ELSEWHERE.person, ELSEWHERE.unit)
    hide(site, site.missed, "a@org.kz")
    yield site
    site.close()


@pytest.fixture(scope="module")
def watch(site: Site) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(str(site.context.engine.url.database))) as connection:
        yield connection


def version(watch: sqlite3.Connection) -> int:
    """A number that is another one as soon as anybody has written anything."""
    return int(watch.execute("PRAGMA data_version").fetchone()[0])


def ask(browser: TestClient, method: str, route: APIRoute, case: str) -> int:
    """The status a route answers the form with."""
    form = {**FORM, "case": case}
    body = {"json": form} if route.path.startswith("/api/") else {"data": form}
    return int(browser.request(method, filled(route.path, case), **body).status_code)


def wrong(
    site: Site, watch: sqlite3.Connection, browser: TestClient, asked: list[Asked], case: str, expected: int
) -> list[tuple[str, object]]:
    """The routes that answer otherwise, or write something."""
    found: list[tuple[str, object]] = []
    files, before = site.files(), version(watch)
    for method, route in asked:
        status = ask(browser, method, route, case)
        if status != expected or version(watch) != before:
            found.append((route.path, status))
    return found if site.files() == files else [*found, ("files", "kept")]


def test_only_what_is_open_needs_nothing() -> None:
    """A new route is a decision: what it needs."""
    assert {route.path for _, route in WRITES if need(route) is None} <= OPEN


def test_whoever_is_refused_is_told_so_and_nothing_is_written(site: Site, watch: sqlite3.Connection) -> None:
    """403 where the access does not reach."""
    for reader in READERS:
        refused = [(method, route) for method, route in ASKED if not reader.may(need(route) or "self")]
        with site.client(reader.login) as browser:
            assert wrong(site, watch, browser, refused, site.real, 403) == [], reader.login
        assert len(refused) > 20, reader.login


def test_nobody_writes_anything(site: Site, watch: sqlite3.Connection) -> None:
    """401 for pages and programs alike."""
    with site.stranger() as browser:
        assert wrong(site, watch, browser, ASKED, site.real, 401) == []


def test_a_token_that_only_reads_writes_nothing(site: Site, watch: sqlite3.Connection) -> None:
    """Neither through the API nor through pages; questions it may ask."""
    writes = [(method, route) for method, route in ASKED if not is_question(route)]
    with site.stranger(authorization=f"Bearer {site.way_in('officer', 'token', 'read')}") as browser:
        assert wrong(site, watch, browser, writes, site.real, 403) == []


def test_a_case_that_is_not_seen_is_not_there_for_any_page(site: Site, watch: sqlite3.Connection) -> None:
    """404 for a case of another unit, and for a confidential case of which the user is no named reader."""
    in_a_case = [
        (method, route)
        for method, route in ASKED
        if route.path.startswith("/cases/{case}") or route.path in ("/desk/record", "/desk/later", "/desk/read")
    ]
    for login, case in ((ELSEWHERE.login, site.late), ("officer", site.missed)):
        with site.client(login) as browser:
            assert wrong(site, watch, browser, in_a_case, case, 404) == [], login
    assert len(in_a_case) > 30


def test_an_officer_of_one_unit_moves_no_day_of_the_whole_office(site: Site, watch: sqlite3.Connection) -> None:
    """Nor opens a case in another unit: tests.web.test_opening."""
    with site.client(ELSEWHERE.login) as browser:
        before = version(watch)
        page = browser.post("/calendar/acts", data={"text": ACT, "name": "a.toml", "do": "apply"})
        program = browser.post("/api/v1/calendar/acts", json={"text": ACT, "name": "a.toml"})

    assert (page.status_code, program.status_code) == (403, 403)
    assert version(watch) == before


def test_whoever_is_allowed_is_let_through(site: Site) -> None:
    """The verb of a route asks for no more than the route: nobody above was refused for a fault of the form.

    The last of the tests: afterwards the office is another one.
    """
    found: list[tuple[str, str, int]] = []
    for reader in READERS:
        for method, route in ASKED:
            if reader.may(need(route) or "self"):
                # Some end the session they come in by.
                with site.client(reader.login) as browser:
                    status = ask(browser, method, route, site.real)
                if status in (401, 403) or status >= 500:
                    found.append((reader.login, route.path, status))

    assert not found, found
