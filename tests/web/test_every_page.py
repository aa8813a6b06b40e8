"""Every page of an office that is lived in, and every request that is none."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from merzim.storage.office import save
from merzim.web.auth.dependencies import COOKIE
from tests.web.lived_in import RAW, lived_in_office, many_cases
from tests.web.offices import Site, example_office
from tests.web.serving import on_a_port
from tests.web.test_access import query_parameters
from tests.web.walking import STARTS, Walk, templates, unreached, walk

SPELT = {
    "/administration/person": "a field for each name",
    "/administration/unit": "a field for each name",
    "/reports/cartogram": "departments as the cartogram of the case spells them",
    "/open/year": "objects of cases that are opened, as they are recorded",
}
"""Pages that name people and units otherwise than in the language of their reader, and why."""
LOST = "/cases/2026-9999"
"""A case there is not."""
WALKERS = ("officer", "responsible", "auditor", "administrator")
"""Between them they see every page; every access meets every route in tests/web/test_access.py."""
HEAVIEST = 200_000
"""Bytes of a page beyond its cached files."""


LIVED_IN = True


@pytest.fixture(scope="module")
def walks(office: Site) -> dict[str, Walk]:
    """Pages by access, an address of each kind; a file is asked for once."""
    walks_by_access: dict[str, Walk] = {}
    files = set[str]()
    for access in WALKERS:
        with office.client(access) as browser:
            starts = (*STARTS, *office.uploaded)
            walks_by_access[access] = walk(browser, samples_each=1, starts=starts, files=files)
    return walks_by_access


def test_every_page_is_linked_from_another(office: Site, walks: dict[str, Walk]) -> None:
    """A page no link leads to is a page nobody finds."""
    assert unreached(office.app, walks.values()) == {}


def test_no_link_leads_nowhere(walks: dict[str, Walk]) -> None:
    """Nor to something the reader it is shown to may not see."""
    dead = [
        (access, address, status, walk.linked_from[address])
        for access, walk in walks.items()
        for address, status in walk.statuses.items()
        if status >= 400 and address in walk.linked_from
    ]

    assert dead == []


def test_what_somebody_typed_is_shown_as_text_wherever_it_is_shown(walks: dict[str, Walk]) -> None:
    """Scripts in the names of units, people, cases, files, in grounds and remarks."""
    broken = [
        (access, address, raw)
        for access, walk in walks.items()
        for address, text in walk.texts.items()
        for raw in RAW
        if raw in text
    ]
    pages_shown = Counter(
        address.split("?")[0]
        for address, text in walks["officer"].texts.items()
        if "&lt;script&gt;alert(1)" in text
    )

    assert broken == []
    assert {"/", "/cases"} <= set(pages_shown), "what was typed stands nowhere: nothing was tested"


def test_every_page_is_light(walks: dict[str, Walk]) -> None:
    """Beyond the files a browser keeps."""
    heavy = {
        address: walk.sizes[address]
        for walk in walks.values()
        for address in walk.pages
        if walk.sizes[address] > HEAVIEST
    }

    assert heavy == {}


def test_a_page_asks_the_database_as_often_for_sixty_cases_as_for_forty() -> None:
    """Every page: a question per line of a list is found here; no list has more than 50 on a page. With fewer
    than forty an extract is the whole list, and its cases are asked for once."""
    counts: list[dict[str, int]] = []
    for size in (40, 60):
        office = example_office()
        many_cases(office, size)
        counts.append(_questions(office))
    few_counts, many_counts = counts

    assert set(few_counts) == set(many_counts)
    assert {
        page: (few_counts[page], many_counts[page])
        for page in few_counts
        if many_counts[page] > few_counts[page]
    } == {}
    assert len(few_counts) > 5


def _questions(office: Site) -> dict[str, int]:
    """The most statements one answer of each route needed, asked by an officer: administrators see no case."""
    query_counts: Counter[str] = Counter()
    current_address = ""

    def count(*_: Any) -> None:
        query_counts[current_address] += 1

    def going(address: str) -> None:
        nonlocal current_address
        current_address = address

    highest_counts: Counter[str] = Counter()
    event.listen(office.context.engine, "before_cursor_execute", count)
    try:
        with office.client("officer") as browser:
            walked = walk(browser, samples_each=1, met=going, by_query=False)
        for route, addresses in walked.by_route.items():
            highest_counts[route] = max(query_counts[address] for address in addresses)
    finally:
        event.remove(office.context.engine, "before_cursor_execute", count)
    return dict(highest_counts)


@pytest.fixture(scope="module")
def bilingual() -> Site:
    """An office whose people and units are called otherwise in Kazakh and in Russian than in its table."""
    bilingual_office = lived_in_office()
    office = bilingual_office.context.reads.office()
    people = [replace(person, **_names(f"x{n}")) for n, person in enumerate(office.people.values())]
    units = [replace(unit, **_names(f"y{n}")) for n, unit in enumerate(office.units.values())]
    save(bilingual_office.context.engine, units=units, people=people)
    return bilingual_office


def _names(word: str) -> dict[str, str]:
    return {"name": f"Main-{word}", "name_kk": f"Қазақ-{word}", "name_ru": f"Русск-{word}"}


def test_people_and_units_are_named_in_the_language_of_the_page(bilingual: Site) -> None:
    """By the name they have there, on every page, a refusal's included; the fields of their own page say all
    three names. The officer reads Kazakh, the administrator Russian."""
    wrong, pages_named, files = set[str](), set[str](), set[str]()
    for access, language, called in (("officer", "kk", "Қазақ"), ("administrator", "ru", "Русск")):
        with bilingual.client(access) as browser:
            browser.cookies.set("lang", language)
            texts = walk(browser, samples_each=1, files=files, by_query=False).texts
            for address, text in {**texts, LOST: browser.get(LOST).text}.items():
                page = urlsplit(address).path
                pages_named |= {page} if called in text else set()
                wrong |= {page} if "Main-" in text else set()

    assert wrong - {*SPELT} == set()
    assert {LOST, "/", "/desk", "/cases", "/deadlines", "/register", "/administration/people"} <= pages_named


CASE = "2026-0001"
NASTY = (
    str(2**63),
    "2026-02-30",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "Ә" * 300,
    "\u202e\ud7ff",
)
"""What stands in addresses and parameters where an id, a number or a day is meant."""


@pytest.fixture(scope="module")
def port(office: Site) -> Iterator[int]:
    """The pages behind a real socket."""
    with on_a_port(office.app) as port:
        yield port


def test_half_a_character_in_json_is_refused_in_words(office: Site) -> None:
    """JSON can spell a lone surrogate, which no text has: 422 on every operation that would take a body."""
    body = b'{"text": "\\ud800"}'
    paths = office.app.openapi()["paths"]
    operations = [
        path.replace("{case}", CASE)
        for path, methods in paths.items()
        if "requestBody" in methods.get("post", {})
    ]
    token = office.way_in("officer", kind="token", scope="write")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with office.stranger() as program:
        statuses = {path: program.post(path, content=body, headers=headers).status_code for path in operations}

    assert statuses[f"/api/v1/cases/{CASE}/comments"] == 422
    assert {path: status for path, status in statuses.items() if status not in (403, 404, 422)} == {}


def test_200_megabytes_are_refused_before_they_are_sent(port: int, office: Site) -> None:
    """The answer is there while the first byte of the body is still on the sender's side."""
    head = (
        f"POST /cases/{CASE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Cookie: {COOKIE}={office.way_in('officer')}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {200 * 1024 * 1024}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head.encode())
        answer = line.recv(200)

    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_no_address_and_no_parameter_breaks_a_page(nasty: str, officer: TestClient) -> None:
    """Every route of the router, its places and its parameters filled with what is none."""
    broken = []
    turn, turns = NASTY.index(nasty), 4  # a quarter of the routes, others for the next one
    for route in templates(officer.app)[turn % turns :: turns]:
        path = route.path.format(**dict.fromkeys(route.param_convertors, nasty))
        names = [parameter.alias for parameter in query_parameters(route.dependant)]
        addresses = [path] if "{" in route.path else []
        if names and "{" not in route.path:
            addresses.append(path + "?" + "&".join(f"{name}={nasty}" for name in names))
        for address in addresses:
            answer = officer.get(address.replace("#", "%23"))
            if answer.status_code >= 500 or "<script>alert" in answer.text:
                broken.append((answer.status_code, address))

    assert broken == []


def test_two_people_record_the_same_fact_at_the_same_moment() -> None:
    """One day is recorded; the later requests get a refusal, and none fails with a server error."""
    days = [date(2026, 4, day) for day in (1, 2, 3, 6)]
    office = example_office()
    browsers = [office.client(login) for login in ("officer", "responsible", "head_of_unit", "first_head")]

    def record(browser: TestClient, on: date) -> int:
        data = {"fact": "order_signed", "on": on.isoformat()}
        return int(browser.post(f"/cases/{CASE}?lang=ru", data=data).status_code)

    with ThreadPoolExecutor(len(days)) as pool:
        statuses = sorted(pool.map(record, browsers, days))
    events = [
        event
        for event in office.context.reads.events(CASE)
        if event.kind == "fact" and event.name == "order_signed"
    ]

    assert statuses == [303, 409, 409, 409]
    assert len(events) == 1
