"""Settings changed in the browser: override config.toml, yield to the environment, reach every process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr
from sqlalchemy import inspect, text
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.logs import secrets_of
from merzim.metronome import Dashboard, attempt
from merzim.services.administration import (
    MailServer,
    Organisation,
    TryMail,
    change_mail,
    change_organisation,
    encrypt_password,
    get_settings,
    try_mail,
)
from merzim.services.app import AppContext
from merzim.services.configuration import mail_of
from merzim.services.context import RequestContext, operator_context
from merzim.services.upkeep import maintenance
from merzim.services.verbs import Ask
from merzim.settings import DatabaseSettings
from merzim.settings_file import read
from merzim.storage.accounts.encryption import Cipher, new_key
from merzim.storage.database import reading
from merzim.storage.settings import stored
from notifications.channels import MAIL_PORTS, ChannelSettings
from notifications.channels.email import Email
from tests.notifications.servers import Office, serving
from tests.notifications.test_email import certified
from tests.storage.sample_cases import on_sqlite_alone
from tests.web.conftest import NOW, THREE_UNITS, TODAY, office_store, settings_in
from workflow.moments import Moment
from workflow.refusal import Refusal

MOMENT = Moment(now=NOW, today=TODAY)
PASSWORD = "құпия сөз: 7"
SERVER = {"host": "mail.example.kz", "user": "m", "sender": "m@example.kz", "password": SecretStr(PASSWORD)}


@pytest.fixture
def office_app(tmp_path: Path, url: str) -> Iterator[AppContext]:
    """An office whose letters lie in a folder."""
    app = build_app(
        settings_in(tmp_path).model_copy(update={"database": DatabaseSettings(url=url)}), clock=lambda: MOMENT
    )
    office_store.save(app.engine, units=THREE_UNITS.units.values(), people=THREE_UNITS.people.values())
    yield app
    app.close()


def context(app: AppContext, by: str = "administrator") -> RequestContext:
    return operator_context(app.present(), at=Moment(by=by, now=NOW, today=TODAY), language="en")


def rename(app: AppContext, by: str = "administrator", **names: str) -> None:
    """Change some of the organisation's settings."""
    present = get_settings(context(app), Ask()).organisation.model_dump()
    change_organisation(context(app, by), Organisation(**{**present, **names}))


def send_by(app: AppContext, **server: object) -> None:
    """Change the mail server."""
    change_mail(context(app), MailServer.model_validate({**SERVER, **server}))


@on_sqlite_alone
def test_the_environment_goes_before_the_browser_and_that_before_the_file(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a variable fixes is refused; what is emptied is again as the file says."""
    (tmp_path / "config.toml").write_text(
        f'[office]\nname = "Файлдан"\nname_ru = "Из файла"\n[database]\nurl = "{url}"\n', "utf-8"
    )
    monkeypatch.setenv("MERZIM__OFFICE__NAME_KK", "Айнымалыдан")
    app = build_app(read(tmp_path / "config.toml", at=tmp_path), clock=lambda: MOMENT)
    rename(app, name_ru="Из браузера")
    with pytest.raises(Refusal) as fixed:
        rename(app, name_kk="x")
    office = app.newest.settings.office
    rename(app, name_ru="")

    assert (office.name_kk, office.name_ru, office.name) == ("Айнымалыдан", "Из браузера", "Файлдан")
    assert get_settings(context(app), Ask()).fixed == ["office.name_kk"]
    assert fixed.value.code == "setting.fixed"
    assert app.newest.settings.office.name_ru == "Из файла"
    app.close()


@on_sqlite_alone
def test_other_processes_take_a_change_up_without_a_restart(office_app: AppContext) -> None:
    """Pages with the next request, a round with the next tick; and what is emptied again."""
    pages, worker = (
        build_app(office_app.configured, clock=lambda: MOMENT),
        build_app(office_app.configured, clock=lambda: MOMENT),
    )
    officers_seen: list[str] = []

    def look(app: AppContext, *, at: Moment) -> None:
        officers_seen.append(app.rules.officer)

    with TestClient(Dashboard(pages, lambda: MOMENT), base_url="http://127.0.0.1:8000") as browser:
        names = ["Из браузера" in browser.get("/login?lang=ru").text]
        attempt(worker, lambda: MOMENT, look)
        rename(office_app, name_ru="Из браузера", officer="b@org.kz")
        names.append("Из браузера" in browser.get("/login?lang=ru").text)
        attempt(worker, lambda: MOMENT, look)
        rename(office_app, name_ru="", officer="")
        names.append("Из браузера" in browser.get("/login?lang=ru").text)
        attempt(worker, lambda: MOMENT, look)

    assert names == [False, True, False]
    assert officers_seen[1] == "b@org.kz"
    assert officers_seen[0] == officers_seen[2] != "b@org.kz"
    pages.close()
    worker.close()


@on_sqlite_alone
def test_the_audit_log_says_who_changed_what(office_app: AppContext) -> None:
    """One entry a setting; what stays the same has none, and the chain holds."""
    rename(office_app, name_ru="Орган", by="a")
    rename(office_app, name_ru="Орган", name_kk="Ұйым", by="b")
    send_by(office_app)
    with reading(office_app.engine) as connection:
        rows = connection.execute(
            text("SELECT \"by\", name FROM event WHERE kind = 'setting_changed' ORDER BY id")
        ).all()

    assert [tuple(row) for row in rows] == [
        ("a", "office.name_ru"),
        ("b", "office.name_kk"),
        ("administrator", "mail"),
    ]
    assert verify_clean(office_app)


def verify_clean(app: AppContext) -> bool:
    return not maintenance.verify(app, at=MOMENT)


@on_sqlite_alone
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("sender", "a@b.kz\r\nBcc: x@y.kz", "setting.characters"),
        ("host", "169.254.169.254", "setting.host"),
        ("host", "2852039166", "setting.host"),
        ("host", "0xa9fea9fe", "setting.host"),
        ("host", "::ffff:169.254.169.254", "setting.host"),
        ("host", "mail.example.kz/x", "setting.host"),
        ("sender", "nobody", "setting.sender"),
        ("sender", "", "setting.missing"),
        ("tls", "none", "setting.plain"),
        ("password", None, "setting.password_again"),
        # Nobody looks around the network by test letters.
        ("port", "5432", "setting.mail_port"),
        ("port", "6379", "setting.mail_port"),
    ],
)
def test_a_mail_server_is_refused(office_app: AppContext, key: str, value: str | None, code: str) -> None:
    """No address of the network's own use, no second header, no password in clear."""
    with pytest.raises(Refusal) as refused:
        send_by(office_app, **{key: value})

    assert refused.value.code == code
    assert stored(office_app.engine) == {}


@on_sqlite_alone
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("name", "Министрлік\nSubject: x", "setting.characters"),
        ("name_ru", "Министерство\u2028x", "setting.characters"),
        ("name_kk", "\u202eкілрт", "setting.characters"),
        ("officer", "nobody@example.kz", "setting.nobody"),
    ],
)
def test_an_organisation_is_refused(office_app: AppContext, key: str, value: str, code: str) -> None:
    """Names stand in headers of letters and in papers; the officer is one of the people."""
    with pytest.raises(Refusal) as refused:
        rename(office_app, **{key: value})

    assert refused.value.code == code


@on_sqlite_alone
def test_letters_go_to_the_server_of_the_browser_and_without_it_where_the_file_says(
    office_app: AppContext,
) -> None:
    """The folder is for who has no server yet: it is left with the first one."""
    send_by(office_app)
    with_server = office_app.newest.settings.channels.use
    change_mail(context(office_app), MailServer())

    assert with_server == ("email",)
    assert office_app.newest.settings.channels.use == ("folder",)
    assert PASSWORD not in everything_stored(office_app)


@on_sqlite_alone
def test_a_password_opens_the_server_alone_it_was_given_for(
    office_app: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters leave by it; the one of the environment goes to no server named in the browser."""
    monkeypatch.setenv("MERZIM_TEST_SMTP", "of the server")
    post, authority = Office(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    email = Email(password_env="MERZIM_TEST_SMTP", ca_file=tmp_path / "ca.pem")
    channels = ChannelSettings(use=("folder",), sections={"email": email})
    with serving(post, starttls=certified(authority), password=PASSWORD):
        app = office_app.with_settings(office_app.configured.model_copy(update={"channels": channels}))
        monkeypatch.setitem(MAIL_PORTS, "starttls", post.port)
        server = {"host": "localhost", "user": "merzim", "sender": "m@example.kz"}
        with pytest.raises(Refusal) as without:
            change_mail(context(app), MailServer.model_validate(server))
        with_password = {**server, "password": PASSWORD, "email": "a@example.kz"}
        tried = try_mail(context(app), TryMail.model_validate(with_password))
        before = stored(app.engine)
        change_mail(context(app), MailServer.model_validate({**server, "password": PASSWORD}))
        other = office_app.with_settings(app.configured)
        _ = other.engine
        sent = try_mail(context(other), TryMail.model_validate({**server, "email": "b@example.kz"}))
        for key, value in (("user", "root"), ("host", "mail.example.com")):
            with pytest.raises(Refusal) as refusal:
                change_mail(context(other), MailServer.model_validate({**server, key: value}))
            assert refusal.value.code == "setting.password_again"

    assert without.value.code == "setting.password_again"
    assert (tried.state, sent.state, before) == ("sent", "sent", {})
    assert [address for address, _ in post.accepted] == ["a@example.kz", "b@example.kz"]
    assert mail_of(other.settings).given == PASSWORD
    assert PASSWORD not in repr(other.settings) + repr(other.channels)
    assert PASSWORD in secrets_of(other.settings, {})
    assert PASSWORD not in everything_stored(app)
    assert get_settings(context(other), Ask()).has_password
    assert verify_clean(app)
    app.close()
    other.close()


def everything_stored(app: AppContext) -> str:
    """Every value of every table, and the settings as they are shown."""
    with reading(app.engine) as connection:
        tables = inspect(connection.connection()).get_table_names()
        rows = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables]
    return repr(rows) + repr(get_settings(context(app), Ask()))


@on_sqlite_alone
def test_a_new_key_reads_the_password_of_the_old_one(office_app: AppContext) -> None:
    """`merzim secret-key rotate` encrypts it anew; without the key there is no password."""
    old, new = new_key(), new_key()
    office_app.__dict__["cipher"] = Cipher(old)
    send_by(office_app)
    office_app.newest.__dict__["cipher"] = Cipher(new, old)

    encrypt_password(context(office_app))
    for key, password in ((new, PASSWORD), (old, "")):
        other = build_app(office_app.configured, clock=lambda: MOMENT)
        other.__dict__["cipher"] = Cipher(key)
        _ = other.engine
        assert mail_of(other.settings).given == password
        other.close()
