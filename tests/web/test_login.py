"""Log-in by a password, and the invitations by which one is chosen."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pyotp
import pytest
from starlette.testclient import TestClient

from merzim.services.accounts import invitations
from merzim.services.accounts.credentials import hash_secret, new_secret, totp_step, verify_password
from merzim.services.accounts.invitations import (
    InvitePeople,
    ResendInvitations,
    invite_people,
    resend_invitations,
)
from merzim.services.accounts.verbs import invite_first_administrator
from merzim.services.context import RequestContext, operator_context
from merzim.services.jobs.rounds import deliver
from merzim.services.upkeep.maintenance import verify
from merzim.services.verbs import Ask
from merzim.settings import OidcSettings
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.tables.accounts import Credential
from merzim.web.auth.dependencies import COOKIE
from notifications.channels import ChannelSettings
from notifications.channels.email import Email
from tests.notifications.servers import Office as MailOffice, always, serving
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, account, build, enter
from workflow.moments import Moment
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

HOURS_2, HOURS_12 = timedelta(hours=2), timedelta(hours=12)
SECRET = pyotp.random_base32()
SAID = Moment(by="officer", now=NOW, today=TODAY)


def invitation(site: Site) -> str:
    """The secret of an invitation for the first administrator."""
    return site.way_in("", "invitation")


@pytest.fixture
def unopened() -> Site:
    """An office nobody can log in to yet: its accounts are made, and none has a password."""
    site = build(demonstration=False)
    for one in site.accounts.all():
        site.accounts.set_password(one.reader.login, "", at=SAID)
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


def test_a_closed_account_is_out_at_once(site: Site, browser: TestClient) -> None:
    """Its open session ends, and its password opens nothing."""
    account = site.accounts.account("officer")
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
    assert [open_since(HOURS_2, HOURS_2 - second), open_since(HOURS_2, HOURS_2)] == [200, 303]
    web = site.context.settings.web.model_copy(update={"session_hours": 1, "session_idle_minutes": 5})
    vars(site.context)["settings"] = site.context.settings.model_copy(update={"web": web})
    hour, five = timedelta(hours=1), timedelta(minutes=5)
    assert [open_since(hour - second, second), open_since(hour, second)] == [200, 303]
    assert [open_since(five, five - second), open_since(five, five)] == [200, 303]


def test_logging_out_ends_the_session_on_the_server(site: Site, browser: TestClient) -> None:
    """A copied cookie opens nothing afterwards."""
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
    """Each start ends the address of the one before; the newest works once, and then no start gives another.
    The account is an administrator's, who sees people and settings and no case."""
    former, newest = (invite_first_administrator(unopened.context, at=SAID) for _ in range(2))
    ended, secret = former.rpartition("/")[2], newest.rpartition("/")[2]
    choice = {"login": "Root@mne.kz", "password": "төрт сөзден тұрады", "again": "төрт сөзден тұрады"}
    with unopened.stranger() as browser:
        page = browser.get(f"/welcome/{secret}")
        ended_answer = browser.post(f"/welcome/{ended}", data=choice)
        response = browser.post(f"/welcome/{secret}", data=choice)
        cases = browser.get("/cases").status_code
        second_answer = browser.post(f"/welcome/{secret}", data=choice)

    account = unopened.accounts.account("root@mne.kz")
    assert page.status_code == 200
    assert response.status_code == 303
    assert account.reader.access == "administrator"
    assert verify_password("төрт сөзден тұрады", account.password)
    assert (cases, ended_answer.status_code, second_answer.status_code) == (403, 404, 404)
    assert not invite_first_administrator(unopened.context, at=SAID)


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


PEOPLE = {
    "a@org.kz": Person(key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", email="a@org.kz"),
    "d@org.kz": Person(key="d@org.kz", name="Ким Вера", unit="hr", email="D.Kim@org.kz", language="ru"),
    "ann@org.kz": Person(
        key="ann@org.kz",
        name="Brown Ann",
        unit="law",
        email="ann@org.kz",
        language="en",
        duties=("head_of_unit",),
    ),
    "law / Нурлан": Person(key="law / Нурлан", name="Нурлан", unit="law"),
}


def office(port: int = 0) -> Site:
    """An office of some people; letters leave to a mail server, or into a folder."""
    site = build(demonstration=False)
    site.keep(Office(units={}, people=PEOPLE))
    if port:
        email = Email(host="localhost", port=port, sender="merzim@org.kz", tls="none")
        channels = ChannelSettings(use=("email",), sections={"email": email})
        vars(site.context)["settings"] = site.context.settings.model_copy(update={"channels": channels})
    return site


def acting(site: Site, *, later: timedelta = timedelta()) -> RequestContext:
    return operator_context(site.context, at=Moment(by="administrator", now=NOW + later, today=TODAY))


def states(site: Site, *, later: timedelta = timedelta()) -> dict[str, str]:
    invitation_list = invitations.list_invitations(acting(site, later=later), Ask())
    return {invitation.reader.login: invitation.state for invitation in invitation_list}


def test_an_invitation_is_mailed_followed_once_and_replaced_by_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In each person's language; the link stands in the letter alone, for 72 hours, for one password."""
    mail = MailOffice()
    caplog.set_level(logging.DEBUG, logger="merzim")
    with serving(mail):
        site = office(mail.port)
        browser = site.client("administrator")
        place = "/administration/accounts/invitations?lang=en"

        preview = browser.get("/administration/accounts?lang=en&preview=true").text
        answer = browser.post(place, data={"do": "invite", "person": ["d@org.kz", "ann@org.kz"]})
        deliver(site.context, at=SAID)
        letters = {to: letter.get_body(("plain",)).get_content() for to, letter in mail.accepted}
        links = {to: re.findall(r"https?://\S+/welcome/(\S+)", text) for to, text in letters.items()}
        secrets = [secret for group in links.values() for secret in group]
        first, second = links["D.Kim@org.kz"][0], links["ann@org.kz"][0]
        after_sending = states(site)
        resend_invitations(acting(site), ResendInvitations(logins=["ann@org.kz"]))
        replaced = site.stranger().get(f"/welcome/{second}").status_code
        chosen = {"password": "жаңа құпиясөз 9", "again": "жаңа құпиясөз 9"}
        welcome_answer = site.stranger().post(f"/welcome/{first}", data=chosen)
        second_answer = site.stranger().post(f"/welcome/{first}", data=chosen)

    assert "d.kim@org.kz" in preview
    assert "Нурлан" in preview
    assert "No e-mail on record" in preview
    assert answer.status_code == 200
    assert "Invitations on their way: 2" in answer.text
    assert "выберите пароль" in letters["D.Kim@org.kz"]
    assert "choose a password" in letters["ann@org.kz"]
    assert "Организация: Министрлік" in letters["D.Kim@org.kz"].splitlines()
    assert "Organisation: Министрлік" in letters["ann@org.kz"].splitlines()
    assert [len(group) for group in links.values()] == [1, 1]
    assert after_sending == {"d.kim@org.kz": "sent", "ann@org.kz": "sent"}
    assert (replaced, welcome_answer.status_code, second_answer.status_code) == (404, 303, 404)
    assert states(site, later=timedelta(hours=72)) == {"d.kim@org.kz": "accepted", "ann@org.kz": "expired"}
    assert verify(site.context, at=SAID) == ()
    stored = (site.context.settings.evidence.folder.parent / "merzim.sqlite").read_bytes()
    wal = site.context.settings.evidence.folder.parent / "merzim.sqlite-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert secrets
    assert not [secret for secret in secrets if secret.encode() in stored or secret in caplog.text]


def test_a_letter_that_did_not_arrive_is_named_and_one_held_back_too_long_does_not_leave() -> None:
    mail = MailOffice(rcpt=always("550 no such person"))
    with serving(mail):
        site = office(mail.port)
        invite_people(acting(site), InvitePeople(people=["d@org.kz"]))
        invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))
        deliver(site.context, at=SAID)
        refused = states(site)
        resend_invitations(acting(site, later=timedelta(minutes=1)), ResendInvitations())
        report = deliver(site.context, at=Moment(now=NOW + timedelta(days=4), today=TODAY + timedelta(days=4)))

    assert refused == {"d.kim@org.kz": "undelivered", "ann@org.kz": "undelivered"}
    assert report.counts == {"withdrawn": 2}


def test_who_gets_no_account_is_told_why_and_nobody_becomes_an_administrator() -> None:
    site = office()
    account(site, "d.kim@org.kz", "auditor")

    foreseen = invite_people(acting(site), InvitePeople(unit="head", preview=True))
    nothing_yet = states(site)
    invitation_result = invite_people(acting(site), InvitePeople(unit="law", access=""))
    twice = invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))

    why = {row.person.name: (row.reader.login, row.reader.access, row.obstacle) for row in foreseen.people}
    assert why["Ким Вера"] == ("d.kim@org.kz", "responsible", "login_taken")
    assert why["Нурлан"] == ("", "responsible", "no_email")
    assert why["Brown Ann"] == ("ann@org.kz", "head_of_unit", "")
    assert "Әлиева Гүлнұр" not in why, "she has an account"
    assert (nothing_yet, invitation_result.invited, twice.people[0].obstacle) == ({}, 1, "has_account")
    with pytest.raises(Refusal):
        resend_invitations(acting(site), ResendInvitations(logins=["responsible"]))


def test_the_office_is_read_once_for_all_who_are_invited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand at once are allowed."""
    read, asked = SqlOutbox.office, list[SqlOutbox]()
    monkeypatch.setattr(SqlOutbox, "office", lambda outbox: asked.append(outbox) or read(outbox))

    result = invite_people(acting(office()), InvitePeople(people=["d@org.kz", "ann@org.kz"]))

    assert (result.invited, len(asked)) == (2, 1)


def test_where_a_provider_identifies_people_the_letter_has_no_link_of_its_own() -> None:
    site = office()
    plain = site.context.settings
    vars(site.context)["settings"] = plain.model_copy(
        update={"oidc": OidcSettings(issuer="https://login.org.kz", client_id="m")}
    )
    by_provider = invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))
    vars(site.context)["settings"] = plain
    deliver(site.context, at=SAID)
    letters = sorted(file.read_text() for file in plain.evidence.folder.parent.rglob("*.eml"))

    assert by_provider.people[0].way == "oidc"
    assert len(letters) == 1
    assert not any("/welcome/" in letter for letter in letters)
    assert site.accounts.entries("ann@org.kz", now=NOW) == []
    assert states(site) == {"ann@org.kz": "sent"}


def test_my_account_opens_where_an_older_release_wrote_an_entry_of_another_kind(
    site: Site, browser: TestClient
) -> None:
    """Such as the known devices, kept for half a year."""
    times = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW + timedelta(days=180)}
    site.accounts.store_entry(Credential(hash="d1", kind="device", login="officer", **times))

    assert browser.get("/account").status_code == 200
