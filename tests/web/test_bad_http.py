"""Malformed HTTP requests: refused with a sentence or harmless, no server errors."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from starlette.testclient import TestClient

from merzim.web.auth.dependencies import COOKIE
from tests.web.lived_in import lived_in_office
from tests.web.real import RealOffice, real_office
from tests.web.serving import on_a_port
from tests.web.test_access import query_parameters
from tests.web.walking import templates

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
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with lived_in_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def browser(office: RealOffice) -> Iterator[TestClient]:
    with office.client() as client:
        yield client


@pytest.fixture(scope="module")
def port(office: RealOffice) -> Iterator[int]:
    """The pages behind a real socket."""
    with on_a_port(office.pages) as port:
        yield port


def test_half_a_character_in_json_is_refused_in_words(office: RealOffice) -> None:
    """JSON can spell a lone surrogate, which no text has: 422 on every operation that would take a body."""
    body = b'{"text": "\\ud800"}'
    paths = office.pages.openapi()["paths"]
    operations = [
        path.replace("{case}", CASE)
        for path, methods in paths.items()
        if "requestBody" in methods.get("post", {})
    ]
    token = office.way_in("officer", kind="token", scope="write")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with office.client("") as program:
        statuses = {path: program.post(path, content=body, headers=headers).status_code for path in operations}

    assert statuses[f"/api/v1/cases/{CASE}/comments"] == 422
    assert {path: status for path, status in statuses.items() if status not in (403, 404, 422)} == {}


def test_200_megabytes_are_refused_before_they_are_sent(port: int, office: RealOffice) -> None:
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
def test_no_address_and_no_parameter_breaks_a_page(nasty: str, browser: TestClient) -> None:
    """Every route of the router, its places and its parameters filled with what is none."""
    broken = []
    turn, turns = NASTY.index(nasty), 4  # a quarter of the routes, others for the next one
    for route in templates(browser.app)[turn % turns :: turns]:
        path = route.path.format(**dict.fromkeys(route.param_convertors, nasty))
        names = [parameter.alias for parameter in query_parameters(route.dependant)]
        addresses = [path] if "{" in route.path else []
        if names and "{" not in route.path:
            addresses.append(path + "?" + "&".join(f"{name}={nasty}" for name in names))
        for address in addresses:
            answer = browser.get(address.replace("#", "%23"))
            if answer.status_code >= 500 or "<script>alert" in answer.text:
                broken.append((answer.status_code, address))

    assert broken == []


def test_two_people_record_the_same_fact_at_the_same_moment(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One day is recorded; the later requests get a refusal, and none fails with a server error."""
    days = [date(2026, 4, day) for day in (1, 2, 3, 6)]
    with real_office(tmp_path_factory.mktemp("office")) as office:
        browsers = [office.client(login) for login in ("officer", "responsible", "head_of_unit", "first_head")]

        def record(browser: TestClient, on: date) -> int:
            data = {"fact": "order_signed", "on": on.isoformat()}
            return int(browser.post(f"/cases/{CASE}?lang=ru", data=data).status_code)

        with ThreadPoolExecutor(len(days)) as pool:
            statuses = sorted(pool.map(record, browsers, days))
        events = [
            event
            for event in office.app.reads.events(CASE)
            if event.kind == "fact" and event.name == "order_signed"
        ]

    assert statuses == [303, 409, 409, 409]
    assert len(events) == 1
