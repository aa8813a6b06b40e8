"""Directory log-in against a real slapd: who gets in, as whom, and who does not."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from starlette.testclient import TestClient

from merzim.services.accounts import identities
from merzim.services.accounts import verbs as account_commands
from merzim.services.accounts.credentials import hash_secret
from merzim.services.accounts.verbs import AccountCommand, BadAccount
from merzim.services.configuration.settings import BadSetting, GroupAccess, LdapSettings
from merzim.services.connections.ldap import DirectorySilent, LdapDirectory, open_directory
from merzim.services.context import operator_context
from tests.notifications.servers import free_port
from tests.slapd import BASE, ROOT, SEARCHER, SECRET, Slapd, serving
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, build
from workflow.org.access import Access, Account, Reader

SAID = {"by": "test", "now": NOW, "today": TODAY}
SHY = "\u00ad"
"""A soft hyphen: what prepares passwords for a bind (SASLprep) makes nothing of it."""


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERZIM_LDAP_PASSWORD", SECRET)


def ldap(slapd: Slapd, **settings: Any) -> LdapSettings:
    """How config.toml describes that directory, by StartTLS."""
    address = f"ldap://127.0.0.1:{slapd.port}"
    usual = {"address": address, "kind": "openldap", "bind": SEARCHER, "base": BASE, "ca_file": slapd.ca_file}
    return LdapSettings(**(usual | settings))


def office(settings: LdapSettings, **home_options: Any) -> Site:
    """An office whose people log in by a directory."""
    site = build(demonstration=False, **home_options)
    site.context.settings = replace(site.context.settings, ldap=settings)
    return site


def enter(site: Site, login: str, password: str = SECRET, **fields: str) -> tuple[int, TestClient]:
    """Try to log in from a new browser: the status of the answer, and the browser."""
    browser = site.stranger()
    answer = browser.post("/login?lang=en", data={"login": login, "password": password, **fields})
    return answer.status_code, browser


def who(browser: TestClient) -> str:
    """The login a browser is logged in as; "" for nobody."""
    answer = browser.get("/account?lang=en")
    site = answer.text if answer.status_code == 200 else ""
    return site.partition('name="username" value="')[2].partition('"')[0] or ("?" if site else "")


def account(site: Site, login: str) -> Account:
    stored_account = site.accounts.account(login)
    assert stored_account is not None
    return stored_account


def opened(site: Site, login: str, access: Access = "officer", person: str = "") -> None:
    """Make an account without a password, as an administrator does before somebody's first log-in."""
    site.accounts.save(Reader(login=login, access=access, person=person), disabled=False, **SAID)


def test_somebody_logs_in_with_the_account_made_for_their_person(slapd: Slapd) -> None:
    """By TLS of either kind; found by e-mail once, and ever after by the directory's id, whatever the name."""
    dn = slapd.person("aliyeva", "A@Org.kz")
    site = office(ldap(slapd))
    opened(site, "gulnur", person="a@org.kz")
    opened(site, "other", person="c@org.kz")
    site.accounts.save(
        replace(account(site, "responsible").reader, person=""), disabled=False, **SAID
    )  # whose person that was before

    first, browser = enter(site, "Aliyeva")
    slapd.rename(dn, "uid=ivanova")
    slapd.change(f"uid=ivanova,{BASE}", "mail", "c@org.kz")
    by_tls = replace(ldap(slapd), address=f"ldaps://localhost:{slapd.tls_port}")
    second_office = office(by_tls)
    opened(second_office, "gulnur", person="c@org.kz")

    assert (first, account(site, "gulnur").providers) == (303, ("ldap",))
    assert browser.get("/", follow_redirects=True).status_code == 200
    assert enter(site, "ivanova")[0] == 303
    assert account(site, "other").providers == ()
    assert enter(site, "aliyeva")[0] == 401
    assert enter(second_office, "ivanova")[0] == 303
    assert site.context.accounts.identities("ldap")[0].login == "gulnur"


def test_a_wrong_password_an_injection_and_an_empty_password_let_nobody_in(slapd: Slapd) -> None:
    """The directory takes a bind without a password for a success: we must not."""
    slapd.person("bolatov", "b@org.kz")
    site = office(ldap(slapd))
    opened(site, "bolat", person="b@org.kz")
    site.accounts.save(replace(account(site, "head_of_unit").reader, person=""), disabled=False, **SAID)
    tries = [
        ("bolatov", "wrong"), ("bolatov", ""), ("bolatov", SHY), ("bolatov", f"{SECRET}\0"), ("bolatov", "\0"),
        ("*", SECRET), ("bolat*", SECRET), ("bolatov)(uid=*", SECRET), ("*)(objectClass=*", SECRET),
        ("bolatov\0", SECRET), ("\\2a", SECRET), (ROOT, SECRET), (f"uid=bolatov,{BASE}", SECRET), ("", SECRET),
    ]  # fmt: skip

    # The pages leave control characters out of what is typed: those are tried on the directory itself.
    usable_attempts = [attempt for attempt in tries if "\0" not in "".join(attempt)]
    answers = {attempt: enter(site, *attempt)[0] for attempt in usable_attempts}

    assert enter(site, "bolatov")[0] == 303
    assert set(answers.values()) <= {401, 422}, answers
    directory = LdapDirectory(ldap(slapd), SECRET)
    assert [directory.identify(*attempt) for attempt in tries] == [None] * len(tries)


def test_a_local_administrator_gets_in_while_the_directory_is_silent_and_others_are_told(
    slapd: Slapd, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes connections and says nothing, or is not there at all; guesses are counted all the same."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        closed_port, silent = free_port(), mute.getsockname()[1]
        for port in (closed_port, silent):
            site = office(ldap(slapd, address=f"ldap://127.0.0.1:{port}", timeout=1))
            began = time.monotonic()
            status, browser = enter(site, "aliyeva")
            page = browser.post("/login?lang=en", data={"login": "aliyeva", "password": SECRET})

            assert (status, page.status_code) == (503, 503)
            assert time.monotonic() - began < 30
            assert page.text.count("The directory is not responding") == 1
            assert "Traceback" not in page.text + caplog.text
            assert enter(site, "administrator", PASSWORD)[0] == 303
            assert enter(site, "administrator", "wrong")[0] == 401
    quick = office(ldap(slapd, address=f"ldap://127.0.0.1:{closed_port}", timeout=1))
    assert [enter(quick, "officer", f"guess {number}")[0] for number in range(11)] == [503] * 10 + [429]


def test_a_name_given_to_another_person_opens_nothing_of_the_first(slapd: Slapd) -> None:
    """The id of the directory decides: same name, same e-mail, another id is somebody else."""
    dn = slapd.person("serik", "a@org.kz")
    group = slapd.group("auditors", dn)
    site = office(ldap(slapd, groups=(GroupAccess(group=group, access="auditor"),)))
    site.accounts.save(replace(account(site, "responsible").reader, person=""), disabled=False, **SAID)
    opened(site, "serik", person="a@org.kz")
    assert enter(site, "serik")[0] == 303
    slapd.remove(dn)
    assert slapd.person("serik", "a@org.kz") == dn

    status, browser = enter(site, "serik")
    stranger = account(site, "serik.2")

    assert status == 303
    assert (stranger.reader.access, stranger.reader.person, stranger.providers) == ("auditor", "", ("ldap",))
    assert browser.get("/administration", follow_redirects=True).status_code == 403
    assert [identity.login for identity in site.accounts.identities("ldap")] == ["serik", "serik.2"]


def test_groups_give_an_access_change_it_and_take_it_with_the_sessions(
    slapd: Slapd, caplog: pytest.LogCaptureFixture
) -> None:
    """The first group of config.toml counts, at every log-in; who is in none gets nothing."""
    dn = slapd.person("dana", "dana@org.kz")
    officers, auditors = slapd.group("officers"), slapd.group("readers", dn)
    rows = (GroupAccess(group=officers, access="officer"), GroupAccess(group=auditors, access="auditor"))
    site = office(ldap(slapd, groups=(*rows, GroupAccess(group=f"cn=gone,{BASE}", access="administrator"))))

    first, browser = enter(site, "dana")
    as_reader = account(site, "dana").reader
    slapd.change(officers, "member", dn)
    second, promoted = enter(site, "dana")
    as_officer = account(site, "dana").reader
    slapd.change(officers, "member", ROOT)
    slapd.change(auditors, "member", ROOT)
    with caplog.at_level(logging.WARNING, "merzim.login"):
        third, _ = enter(site, "dana")

    assert (first, second, third) == (303, 303, 401)
    assert (as_reader.access, as_reader.name, as_officer.access) == ("auditor", "Dana Адамы", "officer")
    assert [client.get("/account").status_code for client in (browser, promoted)] == [303, 303]
    assert "reason=no_access" in caplog.text
    slapd.change(auditors, "member", dn)
    assert enter(site, "dana")[0] == 303


def test_who_is_gone_from_the_directory_or_the_group_loses_sessions_without_another_log_in(
    slapd: Slapd,
) -> None:
    """Within an hour, tokens too; a directory that does not answer or is empty ends no session."""
    left_dn, moved_dn, stays = (slapd.person(name, f"{name}@org.kz") for name in ("left", "moved", "stays"))
    group = slapd.group("staff", left_dn, moved_dn, stays)
    site = office(ldap(slapd, groups=(GroupAccess(group=group, access="officer"),)))
    browsers = [enter(site, name)[1] for name in ("left", "moved", "stays")]
    feed = account_commands.issue_secret(site.accounts, "feed", "left", timedelta(days=9), now=NOW)

    def reviewed(after: timedelta, settings: LdapSettings | None = None) -> tuple[int, list[int]]:
        if settings is not None:
            site.context.settings = replace(site.context.settings, ldap=settings)
            del site.context.__dict__["directory"]
        count = identities.review(site.context, now=NOW + after, today=TODAY)
        return count, [browser.get("/account").status_code for browser in browsers]

    usual, minute = site.context.settings.ldap, timedelta(minutes=1)
    before = reviewed(minute)
    slapd.remove(left_dn)
    slapd.change(group, "member", stays)

    assert before == (0, [200] * 3)
    assert reviewed(60 * minute) == (0, [200] * 3)
    silent = replace(usual, address=f"ldap://127.0.0.1:{free_port()}", timeout=1)
    assert reviewed(2 * minute, silent) == (0, [200] * 3)
    assert reviewed(2 * minute, replace(usual, base=SEARCHER)) == (0, [200] * 3)
    assert reviewed(2 * minute, usual) == (2, [303, 303, 200])
    assert site.accounts.entry("feed", hash_secret(feed), now=NOW) is None
    assert reviewed(62 * minute) == (2, [303, 303, 200])


def test_people_without_an_account_and_without_a_group_get_no_access(slapd: Slapd) -> None:
    """Answered as if the password were wrong. A closed account stays closed, an administrator's theirs."""
    slapd.person("nobody", "nobody@org.kz")
    slapd.person("closed", "c@org.kz")
    slapd.person("grabber", "b@org.kz")
    group = slapd.group("everybody", *(f"uid={name},{BASE}" for name in ("closed", "grabber")))
    site = office(ldap(slapd, groups=(GroupAccess(group=group, access="auditor"),)))
    site.accounts.save(Reader(login="old", access="officer", person="c@org.kz"), disabled=True, **SAID)
    for login in ("responsible", "head_of_unit"):
        site.accounts.save(replace(account(site, login).reader, person=""), disabled=False, **SAID)
    site.accounts.save(
        Reader(login="administrator", access="administrator", person="b@org.kz"), disabled=False, **SAID
    )

    assert enter(site, "nobody")[0] == 401
    assert site.accounts.account("nobody") is None
    assert enter(site, "closed")[0] == 401
    assert site.accounts.account("closed") is None
    assert enter(site, "grabber")[0] == 303
    assert account(site, "administrator").providers == ()
    assert account(site, "grabber").reader.access == "auditor"


def test_our_second_factor_is_asked_for_and_a_password_of_the_directory_proves_the_holder(slapd: Slapd) -> None:
    """To set it and to use it; the account has no other password: its former one opens nothing."""
    slapd.person("factor", "a@org.kz")
    site = office(ldap(slapd), totp_required=("responsible",))
    assert account(site, "responsible").password

    status, browser = enter(site, "factor")
    location = browser.get("/").headers["location"]
    secret = pyotp.random_base32()
    form = {"secret": secret, "code": pyotp.TOTP(secret).at(NOW), "do": "set"}
    wrong = browser.post("/account/totp", data={**form, "old": PASSWORD})
    right = browser.post("/account/totp", data={**form, "old": SECRET})

    assert (status, location) == (303, "/account/totp")
    assert (wrong.status_code, right.status_code) == (422, 200)
    assert account(site, "responsible").second_factor
    assert enter(site, "factor")[0] == 401
    assert enter(site, "factor", code=pyotp.TOTP(secret).at(NOW.timestamp() + 30))[0] == 303
    assert enter(site, "responsible", PASSWORD, code=pyotp.TOTP(secret).at(NOW.timestamp() - 30))[0] == 401
    assert account(site, "responsible").password == ""
    ctx = operator_context(site.context, **SAID)
    command = AccountCommand(login="responsible")
    with pytest.raises(BadAccount, match="account_linked"):
        account_commands.invite(ctx, command)
    assert account_commands.unlink(ctx, command).providers == []
    assert account_commands.invite(ctx, command).address
    with pytest.raises(BadAccount, match="account_not_linked"):
        account_commands.unlink(ctx, command)


def test_active_directory_is_asked_by_its_own_attributes(slapd: Slapd) -> None:
    """By either name, not when disabled; a GUID is read as Windows writes it."""
    guid = uuid4()
    slapd.windows_person("kairat", guid)
    slapd.windows_person("disabled", uuid4(), control=514)
    directory = LdapDirectory(ldap(slapd, kind="active-directory"), SECRET)

    by_name, by_address = directory.identify("KAIRAT", SECRET), directory.identify("kairat@org.kz", SECRET)

    assert by_name is not None
    assert (by_name, by_name.subject, by_name.login) == (by_address, str(guid), "kairat")
    assert directory.look_up([str(guid), str(uuid4())]) == {str(guid): by_name}
    assert directory.confirms(str(guid), SECRET)
    assert directory.identify("disabled", SECRET) is None


def test_a_reference_to_another_server_is_not_followed(slapd: Slapd) -> None:
    """Somebody who writes one into the directory would be handed passwords."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.1)
        referral_address = f"ldap://127.0.0.1:{trap.getsockname()[1]}/ou=away,{BASE}"
        slapd.add(f"ou=away,{BASE}", ["referral", "extensibleObject"], ou="away", ref=referral_address)
        slapd.person("referred", "r@org.kz")
        person = LdapDirectory(ldap(slapd), SECRET).identify("referred", SECRET)
        beyond = LdapDirectory(ldap(slapd, base=f"ou=away,{BASE}", timeout=1), SECRET)

        assert person is not None
        with pytest.raises(DirectorySilent):
            beyond.identify("referred", SECRET)
        with pytest.raises(TimeoutError):
            trap.accept()
    slapd.remove_reference(f"ou=away,{BASE}")


def test_a_password_goes_only_to_the_server_the_certificate_names(slapd: Slapd) -> None:
    """Another authority, or another name, and nothing is sent; without TLS only to this machine."""
    slapd.person("careful", "careful@org.kz")
    for settings in (
        ldap(slapd, ca_file=None),
        ldap(slapd, address=f"ldaps://127.0.0.2:{slapd.tls_port}"),
        ldap(slapd, address=f"ldaps://127.0.0.1:{slapd.port}"),
    ):
        assert enter(office(replace(settings, timeout=1)), "careful")[0] == 503
    site = build()
    usual = site.context.settings
    for wrong, code in (
        (ldap(slapd, address="ldap://dc.example.kz", insecure=True), "cli.ldap_insecure"),
        (ldap(slapd, base=""), "cli.missing_setting"),
        (ldap(slapd, password_env="MERZIM_NOTHING"), "cli.no_variable"),
        (ldap(slapd, ca_file=slapd.folder / "none.pem"), "cli.ldap_no_ca_file"),
    ):
        site.context.settings = replace(usual, ldap=wrong)
        with pytest.raises(BadSetting, match=code):
            site.context.refuse_unable()
    assert open_directory(usual, {}) is None
