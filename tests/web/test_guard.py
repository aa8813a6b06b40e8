"""What of the network reaches the pages: hosts, origins, sizes, proxies."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import httpx2
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from merzim.metronome import http_server
from merzim.settings import public_origin
from merzim.storage.queries import SqlReads
from merzim.web.auth.attempts import client_address
from merzim.web.auth.dependencies import COOKIE
from merzim.web.auth.middleware import MAX_TEXT
from tests.web.conftest import PASSWORD, Site, build, office_with_cases
from tests.web.serving import browser_of, running

FORM = {"fact": "order_signed", "on": "2026-04-06"}


@pytest.mark.parametrize(
    "host", ["merzim.example", "10.0.0.5:8000", "127.0.0.1.example", "", "[::1", "localhost.example"]
)
def test_a_foreign_host_name_is_refused(host: str, browser: TestClient) -> None:
    """A name that somebody pointed at us opens nothing."""
    answer = browser.get("/", headers={"host": host})

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_this_machine_may_come_in(host: str, browser: TestClient) -> None:
    """Every usual name of this machine is welcome."""
    answer = browser.get("/healthz", headers={"host": host})

    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    ],
    ids=str,
)
def test_a_write_from_a_foreign_page_is_refused(
    headers: dict[str, str], site: Site, browser: TestClient
) -> None:
    """No other site can make the reader's browser record anything."""
    answer = browser.post(f"/cases/{site.real}", data=FORM, headers=headers)

    assert answer.status_code == 403
    assert "order_signed" not in site.facts(site.real)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": "https://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
    ],
    ids=str,
)
def test_a_write_from_our_own_page_is_taken(headers: dict[str, str], site: Site, browser: TestClient) -> None:
    """Our own forms work, and so do programs on this machine."""
    answer = browser.post(f"/cases/{site.real}", data=FORM, headers=headers)

    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/cases", "/nothing-here", "/healthz", "/calendar/1999"])
def test_every_answer_forbids_what_is_not_ours(path: str, browser: TestClient) -> None:
    """No inline script or style, nothing from elsewhere, no framing, on any answer."""
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_a_request_too_large_is_refused_before_it_is_read(site: Site) -> None:
    """200 MB cost nobody anything; without a length they are counted as they come."""
    address, kind = f"/cases/{site.real}", {"content-type": "multipart/form-data; boundary=x"}
    with site.client(headers=kind) as browser:
        said = browser.post(address, content=b"x", headers={"content-length": str(200 * 1024 * 1024)})
        unsaid = browser.post(address, content=(b"x" * 1024 * 1024 for _ in range(30)))

    assert (said.status_code, unsaid.status_code) == (413, 413)
    assert "25" in said.text


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("whole", [True, False], ids=["with its length", "piece by piece"])
def test_only_files_may_be_large(site: Site, kind: str, whole: bool) -> None:
    """JSON is read before anybody is known, and all at once: 25 MB of it would hold every other request."""
    body = b"[" + b"0," * (MAX_TEXT // 2) + b"0]"
    with site.stranger(headers={"content-type": kind} if kind else {}) as browser:
        path = "/login" if kind.endswith("urlencoded") else "/api/v1/schedules"
        answer = browser.post(path, content=body if whole else iter([body[:9], body[9:]]))

    assert answer.status_code == 413
    assert "2 МБ" in answer.text


def test_as_much_text_as_allowed_comes_through(browser: TestClient) -> None:
    """The limit itself is in, and files are none of its business."""
    body = b'{"file": "' + b"a" * (MAX_TEXT - 12) + b'"}'
    answer = browser.post("/api/v1/schedules", content=body, headers={"content-type": "application/json"})
    file = browser.post("/api/v1/files", files={"file": ("a.csv", b"x" * (MAX_TEXT + 1))})

    assert answer.status_code == 422
    assert file.status_code != 413


def test_pages_carry_no_inline_script_style_or_handler(site: Site, browser: TestClient) -> None:
    """The policy could not be kept otherwise."""
    for path in ("/", "/cases", f"/cases/{site.real}", "/calendar/2026", "/nothing-here"):
        page = browser.get(path).text

        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick" not in page
        assert "http://www" not in page.replace("http://www.w3.org", "")


def test_an_error_inside_shows_no_traceback(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Internal errors are in the log, not on the page."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(SqlReads, "sums", broken)
    with site.client(raise_server_exceptions=False) as browser:
        answer = browser.get("/?lang=ru")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "ошибка" in answer.text
    assert f"<code>{answer.headers['x-request-id']}</code>" in answer.text, "by it the log is found"
    assert "default-src" in answer.headers["content-security-policy"]


def test_the_public_name_is_answered_from_anywhere() -> None:
    """Behind a proxy with https the pages answer to the address the letters link to, and to no other."""
    site = build(address="https://merzim.mne.kz")
    answers = [
        browser_of(site.app, name, address="10.0.0.7").get("/")
        for name in ("merzim.mne.kz", "MERZIM.MNE.KZ", "merzim.mne.kz.evil.example", "10.0.0.5")
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 400, 400]


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
    assert public_origin(address) == origin


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
    with site.stranger(headers={header: "127.0.0.1"}) as browser:
        answers = [browser.get("/"), browser.get("/metrics"), browser.post("/login/demonstration")]

    assert [answer.status_code for answer in answers] == [303, 404, 404]


@contextmanager
def behind_proxy(trusted: str) -> Iterator[tuple[Site, httpx2.Client]]:
    """Serve an office as `merzim serve` does; a client that passes requests on from another address as nginx
    does with `$proxy_add_x_forwarded_for`: over plain HTTP, behind what the browser wrote into the header."""
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
