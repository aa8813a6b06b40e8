"""Log-in without a password: on a demonstration day, from a browser of this machine only."""

from __future__ import annotations

from itertools import product

import pytest
from starlette.testclient import TestClient

from merzim.services.moments import Moment
from merzim.web.auth.dependencies import COOKIE, is_passwordless_allowed
from tests.web.conftest import NOW, TODAY, Site, dashboard_of, office_with_cases
from tests.web.serving import browser_of

OWN_HOSTS = ("127.0.0.1", "127.0.0.2", "::1", "localhost")
FOREIGN_HOSTS = ("0.0.0.0", "::", "", "10.0.0.5", "merzim.example.kz", "127.0.0.1.example.kz", "localhost.kz")
OWN_ADDRESSES = ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000/", "HTTP://127.0.0.9")
FOREIGN_ADDRESSES = (
    *("https://127.0.0.1:8000", "https://localhost", "http://merzim.example.kz", "https://merzim.example.kz"),
    *(
        "http://10.0.0.5:8000",
        "http://0.0.0.0:8000",
        "http://127.0.0.1@evil.example",
        "http://[::1",
        "127.0.0.1:8000",
    ),
    *("", "//127.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1.example.kz"),
)
FORWARDED = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-for, spoofed": "127.0.0.1",
    "x-forwarded-host": "merzim.example.kz",
    "x-forwarded-proto": "https",
    "x-forwarded-server": "proxy",
    "forwarded": "for=203.0.113.9",
    "via": "1.1 proxy",
    "x-real-ip": "203.0.113.9",
    "x-client-ip": "203.0.113.9",
    "true-client-ip": "203.0.113.9",
    "cf-connecting-ip": "203.0.113.9",
}


def test_an_installation_has_it_only_where_it_is_bound_and_called_by_this_machine_alone() -> None:
    """Every host with every address: both must be loopback, and the address plain http."""
    allowed = {
        (host, address)
        for host, address in product(OWN_HOSTS + FOREIGN_HOSTS, OWN_ADDRESSES + FOREIGN_ADDRESSES)
        if is_passwordless_allowed(host=host, address=address)
    }

    assert allowed == set(product(OWN_HOSTS, OWN_ADDRESSES))


@pytest.fixture
def shown() -> Site:
    """An office on a demonstration day that is called by the address of this machine, as by default."""
    return office_with_cases(address="http://127.0.0.1:8000")


def offers(browser: TestClient, **headers: str) -> tuple[bool, int]:
    """Whether the log-in page shows it, and what asking for it is answered."""
    page = browser.get("/login", headers=headers).text
    answer = browser.post("/login/demonstration", data={"login": "officer"}, headers=headers)
    return "/login/demonstration" in page, answer.status_code


def test_it_is_offered_where_day_address_peer_and_host_all_say_so() -> None:
    """Each of them alone keeps it from being offered."""
    here = "http://127.0.0.1:8000"
    offices = ((True, ""), (True, here), (True, "https://merzim.kz"), (False, here))
    places = [*product(("127.0.0.1", "::1", "10.0.0.7"), ("127.0.0.1:8000", "merzim.kz"))]
    wrong = []
    for demonstration, address in offices:
        site = office_with_cases(demonstration=demonstration, address=address)
        for peer, host in places:
            browser = browser_of(site.app, host, address=peer)
            expected = (
                demonstration and not address.startswith("https") and peer != "10.0.0.7" and host != "merzim.kz"
            )
            is_offered, answered = offers(browser)
            if is_offered is not expected or answered not in ((303,) if expected else (400, 404)):
                wrong.append((demonstration, address, peer, host, is_offered, answered))

    assert wrong == []


def test_a_request_that_passed_a_proxy_does_not_get_it(shown: Site) -> None:
    """A proxy on this machine calls us by our own name, and who stands behind it nobody knows."""
    with shown.stranger() as browser:
        answers = {
            header: offers(browser, **{header.partition(",")[0]: value}) for header, value in FORWARDED.items()
        }

        assert {header: answer for header, answer in answers.items() if answer != (False, 404)} == {}
        assert offers(browser) == (True, 303)


def test_a_proxy_that_names_nobody_does_not_get_it(shown: Site) -> None:
    """nginx without a line about headers: HTTP/1.0, and our own name as the host."""

    async def as_of_old(scope: dict, receive: object, send: object) -> None:
        if scope["type"] == "http":
            scope["http_version"] = "1.0"
        await shown.app(scope, receive, send)

    assert offers(browser_of(as_of_old, scheme="http")) == (False, 404)


def test_a_session_without_a_password_ends_with_the_demonstration(shown: Site) -> None:
    """The day may have been a later one: on the real day its session would hold for years."""
    real = dashboard_of(shown.context.settings, Moment(now=NOW, today=TODAY))
    with shown.stranger() as browser:
        browser.post("/login/demonstration", data={"login": "officer"})
        secret = browser.cookies[COOKIE]
        account_status = browser.get("/account").status_code
        through_a_proxy = browser.get("/account", headers={"x-forwarded-for": "203.0.113.9"}).status_code
    with real.stranger() as browser:
        browser.cookies.set(COOKIE, secret, domain="127.0.0.1")
        on_the_real_day = browser.get("/account").status_code

    assert (account_status, through_a_proxy, on_the_real_day) == (200, 303, 303)
