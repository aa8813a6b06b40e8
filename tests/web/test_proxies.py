"""Reverse proxies: log-in and writes behind them, client address taken from trusted ones only."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import httpx2
import pytest
from starlette.requests import Request

from merzim.metronome import http_server
from merzim.settings import public_address
from merzim.web.auth.dependencies import COOKIE
from merzim.web.auth.limits import client_address
from tests.web.conftest import PASSWORD, Site, build, office_with_cases
from tests.web.serving import browser_of, running

PUBLIC, PROXY, BROWSER = "https://merzim.mne.kz", "127.0.0.3", "198.51.100.4"
"""The address of the pages, that the proxy connects to the application from, and that of who asks it."""


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://merzim.example.kz", "https://merzim.example.kz"),
        ("https://merzim.example.kz/", "https://merzim.example.kz"),
        ("HTTPS://Merzim.Example.KZ:443", "https://merzim.example.kz"),
        ("https://merzim.example.kz:8443", "https://merzim.example.kz:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[2001:DB8::7]:8443", "https://[2001:db8::7]:8443"),
        ("https://мерзім.қаз", "https://xn--e1aencs7k.xn--80ao21a"),
    ],
)
def test_an_origin_is_what_browsers_make_of_the_address(address: str, origin: str) -> None:
    """Lower case, without the port everybody knows, Kazakh letters as Punycode."""
    assert public_address(address).origin == origin


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://merzim.mne.kz", 303),
        ("http://merzim.mne.kz", 403),
        ("https://merzim.mne.kz:8443", 403),
        ("https://evil.example", 403),
        ("http://127.0.0.1:8000", 403),
        ("null", 403),
    ],
)
def test_a_write_names_the_public_address_whatever_the_connection_looks_like(origin: str, status: int) -> None:
    """The proxy sends plain HTTP to the application, without headers about https."""
    site = build(address="https://merzim.mne.kz")
    with browser_of(site.app, "merzim.mne.kz", address="10.0.0.7", scheme="http") as browser:
        answer = browser.post(
            "/login", data={"login": "officer", "password": PASSWORD}, headers={"origin": origin}
        )

    assert answer.status_code == status


@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded"]
)
def test_what_was_passed_on_is_never_of_this_machine(header: str) -> None:
    """A proxy on this machine that calls us by its own name opens nothing that is for this machine alone."""
    site = office_with_cases(address="https://merzim.mne.kz")
    with site.stranger(**{header: "127.0.0.1"}) as browser:
        answers = [browser.get("/"), browser.get("/metrics"), browser.post("/login/demonstration")]

    assert [answer.status_code for answer in answers] == [303, 404, 404]


@contextmanager
def behind_proxy(trusted: str) -> Iterator[tuple[Site, httpx2.Client]]:
    """Serve an office as `merzim serve` does; a client that passes requests on from another address as nginx
    does with `$proxy_add_x_forwarded_for`: over plain HTTP, behind what the browser wrote into the header.
    """
    site = office_with_cases(address=PUBLIC, trusted_proxies=(ip_network(trusted),))

    @site.app.get("/whoami")
    def whoami(request: Request) -> dict[str, str]:
        return {"address": client_address(request), "scheme": request.url.scheme}

    server = http_server(site.app, site.context.settings.web)
    with socket.create_server(("127.0.0.1", 0)) as listening, running(server, listening) as port:
        headers = {
            "host": PUBLIC.removeprefix("https://"),
            "x-forwarded-for": f"203.0.113.5, {BROWSER}",
            "x-forwarded-proto": "https",
        }
        transport = httpx2.HTTPTransport(local_address=PROXY, verify=False)
        address = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=address, transport=transport, headers=headers, timeout=60) as client:
            yield site, client


@pytest.mark.parametrize("trusted", ["127.0.0.0/8", "127.0.0.1/32"])
def test_people_log_in_and_write_behind_a_proxy_at_another_address(trusted: str) -> None:
    """Log-in, a fact, a file: from a proxy on 127.0.0.3, trusted or not."""
    page = {"origin": PUBLIC, "sec-fetch-site": "same-origin"}
    with behind_proxy(trusted) as (site, proxy):
        entered = proxy.post("/login", data={"login": "officer", "password": PASSWORD}, headers=page)
        cookie = {"cookie": re.findall(rf"{COOKIE}=[^;]+", entered.headers["set-cookie"])[0]}
        desk = proxy.get("/desk", headers=cookie)
        recorded = proxy.post(
            f"/cases/{site.real}",
            data={"fact": "order_signed", "on": "2026-04-06", "kind": "document"},
            files={"file": ("order.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")},
            headers=page | cookie,
        )
        foreign = proxy.post("/logout", headers={"origin": "https://evil.example"} | cookie)

    assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
    assert desk.status_code == 200
    assert recorded.status_code == 303
    assert site.facts(site.real)["order_signed"].evidence
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        ("127.0.0.3/32", {"address": BROWSER, "scheme": "https"}),
        ("127.0.0.1/32", {"address": PROXY, "scheme": "http"}),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(trusted: str, expected: dict[str, str]) -> None:
    """What a client writes into the header itself counts for nothing in either case."""
    with behind_proxy(trusted) as (_, proxy):
        assert proxy.get("/whoami").json() == expected
