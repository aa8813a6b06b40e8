"""Settings changed in the browser: override config.toml, yield to the environment, reach every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr
from sqlalchemy import inspect, text
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.dashboard import Dashboard
from merzim.logs import secrets_of
from merzim.metronome import attempt
from merzim.services.administration.settings import (
    AskSettings,
    BadChange,
    ChangedByOthers,
    ChangeSettings,
    SettingValue,
    TakeBackSetting,
    TryMail,
    change_settings,
    encrypt_passwords,
    list_setting_changes,
    list_settings,
    take_back_setting,
    try_mail,
)
from merzim.services.app import AppContext
from merzim.services.configuration.keys import CHANGEABLE_KEYS
from merzim.services.configuration.settings import BackupSettings, ChannelSettings, DatabaseSettings
from merzim.services.context import RequestContext, operator_context
from merzim.services.moments import Moment
from merzim.services.upkeep import backups, maintenance
from merzim.services.verbs import NotAllowed
from merzim.settings_file import read
from merzim.storage.accounts.encryption import Cipher, new_key, parse_key
from merzim.storage.database.engine import reading
from merzim.storage.org.chain import Stamp, heads
from merzim.storage.org.setting_changes import KINDS, SettingChange, append, changes
from tests.notifications.servers import Office, serving
from tests.notifications.test_email import certified
from tests.storage.sample_cases import on_sqlite_alone
from tests.web.conftest import NOW, THREE_UNITS, TODAY, office_store, settings_in
from workflow.org.access import Reader

MOMENT = Moment(now=NOW, today=TODAY)
PASSWORD = "құпия сөз: 7"
HOURS = "reminders.office_hours"


@pytest.fixture
def office_app(tmp_path: Path, url: str) -> Iterator[AppContext]:
    """An office that makes backups by itself; its config.toml names the port of a mail server."""
    settings = replace(
        settings_in(tmp_path),
        database=DatabaseSettings(url=url),
        backup=BackupSettings(folder=tmp_path / "backups"),
        from_file=frozenset({"office.name", "channels.email.port"}),
    )
    app = build_app(settings, clock=lambda: MOMENT)
    office_store.save(app.engine, units=THREE_UNITS.units.values(), people=THREE_UNITS.people.values())
    yield app
    app.close()


def context(app: AppContext, by: str = "administrator") -> RequestContext:
    return operator_context(app, by=by, now=NOW, today=TODAY, language="en")


def change(
    app: AppContext, *pairs: tuple[str, str], by: str = "administrator", **arguments: object
) -> list[str]:
    """Change settings; return what follows in words."""
    values = [SettingValue(key=key, value=value) for key, value in pairs]
    return change_settings(context(app, by), ChangeSettings(changes=values, **arguments)).effects  # type: ignore[arg-type]


def back(app: AppContext, key: str) -> None:
    take_back_setting(context(app), TakeBackSetting(key=key))


def sources(app: AppContext) -> dict[str, tuple[str, str]]:
    return {row.key: (row.value, row.source) for row in list_settings(context(app), AskSettings()).settings}


@on_sqlite_alone
def test_the_environment_goes_before_the_browser_and_that_before_the_file(tmp_path: Path, url: str) -> None:
    """Each value says where it comes from; what a variable fixes is refused by the variable's name."""
    (tmp_path / "config.toml").write_text(
        f'[office]\nname = "Файлдан"\nname_ru = "Из файла"\n[database]\nurl = "{url}"\n', "utf-8"
    )
    environment = {"MERZIM__OFFICE__NAME_KK": "Айнымалыдан"}
    settings = read(tmp_path / "config.toml", at=tmp_path, environment=environment)
    app = build_app(settings, clock=lambda: MOMENT)
    change(app, ("office.name_ru", "Из браузера"))
    with pytest.raises(BadChange) as fixed:
        change(app, ("office.name_kk", "x"))

    value_sources = sources(app)
    assert [value_sources[f"office.{key}"] for key in ("name_kk", "name_ru", "name", "rollover")] == [
        ("Айнымалыдан", "environment"),
        ("Из браузера", "browser"),
        ("Файлдан", "file"),
        ("propose", "default"),
    ]
    assert (fixed.value.code, fixed.value.arguments["variable"]) == ("setting.fixed", "MERZIM__OFFICE__NAME_KK")
    app.close()


def test_other_processes_take_a_change_up_without_a_restart(office_app: AppContext) -> None:
    """Pages with the next request, a round with the next tick; and what is taken back."""
    pages, worker = (
        build_app(office_app.configured, clock=lambda: MOMENT),
        build_app(office_app.configured, clock=lambda: MOMENT),
    )
    hours_seen: list[time] = []

    def look(app: AppContext, *, now: datetime, today: object) -> None:
        hours_seen.append(app.rules.office_hours[0])

    with TestClient(Dashboard(pages, lambda: MOMENT), base_url="http://127.0.0.1:8000") as browser:
        names = ["Из браузера" in browser.get("/login?lang=ru").text]
        attempt(worker, lambda: MOMENT, look)
        change(office_app, ("office.name_ru", "Из браузера"), (HOURS, '["08:00", "17:00"]'))
        names.append("Из браузера" in browser.get("/login?lang=ru").text)
        attempt(worker, lambda: MOMENT, look)
        back(office_app, "office.name_ru")
        back(office_app, HOURS)
        names.append("Из браузера" in browser.get("/login?lang=ru").text)
        attempt(worker, lambda: MOMENT, look)

    assert names == [False, True, False]
    assert hours_seen == [time(9), time(8), time(9)]
    pages.close()
    worker.close()


@on_sqlite_alone
def test_each_change_says_who_when_why_and_from_what_to_what(office_app: AppContext) -> None:
    """Two changes of one key are taken back one after the other; the third time there is nothing left."""
    change(office_app, ("backup.daily", "10"), by="a", ground="Жаңа диск")
    change(office_app, ("backup.daily", "14"), by="b")
    back(office_app, "backup.daily")
    between = office_app.settings.backup.daily
    back(office_app, "backup.daily")
    with pytest.raises(BadChange, match=r"backup\.daily"):
        back(office_app, "backup.daily")

    rows = list_setting_changes(context(office_app), AskSettings()).changes
    assert [(row.by, row.before, row.after, row.ground, row.taken_back) for row in reversed(rows)] == [
        ("a", "7", "10", "Жаңа диск", False),
        ("b", "10", "14", "", False),
        ("administrator", "14", "10", "", True),
        ("administrator", "10", "7", "", True),
    ]
    assert {row.at for row in rows} == {NOW}
    assert (between, office_app.settings.backup.daily, sources(office_app)["backup.daily"]) == (
        10,
        7,
        ("7", "default"),
    )
    assert verify_clean(office_app)


def verify_clean(app: AppContext) -> bool:
    return not maintenance.verify(app, now=NOW, today=TODAY)


@on_sqlite_alone
def test_a_preview_writes_nothing_and_counts_what_it_touches(office_app: AppContext, tmp_path: Path) -> None:
    """It is 12:00 in Almaty, the last backup is of 11:00: one at 11:30 is due, one at 10:30 is made."""
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05"):
        (folder / f"merzim-{day}T0230.{backups._suffix(office_app)}").touch()
    backups._record(office_app, backups.SCHEDULED, NOW - timedelta(hours=1), 0.0)
    keep = [(f"backup.{key}", "1") for key in ("weekly", "monthly")]
    effects = change(office_app, ("backup.at", "13:30"), ("backup.daily", "2"), *keep, preview=True)

    assert effects[0] == "Next backup: 06.04.2026 13:30. Older backups that will be deleted: 3."
    assert change(office_app, ("backup.at", "11:30"), preview=True)[0].startswith(
        "Next backup: 06.04.2026 12:00"
    )
    assert change(office_app, ("backup.at", "10:30"), preview=True)[0].startswith(
        "Next backup: 07.04.2026 10:30"
    )
    assert changes(office_app.engine) == ()
    assert office_app.settings.backup.daily == 7


def test_of_two_administrators_one_is_told_to_look_again(office_app: AppContext) -> None:
    """The second saw the settings before the first changed them."""
    mark = list_settings(context(office_app), AskSettings()).mark
    change(office_app, ("backup.daily", "10"), mark=mark)

    with pytest.raises(ChangedByOthers):
        change(office_app, ("backup.weekly", "9"), mark=mark)
    assert office_app.settings.backup.weekly == 5


REFUSED = (
    ("database.url", "sqlite:///other.sqlite", "setting.not_here"),
    ("web.trusted_proxies", '["10.0.0.0/8"]', "setting.not_here"),
    ("web.totp_required", "[]", "setting.not_here"),
    ("web.public_address", "http://127.0.0.1:8000", "setting.not_here"),
    ("oidc.groups", "[]", "setting.not_here"),
    ("channels.email.password_env", "MERZIM_SECRET_KEY", "setting.not_here"),
    ("channels.email.ca_file", "/etc/passwd", "setting.not_here"),
    ("channels.email.dkim_key", "/etc/passwd", "setting.not_here"),
    ("channels.folder.path", "/tmp", "setting.not_here"),
    ("nosuch.key", "1", "setting.no_such"),
    ("channels.pigeon.path", "/tmp", "setting.no_such"),
    ("office.nam", "x", "setting.no_such_nearest"),
    ("channels.email.password", "open", "setting.is_password"),
    ("channels.email.sender", "a@b.kz\r\nBcc: x@y.kz", "setting.characters"),
    ("office.name", "Министрлік\nSubject: x", "setting.characters"),
    ("office.name_ru", "Министерство\u2028x", "setting.characters"),
    ("office.name_kk", "\u202eкілрт", "setting.characters"),
    ("channels.email.host", "169.254.169.254", "setting.host"),
    ("channels.email.host", "2852039166", "setting.host"),
    ("channels.email.host", "0xa9fea9fe", "setting.host"),
    ("channels.email.host", "::ffff:169.254.169.254", "setting.host"),
    ("channels.email.host", "mail.example.kz/x", "setting.host"),
    ("channels.email.port", "5432", "setting.mail_port"),
    ("channels.email.port", "6379", "setting.mail_port"),
    ("channels.email.sender", "nobody", "setting.sender"),
    ("office.officer", "nobody@example.kz", "setting.nobody"),
    ("office.language", "fr", "setting.wrong"),
    ("backup.at", "24:00", "setting.wrong"),
    ("backup.daily", "0", "setting.wrong"),
    (HOURS, '["18:00", "09:00"]', "setting.wrong"),
    ("channels.use", '["email"]', "setting.missing"),
    ("channels.use", "[]", "setting.missing"),
)


@on_sqlite_alone
def test_what_an_administrator_may_not_reach_is_refused(office_app: AppContext) -> None:
    """Nothing that lets one in, names a file or a variable, or asks other servers than those of mail."""
    codes = []
    for key, value, _ in REFUSED:
        with pytest.raises(BadChange) as refused:
            change(office_app, (key, value))
        codes.append((key, value, refused.value.code))

    assert codes == [*REFUSED]
    assert heads(office_app.engine, KINDS) == ("",)


def test_no_key_names_a_variable_a_file_or_a_way_in() -> None:
    """A user who can set the path of a secret file could read its content."""
    words = ("_env", "_file", "path", "dkim", "token", "trust", "private", "insecure", "groups", "key")
    sections = {key.partition(".")[0] for key in CHANGEABLE_KEYS}

    assert not [key for key in CHANGEABLE_KEYS for word in words if word in key]
    assert sections.isdisjoint({"database", "oidc", "secrets", "logs", "audit", "regulations", "evidence"})


@on_sqlite_alone
def test_only_administrators_see_or_change_settings(office_app: AppContext) -> None:
    """An officer is refused by the service, on pages, API and command line."""
    officer = replace(context(office_app), operator=False, reader=Reader(login="officer", access="officer"))
    questions: list[Callable[[], object]] = [
        lambda: list_settings(officer, AskSettings()),
        lambda: change_settings(officer, ChangeSettings()),
        lambda: take_back_setting(officer, TakeBackSetting(key="backup.at")),
        lambda: try_mail(officer, TryMail(email="a@b.kz")),
    ]
    for ask in questions:
        with pytest.raises(NotAllowed):
            ask()


def mail(port: int, ca_file: Path) -> ChannelSettings:
    """A server config.toml names, with the password in the environment."""
    section = {
        "host": "mail.example.kz",
        "port": port,
        "tls": "starttls",
        "user": "merzim",
        "sender": "m@example.kz",
    }
    return ChannelSettings(
        sections={"email": {**section, "password_env": "MERZIM_TEST_SMTP", "ca_file": ca_file}}
    )


@on_sqlite_alone
def test_a_password_opens_the_server_alone_it_was_given_for(
    office_app: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters leave by it; the one of the environment goes to no server named in the browser."""
    monkeypatch.setenv("MERZIM_TEST_SMTP", "of the server")
    post, authority = Office(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(post, starttls=certified(authority), password=PASSWORD) as port:
        settings = replace(office_app.configured, channels=mail(port, tmp_path / "ca.pem"))
        app = office_app.with_settings(settings)
        server = [("channels.use", '["email"]'), ("channels.email.host", "localhost")]
        with pytest.raises(BadChange) as without:
            change(app, *server)
        values = [SettingValue(key=key, value=value) for key, value in server]
        mail_result = try_mail(
            context(app), TryMail(changes=values, mail_password=SecretStr(PASSWORD), email="a@example.kz")
        )
        (before,) = heads(app.engine, KINDS)
        change(app, *server, mail_password=SecretStr(PASSWORD))
        other = office_app.with_settings(settings)
        sent = try_mail(context(other), TryMail(email="b@example.kz"))
        for key, value in (("user", "root"), ("host", "mail.example.com")):
            with pytest.raises(BadChange) as refusal:
                change(other, (f"channels.email.{key}", value))
            assert refusal.value.code == "setting.password_again"

    assert without.value.code == "setting.password_again"
    assert (mail_result.state, sent.state, before) == ("sent", "sent", "")
    assert [address for address, _ in post.accepted] == ["a@example.kz", "b@example.kz"]
    assert other.settings.passwords == {"channels.email.password": PASSWORD}
    assert PASSWORD not in repr(other.settings) + repr(other.channels)
    assert PASSWORD in secrets_of(other.settings, {})
    assert PASSWORD not in everything_stored(app)
    assert sources(other)["channels.email.password"] == ("set", "browser")
    back(app, "channels.email.host")
    assert "channels.email.password" not in app.settings.passwords
    assert verify_clean(app)
    app.close()
    other.close()


def everything_stored(app: AppContext) -> str:
    """Every value of every table, and every line of the command's answers."""
    with reading(app.engine) as connection:
        tables = inspect(connection).get_table_names()
        rows = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables]
    lists = list_settings(context(app), AskSettings()), list_setting_changes(context(app), AskSettings())
    return repr(rows) + repr(lists)


@on_sqlite_alone
def test_a_new_key_reads_the_passwords_of_the_old_one(office_app: AppContext) -> None:
    """`merzim secret-key rotate` encrypts them anew; without the key there is no password."""
    old, new = (parse_key(new_key()) for _ in range(2))
    office_app.__dict__["cipher"] = Cipher(old)
    section = [("host", "localhost"), ("port", "25"), ("sender", "m@example.kz"), ("user", "m")]
    change(
        office_app,
        *((f"channels.email.{key}", value) for key, value in section),
        mail_password=SecretStr(PASSWORD),
    )
    office_app.__dict__["cipher"] = Cipher(new, [old])

    assert encrypt_passwords(context(office_app)) == 1
    assert encrypt_passwords(context(office_app)) == 0
    for key, password in ((new, PASSWORD), (old, "")):
        other = build_app(office_app.configured, clock=lambda: MOMENT)
        other.__dict__["cipher"] = Cipher(key)
        _ = other.engine
        assert other.settings.passwords["channels.email.password"] == password
        other.close()


def test_a_backup_carries_them_and_the_name_of_the_installation_stays(tmp_path: Path) -> None:
    """The organisation is called otherwise in the browser; its own database still knows it at the start."""
    app = build_app(settings_in(tmp_path), clock=lambda: MOMENT)
    change(app, ("office.name", "Жаңа атау"), (HOURS, '["08:00", "17:00"]'))
    maintenance.backup(app, tmp_path / "copy.sqlite", now=NOW)
    settings = replace(app.configured, database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'new.sqlite'}"))
    restored = build_app(settings, clock=lambda: MOMENT)
    maintenance.restore(restored, tmp_path / "copy.sqlite")
    _ = restored.engine
    second_app = build_app(settings_in(tmp_path), clock=lambda: MOMENT)

    assert restored.settings.reminders.office_hours == (time(8), time(17))
    assert (restored.settings.office.name, restored.installation) == ("Жаңа атау", "Министрлік")
    assert second_app.engine is not None
    for application in (app, restored, second_app):
        application.close()


@on_sqlite_alone
def test_what_this_version_cannot_use_is_left_as_configured(office_app: AppContext) -> None:
    """A key that is gone or takes other values since keeps no process from starting."""
    changes = [
        SettingChange(key=key, before="", after=value)
        for key, value in (("backup.daily", "many"), ("backup.gone", "1"), ("backup.weekly", "9"))
    ]
    assert append(office_app.engine, "", changes, secrets={}, stamp=Stamp(by="a", now=NOW, today=TODAY))
    office_app.refresh()

    assert (office_app.settings.backup.daily, office_app.settings.backup.weekly) == (7, 9)
