"""Write access: every writing route with every access, in cases that are seen and in those that are not.

The routes come from the router. All are sent one form, in which each finds what it asks for: a refusal is then
of who asks. No face reaches a case past the rights of a verb: every verb is asked by itself, and in bulk."""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

import merzim.services
from merzim.services.context import RequestContext
from merzim.services.inputs import CaseCommand
from merzim.services.verbs import NotAllowed, Verb
from tests.checking import check_each
from tests.web.conftest import AT, PASSWORD, READERS, Site, account, hide, office_with_cases
from tests.web.test_access import ROUTES, filled, is_question, need
from tests.web.test_names_of_others import letter
from workflow.cases.commands.case_commands import UnknownCase
from workflow.org.access import Reader, with_unit

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
def site() -> Site:
    """Cases of hr and law; of one of law the person a@org.kz alone was named to know."""
    site = office_with_cases()
    account(site, ELSEWHERE.login, ELSEWHERE.access, ELSEWHERE.person, ELSEWHERE.unit)
    hide(site, site.missed, "a@org.kz")
    return site


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
    token = site.way_in("officer", "token", "read")
    with site.stranger(headers={"authorization": f"Bearer {token}"}) as browser:
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
    assert len(in_a_case) > 20


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

    The last of the tests: afterwards the office is another one."""
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


OFFICER_OF_HR = Reader(login="hr_officer", access="officer", unit="hr", person="b@org.kz")
OF_LAW, FACT = "2026-0003", "analysis_ended"
"""A case of the unit law, and what is recorded in it."""


def verbs() -> list[Verb[Any, Any]]:
    """Every verb of the services."""
    found: dict[int, Verb[Any, Any]] = {}
    for module in pkgutil.walk_packages(merzim.services.__path__, "merzim.services."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Verb):
                found[id(value)] = value
    return list(found.values())


OF_CASES = [verb for verb in verbs() if "case" in verb.command.model_fields]


@pytest.fixture
def two_units() -> Site:
    """Cases of hr and law; the officer of hr was told of the case of law by a letter."""
    two_units = office_with_cases()
    two_units.accounts.save(OFFICER_OF_HR, disabled=False, at=AT)
    return two_units


def told(two_units: Site) -> None:
    """Send a letter about the case of law to the officer of hr, who sees the case from then on."""
    two_units.sent(letter(OF_LAW, OFFICER_OF_HR.person))


def ctx_of(two_units: Site, reader: Reader) -> RequestContext:
    ctx: RequestContext = two_units.app.state.context()
    return ctx.read_by(with_unit(reader, two_units.office))


def test_every_verb_is_refused_in_a_case_that_is_not_seen(two_units: Site) -> None:
    ctx = ctx_of(two_units, OFFICER_OF_HR)

    def check(verb: Verb[Any, Any]) -> None:
        with pytest.raises(UnknownCase if OFFICER_OF_HR.may(verb.needs) else NotAllowed):
            verb(ctx, verb.command.model_construct(case=OF_LAW))

    assert len(OF_CASES) > 30
    check_each({verb.name: verb for verb in OF_CASES}, check)


def test_who_was_told_of_a_case_of_another_unit_does_not_manage_it(two_units: Site) -> None:
    told(two_units)
    ctx = ctx_of(two_units, OFFICER_OF_HR)
    assert ctx.reads.case(OF_LAW) is not None

    def check(verb: Verb[Any, Any]) -> None:
        with pytest.raises(NotAllowed):
            verb(ctx, verb.command.model_construct(case=OF_LAW))

    check_each({verb.name: verb for verb in OF_CASES if verb.needs == "manage"}, check)


def test_many_withdrawals_go_no_further_than_one(two_units: Site) -> None:
    """By the API and from the desk: the fact of another unit's case stays, and the answer says why."""
    told(two_units)
    seq = next(event.seq for event in two_units.events(OF_LAW) if event.name == FACT)
    with two_units.client(OFFICER_OF_HR.login) as browser:
        single = browser.post(f"/api/v1/cases/{OF_LAW}/withdrawals", json={"name": FACT, "ground": "не наше"})
        many = browser.post(
            "/api/v1/withdrawals", json={"lines": [{"case": OF_LAW, "line": seq}], "ground": "не наше"}
        )
        desk = browser.post(
            "/desk/withdraw-many", data={"taken": f"{OF_LAW}:{seq}:{FACT}", "ground": "не наше"}
        )

    assert (single.status_code, many.status_code, desk.status_code) == (403, 200, 200)
    assert (many.json()["changed"], many.json()["refused"]) == (0, 1)
    assert FACT in two_units.facts(OF_LAW)


def test_every_verb_on_several_cases_hands_each_to_the_verb_on_one() -> None:
    """A new bulk verb is a decision: it is tried like the two above."""
    lists = {
        verb.name
        for verb in verbs()
        for field in verb.command.model_fields.values()
        for part in get_args(field.annotation)
        if isinstance(part, type) and issubclass(part, CaseCommand)
    }

    assert lists == {"record_many", "withdraw_many"}
