"""The schema: made, brought up to date, and never touched when it is not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from storage.engine import open as open_database
from storage.refusals import StorageUnavailable
from storage.schema import MIGRATIONS, create_or_migrate, known
from storage.tables import Kept


def test_a_migrated_database_is_what_the_tables_say(engine: Engine) -> None:
    """Every column, index and constraint: the migrations and the tables cannot drift apart."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": Kept.metadata}
        )
        assert compare_metadata(context, Kept.metadata) == []


def test_the_numbers_of_the_files_are_the_revisions_of_alembic() -> None:
    """The version is looked up without Alembic, so both must agree."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    assert scripts.get_heads() == [known()[-1]]
    assert sorted(script.revision for script in scripts.walk_revisions()) == list(known())


def test_an_up_to_date_database_is_left_alone(engine: Engine) -> None:
    """The first call did it all."""
    assert create_or_migrate(engine) is False


def test_an_up_to_date_database_is_opened_without_alembic(tmp_path: Path) -> None:
    """Importing Alembic costs more than the command that needs the database."""
    address = f"sqlite:///{tmp_path / 'x.sqlite'}"
    engine = open_database(address)
    create_or_migrate(engine)
    engine.dispose()
    script = (
        "import sys; from storage.engine import open; from storage.schema import create_or_migrate;"
        f"create_or_migrate(open({address!r})); sys.exit('alembic' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=MIGRATIONS.parents[1])

    assert done.returncode == 0


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


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    """It may hold what this version does not understand."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert (caught.value.what, caught.value.arguments["problem"]) == ("newer", "9999")


def test_a_database_with_somebody_elses_tables_is_refused(tmp_path: Path) -> None:
    """A wrong address must not fill another program's database with ours."""
    engine = open_database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))

    with pytest.raises(StorageUnavailable) as caught:
        create_or_migrate(engine)

    assert caught.value.what == "foreign"
    engine.dispose()
