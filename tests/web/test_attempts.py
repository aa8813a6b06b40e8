"""Log-in attempts: limits by account and address, known devices, and the one without a password."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from itertools import product

import pyotp
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from merzim.services.accounts.credentials import hash_secret
from merzim.settings import WebSettings
from merzim.web.auth.attempts import network_of
from merzim.web.auth.dependencies import COOKIE
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, build, enter, office_with_cases
from tests.web.serving import browser_of
from workflow.moments import Moment

SAID = Moment(by="officer", now=NOW, today=TODAY)
NEW = "жаңа құпиясөзім"
ATTACKER = "203.0.113.9"
OFFICE = "198.51.100.4"


@pytest.fixture
def office() -> Site:
    """An office with an account of every access."""
    return build(demonstration=False, address="https://merzim.kz")


def browser(site: Site, address: str = OFFICE) -> TestClient:
    """A browser somewhere."""
    return browser_of(site.app, "merzim.kz", address=address, headers={"user-agent": "Firefox"})


def guess(site: Site, address: str = ATTACKER, *, login: str = "officer", times: int = 1) -> list[int]:
    """The answers to so many wrong passwords, each from a browser of its own."""
    return [enter(browser(site, address), login, f"wrong password {n}") for n in range(times)]


def test_wrong_passwords_of_others_elsewhere_keep_nobody_out(office: Site) -> None:
    """However many addresses guess at a name, its owner logs in from a browser never seen before."""
    answers = [answer for number in range(12) for answer in guess(office, f"203.0.113.{number}")]

    assert set(answers) == {401}
    assert enter(browser(office)) == 303


def test_ten_wrong_passwords_from_one_address_close_the_name_to_that_address_alone(office: Site) -> None:
    """There the right one is not looked at either; elsewhere it opens."""
    answers = guess(office, times=11)
    page = browser(office, ATTACKER).post("/login?lang=en", data={"login": "officer", "password": PASSWORD})

    assert answers == [401] * 10 + [429]
    assert page.status_code == 429
    assert page.headers["retry-after"] == "900"
    assert "Try again in 15 minutes." in page.text
    assert enter(browser(office)) == 303


def test_the_right_password_gets_in_from_a_known_device_while_its_own_address_attacks(office: Site) -> None:
    """A colleague's guesses close the address to other browsers; whose cookie it is, and whose seal, counts."""
    known, shared, thief = browser(office), browser(office), browser(office)
    assert [enter(known), enter(shared), enter(shared, "auditor")] == [303] * 3
    [(name, mark)] = [
        cookie for cookie in known.cookies.items() if cookie[0].startswith("__Host-merzim-device")
    ]
    thief.cookies.set(name, mark[:-1] + ("0" if mark[-1] != "0" else "1"), domain="merzim.kz")
    for login in ("officer", "auditor", "responsible"):
        guess(office, OFFICE, login=login, times=11)

    assert [enter(each) for each in (browser(office), thief, known, shared)] == [429, 429, 303, 303]
    assert [enter(shared, login) for login in ("auditor", "responsible")] == [303, 429]
    assert known.get("/account").status_code == 200
    known.post("/account/password", data={"old": PASSWORD, "password": NEW, "again": NEW})
    assert [enter(each, password=NEW) for each in (known, shared)] == [303, 429]


def test_a_known_device_has_a_limit_of_its_own(office: Site) -> None:
    """Who took its cookie guesses no faster than others, and is logged in by nothing in it."""
    known = browser(office)
    enter(known)
    known.cookies.delete(COOKIE)

    assert known.get("/account").status_code == 303
    assert [enter(known, password="wrong password") for _ in range(11)] == [401] * 10 + [429]
    assert enter(browser(office, "192.0.2.1")) == 303


def test_an_address_that_tries_many_names_is_closed(office: Site) -> None:
    """Whether there are such accounts or not; other addresses are not."""
    answers = [answer for n in range(51) for answer in guess(office, login=f"name{n}")]

    assert answers == [401] * 50 + [429]
    assert enter(browser(office, ATTACKER)) == 429
    assert enter(browser(office)) == 303


def test_many_guesses_do_not_keep_a_good_log_in_from_being_forgotten(office: Site) -> None:
    """Twelve good log-ins from one address use nothing up: a thirteenth guess is the first."""
    assert {enter(browser(office)) for _ in range(12)} == {303}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_ipv6_is_counted_by_64_bits(address: str, counted: str) -> None:
    """A subscriber has 2^64 addresses, and one after the other would be a stranger."""
    assert network_of(address) == counted


def test_codes_of_the_second_factor_are_few_and_tell_nothing(office: Site) -> None:
    """With the right password, from however many addresses: answered like a wrong password, then and after."""
    secret = pyotp.random_base32()
    office.accounts.enrol("officer", secret, 0, (), at=SAID)
    code = pyotp.TOTP(secret).at(int(NOW.timestamp()))
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    first = enter(browser(office), code=code)
    answers = [enter(browser(office, f"203.0.113.{n}"), code=wrong) for n in range(12)]
    office.accounts.enrol("officer", secret, 0, (), at=SAID)

    assert first == 303
    assert answers == [401] * 12
    assert enter(browser(office), code=code) == 401


@pytest.mark.parametrize("form", ["/account/password", "/account/totp"])
def test_the_present_password_is_guessed_at_ten_times_in_a_session(office: Site, form: str) -> None:
    """Who found a browser open learns no password from it; its owner goes on in another session."""
    session, own_browser = browser(office, ATTACKER), browser(office)
    enter(session)
    enter(own_browser)
    wrong = [session.post(f"{form}?lang=en", data={"old": f"wrong {n}"}).text for n in range(10)]
    data = {"old": PASSWORD, "password": NEW, "again": NEW}
    after = session.post("/account/password?lang=en", data=data)
    answer = own_browser.post("/account/password", data=data)

    assert all("The current password is wrong." in page for page in wrong)
    assert "was wrong too many times. Try again in 15 minutes." in after.text
    assert (after.status_code, answer.status_code) == (422, 303)


def test_a_log_in_ends_the_session_the_browser_had_whosever_it_was(office: Site) -> None:
    """A cookie copied before, or one left by a colleague, opens nothing afterwards."""
    this_browser, copies = browser(office), []
    for login in ("officer", "officer", "auditor", "officer"):
        assert enter(this_browser, login) == 303
        copies.append(this_browser.cookies[COOKIE])

    statuses = []
    for copy in copies:
        thief = browser(office, ATTACKER)
        thief.cookies.set(COOKIE, copy, domain="merzim.kz")
        statuses.append(thief.get("/account").status_code)
    assert len(set(copies)) == 4
    assert statuses == [303, 303, 303, 200]


@pytest.mark.parametrize("how", ["others", "password"])
def test_ending_the_others_or_a_new_password_leaves_this_browser_alone_logged_in(
    office: Site, how: str
) -> None:
    """Every other one is a stranger again."""
    other, this_browser = browser(office), browser(office)
    enter(other)
    enter(this_browser)
    if how == "others":
        this_browser.post("/account/sessions/end")
    else:
        this_browser.post("/account/password", data={"old": PASSWORD, "password": NEW, "again": NEW})

    assert [each.get("/account").status_code for each in (other, this_browser)] == [303, 200]


def test_nobody_ends_the_sessions_of_others(office: Site) -> None:
    """The hash of another account's session is a number like any other."""
    auditor, officer = browser(office), browser(office)
    enter(auditor, "auditor")
    enter(officer)
    officer.post("/account/sessions/end", data={"hash": hash_secret(auditor.cookies[COOKIE])})

    assert auditor.get("/account").status_code == 200


# ---------------------------------------------------------------------------------------------------- the log


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of refused log-ins."""
    return [record.getMessage() for record in caplog.records if record.name == "merzim.login"]


def test_each_refused_log_in_is_one_line_with_the_address_and_the_reason(
    office: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """At the level that is written unless config.toml says otherwise; never what was typed as a name."""
    closed = office.accounts.account("auditor")
    office.accounts.save(closed.reader, disabled=True, at=SAID)
    office.accounts.enrol("first_head", pyotp.random_base32(), 0, (), at=SAID)
    secret = "құпиясөзім\nlog-in refused: address=192.0.2.1"
    for login, password in (
        *(("officer", "wrong"), (secret, "wrong"), ("auditor", PASSWORD), ("auditor", "wrong")),
        ("first_head", PASSWORD),
    ):
        enter(browser(office, ATTACKER), login, password)
    session = browser(office, "2001:db8::9")
    enter(session)
    session.post("/account/password", data={"old": "wrong"})

    assert refusals(caplog) == [
        f"log-in refused: address={ATTACKER} reason=wrong_password account=officer",
        f"log-in refused: address={ATTACKER} reason=unknown_account account=-",
        f"log-in refused: address={ATTACKER} reason=account_closed account=auditor",
        f"log-in refused: address={ATTACKER} reason=wrong_password account=auditor",
        f"log-in refused: address={ATTACKER} reason=wrong_code account=first_head",
        "log-in refused: address=2001:db8::9 reason=wrong_present_password account=officer",
    ]
    assert {record.levelno for record in caplog.records if record.name == "merzim.login"} == {logging.WARNING}


def test_what_is_not_looked_at_any_more_is_logged_as_such(
    office: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Passwords, codes, and the present password of a session."""
    guess(office, times=11)
    passwords = refusals(caplog)[-1]
    office.accounts.enrol("first_head", pyotp.random_base32(), 0, (), at=SAID)
    for number in range(11):
        enter(browser(office, f"192.0.2.{number}"), "first_head")
    codes = refusals(caplog)[-1]
    session = browser(office)
    enter(session)
    for _ in range(11):
        session.post("/account/password", data={"old": "wrong"})

    assert passwords == f"log-in refused: address={ATTACKER} reason=too_many_attempts account=officer"
    assert codes == "log-in refused: address=192.0.2.10 reason=too_many_codes account=first_head"
    assert refusals(caplog)[-1] == f"log-in refused: address={OFFICE} reason=too_many_attempts account=officer"
    assert not any(re.search(r"[\r\n]", refusal) for refusal in refusals(caplog))


OWN_HOSTS = ("127.0.0.1", "127.0.0.2", "::1", "localhost")
FOREIGN_HOSTS = ("0.0.0.0", "::", "", "10.0.0.5", "merzim.example.kz", "127.0.0.1.example.kz", "localhost.kz")
OWN_ADDRESSES = ("", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000/", "HTTP://127.0.0.9")
FOREIGN_ADDRESSES = (
    *("https://127.0.0.1:8000", "https://localhost", "http://merzim.example.kz", "https://merzim.example.kz"),
    *(
        "http://10.0.0.5:8000",
        "http://0.0.0.0:8000",
        "http://127.0.0.1@evil.example",
        "http://[::1",
        "127.0.0.1:8000",
    ),
    *("//127.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1.example.kz"),
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
    allowed = set()
    for host, address in product(OWN_HOSTS + FOREIGN_HOSTS, OWN_ADDRESSES + FOREIGN_ADDRESSES):
        with suppress(ValidationError):  # no address of pages at all
            if WebSettings(host=host, public_address=address).passwordless:
                allowed.add((host, address))

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
    real = Site(shown.context.settings, shown.folder, Moment(now=NOW, today=TODAY))
    with shown.stranger() as browser:
        browser.post("/login/demonstration", data={"login": "officer"})
        secret = browser.cookies[COOKIE]
        account_status = browser.get("/account").status_code
        through_a_proxy = browser.get("/account", headers={"x-forwarded-for": "203.0.113.9"}).status_code
    with real.stranger() as browser:
        browser.cookies.set(COOKIE, secret, domain="127.0.0.1")
        on_the_real_day = browser.get("/account").status_code

    assert (account_status, through_a_proxy, on_the_real_day) == (200, 303, 303)
