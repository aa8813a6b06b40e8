"""Log-in: user name, password and code; failed attempts, and values that survive a new form."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from merzim.services.accounts.credentials import hash_secret, new_secret, totp_step, verify_password
from merzim.web.auth.dependencies import COOKIE
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, build, enter
from workflow.org.access import Credential
from workflow.org.audit import Stamp

HOURS_2, HOURS_12 = timedelta(hours=2), timedelta(hours=12)
SECRET = pyotp.random_base32()
SAID = Stamp(by="officer", now=NOW, today=TODAY)


def invitation(site: Site) -> str:
    """The secret of an invitation for the first administrator."""
    return site.way_in("", "invitation")


@pytest.fixture
def unopened() -> Site:
    """An office nobody can log in to yet: its accounts are made, and none has a password."""
    site = build(demonstration=False)
    for account in site.accounts.all():
        site.accounts.set_password(account.reader.login, "", at=SAID)
    return site


def test_a_stranger_is_asked_who_they_are_and_led_on_afterwards(site: Site) -> None:
    """The page they wanted stands in the way they came, with its question."""
    with site.stranger() as browser:
        response = browser.get("/cases?unit=hr")
        page = browser.get(response.headers["location"])
        onward = set(re.findall(r'name="next" value="([^"]+)"', page.text))
        answer = browser.post(
            "/login", data={"login": "officer", "password": PASSWORD, "next": "/cases?unit=hr"}
        )

    assert response.status_code == 303
    assert onward == {"/cases?unit=hr"}
    assert answer.headers["location"] == "/cases?unit=hr"


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb"]
)
def test_the_way_onward_never_leaves_the_house(onward: str, site: Site) -> None:
    """A log-in page that sends people elsewhere is a trap."""
    with site.stranger() as browser:
        answer = browser.post("/login", data={"login": "officer", "password": PASSWORD, "next": onward})

    assert answer.headers["location"] == "/desk"


def test_the_session_cookie_is_of_this_host_alone_and_no_script_reads_it(site: Site) -> None:
    """__Host-, Secure, HttpOnly, SameSite; what is kept is its hash."""
    with site.stranger() as browser:
        answer = browser.post("/login", data={"login": "officer", "password": PASSWORD})
        secret = browser.cookies[COOKIE]

    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-merzim=")
    assert all(part in cookie for part in ("secure", "httponly", "samesite=lax", "path=/"))
    assert "domain" not in cookie
    assert site.accounts.entry("session", hash_secret(secret), now=NOW) is not None


def test_a_wrong_name_and_a_wrong_password_are_answered_alike() -> None:
    """The answer does not reveal which accounts exist."""
    site, pages = build(demonstration=False), []
    for login, password in (("officer", "wrong password"), ("nobody at all", PASSWORD)):
        with site.stranger() as browser:
            answer = browser.post("/login?lang=en", data={"login": login, "password": password})
            pages.append((answer.status_code, answer.text.replace(login, "?")))

    assert pages[0][0] == 401
    assert pages[0] == pages[1]


def test_a_closed_account_is_out_at_once(site: Site) -> None:
    """Its open session ends, and its password opens nothing."""
    account = site.accounts.account("officer")
    with site.client() as browser:
        before = browser.get("/").status_code
        site.accounts.save(account.reader, disabled=True, at=SAID)
        after = browser.get("/").status_code

    assert (before, after) == (200, 303)
    assert enter(site.stranger()) == 401


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_may_be_one_step_early_or_late(seconds: int, taken: bool) -> None:
    """Clocks differ by half a minute, not by a whole one."""
    code = pyotp.TOTP(SECRET).at(int(NOW.timestamp()) + seconds)

    assert (totp_step(SECRET, code, now=NOW) is not None) is taken


def test_a_session_ends_after_twelve_hours_and_after_two_idle_ones(site: Site) -> None:
    """The second before, the second itself; other settings count for sessions that are open already, too."""

    def open_since(since_creation: timedelta, since_last_seen: timedelta) -> int:
        secret = new_secret()
        site.accounts.store_entry(
            Credential(
                hash=hash_secret(secret),
                kind="session",
                login="officer",
                created_at=NOW - since_creation,
                seen_at=NOW - since_last_seen,
                expires_at=NOW - since_creation + HOURS_12,
            )
        )
        browser = site.stranger()
        browser.cookies.set(COOKIE, secret, domain="127.0.0.1")
        return browser.get("/").status_code

    second = timedelta(seconds=1)
    assert [open_since(HOURS_12 - second, second), open_since(HOURS_12, second)] == [200, 303]
    assert [
        open_since(HOURS_2, HOURS_2 - second),
        open_since(HOURS_2, HOURS_2),
    ] == [200, 303]
    web = site.context.settings.web.model_copy(update={"session_hours": 1, "session_idle_minutes": 5})
    site.context.settings = site.context.settings.model_copy(update={"web": web})
    hour, five = timedelta(hours=1), timedelta(minutes=5)
    assert [open_since(hour - second, second), open_since(hour, second)] == [200, 303]
    assert [open_since(five, five - second), open_since(five, five)] == [200, 303]


def test_logging_out_ends_the_session_on_the_server(site: Site) -> None:
    """A copied cookie opens nothing afterwards."""
    browser = site.client()
    secret = browser.cookies[COOKIE]
    browser.post("/logout")

    assert site.accounts.entry("session", hash_secret(secret), now=NOW) is None


def test_what_was_typed_when_the_session_ended_can_be_sent_after_logging_in(site: Site) -> None:
    """The form goes through the log-in page and comes out whole."""
    form = {"fact": "order_signed", "on": "2026-04-06", "link.other": "https://example.kz/<бұйрық>"}
    with site.stranger() as browser:
        page = browser.post(f"/cases/{site.real}", data=form)
        form_values = re.findall(r'name="kept" value="([^"]+)"', page.text)[0].replace("&#34;", '"')
        form_values = form_values.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        login_page = browser.post(
            "/login",
            data={"login": "officer", "password": PASSWORD, "kept": form_values, "next": f"/cases/{site.real}"},
        )
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', login_page.text))
        sent = browser.post(f"/cases/{site.real}", data={"fact": fields["fact"], "on": fields["on"]})

    assert page.status_code == 401
    assert f'action="/cases/{site.real}"' in login_page.text
    assert "https://example.kz/&lt;бұйрық&gt;" in login_page.text
    assert sent.status_code == 303
    assert site.facts(site.real)["order_signed"].by == "officer"


def test_the_first_administrator_is_made_at_a_one_time_address(unopened: Site) -> None:
    """The address works once; the account is an administrator's, who sees people and settings and no case."""
    secret = invitation(unopened)
    choice = {"login": "Root@mne.kz", "password": "төрт сөзден тұрады", "again": "төрт сөзден тұрады"}
    with unopened.stranger() as browser:
        page = browser.get(f"/welcome/{secret}")
        response = browser.post(f"/welcome/{secret}", data=choice)
        cases = browser.get("/cases").status_code
        second_answer = browser.post(f"/welcome/{secret}", data=choice)

    account = unopened.accounts.account("root@mne.kz")
    assert page.status_code == 200
    assert response.status_code == 303
    assert account.reader.access == "administrator"
    assert verify_password("төрт сөзден тұрады", account.password)
    assert (cases, second_answer.status_code) == (403, 404)


@pytest.mark.parametrize(
    ("login", "password", "again", "says"),
    [
        ("root", "тым қысқа", "тым қысқа", "12"),
        ("root", "төрт сөзден тұрады", "төрт сөзден турады", "differ"),
        ("root", "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "easy"),
        ("a very bad name", "төрт сөзден тұрады", "төрт сөзден тұрады", "user name"),
        ("officer", "төрт сөзден тұрады", "төрт сөзден тұрады", "taken"),
    ],
)
def test_a_bad_choice_is_refused_and_the_invitation_still_holds(
    unopened: Site, login: str, password: str, again: str, says: str
) -> None:
    """One sentence; the name typed stays in the form."""
    secret = invitation(unopened)
    with unopened.stranger() as browser:
        answer = browser.post(
            f"/welcome/{secret}?lang=en", data={"login": login, "password": password, "again": again}
        )

    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{login}"' in answer.text
    assert unopened.accounts.entry("invitation", hash_secret(secret), now=NOW) is not None
