"""OpenID Connect log-in against a real provider: who gets in, as whom, and who does not."""

from __future__ import annotations

import asyncio
import socket
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from merzim import clock
from merzim.services.accounts import verbs as account_commands
from merzim.services.accounts.verbs import AccountCommand
from merzim.services.context import operator_context
from merzim.services.oidc import CLOCK_SKEW_SECONDS, OidcProvider, open_provider
from merzim.settings import BadSetting, GroupAccess, OidcSettings
from merzim.storage.database import writing
from merzim.storage.tables.accounts import ENTRY
from merzim.web.app import OIDC_COOKIE as COOKIE, create_app
from merzim.web.auth.attempts import FRESH_SESSION
from tests.notifications.servers import free_port
from tests.openid import CALLBACK, CLIENT, SECRET, Provider
from tests.web.conftest import AT, NOW, PASSWORD, Site, build
from tests.web.serving import shown_meanwhile
from workflow.org.access import Access, OutsidePerson, Reader


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERZIM_OIDC_SECRET", SECRET)


def office(provider: Provider, *, totp_required: tuple[Access, ...] = (), **options: Any) -> Site:
    """An office whose people log in by a provider."""
    site = build(demonstration=False, totp_required=totp_required)
    oidc = OidcSettings(**({"issuer": provider.issuer, "client_id": CLIENT, "insecure": True} | options))
    vars(site.context)["settings"] = site.context.settings.model_copy(update={"oidc": oidc})
    site.app = create_app(site.context, site.clock)
    return site


def begin(site: Site, onward: str = "/") -> tuple[TestClient, str]:
    """Press the link of the log-in page in a new browser; the browser, and where it is sent to."""
    browser = site.stranger()
    answer = browser.get("/login/oidc", params={"next": onward, "lang": "en"})
    assert answer.status_code == 302, answer.text
    return browser, answer.headers["location"]


def come_back(browser: TestClient, callback: str, **parameters: str) -> Any:
    """Come back from the provider, with some of what it said changed."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    return browser.get("/login/oidc/callback", params=query | parameters | {"lang": "en"})


def enter(site: Site, provider: Provider, sub: str, onward: str = "/") -> tuple[TestClient, Any]:
    """Log in from a new browser; the browser, and the last answer."""
    browser, address = begin(site, onward)
    return browser, come_back(browser, provider.log_in(address, sub))


def open_account(site: Site, login: str, *, person: str = "", disabled: bool = False) -> None:
    """Make an account without a password, as an administrator does before somebody's first log-in."""
    reader = Reader(login=login, access="officer", person=person)
    site.accounts.save(reader, disabled=disabled, at=AT)


def test_somebody_logs_in_with_the_account_made_for_their_person(provider: Provider) -> None:
    """Found by a verified e-mail once, and ever after by `sub`; led to the page they wanted, of ours alone."""
    site = office(provider)
    site.accounts.save(replace(site.accounts.account("responsible").reader, person="x"), disabled=False, at=AT)
    open_account(site, "gulnur", person="a@org.kz")
    provider.person("77-a", email="A@Org.kz", email_verified=True)

    browser, first = enter(site, provider, "77-a", "/cases?q=1")
    provider.person("77-a", email="other@org.kz", email_verified=True, preferred_username="somebody-else")
    _, second_answer = enter(site, provider, "77-a", "https://evil.example/")

    assert (first.status_code, first.headers["location"]) == (303, "/cases?q=1")
    assert (second_answer.status_code, second_answer.headers["location"]) == (303, "/desk")
    assert site.accounts.account("gulnur").linked
    assert site.accounts.identity(f"{provider.issuer} 77-a") is not None
    assert browser.get("/account").status_code == 200
    assert COOKIE not in browser.cookies


def test_nothing_is_opened_for_somebody_without_an_account_or_a_group(provider: Provider) -> None:
    """Not by an unverified e-mail, not for an administrator's person; a closed account stays closed."""
    site = office(provider, groups=(GroupAccess(group="auditors", access="auditor"),))
    for login in ("responsible", "head_of_unit"):
        site.accounts.save(replace(site.accounts.account(login).reader, person=""), disabled=False, at=AT)
    administrator = Reader(login="administrator", access="administrator", person="a@org.kz")
    site.accounts.save(administrator, disabled=False, at=AT)
    open_account(site, "closed", person="b@org.kz", disabled=True)
    open_account(site, "c", person="c@org.kz")
    provider.person("unknown", groups=["staff"])
    provider.person("unverified", email="c@org.kz")
    provider.person("grabber", email="a@org.kz", email_verified=True)
    provider.person("leaver", email="b@org.kz", email_verified=True)
    before = {row.reader.login for row in site.accounts.all()}

    for sub in ("unknown", "unverified", "grabber", "leaver"):
        browser, answer = enter(site, provider, sub)
        assert (sub, answer.status_code) == (sub, 401)
        assert "you have no open account" in answer.text
        assert browser.get("/account").status_code == 303
    assert {row.reader.login for row in site.accounts.all()} == before
    assert not site.accounts.account("administrator").linked
    assert not site.accounts.account("c").linked
    provider.person("unknown", groups=["staff", "auditors"])
    assert enter(site, provider, "unknown")[1].status_code == 303
    assert site.accounts.account("unknown").reader.access == "auditor"


def test_a_group_changes_an_access_and_takes_it_with_the_sessions(provider: Provider) -> None:
    """The first group of config.toml counts, at every log-in."""
    rows = (GroupAccess(group="o", access="officer"), GroupAccess(group="a", access="auditor"))
    site = office(provider, groups=rows)
    provider.person("dana", groups=["a"])
    browser, _ = enter(site, provider, "dana")
    assert site.accounts.account("dana").reader.access == "auditor"
    provider.person("dana", groups=["a", "o"])
    promoted, _ = enter(site, provider, "dana")
    assert site.accounts.account("dana").reader.access == "officer"
    assert browser.get("/account").status_code == 303
    provider.person("dana", groups=[])

    assert enter(site, provider, "dana")[1].status_code == 401
    assert promoted.get("/account").status_code == 303


def test_what_comes_back_must_belong_to_the_browser_that_began(provider: Provider) -> None:
    """A wrong state, another browser's code, a used code, another issuer, a refusal: nobody gets in."""
    provider.person("s1", groups=["g"])
    site = office(provider, groups=(GroupAccess(group="g", access="auditor"),))
    browser, address = begin(site)
    callback = provider.log_in(address, "s1")
    other, other_address = begin(site)
    theirs = parse_qs(urlsplit(other_address).query)["state"][0]

    for from_browser, parameters, status in (
        (site.stranger(), {}, 400),
        (browser, {"state": "x" * 43}, 400),
        (other, {"state": theirs}, 401),
    ):
        assert come_back(from_browser, callback, **parameters).status_code == status
        assert from_browser.get("/account").status_code == 303
    # The provider took the code away when another's verifier came with it: begin anew.
    browser, address = begin(site)
    saved, callback = browser.cookies[COOKIE], provider.log_in(address, "s1")
    assert come_back(browser, callback, iss="https://evil.example").status_code == 401
    browser.cookies.set(COOKIE, saved, domain="127.0.0.1")
    assert come_back(browser, callback).status_code == 303
    thief = site.stranger()
    thief.cookies.set(COOKIE, saved, domain="127.0.0.1")
    assert come_back(thief, callback).status_code == 401
    browser, address = begin(site)
    state = parse_qs(urlsplit(address).query)["state"][0]
    refusal = f"{CALLBACK}?state={state}&error=access_denied&iss={provider.issuer}"
    assert come_back(browser, refusal).status_code == 401
    thief.cookies.set(COOKIE, "no json", domain="127.0.0.1")
    assert thief.get("/login/oidc/callback").status_code == 400


def test_a_forged_token_lets_nobody_in(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    """Another key, no signature, our secret as the key; another audience, issuer, nonce, person; expired."""
    provider.person("victim", groups=["g"])
    site = office(provider, groups=(GroupAccess(group="g", access="auditor"),))
    now = int(clock.read().now.timestamp())  # The provider reads the real clock, too.
    forgeries: dict[str, dict[str, Any]] = {
        "another key": {"key": "foreign"},
        "no signature": {"alg": "none"},
        "our secret": {"alg": "HS256"},
        "another audience": {"claims": {"aud": "another"}},
        "an audience besides": {"claims": {"aud": [CLIENT, "another"]}},
        "issued to another": {"claims": {"azp": "another"}},
        "another issuer": {"claims": {"iss": "https://evil.example"}},
        "another nonce": {"claims": {"nonce": "of another log-in"}},
        "no nonce": {"claims": {"nonce": None}},
        "another person": {"claims": {"sub": "somebody"}},
        "nobody": {"claims": {"sub": " "}},
        "expired": {"claims": {"exp": now - CLOCK_SKEW_SECONDS - 1}},
        "no expiry": {"claims": {"exp": None}},
        "not yet": {"claims": {"nbf": now + CLOCK_SKEW_SECONDS + 60}},
    }
    for forgery_name, forgery in forgeries.items():
        provider.forge(**forgery)
        browser, answer = enter(site, provider, "victim")
        statuses = (answer.status_code, browser.get("/account").status_code)
        assert (forgery_name, statuses) == (forgery_name, (401, 303))
    assert not any(account.linked for account in site.accounts.all())
    assert caplog.text.count("reason=not_identified") == len(forgeries)
    provider.forge(claims={"exp": int(clock.read().now.timestamp()) - CLOCK_SKEW_SECONDS + 10})
    assert enter(site, provider, "victim")[1].status_code == 303


def test_while_the_provider_is_down_the_page_says_so_and_passwords_work(provider: Provider) -> None:
    """It is not there, or takes connections and says nothing; one sentence, soon, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for port in (free_port(), mute.getsockname()[1]):
            site = office(provider, issuer=f"http://127.0.0.1:{port}", timeout=1)
            page = site.stranger().get("/login/oidc?lang=en")
            assert page.status_code == 503
            assert page.text.count("log-in service does not answer") == 1
            answer = site.stranger().post("/login", data={"login": "administrator", "password": PASSWORD})
            assert answer.status_code == 303
        site = office(provider, issuer=f"http://127.0.0.1:{port}", timeout=20)
        assert asyncio.run(shown_meanwhile(site.app, mute, "GET", "/login/oidc"))
    site = office(provider)
    browser, address = begin(site)
    saved, callback = browser.cookies[COOKIE], provider.log_in(address, "late")
    site.context.provider._client[1].server_metadata["token_endpoint"] = f"http://127.0.0.1:{free_port()}/token"
    for _ in range(51):
        browser.cookies.set(COOKIE, saved, domain="127.0.0.1")
        assert come_back(browser, callback).status_code == 503, "nobody's attempt, which would lock others out"
    assert office(provider, issuer=f"{provider.issuer}/").stranger().get("/login/oidc").status_code == 503


def test_our_second_factor_is_asked_for_after_the_provider(provider: Provider) -> None:
    """Set within minutes of the log-in, for there is no password to ask for; then a code at each log-in."""
    provider.person("factor", email="a@org.kz", email_verified=True)
    site = office(provider, totp_required=("responsible",))
    browser, first = enter(site, provider, "factor")
    secret = pyotp.random_base32()
    form = {"secret": secret, "code": pyotp.TOTP(secret).at(NOW), "do": "set"}
    assert first.headers["location"] == "/account/totp"
    assert "current-password" not in browser.get("/account/totp").text

    aged(site, FRESH_SESSION + timedelta(seconds=1))
    stale = browser.post("/account/totp?lang=en", data=form)
    aged(site, -timedelta(seconds=1))
    fresh_answer = browser.post("/account/totp", data=form)
    assert (stale.status_code, fresh_answer.status_code) == (422, 200)
    assert "log in again" in stale.text

    client, page = enter(site, provider, "factor", "/cases")
    wrong = client.post("/login/oidc/code", data={"code": "000000"})
    assert (page.status_code, client.get("/account").status_code, wrong.status_code) == (200, 303, 401)
    thief = site.stranger()
    forged = urlsafe_b64encode(b'{"sealed": "2099-01-01T00:00:00+00:00 responsible", "next": "/"}').decode()
    code = pyotp.TOTP(secret).at(NOW.timestamp() + 30)
    for cookie in ("", forged):
        thief.cookies.set(COOKIE, cookie, domain="127.0.0.1")
        assert thief.post("/login/oidc/code", data={"code": code}).status_code == 400
    right = client.post("/login/oidc/code", data={"code": code})
    assert (right.status_code, right.headers["location"]) == (303, "/cases")
    assert client.get("/account").status_code == 200


def aged(site: Site, age: timedelta) -> None:
    """Let the newest session of "responsible" be older by so much."""
    entry = next(row for row in site.accounts.entries("responsible", now=NOW) if row.kind == "session")
    with writing(site.context.engine) as connection:
        created = entry.created_at - age
        connection.execute(update(ENTRY).where(ENTRY.c.hash == entry.hash).values(created_at=created))


def test_an_account_is_closed_and_unlinked_as_any_other(provider: Provider) -> None:
    """Closed it lets nobody in; unlinked it is found anew."""
    provider.person("own", email="a@org.kz", email_verified=True)
    site = office(provider)
    browser, _ = enter(site, provider, "own")
    ctx = operator_context(site.context, at=AT)
    account_commands.close(ctx, AccountCommand(login="responsible"))
    _, closed = enter(site, provider, "own")
    account_commands.reopen(ctx, AccountCommand(login="responsible"))
    account_commands.unlink(ctx, AccountCommand(login="responsible"))

    assert (closed.status_code, browser.get("/account").status_code) == (401, 303)
    assert not site.accounts.account("responsible").linked
    assert enter(site, provider, "own")[1].status_code == 303


def test_who_logs_out_may_end_the_session_at_the_provider_too(provider: Provider) -> None:
    """Where config.toml asks for it; users with a local password are not offered it."""
    provider.person("leaving", email="a@org.kz", email_verified=True)
    for log_out in (False, True):
        site = office(provider, log_out=log_out)
        browser, _ = enter(site, provider, "leaving")
        answer = browser.post("/logout")
        page = browser.get(answer.headers["location"]).text
        assert (f"{provider.issuer}/session/end?client_id={CLIENT}" in page) is log_out
        assert browser.get("/account").status_code == 303
        assert site.client("officer").post("/logout").headers["location"] == "/login"


def test_answers_that_prove_nothing_are_counted_by_address(provider: Provider) -> None:
    """Fifty at once, then one a minute, like wrong passwords; a good one is not counted."""
    site = office(provider)
    browser, address = begin(site)
    state, saved = parse_qs(urlsplit(address).query)["state"][0], browser.cookies[COOKIE]
    for status in [401] * 50 + [429]:
        browser.cookies.set(COOKIE, saved, domain="127.0.0.1")
        answer = browser.get("/login/oidc/callback", params={"state": state, "error": "x"})
        assert answer.status_code == status


def test_sixty_people_of_one_office_come_back_at_once(provider: Provider, monkeypatch: Any) -> None:
    """More than their network has attempts (50), each of which counts until the provider answers."""
    site = office(provider)
    browser, address = begin(site)
    state, cookie = parse_qs(urlsplit(address).query)["state"][0], f"{COOKIE}={browser.cookies[COOKIE]}"

    async def identify(*_: object, **__: object) -> OutsidePerson:
        await asyncio.sleep(0.1)
        return OutsidePerson(subject="s", login="s", name="", email="", access="auditor")

    async def statuses() -> set[int]:
        back, transport = f"{CALLBACK}?state={state}&code=any", httpx2.ASGITransport(site.app)
        async with httpx2.AsyncClient(transport=transport, headers={"cookie": cookie}) as people:
            return {each.status_code for each in await asyncio.gather(*map(people.get, [back] * 60))}

    monkeypatch.setattr(OidcProvider, "identify", identify)
    assert asyncio.run(statuses()) == {303}


def test_a_provider_is_refused_at_the_start_where_it_could_not_work(provider: Provider) -> None:
    """No client, no secret, no TLS to another machine; without one the addresses are not there."""
    site = build()
    usual = site.context.settings
    right = OidcSettings(issuer=provider.issuer, client_id=CLIENT, insecure=True)
    for wrong, code in (
        ({"client_id": ""}, "cli.missing_setting"),
        ({"secret_env": "MERZIM_NOTHING"}, "cli.no_variable"),
        ({"insecure": False}, "cli.oidc_insecure"),
        ({"issuer": "http://sso.example.kz"}, "cli.oidc_insecure"),
        ({"ca_file": usual.evidence.folder / "none.pem"}, "cli.oidc_no_ca_file"),
    ):
        settings = usual.model_copy(update={"oidc": right.model_copy(update=wrong)})
        with pytest.raises(BadSetting, match=code):
            open_provider(settings, {"MERZIM_OIDC_SECRET": SECRET})
    assert open_provider(usual, {}) is None
    browser = site.stranger()
    assert [browser.get(path).status_code for path in ("/login/oidc", "/login/oidc/callback")] == [404, 404]
    assert "/login/oidc" not in browser.get("/login").text
