"""Backup during writes, and restore in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, text

import i18n
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.backup import backup, restore
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from tests.storage.sample_cases import NOW, TODAY, case_commands, opened, recompute, seal
from workflow.cases.commands import recording
from workflow.moments import Moment
from workflow.refusal import Refusal


def test_a_backup_taken_while_somebody_writes_is_whole(sqlite: Engine, tmp_path: Path) -> None:
    """Every chain in it is as written, and nobody's writing failed."""
    stop, written_ids = Event(), []

    def write() -> None:
        while not stop.is_set():
            written_ids.append(opened(sqlite).id)

    writer = Thread(target=write)
    writer.start()
    try:
        while len(written_ids) < 3:
            stop.wait(0.01)
        backup(sqlite, tmp_path / "көшірме.sqlite")
    finally:
        stop.set()
        writer.join()

    copy = open_database(f"sqlite:///{tmp_path / 'көшірме.sqlite'}")
    copied_ids = SqlLedger(copy).ids()
    assert len(copied_ids) >= 3
    assert set(copied_ids) <= set(written_ids)
    assert verify(copy, recompute=recompute(copy)) == ()
    copy.dispose()


def test_nobody_else_on_the_machine_can_read_the_database_or_its_backups(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask: the database, its journals, a backup, what a restore sets aside."""
    umask = os.umask(0)
    try:
        database = open_database(f"sqlite:///{tmp_path / 'office.sqlite'}")
        create_or_migrate(database)
        opened(database)
        backup(database, tmp_path / "backup.sqlite")
        journals = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("office.sqlite-*")}
        restore(database, tmp_path / "backup.sqlite")
        database.dispose()
    finally:
        os.umask(umask)

    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert journals == {"office.sqlite-wal": 0o600, "office.sqlite-shm": 0o600}
    assert {"office.sqlite", "backup.sqlite", "office.sqlite.before-restore-1"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_backup_never_overwrites(sqlite: Engine, tmp_path: Path) -> None:
    """Least of all an older backup."""
    opened(sqlite)
    file = tmp_path / "backup.sqlite"
    file.write_bytes(b"other")

    with pytest.raises(Refusal) as caught:
        backup(sqlite, file)

    assert caught.value.code == "backup_exists"
    assert file.read_bytes() == b"other"


def test_a_restored_database_is_as_it_was_and_the_other_is_kept(sqlite: Engine, tmp_path: Path) -> None:
    """The replaced file is preserved beside it."""
    case = opened(sqlite)
    seal(sqlite, now=NOW)
    events = SqlLedger(sqlite).events(case.id)
    backup(sqlite, tmp_path / "backup.sqlite")
    case_commands(sqlite).write(
        case.id, Moment(by="А", now=NOW, today=TODAY), recording.record, "schedule_approved", on=TODAY
    )
    opened(sqlite)

    before = restore(sqlite, tmp_path / "backup.sqlite")

    assert SqlLedger(sqlite).ids() == [case.id]
    assert SqlLedger(sqlite).events(case.id) == events
    assert verify(sqlite) == ()
    assert before is not None
    former_engine = open_database(f"sqlite:///{before}")
    assert len(SqlLedger(former_engine).ids()) == 2
    former_engine.dispose()


def test_a_database_that_a_service_has_open_is_not_replaced(sqlite: Engine, tmp_path: Path) -> None:
    """Even while the service does nothing; no copy of the database is left behind."""
    opened(sqlite)
    backup(sqlite, tmp_path / "backup.sqlite")
    added = opened(sqlite)
    service = open_database(str(sqlite.url))
    with service.connect() as idle:
        idle.execute(text("SELECT 1"))
        with pytest.raises(Refusal) as caught:
            restore(sqlite, tmp_path / "backup.sqlite")
    service.dispose()

    assert caught.value.code == "backup_in_use"
    assert added.id in SqlLedger(sqlite).ids()
    assert not list(Path(str(sqlite.url.database)).parent.glob("*.before-restore-*"))
    restore(sqlite, tmp_path / "backup.sqlite")
    assert added.id not in SqlLedger(sqlite).ids()


def altered(*statements: str) -> Callable[[Path], None]:
    def alter(file: Path) -> None:
        copy = open_database(f"sqlite:///{file}")
        with copy.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        copy.dispose()

    return alter


def text_file(file: Path) -> None:
    file.write_bytes("Бұл деректер базасы емес. ".encode() * 100)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (altered("DROP TRIGGER merzim_event_update", "UPDATE event SET \"by\" = 'x'"), "backup_damaged"),
        (altered("UPDATE alembic_version SET version_num = '9999'"), "backup_newer"),
        (altered("UPDATE alembic_version SET version_num = '0046'"), "backup_older"),
        (text_file, "backup_not_ours"),
        (Path.unlink, "backup_missing"),
    ],
)
def test_a_bad_backup_is_refused_and_nothing_changes(
    sqlite: Engine, tmp_path: Path, spoil: Callable[[Path], None], code: str
) -> None:
    """Verified first: the database is unchanged, and nothing is moved aside."""
    case = opened(sqlite)
    file = tmp_path / "backup.sqlite"
    backup(sqlite, file)
    spoil(file)

    with pytest.raises(Refusal) as caught:
        restore(sqlite, file)

    assert caught.value.code == code
    assert SqlLedger(sqlite).ids() == [case.id]
    assert not list(tmp_path.glob("*.before-restore*"))
    assert all(i18n.say(code, caught.value.arguments, language) for language in i18n.LANGUAGES)
