"""Bulk invitations: recipients, letters, links, acceptance, over a real mail server."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.accounts import invitations
from merzim.services.accounts.invitations import (
    InvitePeople,
    ResendInvitations,
    invite_people,
    resend_invitations,
)
from merzim.services.context import RequestContext, operator_context
from merzim.services.jobs.rounds import deliver
from merzim.services.people.table import preview_table, read_table, save_table
from merzim.services.upkeep.maintenance import verify
from merzim.settings import ChannelSettings, OidcSettings
from tests.notifications.servers import Office as MailOffice
from tests.notifications.servers import always, serving
from tests.web.conftest import NOW, TODAY, Site, account, build
from workflow.org.audit import Stamp
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

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
        email = {"host": "localhost", "port": port, "sender": "merzim@org.kz", "tls": "none"}
        channels = ChannelSettings(use=("email",), sections={"email": email})
        site.context.settings = site.context.settings.model_copy(update={"channels": channels})
    return site


def acting(site: Site, *, later: timedelta = timedelta()) -> RequestContext:
    return operator_context(site.context, at=Stamp(by="administrator", now=NOW + later, today=TODAY))


def states(site: Site, *, later: timedelta = timedelta()) -> dict[str, str]:
    query = invitations.AskInvitations()
    invitation_list = invitations.list_invitations(acting(site, later=later), query).invitations
    return {invitation.login: invitation.state for invitation in invitation_list}


def test_an_invitation_is_mailed_followed_once_and_replaced_by_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In each person's language; the link stands in the letter alone, for 72 hours, for one password."""
    mail = MailOffice()
    caplog.set_level(logging.DEBUG, logger="merzim")
    with serving(mail) as port:
        site = office(port)
        browser = site.client("administrator")
        place = "/administration/accounts/invitations?lang=en"

        preview = browser.get("/administration/accounts?lang=en&preview=true").text
        answer = browser.post(place, data={"do": "invite", "person": ["d@org.kz", "ann@org.kz"]})
        deliver(site.context, now=NOW, today=TODAY)
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
    assert verify(site.context, now=NOW, today=TODAY) == ()
    stored = (site.context.settings.evidence.folder.parent / "merzim.sqlite").read_bytes()
    wal = site.context.settings.evidence.folder.parent / "merzim.sqlite-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert secrets
    assert not [secret for secret in secrets if secret.encode() in stored or secret in caplog.text]


def test_a_letter_that_did_not_arrive_is_named_and_one_held_back_too_long_does_not_leave() -> None:
    mail = MailOffice(rcpt=always("550 no such person"))
    with serving(mail) as port:
        site = office(port)
        invite_people(acting(site), InvitePeople(people=["d@org.kz"]))
        invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))
        deliver(site.context, now=NOW, today=TODAY)
        refused = states(site)
        resend_invitations(acting(site, later=timedelta(minutes=1)), ResendInvitations())
        report = deliver(site.context, now=NOW + timedelta(days=4), today=TODAY + timedelta(days=4))

    assert refused == {"d.kim@org.kz": "undelivered", "ann@org.kz": "undelivered"}
    assert report.counts == {"withdrawn": 2}


def test_who_gets_no_account_is_told_why_and_nobody_becomes_an_administrator() -> None:
    site = office()
    account(site, "d.kim", "auditor")

    by_mailbox = invite_people(acting(site), InvitePeople(unit="head", login_rule="mailbox", preview=True))
    nothing_yet = states(site)
    invitation_result = invite_people(acting(site), InvitePeople(unit="law", login_rule="mailbox", access=""))
    twice = invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))

    why = {person.name: (person.login, person.access, person.obstacle) for person in by_mailbox.people}
    assert why["Ким Вера"] == ("d.kim", "responsible", "login_taken")
    assert why["Нурлан"] == ("", "responsible", "no_email")
    assert why["Brown Ann"] == ("ann", "head_of_unit", "")
    assert "Әлиева Гүлнұр" not in why, "she has an account"
    assert (nothing_yet, invitation_result.invited, twice.people[0].obstacle) == ({}, 1, "has_account")
    with pytest.raises(Refusal):
        resend_invitations(acting(site), ResendInvitations(logins=["responsible"]))


def test_where_a_provider_identifies_people_the_letter_has_no_link_of_its_own() -> None:
    site = office()
    plain = site.context.settings
    site.context.settings = plain.model_copy(
        update={"oidc": OidcSettings(issuer="https://login.org.kz", client_id="m")}
    )
    by_provider = invite_people(acting(site), InvitePeople(people=["ann@org.kz"]))
    site.context.settings = plain
    deliver(site.context, now=NOW, today=TODAY)
    letters = sorted(file.read_text() for file in plain.evidence.folder.parent.rglob("*.eml"))

    assert by_provider.people[0].way == "oidc"
    assert len(letters) == 1
    assert not any("/welcome/" in letter for letter in letters)
    assert site.accounts.entries("ann@org.kz", now=NOW) == []
    assert states(site) == {"ann@org.kz": "sent"}


def test_a_table_of_people_may_ask_for_accounts() -> None:
    """A role or a log-in name in its own column; existing accounts are unchanged at the next import."""
    site = office()
    rows = "Подразделение;ФИО;Электронная почта;Роль в системе;Имя пользователя\n"
    table = rows + "law;Ли Анна;li@org.kz;Аудитор;\nlaw;Пак Олег;pak@org.kz;;o.pak\nlaw;Юн Ия;;Аудитор;\n"
    read = read_table(acting(site), table.encode(), "people.csv")

    preview = preview_table(acting(site), read)
    save_table(acting(site), read)
    save_table(acting(site), read_table(acting(site), table.encode(), "people.csv"))

    expected = {"li@org.kz": "auditor", "o.pak": "responsible"}
    assert {account.login: account.access for account in preview.accounts if not account.obstacle} == expected
    assert [account.obstacle for account in preview.accounts if account.name == "Юн Ия"] == ["no_email"]
    assert set(states(site)) == set(expected)
    for word in ("Администратор", "administrator", "Повелитель"):
        with pytest.raises(UnreadablePaper) as refused:
            read_table(acting(site), f"{rows}law;Ли;;{word};\n".encode(), "people.csv")
        assert refused.value.errors[0].code == "paper_access_unknown"
