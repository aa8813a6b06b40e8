"""Migration of an office from SQLite to PostgreSQL: every row, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select, text

from merzim.cli import main
from merzim.services.jobs.queue import prepare
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance import migrate_to
from merzim.storage.maintenance.migrate_to import migrate
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.verify import verify
from merzim.storage.org import store as office_store
from merzim.storage.org.staff import SqlStaff
from merzim.storage.queries import SqlReads
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.accounts import RECOVERY_CODE
from merzim.storage.tables.base import TableBase as Table
from merzim.storage.tables.board import RECOMMENDATION
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from merzim.storage.tables.organisation import PERSON
from merzim.storage.tables.service import UPLOAD
from tests.merzim.conftest import PEOPLE, ROOT, SCHEDULE
from tests.postgres import administer
from tests.second_factors import second_factors
from tests.storage.sample_cases import NOW, TODAY, opened, seal
from workflow.board.rows import Horizon
from workflow.org.audit import Stamp
from workflow.org.office import Unit
from workflow.refusal import Refusal

pytestmark = pytest.mark.postgresql
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
        "officer", TOTP_SECRET, 1, ("h1", "h2"), at=Stamp(by="officer", now=NOW, today=TODAY)
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


@pytest.fixture
def empty(postgresql: str) -> Iterator[Engine]:
    administer(postgresql, "CREATE DATABASE new_place")
    engine = open_database(postgresql.format(name="new_place"))
    yield engine
    engine.dispose()
    administer(postgresql, "DROP DATABASE new_place WITH (FORCE)")


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


def test_the_new_place_is_lived_in_at_once(file: Engine, empty: Engine) -> None:
    """Numbers go on behind the old ones, chains are continued, nobody may change what was written."""
    migrate(file, empty, prepare=prepare)
    cases = {name.split(":")[0] for name in _everything(empty)["case"]}

    assert opened(empty).id not in cases
    reads = SqlReads(empty)
    assert reads.office() == office_store.office(empty)
    assert reads.sums(Horizon(today=TODAY, soon=TODAY.replace(month=12)))
    SqlStaff(empty).keep_unit(Unit(id="new", name="Жаңа"), was=None, at=Stamp(by="А", now=NOW, today=TODAY))
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
    copied = migrate_to._copy

    def interrupted(source: Any, target: Any, table: Any) -> Any:
        if when == "before the first row" or (when == "in the middle" and table is EVENT):
            raise KeyboardInterrupt
        copy_result = copied(source, target, table)
        if when == "at the end" and table is RECOMMENDATION:
            raise KeyboardInterrupt
        return copy_result

    with monkeypatch.context() as broken:
        broken.setattr(migrate_to, "_copy", interrupted)
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
    assert (ROOT / "merzim" / "storage" / "maintenance" / "migrate_to.py").exists()
