"""The schema: created, upgraded, and left untouched in a foreign database."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.schema import CreateIndex

from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.base import TableBase

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
