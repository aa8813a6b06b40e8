"""The start on a database: whose it is, whether it is of this version, what it lacks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.schema import CreateIndex

from merzim.cli import main
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.base import TableBase
from tests.merzim.conftest import Said

NOBODY = 65534


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run(url, "cases")`: a command in an installation's own folder, on a database."""

    def ran(url: str, *line: str, installation: str = "", to: Path = tmp_path, password_env: str = "") -> Said:
        folder = to / "etc"
        folder.mkdir(exist_ok=True)
        file = folder / "config.toml"
        file.write_text(
            f'[office]\nname = "{installation}"\n[database]\nurl = "{url}"\npassword_env = "{password_env}"\n',
            encoding="utf-8",
        )
        capsys.readouterr()
        code = main([*line, "--config", str(file), "--lang", "en"])
        output = capsys.readouterr()
        return Said(code, output.out, output.err)

    return ran


def refused(output: Said, *names: str) -> None:
    """One line on stderr that names what is wrong; exit 2."""
    assert (output.code, output.out) == (2, ""), output
    assert output.err.startswith("merzim: ")
    assert output.err.count("\n") == 1, output.err
    for name in names:
        assert name in output.err


def everything(url: str) -> dict[str, object]:
    """All a database holds: its tables, their columns and rows."""
    engine = open_database(url)
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        rows = {name: sorted(map(str, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in names}
        columns = {name: [column["name"] for column in inspect(connection).get_columns(name)] for name in names}
    engine.dispose()
    return {"rows": rows, "columns": columns}


def execute(url: str, *statements: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_two_installations_never_share_a_database(url: str, run: Run) -> None:
    """The first claims it; another name is refused before anything is read or written, however old it is."""
    assert run(url, "cases", installation="Әкімдік").code == 0
    stood = everything(url)

    refused(run(url, "open", "internal-analysis", installation="Министрлік"), "Әкімдік", "Министрлік")
    refused(run(url, "worker", installation="Министрлік"), "Әкімдік")
    refused(run(url, "cases"), "office.name")
    assert everything(url) == stood


def test_nodes_of_one_installation_share_it(url: str, run: Run, tmp_path: Path) -> None:
    """Each has a folder of its own; letters and spaces of the name do not matter."""
    assert run(url, "cases", installation="Қаржы министрлігі").code == 0
    (tmp_path / "second").mkdir()

    assert run(url, "cases", installation="ҚАРЖЫ  министрлігі ", to=tmp_path / "second").code == 0


def test_a_renamed_office_takes_its_database_along(url: str, run: Run) -> None:
    """The refusal names the command; after it the old name is the other one."""
    run(url, "cases", installation="Агентство")

    refused(run(url, "cases", installation="Комитет"), "merzim installation --take")
    assert run(url, "installation", "--take", installation="Комитет").code == 0
    assert run(url, "cases", installation="Комитет").code == 0
    refused(run(url, "cases", installation="Агентство"), "Комитет")
    refused(run(url, "installation", "--take"), "office.name")


# ------------------------------------------------------------------------------------------ PostgreSQL


@pytest.fixture
def poor(database: str, postgresql: str) -> Iterator[str]:
    """The address of the database for a role that has to give its password and may do nothing there."""
    admin = open_database(database)
    with admin.begin() as connection:
        file = Path(str(connection.execute(text("SHOW hba_file")).scalar()))
        rules = file.read_text()
        connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'correct'"))
    file.write_text("local all guest scram-sha-256\n" + rules)
    execute(database, "SELECT pg_reload_conf()")
    try:
        address = make_url(database).set(username="guest", password="correct")
        yield address.render_as_string(hide_password=False)
    finally:
        file.write_text(rules)
        execute(database, "SELECT pg_reload_conf()", "DROP OWNED BY guest", "DROP ROLE guest")
        admin.dispose()


@pytest.mark.postgresql
def test_a_wrong_password_is_said_without_it(poor: str, database: str, run: Run) -> None:
    """The server refuses the log-in: no password is in the message."""
    output = run(poor.replace("correct", "geheim"), "cases")

    refused(output, "password", "guest", "lets nobody in")
    assert "geheim" not in output.err
    refused(
        run(make_url(database).set(database="nobody").render_as_string(hide_password=False), "cases"), "nobody"
    )


@pytest.mark.postgresql
def test_the_password_stands_in_the_environment(
    poor: str, database: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of settings names the variable; one that is not set is named."""
    bare = poor.replace(":correct@", "@")
    run(database, "cases")
    execute(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")

    refused(run(bare, "cases", password_env="OFFICE_PASSWORD"), "OFFICE_PASSWORD")
    monkeypatch.setenv("OFFICE_PASSWORD", "correct")
    assert run(bare, "cases", password_env="OFFICE_PASSWORD").code == 0


@pytest.mark.postgresql
def test_a_role_without_rights_is_refused_at_the_start(poor: str, database: str, run: Run) -> None:
    """Nothing may be read; read and not written; written but not all of it; at last all that is needed."""
    run(database, "cases")
    stood = everything(database)

    refused(run(poor, "cases"), "lacks the rights")
    execute(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    assert run(poor, "cases").code == 0
    refused(run(poor, "worker"), "lacks the rights")
    refused(run(poor, "open", "internal-analysis"), "lacks the rights")
    execute(database, "GRANT INSERT ON ALL TABLES IN SCHEMA public TO guest")
    refused(run(poor, "worker"), "lacks the rights")
    assert everything(database) == stood
    execute(database, "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest")
    refused(run(poor, "worker"), "procrastinate_")
    execute(database, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guest")
    assert run(poor, "open", "internal-analysis").code == 0


@pytest.mark.postgresql
def test_a_standby_starts_no_worker(database: str, run: Run) -> None:
    """Reading is allowed there; a service that would have to write is refused at once."""
    name = make_url(database).database
    run(database, "cases")
    execute(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    assert run(database, "cases").code == 0
    refused(run(database, "worker"), "read-only")


# ------------------------------------------------------------------------------------------ SQLite


@contextmanager
def as_nobody() -> Iterator[None]:
    """An account without privileges; root may write whatever the permissions say."""
    if os.geteuid() != 0:
        yield
        return
    # Python itself may stand where that account cannot read it.
    for module in (
        "multiprocessing",
        "asyncio",
        "email.message",
        "merzim.metronome",
        "merzim.services.jobs.rounds",
    ):
        import_module(module)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder every account of the machine reaches."""
    with tempfile.TemporaryDirectory(prefix="merzim-") as folder:
        place = Path(folder)
        place.chmod(0o777)
        (place / "var").mkdir()
        yield place
        for path in (place / "var", *(place / "var").iterdir()):
            path.chmod(0o777)


@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o444), (0o555, 0o666), (0o777, 0o444)])
def test_a_file_or_folder_that_may_not_be_written_starts_no_worker(
    shared: Path, run: Run, folder: int, file: int
) -> None:
    """For either of the two; its content is unchanged."""
    url = f"sqlite:///{shared / 'var' / 'merzim.sqlite'}"
    run(url, "open", "internal-analysis", "--now", "2026-04-01", to=shared)
    (shared / "etc" / "config.toml").chmod(0o666)
    for path in (shared / "var").iterdir():
        path.chmod(file)
    (shared / "var").chmod(folder)

    with as_nobody():
        refused(run(url, "worker", to=shared), "read-only")
        refused(run(url, "open", "internal-analysis", to=shared), "read-only")
    (shared / "var").chmod(0o777)
    assert list(map(len, everything(url)["rows"]["case"])) != []  # type: ignore[index]
    assert len(everything(url)["rows"]["case"]) == 1  # type: ignore[index]


WITH_EXPRESSIONS = ("channel", "lost", "newest", "unread", "unsent")
"""Indexes of notices Alembic cannot compare on SQLite."""


# Alembic says of these that it could not compare them.
@pytest.mark.filterwarnings("ignore:autogenerate skipping .* index .ix_notice_")
def test_a_migrated_database_is_what_the_tables_say(engine: Engine) -> None:
    """Every column, index and constraint: the migrations and the tables cannot drift apart."""
    apart = [f"ix_notice_{name}" for name in WITH_EXPRESSIONS if engine.dialect.name == "sqlite"]
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "target_metadata": TableBase.metadata,
                "include_object": lambda _object, name, *_: name not in apart,
            },
        )
        assert compare_metadata(context, TableBase.metadata) == []


def test_indexes_with_expressions_are_what_the_tables_say(sqlite: Engine) -> None:
    """Word by word, where Alembic does not look."""
    declared = {index.name: index for index in TableBase.metadata.tables["notice"].indexes}
    with sqlite.connect() as connection:
        statements = dict(map(tuple, connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")))

    for name in (f"ix_notice_{name}" for name in WITH_EXPRESSIONS):
        assert str(CreateIndex(declared[name]).compile(sqlite)).split() == statements[name].split()


def test_an_up_to_date_database_is_left_alone(engine: Engine) -> None:
    """The first call did it all."""
    assert create_or_migrate(engine) is False


def test_two_that_open_a_new_database_at_once_make_it_once(tmp_path: Path) -> None:
    """The service and a command, both started on an empty folder."""
    address = f"sqlite:///{tmp_path / 'x.sqlite'}"
    results: list[bool] = []

    def make() -> None:
        engine = open_database(address)
        results.append(create_or_migrate(engine))
        engine.dispose()

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, False, False, True]


@pytest.mark.parametrize(("version", "what"), [("9999", "newer"), ("0046", "older")])
def test_a_database_of_a_newer_version_or_of_before_the_first_is_refused(
    engine: Engine, version: str, what: str
) -> None:
    """It may hold what this version does not understand, and does not allow for it; from before the first
    release no migration leads on."""
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert (caught.value.what, caught.value.arguments["problem"]) == (what, version)


def test_a_database_with_somebody_elses_tables_is_refused(tmp_path: Path) -> None:
    """A wrong address must not fill another program's database with ours."""
    engine = open_database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert caught.value.what == "foreign"
    engine.dispose()
