"""The key of second factors: source, start without it, rotation, absence from backups."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from merzim.app import build_app
from merzim.services.administration import MailServer, change_mail
from merzim.services.app import AppContext
from merzim.services.configuration import key_file, read_cipher
from merzim.services.context import operator_context
from merzim.services.upkeep.maintenance import back_up
from merzim.settings import BackupSettings, BadSetting, Settings
from merzim.settings_file import read
from merzim.storage.accounts.encryption import Cipher, new_key, parse_key
from tests.merzim.conftest import PEOPLE, Merzim
from tests.notifications.servers import free_port
from tests.web.conftest import NOW, TODAY, Site, build
from workflow.moments import Moment
from workflow.org.access import Access, Reader

KEY = new_key()
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
IN_SPRING = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
SAID = Moment(by="test", now=IN_SPRING, today=date(2026, 4, 6))


def settings(folder: Path, text: str = "") -> Settings:
    """The settings of a folder with that config.toml."""
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return read(folder / "config.toml", at=folder)


def cipher_of(chosen: Settings, **environment: str) -> Cipher:
    """The cipher of these settings in that environment."""
    return read_cipher(chosen, environment, stored=list, note=lambda *_, **__: None)


def opens(cipher: Cipher, key: str) -> bool:
    """Whether the cipher opens what this key encrypted."""
    return cipher.opens(Cipher(parse_key(key)).encrypt("x", "y"))


def office(folder: Path, *logins: str, access: Access = "administrator") -> AppContext:
    """An office in which these accounts can log in; the first one has a second factor."""
    app = build_app(read(at=folder))
    for login in logins:
        reader = Reader(login=login, access=access, person="a.akhmetova@example.kz")
        app.accounts.save(reader, disabled=False, at=SAID)
        app.accounts.set_password(login, "$argon2id$x", at=SAID)
    app.accounts.enrol(logins[0], SECRET, 1, ("h1",), at=SAID)
    return app


def stored(folder: Path) -> dict[str, str]:
    """Stored secrets of the accounts."""
    with closing(sqlite3.connect(folder / "var" / "merzim.sqlite")) as connection, connection:
        return dict(connection.execute("SELECT login, totp FROM account WHERE totp <> ''"))


def chain(folder: Path, kind: str) -> list[tuple[str, str, dict[str, object]]]:
    """Name, author and payload of the office's lines of a kind."""
    with closing(sqlite3.connect(folder / "var" / "merzim.sqlite")) as connection, connection:
        rows = connection.execute(
            "SELECT name, by, payload FROM event WHERE stream = 'office' AND kind = ? ORDER BY seq", (kind,)
        )
        return [(name, by, json.loads(payload)) for name, by, payload in rows]


# ------------------------------------------------------------------------------------------------- where it is


def test_on_this_machine_alone_a_key_is_made_beside_the_database_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask; the next start finds the same one; a sentence says it was made."""
    chosen, heard = settings(tmp_path), []
    umask = os.umask(0)
    try:
        first = read_cipher(
            chosen, {}, stored=list, note=lambda code, **arguments: heard.append((code, arguments))
        )
    finally:
        os.umask(umask)
    file = tmp_path / "var" / "merzim.key"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert opens(first, file.read_text())
    assert heard == [("cli.key_made", {"file": str(file)})]
    assert opens(cipher_of(chosen), file.read_text())
    assert sorted(sibling.name for sibling in file.parent.iterdir()) == ["merzim.key"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "var/merzim.key"),
        ('[database]\nurl = "sqlite:///data/office.sqlite"\n', "data/office.key"),
        ('[database]\nurl = "postgresql://m@db/m"\n', "var/merzim.key"),
        ('[secrets]\nkey_file = "elsewhere/k"\n', "elsewhere/k"),
    ],
)
def test_the_file_lies_beside_the_database_unless_it_is_named(tmp_path: Path, text: str, place: str) -> None:
    """A server's database has no place here: then beside the folder of evidence."""
    assert key_file(settings(tmp_path, text)) == tmp_path / place


def test_a_key_file_others_may_read_is_refused(tmp_path: Path) -> None:
    """0600 and 0400 will do, one bit more will not."""
    chosen = settings(tmp_path)
    read_cipher(chosen, {}, stored=list, note=lambda *_, **__: None)
    file = key_file(chosen)
    for mode, taken in ((0o400, True), (0o640, False), (0o604, False), (0o600, True)):
        file.chmod(mode)
        if taken:
            cipher_of(chosen)
            continue
        with pytest.raises(BadSetting) as refused:
            cipher_of(chosen)
        assert refused.value.code == "cli.key_file_open"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """And no file is made."""
    chosen = settings(tmp_path)

    assert opens(cipher_of(chosen, MERZIM_SECRET_KEY=f" {KEY}\n"), KEY)
    assert not key_file(chosen).exists()


@pytest.mark.parametrize(
    "text",
    [
        '[web]\npublic_address = "https://merzim.example.kz"\n',
        '[web]\npublic_address = "http://10.0.0.7:8000"\n',
        '[web]\nhost = "0.0.0.0"\npublic_address = "https://localhost"\n',
        '[web]\nhost = "10.0.0.7"\n',
    ],
)
def test_where_others_reach_the_pages_the_environment_must_give_it(tmp_path: Path, text: str) -> None:
    """No file is made, not even taken: it would lie in the copies of the disk."""
    key_file(settings(tmp_path)).parent.mkdir()
    key_file(settings(tmp_path)).write_text(KEY)
    key_file(settings(tmp_path)).chmod(0o600)
    chosen = settings(tmp_path, text)

    with pytest.raises(BadSetting) as refused:
        cipher_of(chosen)
    assert refused.value.code == "cli.no_secret_key"
    assert opens(cipher_of(chosen, MERZIM_SECRET_KEY=KEY), KEY)


@pytest.mark.parametrize("name", ["MERZIM_SECRET_KEY", "MERZIM_SECRET_KEYS_OLD"])
def test_a_key_that_is_none_is_refused_by_the_name_of_its_variable(tmp_path: Path, name: str) -> None:
    """The value is not repeated."""
    with pytest.raises(BadSetting) as refused:
        cipher_of(settings(tmp_path), **{"MERZIM_SECRET_KEY": KEY, name: "geheim"})
    assert (refused.value.code, refused.value.arguments) == ("cli.secret_key_bad", {"where": name})


# --------------------------------------------------------------------------------------------------- the start


def test_a_start_for_others_without_a_key_is_refused_in_one_sentence(merzim: Merzim, tmp_path: Path) -> None:
    """Before anything is touched: not even a database is made."""
    port = free_port()
    settings(tmp_path, f'[web]\nport = {port}\npublic_address = "https://merzim.example.kz"\n')
    result = merzim("serve")

    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        "merzim: The pages are open to other machines (https://merzim.example.kz) and there is no key to "
        'encrypt second factors with: set the environment variable "MERZIM_SECRET_KEY" (merzim secret-key new).'
    ]
    assert not (tmp_path / "var").exists()


# ------------------------------------------------------------------------------------------- changed and copied


def test_the_key_is_changed_by_one_command(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the old one beside it; then the old one is needed no more, and the chain says so."""
    app = office(tmp_path, "asel")
    app.close()
    old = (tmp_path / "var" / "merzim.key").read_text().strip()
    monkeypatch.setenv("MERZIM_SECRET_KEY", KEY)
    alone = merzim("secret-key", "rotate", "--json")
    monkeypatch.setenv("MERZIM_SECRET_KEYS_OLD", old)
    rotated = merzim("secret-key", "rotate", "--json")
    monkeypatch.delenv("MERZIM_SECRET_KEYS_OLD")
    second_rotation = merzim("secret-key", "rotate")

    assert (alone.code, alone.json) == (1, {"encrypted": 0, "unreadable": ["asel"]})
    assert "asel" in alone.err
    assert (rotated.code, rotated.json) == (0, {"encrypted": 1, "unreadable": []})
    assert (second_rotation.code, second_rotation.out) == (
        0,
        "Second factors encrypted with the present key: 1.\n",
    )
    assert [payload for *_, payload in chain(tmp_path, "second_factors_encrypted")] == [{"count": 1}] * 2
    app = build_app(read(at=tmp_path))
    assert app.accounts.factor_secret("asel") == SECRET
    app.close()
    assert merzim("verify").code == 0


def test_a_backup_says_that_the_key_is_not_in_it_and_where_it_is(merzim: Merzim, tmp_path: Path) -> None:
    """On stderr: the answer for machines stays what it was."""
    office(tmp_path, "asel").close()
    result = merzim("backup", "copy.sqlite", "--json")
    key = (tmp_path / "var" / "merzim.key").read_text().strip()

    assert (result.json["file"], key in result.out) == ("copy.sqlite", False)
    assert f"not in the copy: it is in {tmp_path / 'var' / 'merzim.key'}" in result.err
    assert key.encode() not in (tmp_path / "copy.sqlite").read_bytes()


def with_mail_server(folder: Path) -> None:
    """An office whose mail server and its password were given in the browser; nobody has a second factor."""
    app = build_app(read(at=folder))
    ctx = operator_context(app, at=Moment(by="root", now=IN_SPRING, today=date(2026, 4, 6)), language="en")
    password = SecretStr("secret of the server")
    change_mail(ctx, MailServer(host="localhost", sender="m@example.kz", user="m", password=password))
    app.close()


def keys_below(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.key"))


def test_a_restore_says_whether_the_key_of_the_copy_is_here(merzim: Merzim, tmp_path: Path) -> None:
    """Without one nothing is written; with another it is restored, and what does not open is counted."""
    office(tmp_path, "asel").close()
    with_mail_server(tmp_path)
    merzim("backup", "copy.sqlite")
    file = tmp_path / "var" / "merzim.key"
    restored = merzim("restore", "copy.sqlite")
    file.unlink()
    before = (tmp_path / "var" / "merzim.sqlite").read_bytes()
    missing = merzim("restore", "copy.sqlite")
    left = keys_below(tmp_path), (tmp_path / "var" / "merzim.sqlite").read_bytes()
    file.write_text(new_key())
    file.chmod(0o600)
    other = merzim("restore", "copy.sqlite")

    assert (restored.code, missing.code, other.code) == (0, 2, 1)
    assert f"is not in the copy: it is in {file}" in restored.err
    assert left == ([], before)
    assert missing.out == ""
    assert missing.err.splitlines() == [
        "merzim: The secrets (second factors, passwords of servers; 2 of them) are encrypted, and "
        f"there is no key here ({file}): put it there or, where it is lost, "
        "a new one (merzim secret-key new)."
    ]
    assert "are encrypted with another key (2 of them)" in other.err


@pytest.mark.parametrize("command", [("due",), ("doctor",), ("verify",)])
def test_a_command_that_reads_makes_no_key(merzim: Merzim, tmp_path: Path, command: tuple[str, ...]) -> None:
    """The key was lost: what needs no secret is answered, and nothing looks as if there were one again."""
    with_mail_server(tmp_path)
    (tmp_path / "var" / "merzim.key").unlink()
    answer = merzim(*command)

    assert (answer.code in (0, 1), keys_below(tmp_path)) == (True, [])
    assert "was made" not in answer.err


@pytest.mark.parametrize("command", [("serve",), ("secret-key", "rotate")])
def test_what_needs_the_key_is_refused_where_it_was_lost(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """One sentence; a new key would open nothing and look like the old one."""
    monkeypatch.setattr(
        "merzim.metronome._serve_until_stopped", lambda *_, **__: pytest.fail("the service began")
    )
    with_mail_server(tmp_path)
    if command == ("secret-key", "rotate"):
        office(tmp_path, "asel").close()
    (tmp_path / "var" / "merzim.key").unlink()
    refused = merzim(*command)

    assert (refused.code, refused.out) == (2, "")
    assert "there is no key here" in refused.err.splitlines()[-1]
    assert keys_below(tmp_path) == []


# --------------------------------------------------------------------------------------- removal by a command


def test_a_command_removes_a_second_factor(
    merzim: Merzim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of that account only; the chain records the command, author and ground; the holder gets a letter."""
    merzim("people", PEOPLE)
    office(tmp_path, "asel").close()
    monkeypatch.setenv("MERZIM_BY", "operator")
    result = merzim("user", "remove-totp", "Asel", "--ground", "lost telephone", "--now", "2026-04-06")

    assert (result.code, stored(tmp_path)) == (0, {})
    assert chain(tmp_path, "second_factor_removed") == [("asel", "operator", {"ground": "lost telephone"})]
    letters = merzim("notices", "--json").json["notices"]
    assert [(letter["step"], letter["state"]) for letter in letters] == [("account", "queued")]
    assert merzim("verify").code == 0


def test_the_first_page_of_the_administration_warns_of_an_old_backup(tmp_path: Path) -> None:
    """When it was; from 26 hours on a warning, and where there is none yet."""
    site = build()
    vars(site.context)["settings"] = _with_folder(site, tmp_path)
    never = _page(site)
    back_up(site.context, at=Moment(now=NOW - timedelta(hours=26), today=TODAY))
    fresh_page = _page(site)
    with site.client("administrator") as browser:
        figure = browser.get("/metrics").text
        tasks = browser.get("/administration?lang=en").text
    later = build(today=TODAY)
    vars(later.context)["settings"] = _with_folder(later, tmp_path)
    back_up(later.context, at=Moment(now=NOW - timedelta(hours=26, minutes=1), today=TODAY))

    assert [_backup(page) for page in (never, fresh_page, _page(later))] == ["warning", "ok", "warning"]
    assert "scheduled backup" in tasks
    assert "merzim_backup_age_seconds 93600.0" in figure


def _with_folder(site: Site, folder: Path) -> Settings:
    return site.context.settings.model_copy(update={"backup": BackupSettings(folder=folder)})


def _backup(page: str) -> str:
    """The state of the check of backups on the page."""
    return page.partition(">backup<")[2].partition("</span></td>")[0].rpartition(">")[2]


def _page(site: Site) -> str:
    with site.client("administrator") as browser:
        return browser.get("/administration?lang=en").text
